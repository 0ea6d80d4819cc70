"""An appointment that does not take place: the patient did not come, or it was called off before the day."""

from __future__ import annotations

from django.utils import timezone

from unwound import record
from unwound.session.states import SessionState
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import InfusionSession, Patient, Stage
from unwound_clinic.record.actions import patients
from unwound_clinic.session.actions.events import day_of, locked, move_to_state

REASON_CHARACTERS = 200


@action("schedule-session")
def did_not_come(*, by: Staff, patient: Patient, session: InfusionSession, reason: str) -> InfusionSession:
    """The patient did not come, and why, as far as anybody knows. Conflict before the hour of the appointment."""
    row = locked(patient, session, SessionState.SCHEDULED)
    if row.scheduled_at > timezone.now():
        at = row.scheduled_at.astimezone(row.site.zone)
        raise Conflict(
            f"the appointment is at {at:%H:%M} on {record.day(at)}: chart that the patient did not attend after that"
        )
    row.missed_why = _checked(reason, "enter the reason, or «not known»")
    row.save(update_fields=["missed_why"])
    _end(row, by, f"did not attend: {row.missed_why}")
    _due(patient, row, "did not attend an infusion: call the patient")
    audit_event(by, "session.did-not-come", patient=patient, session=row.pk, reason=row.missed_why)
    return row


@action("schedule-session")
def call_off(*, by: Staff, patient: Patient, session: InfusionSession, reason: str) -> InfusionSession:
    """The appointment is called off, by the patient or by the clinic, and why."""
    row = locked(patient, session, SessionState.SCHEDULED)
    why = _checked(reason, "give the reason")
    _end(row, by, why)
    _due(patient, row, "infusion cancelled: arrange another")
    audit_event(by, "session.call-off", patient=patient, session=row.pk, reason=why)
    return row


def _checked(reason: str, otherwise: str) -> str:
    text = " ".join(reason.split())
    if not text:
        raise Conflict(otherwise)
    if len(text) > REASON_CHARACTERS:
        raise Conflict(f"the reason has {len(text)} characters; at most {REASON_CHARACTERS} can be kept: shorten it")
    return text


def _end(row: InfusionSession, by: Staff, reason: str) -> None:
    move_to_state(row, SessionState.ABORTED, by, {"reason": True}, reason=reason)


def _due(patient: Patient, row: InfusionSession, what: str) -> None:
    if patient.stage in (Stage.TREATMENT, Stage.READY):
        patients.set_stage(patient, Stage(patient.stage), day_of(row), what)
