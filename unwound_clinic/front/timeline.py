"""Everything dated that a record holds, as one line of time: what kind, when, and where it is written in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse

from unwound import facts, instruments, record
from unwound.catalogue import plain
from unwound.instruments import Instrument, InstrumentError
from unwound.session.states import SessionState
from unwound.terms import Purpose, Sex
from unwound_clinic.core.template_words import verdict_for
from unwound_clinic.core.words import protocol_title
from unwound_clinic.models import Entry, InfusionSession, Patient
from unwound_clinic.record import at_a_glance, pains, translate
from unwound_clinic.record.review import Reviewed
from unwound_clinic.session import given
from unwound_clinic.session.words import standing

KINDS = {
    "pain": "Pain",
    "mood": "Mood",
    "score": "Other questionnaires",
    "trial": "Treatments tried",
    "infusion": "Infusions",
    "decision": "Decisions",
    "order": "Orders",
    "consent": "Consents",
    "letter": "Letters",
    "alarm": "Alarms",
}
"""Kind -> its name, in the order of the filter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that happened: its kind, its day, in words, and the address of the page that says more."""

    kind: str
    on: date | None
    """None where nobody knows the day."""
    title: str
    detail: str = ""
    to: str = ""
    at: datetime | None = None
    """The moment, where it is known; it orders what happened on one day."""

    @property
    def kind_title(self) -> str:
        """What its kind is called."""
        return KINDS[self.kind]


def lines(patient: Patient, reviewed: Reviewed, now: datetime) -> list[Line]:
    """Everything, the newest first; what has no day comes last, and nothing is left out for it."""
    every = [
        *_scores(patient, reviewed),
        *_pain_said(patient, reviewed),
        *_trials(patient, reviewed),
        *_infusions(patient, now),
        *_signed(patient),
        *_consents(patient),
        *_letters(patient),
        *_referrals(patient),
        *_alarms(patient),
    ]
    zone = patient.site.zone

    def newest(line: Line) -> tuple[date, str]:
        return line.on or date.min, line.at.astimezone(zone).isoformat() if line.at else ""

    return sorted(every, key=newest, reverse=True)


def kinds(every: Iterable[Line]) -> list[tuple[str, str, int]]:
    """Every kind that occurs: its id, its name, how often."""
    counted = Counter(line.kind for line in every)
    return [(kind, title, counted[kind]) for kind, title in KINDS.items() if counted[kind]]


def _scores(patient: Patient, reviewed: Reviewed) -> Iterator[Line]:
    """A line for every form that was filled, with its score and what the score means."""
    sex, listed = reviewed.known.sex, {pain.key: pain.name for pain in pains.on_record(reviewed.entries)}
    for entry in reviewed.entries:
        form = _form_of(entry)
        if form is None:
            continue
        about = listed.get(entry.pain, "") if len(listed) > 1 else ""
        score = _score(form, entry, sex)
        yield Line(
            kind="pain" if form.about_pain else "mood" if form.about_mood else "score",
            on=entry.on or _day(patient, entry.at),
            at=entry.at,
            title=f"{form.title}{f', {about}' if about else ''}: {score}",
            detail=f"{form.measures}; entered by {entry.by_name}",
            to=reverse("answers", args=[patient.pk]),
        )


def _form_of(entry: Entry) -> Instrument | None:
    known = instruments.instruments()
    return known.get(str(translate.content(entry).get("instrument", ""))) if entry.kind == "answers" else None


def _score(form: Instrument, entry: Entry, sex: Sex | None) -> str:
    """«7 of 10», with the band where the library has one; or why it cannot be scored."""
    answered = translate.answers(entry)
    try:
        score = instruments.score(answered.instrument, items=answered.items, total=answered.total, sex=sex)
    except InstrumentError as problem:
        return f"no score: {problem}"
    if score.total is None:
        return "not complete, no total"
    band = next((band.title for band in form.bands if band.id == score.band), "")
    return f"{plain(round(score.total, 1))} of {plain(form.highest.value)}{f', {band}' if band else ''}"


def _pain_said(patient: Patient, reviewed: Reviewed) -> Iterator[Line]:
    """A line for every average pain that was entered as such."""
    named = {pain.key: pain.name for pain in pains.on_record(reviewed.entries)}
    unit = facts.vocabulary()[at_a_glance.AVERAGE_PAIN].unit
    for entry in at_a_glance.stated(patient):
        yield Line(
            kind="pain",
            on=entry.on or _day(patient, entry.at),
            at=entry.at,
            title=f"Average pain{_of_pain(named, entry)}: {plain(float(entry.value or 0))} {unit}",
            detail=f"entered by {entry.by_name}",
            to=reverse("history", args=[patient.pk, "fact", at_a_glance.AVERAGE_PAIN]),
        )


def _of_pain(named: dict[str, str], entry: Entry) -> str:
    return f", {named[entry.pain]}" if entry.pain in named else ""


def _trials(patient: Patient, reviewed: Reviewed) -> Iterator[Line]:
    """A line for every treatment, on the day it began; or ended, where that is all that is known."""
    for tried in at_a_glance.tried(reviewed):
        about = " (for depression)" if tried.purpose == Purpose.DEPRESSION else ""
        yield Line(
            kind="trial",
            on=tried.start or tried.end,
            title=f"{tried.title}{f', {tried.dose}' if tried.dose else ''}{about}: {tried.says}",
            detail=tried.days,
            to=reverse("ledger", args=[patient.pk]),
        )


def _infusions(patient: Patient, now: datetime) -> Iterator[Line]:
    rows = patient.sessions.select_related("plan", "site", "provider").prefetch_related("events")
    for row in rows:
        by = f"supervised by {row.provider.name}" if row.provider else "nobody named to supervise"
        yield Line(
            kind="infusion",
            on=_day(patient, row.scheduled_at),
            at=row.scheduled_at,
            title=f"{protocol_title(row.plan.protocol)}, day {row.day}: {_how_it_went(row, now)}",
            detail=", ".join(part for part in (row.bed, by) if part),
            to=reverse(
                "session-appointment" if row.state == SessionState.SCHEDULED else "session-record", args=[row.pk]
            ),
        )


def _how_it_went(row: InfusionSession, now: datetime) -> str:
    """Its state, and the amount that ran in."""
    mg = given.total_mg(row.events.all(), now)
    state = standing(row)
    return state if mg is None else f"{state}, {plain(round(mg, 1))} mg given"


def _signed(patient: Patient) -> Iterator[Line]:
    """Decisions and orders."""
    for decision in patient.decisions.select_related("signed_by"):
        against = "; against the advice" if decision.overridden else ""
        yield Line(
            kind="decision",
            on=_day(patient, decision.signed_at),
            at=decision.signed_at,
            title=f"Decided{_aim(decision.aim)}: {verdict_for(decision.decided, decision.aim)}",
            detail=f"{decision.signed_by.name}{against}",
            to=reverse("decision-record", args=[patient.pk, decision.pk]),
        )
    for order in patient.plans.select_related("ordered_by"):
        yield Line(
            kind="order",
            on=_day(patient, order.ordered_at),
            at=order.ordered_at,
            title=f"Ordered: {protocol_title(order.protocol)}, {order.get_state_display()}",
            detail=order.ordered_by.name,
            to=reverse("plan-one", args=[patient.pk, order.pk]),
        )


def _aim(aim: str) -> str:
    return " for the depression" if aim == Purpose.DEPRESSION else ""


def _consents(patient: Patient) -> Iterator[Line]:
    for consent in patient.consents.select_related("taken_by", "withdrawn_by"):
        to = reverse("consent-signed", args=[patient.pk, consent.pk])
        yield Line(
            kind="consent",
            on=_day(patient, consent.signed_at),
            at=consent.signed_at,
            title=f"Consented: {protocol_title(consent.protocol)}, until {record.day(consent.expires_on)}",
            detail=f"taken by {consent.taken_by.name}",
            to=to,
        )
        if consent.withdrawn_at is not None:
            by = f"; recorded by {consent.withdrawn_by.name}" if consent.withdrawn_by else ""
            yield Line(
                kind="consent", on=_day(patient, consent.withdrawn_at), at=consent.withdrawn_at, to=to,
                title=f"Consent withdrawn: {protocol_title(consent.protocol)}",
                detail=f"{consent.withdrawn_reason}{by}",
            )  # fmt: skip


def _letters(patient: Patient) -> Iterator[Line]:
    for letter in patient.letters.select_related("written_by").defer("pdf", "content"):
        yield Line(
            kind="letter",
            on=_day(patient, letter.written_at),
            at=letter.written_at,
            title=f"Letter: {letter.get_kind_display()}",
            detail=f"to {' '.join(letter.addressee.split())[:80]}; {letter.written_by.name}",
            to=f"{reverse('letter', args=[patient.pk, letter.pk])}?look=1",
        )


def _referrals(patient: Patient) -> Iterator[Line]:
    for referral in patient.referrals.select_related("answered_by").defer("content"):
        yield Line(
            kind="letter",
            on=referral.arrived_on,
            title=f"Referral from {referral.sender}",
            detail=f"{referral.asks}{'; ' if referral.asks else ''}{referral.get_kind_display()}",
            to=reverse("referral", args=[referral.pk]),
        )


def _alarms(patient: Patient) -> Iterator[Line]:
    for alarm in patient.alarms.select_related("seen_by"):
        seen = f"acknowledged by {alarm.seen_by.name}: {alarm.seen_note}" if alarm.seen_by else "not acknowledged yet"
        yield Line(
            kind="alarm", on=_day(patient, alarm.raised_at), at=alarm.raised_at, title=alarm.text, detail=seen,
            to=reverse("patient", args=[patient.pk]),
        )  # fmt: skip


def _day(patient: Patient, moment: datetime) -> date:
    return moment.astimezone(patient.site.zone).date()
