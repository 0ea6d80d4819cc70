"""A session from the appointment to the end of the infusion: each step asks the library's table and gate first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from unwound import session as library
from unwound.session.events import EventKind
from unwound.session.starting import IDENTIFIERS
from unwound.session.states import SessionState
from unwound.terms import Advice
from unwound_clinic import session_gates, translate, translate_session, watching
from unwound_clinic.access import Confirmed, Staff
from unwound_clinic.actions import patients, record
from unwound_clinic.actions.door import Conflict, action, leave
from unwound_clinic.actions.session_rows import (
    GIVING,
    UNDER_WAY,
    chart_by_hand,
    check,
    day_of,
    locked,
    move,
    opens,
    save,
    second_person,
    write,
)
from unwound_clinic.entries import New
from unwound_clinic.models import InfusionSession, Membership, Patient, Plan, SessionEvent, Stage, User
from unwound_clinic.models.session import ClinicEvent

Json = Any
BEFORE = (SessionState.CHECKED_IN, SessionState.READY)
IN_A_BED = (SessionState.READY, *GIVING, SessionState.RECOVERING)
TODAY = frozenset(
    {
        "weight_kg",
        "hours_without_food",
        "hours_without_drink",
        "fasting_rule_kept",
        "driver",
        "pregnancy_possible",
        "pregnancy_test",
        "tested_on",
        "rescue_checked",
        "suction_checked",
    }
)


@action("schedule-session")
def schedule(
    *,
    by: Staff,
    patient: Patient,
    plan: Plan,
    first_at: datetime,
    bed: str = "",
    provider: User | None = None,
    days: Collection[int] = (),
) -> list[InfusionSession]:
    """A session for every infusion of a checked order that has none yet, or for these `days`; at the same hour each."""
    plan = Plan.objects.select_for_update().get(pk=plan.pk)
    if plan.patient_id != patient.pk or plan.state != "checked":
        raise Conflict("only an order that a second person has checked is given: this one is not")
    _check_provider(patient, provider)
    there = set(plan.sessions.exclude(state=SessionState.ABORTED).values_list("day", flat=True))
    wanted = [one for one in translate_session.runs(plan) if one.day not in there and (not days or one.day in days)]
    if not wanted:
        raise Conflict("every infusion of this order has its session already")
    zone, first = patient.site.zone, wanted[0].day
    local = first_at.astimezone(zone)
    made = [
        InfusionSession.objects.create(
            patient=patient,
            site=patient.site,
            plan=plan,
            day=one.day,
            bed=bed.strip()[:40],
            provider=provider,
            scheduled_at=local
            + timedelta(days=one.day - first),  # the same hour of the clock, whatever it does at night
        )
        for one in wanted
    ]
    leave(by, "session.schedule", patient=patient, plan=plan.pk, days=[one.day for one in made], first=first_at)
    return made


@action("schedule-session")
def move_appointment(
    *, by: Staff, patient: Patient, session: InfusionSession, at: datetime, bed: str = "", provider: User | None = None
) -> InfusionSession:
    """Another time, bed or provider, before the patient is here; a bed also later."""
    found = locked(patient, session, SessionState.SCHEDULED, *UNDER_WAY)
    if found.state != SessionState.SCHEDULED and at != found.scheduled_at:
        raise Conflict("the patient is here already: the time stays, the bed can change")
    _check_provider(patient, provider)
    found.scheduled_at, found.provider = at, provider
    _into_bed(found, bed)
    save(found, "scheduled_at", "provider", "bed")
    write(found, EventKind.NOTE, by, {"note": f"bed {found.bed or 'none'}"})
    leave(by, "session.appointment", patient=patient, session=found.pk, at=at, bed=found.bed)
    return found


@action("schedule-session")
def check_in(
    *, by: Staff, patient: Patient, session: InfusionSession, identifiers: Mapping[str, str], bed: str = ""
) -> InfusionSession:
    """The patient is here: compared by identifiers; what they said of birth date, number and phone must be right."""
    found = locked(patient, session, SessionState.SCHEDULED)
    _check_turn(found)
    compared = tuple(_compared(patient, identifiers))
    seen = library.may_start(library.Today(day=day_of(found), identifiers=compared))
    if "identity" not in seen.met:
        raise Conflict(next(one.why for one in seen.refusals if one.requirement == "identity"))
    _into_bed(found, bed or found.bed)
    write(found, ClinicEvent.IDENTITY, by, {"identifiers": compared})
    move(found, SessionState.CHECKED_IN, by, {"identity": True})
    leave(by, "session.check-in", patient=patient, session=found.pk, identifiers=", ".join(compared))
    return found


@action("run-session")
def know_today(*, by: Staff, patient: Patient, session: InfusionSession, known: Mapping[str, Json]) -> SessionEvent:
    """What was found out on the day; weight and pregnancy go into the record as well."""
    found = locked(patient, session, *BEFORE)
    told = {name: value for name, value in known.items() if value not in (None, "")}
    if not told or not set(told) <= TODAY:
        raise Conflict("nothing was entered")
    before = translate_session.found_today(found, found.events.order_by("at", "id"), timezone.now())
    entries = _facts_of(told, {**before, **told}, day_of(found))
    if entries:
        record.enter(by=by, patient=patient, entries=entries, reason=f"on the day of session {found.pk}")
    event = write(found, ClinicEvent.TODAY, by, told)
    leave(by, "session.today", patient=patient, session=found.pk, known=", ".join(told))
    return event


@action("run-session")
def prepare(
    *, by: Staff, patient: Patient, session: InfusionSession, checker: Confirmed, concentration_mg_per_ml: float
) -> SessionEvent:
    """The syringe is prepared by who asks and checked by `checker`, who gave their own password for it."""
    found = locked(patient, session, *BEFORE)
    checked_by = second_person(by, patient, checker)
    ordered = found.plan.concentration_mg_per_ml
    if not abs(concentration_mg_per_ml - ordered) <= 1e-9:
        raise Conflict(
            f"the order is for {ordered:g} mg/mL, this is {concentration_mg_per_ml:g} mg/mL: prepare what was ordered"
        )
    told = {"prepared_by": by.name, "checked_by": checked_by, "concentration_mg_per_ml": concentration_mg_per_ml}
    event = write(found, ClinicEvent.TODAY, by, told)
    leave(by, "session.prepare", patient=patient, session=found.pk, checked_by=checked_by)
    return event


@action("run-session")
def baseline(
    *, by: Staff, patient: Patient, session: InfusionSession, values: Mapping[str, float], at: datetime | None = None
) -> None:
    """The patient's own start values: charted by a person, also as readings."""
    found = locked(patient, session, *BEFORE)
    if not values:
        raise Conflict("nothing was entered")
    now = at or timezone.now()
    for sign, value in values.items():
        told = {"of": sign, "value": value}
        check(EventKind.BASELINE, now, by, told)
        write(found, EventKind.BASELINE, by, told, at=now)
    chart_by_hand(found, by, values, now)
    of_facts = {library.sign(sign).fact: value for sign, value in values.items()}
    entries = tuple(translate.new_fact(id, value, day_of(found)) for id, value in of_facts.items() if id)
    record.enter(by=by, patient=patient, entries=entries, reason=f"on the day of session {found.pk}")
    leave(by, "session.baseline", patient=patient, session=found.pk, values=dict(values))


@action("run-session")
def ready(*, by: Staff, patient: Patient, session: InfusionSession, at: datetime | None = None) -> InfusionSession:
    """Everything is checked."""
    found = locked(patient, session, SessionState.CHECKED_IN)
    _check_bed(found)
    move(found, SessionState.READY, by, {"may-start": opens(session_gates.start(found, at))})
    leave(by, "session.ready", patient=patient, session=found.pk)
    return found


@action("run-session")
def check_again(*, by: Staff, patient: Patient, session: InfusionSession) -> InfusionSession:
    """Something is to be checked again before the start."""
    found = locked(patient, session, SessionState.READY)
    move(found, SessionState.CHECKED_IN, by, {})
    leave(by, "session.check-again", patient=patient, session=found.pk)
    return found


@action("run-session")
def start(
    *, by: Staff, patient: Patient, session: InfusionSession, rate_mg_per_h: float, at: datetime | None = None
) -> InfusionSession:
    """The infusion starts, after the gate has been asked once more; `at` where it is charted later."""
    found = locked(patient, session, SessionState.READY)
    met = {"may-start": opens(session_gates.start(found, at)), "stops-seen": not _open_stop_alerts(found)}
    if not rate_mg_per_h > 0:
        raise Conflict("an infusion starts with a rate above zero")
    move(found, SessionState.INFUSING, by, met)
    write(found, EventKind.START, by, {"rate_mg_per_h": rate_mg_per_h}, at=at)
    if patient.stage != Stage.TREATMENT:
        patients.move(patient, Stage.TREATMENT, day_of(found), "infusion")
    leave(by, "session.start", patient=patient, session=found.pk, rate_mg_per_h=rate_mg_per_h)
    return found


@action("run-session")
def pause(
    *, by: Staff, patient: Patient, session: InfusionSession, reason: str = "", at: datetime | None = None
) -> InfusionSession:
    """The infusion pauses: nothing has to be true for that."""
    found = locked(patient, session, SessionState.INFUSING)
    move(found, SessionState.PAUSED, by, {})
    write(found, EventKind.PAUSE, by, {"reason": reason}, at=at)
    leave(by, "session.pause", patient=patient, session=found.pk)
    return found


@action("run-session")
def resume(*, by: Staff, patient: Patient, session: InfusionSession, at: datetime | None = None) -> InfusionSession:
    """It goes on, once every alert that advises to stop was acknowledged, and while order and consent hold."""
    found = locked(patient, session, SessionState.PAUSED)
    met = {"stops-seen": not _open_stop_alerts(found), "still-agreed": session_gates.still_agreed(found)}
    move(found, SessionState.INFUSING, by, met)
    write(found, EventKind.RESUME, by, at=at)
    leave(by, "session.resume", patient=patient, session=found.pk)
    return found


@action("run-session")
def stop(
    *, by: Staff, patient: Patient, session: InfusionSession, reason: str = "", at: datetime | None = None
) -> InfusionSession:
    """The infusion ends; recovery begins."""
    found = locked(patient, session, *GIVING)
    write(found, EventKind.STOP, by, {"reason": reason}, at=at)
    move(found, SessionState.RECOVERING, by, {"end-charted": True})
    leave(by, "session.stop", patient=patient, session=found.pk, reason=reason)
    return found


@action("run-session")
def abort(
    *, by: Staff, patient: Patient, session: InfusionSession, reason: str, handed_over: str = ""
) -> InfusionSession:
    """Not today, or care goes on elsewhere: why, and who took the patient over."""
    found = locked(patient, session, SessionState.SCHEDULED, *UNDER_WAY)
    if found.state in GIVING:
        write(found, EventKind.STOP, by, {"reason": reason})
    met = {"reason": bool(reason.strip()), "end-charted": True, "handed-over": bool(handed_over.strip())}
    move(found, SessionState.ABORTED, by, met, reason=reason.strip(), handed_over=handed_over.strip())
    write(found, EventKind.LEAVE, by)
    if patient.stage in (Stage.TREATMENT, Stage.READY):
        patients.move(patient, Stage(patient.stage), day_of(found), _to_do(found))
    leave(by, "session.abort", patient=patient, session=found.pk, reason=reason, handed_over=handed_over)
    return found


def _to_do(row: InfusionSession) -> str:
    """What is due after a session was broken off."""
    adds_up = session_gates.balance(row, watching.live(row)).closes.holds
    also = "" if adds_up else "; its controlled drug does not add up yet"
    return f"a session was broken off: decide how to go on{also}"


def _open_stop_alerts(row: InfusionSession) -> bool:
    return any(one.does == Advice.STOP for one in watching.live(row).watched.open)


def _compared(patient: Patient, given: Mapping[str, str]) -> list[str]:
    """What was compared. Conflict when something told is not what stands in the record."""
    known = {
        "birth-date": patient.birth_date.isoformat() if patient.birth_date else "",
        "record-number": patient.number,
        "phone": patient.phone,
    }
    for name, told in given.items():
        if name in known and told.strip() != known[name]:
            what = name.replace("-", " ")
            raise Conflict(f"the {what} is not the one in the record: is this the right patient?")
    return [name for name in IDENTIFIERS if given.get(name, "").strip()]


def _check_turn(row: InfusionSession) -> None:
    """That it is this session's turn: not that of another day, and none of this patient's is under way."""
    day = row.scheduled_at.astimezone(row.site.zone).date()
    if day > day_of(row):
        raise Conflict(f"this appointment is for {day:%-d %b %Y}: choose today's, or move this one to today first")
    Patient.objects.select_for_update(of=("self",)).get(pk=row.patient_id)  # two sessions are checked in one by one
    other = InfusionSession.objects.filter(patient=row.patient_id, state__in=UNDER_WAY).first()
    if other is not None:
        raise Conflict(f"this patient has another session under way (day {other.day}, {other.state}): end that first")


def _into_bed(row: InfusionSession, bed: str) -> None:
    row.bed = bed.strip()[:40]
    if row.state in IN_A_BED:
        _check_bed(row)


def _check_bed(row: InfusionSession) -> None:
    other = InfusionSession.objects.filter(site=row.site, bed=row.bed, state__in=IN_A_BED).exclude(pk=row.pk)
    if row.bed and other.exists():
        raise Conflict(f"another session runs in bed {row.bed}: choose another bed")


def _check_provider(patient: Patient, provider: User | None) -> None:
    if provider is None:
        return
    role = Membership.objects.filter(user=provider, site=patient.site).values_list("role", flat=True).first()
    if role not in library.states.PRESCRIBERS:
        raise Conflict("a session is watched over by a physician or an anaesthesia provider")


def _facts_of(told: Mapping[str, Json], known: Mapping[str, Json], day: date) -> tuple[New, ...]:
    """What of the day is a fact of the record; a pregnancy test is dated as it was made."""
    found = {name: (told[name], day) for name in ("weight_kg", "pregnancy_possible") if name in told}
    if told.get("driver"):
        found["escort_available"] = True, day
    if known.get("pregnancy_test") and {"pregnancy_test", "tested_on"} & told.keys():
        if not known.get("tested_on"):
            raise Conflict("on which day was the pregnancy test made?")
        tested = date.fromisoformat(known["tested_on"])
        found["pregnancy_test_done"] = True, tested
        found["pregnant"] = known["pregnancy_test"] == "positive", tested
    return tuple(translate.new_fact(id, value, on) for id, (value, on) in found.items())
