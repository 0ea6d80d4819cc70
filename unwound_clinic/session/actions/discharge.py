"""The end of a session: the assessment before leaving, discharge, and overrides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from unwound import instruments
from unwound.session import gates
from unwound.session.events import EventKind
from unwound.session.gates import GateName
from unwound.session.states import SessionState
from unwound_clinic.core import access
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import InfusionSession, OrderState, Patient, SessionEvent, Stage
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.record.actions import patients
from unwound_clinic.session import gates as session_gates
from unwound_clinic.session import order, times, translate
from unwound_clinic.session.actions.events import add_event, day_of, locked, move_to_state, opens

Json = Any
LEAVING = frozenset({"aldrete", "padss", "escort_present", "when_to_call_given", "told_not_to_drive", "next_call"})
BEFORE = (SessionState.CHECKED_IN, SessionState.READY)
SHORTEST_REASON = 10
"""Least characters of the reason for an override."""


@action("run-session")
def before_leaving(
    *, by: Staff, patient: Patient, session: InfusionSession, answers: Mapping[str, Json]
) -> SessionEvent:
    """Records the assessment before leaving: scores, escort, the written page, the follow-up call."""
    row = locked(patient, session, SessionState.RECOVERING)
    filled = {name: value for name, value in answers.items() if value not in (None, "")}
    if not filled or not set(filled) <= LEAVING:
        raise Conflict("nothing was entered")
    for id in ("aldrete", "padss"):
        if id in filled:
            instruments.score(id, total=filled[id])
    if "next_call" in filled:
        date.fromisoformat(filled["next_call"])
    event = add_event(row, ClinicEvent.LEAVING, by, filled)
    audit_event(by, "session.before-leaving", patient=patient, session=row.pk, known=", ".join(filled))
    return event


@action("run-session")
def discharge(*, by: Staff, patient: Patient, session: InfusionSession) -> InfusionSession:
    """Discharges the patient. The page has asked for the password again."""
    row = locked(patient, session, SessionState.RECOVERING)
    move_to_state(row, SessionState.DISCHARGED, by, {"may-leave": opens(session_gates.leave(row))})
    add_event(row, EventKind.LEAVE, by)
    _set_next_due(patient, row)
    audit_event(by, "session.discharge", patient=patient, session=row.pk)
    return row


@action("override-discharge")
def override(
    *,
    by: Staff,
    patient: Patient,
    session: InfusionSession,
    gate: GateName,
    requirement: str,
    reason: str,
) -> SessionEvent:
    """A physician overrides one requirement with a reason; some cannot be overridden."""
    row = locked(patient, session, *(BEFORE if gate == GateName.START else (SessionState.RECOVERING,)))
    rule = gates.gate(gate).requirements.get(requirement)
    if (gate, requirement) != (GateName.LEAVE, session_gates.BALANCE) and (rule is None or not rule.override):
        raise Conflict("this requirement cannot be overridden")
    if len(reason.strip()) < SHORTEST_REASON:
        raise Conflict(f"give the reason for the override (at least {SHORTEST_REASON} characters)")
    content = {
        "gate": gate,
        "requirement": requirement,
        "role": access.role_for(by, "override-discharge", patient.site_id),
        "reason": reason.strip(),
    }
    event = add_event(row, ClinicEvent.OVERRIDE, by, content)
    audit_event(by, "session.override", patient=patient, session=row.pk, told=content)
    return event


def _set_next_due(patient: Patient, row: InfusionSession) -> None:
    """Sets what is due next: the follow-up call, within the course or after its end."""
    rows = times.events_of(row)
    call = translate.latest_values(rows, ClinicEvent.LEAVING).get("next_call")
    due = date.fromisoformat(call) if call else day_of(row) + timedelta(days=1)
    more_scheduled = row.plan.sessions.filter(state=SessionState.SCHEDULED).exists()
    given_days = set(row.plan.sessions.filter(state=SessionState.DISCHARGED).values_list("day", flat=True)) | {row.day}
    course_complete = given_days >= {run.day for run in order.runs(row.plan)}
    order_holds = row.plan.state == OrderState.CHECKED
    if not more_scheduled and (course_complete or not order_holds):
        if order_holds:
            row.plan.state = OrderState.DONE
            row.plan.save(update_fields=["state"])
        patients.set_stage(patient, Stage.FOLLOW_UP, due, "call after the infusion")
    else:
        patients.set_stage(patient, Stage.TREATMENT, due, "call after the infusion")
