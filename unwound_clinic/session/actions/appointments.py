"""Appointments and the check-in: which infusion, when, in which bed, and that it is the right patient."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from unwound import record
from unwound import session as library
from unwound.session.events import EventKind
from unwound.session.starting import IDENTIFIERS
from unwound.session.states import SessionState
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event, part_of_action
from unwound_clinic.models import InfusionSession, Membership, OrderState, Patient, Plan, User
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session import order, timetable
from unwound_clinic.session.actions.events import GIVING, UNDER_WAY, add_event, day_of, locked, move_to_state, save
from unwound_clinic.session.words import anaesthesia_provider, identifier_title, state_title

IN_A_BED = (SessionState.READY, *GIVING, SessionState.RECOVERING)


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
    although_closed: bool = False,
) -> list[InfusionSession]:
    """A session for every infusion of a checked order that has none yet, or for these `days`; each at the same time.

    On days when the site is closed there is none, and those that follow are as much later (`opening.series`).
    """
    plan = Plan.objects.select_for_update().get(pk=plan.pk)
    if plan.patient_id != patient.pk or plan.state != OrderState.CHECKED:
        raise Conflict("this order has not had its second check: only a checked order can be scheduled")
    _check_provider(patient, provider)
    scheduled_days = set(plan.sessions.exclude(state=SessionState.ABORTED).values_list("day", flat=True))
    unscheduled = [run for run in order.runs(plan) if run.day not in scheduled_days and (not days or run.day in days)]
    if not unscheduled:
        raise Conflict("every infusion of this order already has a session")
    sessions = [
        InfusionSession(
            patient=patient,
            site=patient.site,
            plan=plan,
            day=run.day,
            bed=bed.strip()[:40],
            provider=provider,
            scheduled_at=at,
        )
        for run, at in zip(
            unscheduled, timetable.times_of(patient.site, unscheduled, first_at, although_closed), strict=True
        )
    ]
    for row in sessions:
        timetable.check(row, although_closed=although_closed)
        row.save()
    audit_event(
        by,
        "session.schedule",
        patient=patient,
        plan=plan.pk,
        days=[row.day for row in sessions],
        first=first_at,
        although_closed="yes" if although_closed else "no",
    )
    return sessions


@action("schedule-session")
def move_appointment(
    *,
    by: Staff,
    patient: Patient,
    session: InfusionSession,
    at: datetime,
    bed: str = "",
    provider: User | None = None,
    although_closed: bool = False,
) -> InfusionSession:
    """Another time, bed or provider, before check-in; a bed also later."""
    row = locked(patient, session, SessionState.SCHEDULED, *UNDER_WAY)
    if row.state != SessionState.SCHEDULED and at != row.scheduled_at:
        raise Conflict("the patient has already checked in: only the bed can be changed, not the time")
    _check_provider(patient, provider)
    before, moved = row.scheduled_at, at != row.scheduled_at
    row.scheduled_at, row.provider = at, provider
    _into_bed(row, bed)
    if moved or row.state == SessionState.SCHEDULED:
        same_day = at.astimezone(row.site.zone).date() == before.astimezone(row.site.zone).date()
        timetable.check(row, although_closed=although_closed or same_day)
    save(row, "scheduled_at", "provider", "bed")
    add_event(row, EventKind.NOTE, by, {"note": f"bed {row.bed or 'none'}"})
    audit_event(by, "session.appointment", patient=patient, session=row.pk, at=at, bed=row.bed)
    return row


@action("schedule-session")
def check_in(
    *, by: Staff, patient: Patient, session: InfusionSession, identifiers: Mapping[str, str], bed: str = ""
) -> InfusionSession:
    """Checks the patient in: stated birth date, record number and phone must match the record."""
    row = locked(patient, session, SessionState.SCHEDULED)
    _check_turn(row)
    compared = tuple(_compared(patient, identifiers))
    passage = library.may_start(library.Today(day=day_of(row), identifiers=compared))
    if "identity" not in passage.met:
        raise Conflict(next(refusal.why for refusal in passage.refusals if refusal.requirement == "identity"))
    _into_bed(row, bed or row.bed)
    add_event(row, ClinicEvent.IDENTITY, by, {"identifiers": compared})
    move_to_state(row, SessionState.CHECKED_IN, by, {"identity": True})
    audit_event(by, "session.check-in", patient=patient, session=row.pk, identifiers=", ".join(compared))
    return row


def _compared(patient: Patient, stated: Mapping[str, str]) -> list[str]:
    """The identifiers that were compared. Conflict when one does not match the record."""
    recorded = {
        "birth-date": patient.birth_date.isoformat() if patient.birth_date else "",
        "record-number": patient.number,
        "phone": patient.phone,
    }
    for name, answer in stated.items():
        if name in recorded and answer.strip() != recorded[name]:
            raise Conflict(f"the {identifier_title(name)} does not match the record: is this the right patient?")
    return [name for name in IDENTIFIERS if stated.get(name, "").strip()]


def _check_turn(row: InfusionSession) -> None:
    """Conflict when the session is of a later day, or another one of this patient is in progress."""
    day = row.scheduled_at.astimezone(row.site.zone).date()
    if day > day_of(row):
        raise Conflict(f"this appointment is for {record.day(day)}: choose today's, or move this one to today first")
    # two check-ins of one patient wait for each other
    Patient.objects.select_for_update(of=("self",)).get(pk=row.patient_id)
    other = InfusionSession.objects.filter(patient=row.patient_id, state__in=UNDER_WAY).first()
    if other is not None:
        raise Conflict(
            f"this patient has another session in progress (day {other.day}, {state_title(other.state)}): end it first"
        )


def _into_bed(row: InfusionSession, bed: str) -> None:
    row.bed = bed.strip()[:40]
    if row.state in IN_A_BED:
        check_bed_is_free(row)


@part_of_action
def check_bed_is_free(row: InfusionSession) -> None:
    """Conflict when its bed is in use by another session."""
    others = InfusionSession.objects.filter(site=row.site, bed=row.bed, state__in=IN_A_BED).exclude(pk=row.pk)
    if row.bed and others.exists():
        raise Conflict(f"bed {row.bed} is in use by another session: choose another bed")


def _check_provider(patient: Patient, provider: User | None) -> None:
    if provider is None:
        return
    roles = Membership.objects.filter(user=provider, site=patient.site, role__in=library.states.PRESCRIBERS)
    if not roles.exists():
        raise Conflict(f"a session must be supervised by a physician or an {anaesthesia_provider(patient.site)}")
