"""The decision that a physician signs: the advice is accepted, or overridden with a reason."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from unwound import conditions, record
from unwound.candidacy import Verdict
from unwound.pathway import Review
from unwound.report.words import VERDICTS
from unwound.terms import Purpose
from unwound_clinic.core.access import Actor, Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import Decision, Patient, Stage
from unwound_clinic.record import review
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.actions.patients import set_stage
from unwound_clinic.treatment import current

SEEN_AGAIN = {
    Verdict.FIRST_LINE_FIRST: "review the response to the first-line treatments",
    Verdict.NOT_REFRACTORY: "review whether the pain is refractory by now",
    Verdict.CONTROLLED: "review whether the pain is still controlled",
}
"""Verdicts after which the patient is seen again on a set day, and what for."""
SHORTEST_REASON = 10
"""Characters of the reason for overriding the advice, at least."""


@action("sign-decision")
def sign(
    *,
    by: Staff,
    patient: Patient,
    seen: str,
    decided: str,
    aim: str = Purpose.PAIN,
    indication: str = "",
    override_reason: str = "",
    note: str = "",
    review_on: date | None = None,
) -> Decision:
    """Signs a decision on the review that was shown (`seen`). Conflict when it changed, or something is missing.

    `aim` is what ketamine would treat: a decision on depression leaves the one on pain as it is.
    """
    today = timezone.now().astimezone(patient.site.zone).date()
    reviewed = review.review_of(patient, today)
    if reviewed.seen != seen:
        raise Conflict("the record changed, or a new day began, since this page was shown: read it again, then sign")
    advised = _advised(reviewed.review, aim)
    indication = aim if aim == Purpose.DEPRESSION else indication
    _check(patient, aim=aim, advised=advised, decided=decided, indication=indication, override_reason=override_reason)
    moves_on = _moves_on(patient, aim, decided)
    if decided in SEEN_AGAIN and (review_on is None or review_on <= today):
        raise Conflict("enter a later day on which the patient is seen again")
    decision = Decision.objects.create(
        patient=patient,
        aim=aim,
        known=record_translate.known_json(reviewed.known),
        shown=review.content(reviewed, changes=True),
        version=reviewed.review.version,
        data_fingerprint=reviewed.review.data_fingerprint,
        own_fingerprint=reviewed.review.own_fingerprint,
        advised=advised,
        decided=decided,
        indication=indication,
        override_reason=override_reason.strip() if decided != advised else "",
        note=note.strip() if moves_on else _with_review(note, review_on),
        signed_by=by.user,
        signed_at=timezone.now(),
    )
    if moves_on:
        set_stage(patient, *_next(aim, decided, today, review_on))
    audit_event(
        by, "decision.sign", patient=patient,
        decision=decision.pk, aim=aim, advised=advised, decided=decided, override=decision.override_reason,
    )  # fmt: skip
    return decision


@action(None)  # anyone who holds the clinic's folder and its keys may replay
def replayed(*, by: Actor, decision: Decision, differences: int) -> None:
    """Logs that a decision was computed again, because this reads the record."""
    audit_event(by, "decision.replay", patient=decision.patient, decision=decision.pk, differences=differences)


def _advised(review: Review, aim: str) -> str:
    """The verdict for this aim. Conflict where there is nothing to decide."""
    if aim == Purpose.PAIN:
        return review.candidacy.verdict
    if aim != Purpose.DEPRESSION or review.depression is None:
        raise Conflict("no depression is recorded, so there is nothing to decide for it")
    return review.depression.verdict


def _check(patient: Patient, aim: str, advised: str, decided: str, indication: str, override_reason: str) -> None:
    """Conflict with the first thing that is missing: a branch for each requirement of a decision."""
    if decided not in VERDICTS:
        raise Conflict(f"«{decided}» is not a decision; choose {', '.join(VERDICTS)}")
    if patient.alarms.filter(seen_at=None).exists():
        raise Conflict("this patient has an open alarm: review it first, and record the action taken")
    if decided != advised and len(override_reason.strip()) < SHORTEST_REASON:
        raise Conflict(f"overriding the advice needs a reason of at least {SHORTEST_REASON} characters")
    if aim == Purpose.PAIN and indication and indication not in conditions.conditions():
        raise Conflict(f"«{indication}» is not a condition in Unwound's library")
    if decided == Verdict.CANDIDATE and not indication:
        raise Conflict("choose for which condition ketamine may be considered")


def _moves_on(patient: Patient, aim: str, decided: str) -> bool:
    """Whether the patient's stage follows this decision: never away from the course of the other indication.

    A decision on depression moves it towards its own course, and not while another is ordered or given; its other
    verdicts move only a patient about whose pain nothing was decided.
    """
    if aim == Purpose.PAIN:
        return decided == Verdict.CANDIDATE or not current.is_candidate(patient, Purpose.DEPRESSION)
    if decided != Verdict.CANDIDATE:
        return current.decision(patient) is None
    return current.plan(patient) is None and patient.stage != Stage.TREATMENT


def _with_review(note: str, review_on: date | None) -> str:
    """The note with the day of the next review, which no stage keeps here."""
    return f"{note.strip()}\nNext review on {record.long_day(review_on)}.".strip() if review_on else note.strip()


def _next(aim: str, decided: str, today: date, review_on: date | None) -> tuple[Stage, date | None, str]:
    """The patient's next stage, and what is due when."""
    if decided == Verdict.CANDIDATE:
        return Stage.CONSENT, today, "discuss consent"
    if decided in SEEN_AGAIN:
        due = SEEN_AGAIN[Verdict(decided)] if aim == Purpose.PAIN else "review the depression and its treatment"
        return Stage.FIRST_LINE, review_on, due
    if decided == Verdict.NOT_A_CANDIDATE:
        return Stage.DECLINED, None, ""
    return Stage.CONSULTATION, today, "obtain the missing information"
