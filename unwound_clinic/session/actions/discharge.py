"""The end of a session: what is found out before the patient leaves, the way home, and deciding otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from unwound import instruments
from unwound.session import gates
from unwound.session.events import EventKind
from unwound.session.gates import GateName
from unwound.session.states import SessionState
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import InfusionSession, Patient, SessionEvent, Stage
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.record.actions import patients
from unwound_clinic.session import gates as session_gates
from unwound_clinic.session import order, translate
from unwound_clinic.session.actions.events import add_event, day_of, locked, move_to_state, opens

Json = Any
LEAVING = frozenset({"aldrete", "padss", "escort_present", "when_to_call_given", "told_not_to_drive", "next_call"})
BEFORE = (SessionState.CHECKED_IN, SessionState.READY)
SHORTEST_REASON = 10
"""Characters that the reason for an override has at least."""


@action("run-session")
def before_leaving(*, by: Staff, patient: Patient, session: InfusionSession, known: Mapping[str, Json]) -> SessionEvent:
    """What is found out and given before the patient leaves: scores, escort, the written page, the call."""
    found = locked(patient, session, SessionState.RECOVERING)
    told = {name: value for name, value in known.items() if value not in (None, "")}
    if not told or not set(told) <= LEAVING:
        raise Conflict("nothing was entered")
    for id in ("aldrete", "padss"):
        if id in told:
            instruments.score(id, total=told[id])
    if "next_call" in told:
        date.fromisoformat(told["next_call"])
    event = add_event(found, ClinicEvent.LEAVING, by, told)
    audit_event(by, "session.before-leaving", patient=patient, session=found.pk, known=", ".join(told))
    return event


@action("run-session")
def discharge(*, by: Staff, patient: Patient, session: InfusionSession) -> InfusionSession:
    """The patient goes home. The page has asked for the password again."""
    found = locked(patient, session, SessionState.RECOVERING)
    move_to_state(found, SessionState.DISCHARGED, by, {"may-leave": opens(session_gates.leave(found))})
    add_event(found, EventKind.LEAVE, by)
    _go_on(patient, found)
    audit_event(by, "session.discharge", patient=patient, session=found.pk)
    return found


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
    """A physician decides that one requirement need not be met, with a reason; some nobody may."""
    found = locked(patient, session, *(BEFORE if gate == GateName.START else (SessionState.RECOVERING,)))
    wanted = gates.gate(gate).requirements.get(requirement)
    if (gate, requirement) != (GateName.LEAVE, session_gates.BALANCE) and (wanted is None or not wanted.override):
        raise Conflict("this requirement cannot be overridden")
    if len(reason.strip()) < SHORTEST_REASON:
        raise Conflict(f"give the reason for the override (at least {SHORTEST_REASON} characters)")
    told = {"gate": gate, "requirement": requirement, "role": by.roles[patient.site_id], "reason": reason.strip()}
    event = add_event(found, ClinicEvent.OVERRIDE, by, told)
    audit_event(by, "session.override", patient=patient, session=found.pk, told=told)
    return event


def _go_on(patient: Patient, row: InfusionSession) -> None:
    """What is due next: the call first; the course goes on, or is done."""
    rows = tuple(row.events.order_by("at", "id"))
    call = translate.together(rows, ClinicEvent.LEAVING).get("next_call")
    due = date.fromisoformat(call) if call else day_of(row) + timedelta(days=1)
    ahead = row.plan.sessions.filter(state=SessionState.SCHEDULED).exists()
    given = set(row.plan.sessions.filter(state=SessionState.DISCHARGED).values_list("day", flat=True)) | {row.day}
    whole = given >= {one.day for one in order.runs(row.plan)}
    stands = row.plan.state == "checked"
    if not ahead and (whole or not stands):
        if stands:
            row.plan.state = "done"
            row.plan.save(update_fields=["state"])
        patients.set_stage(patient, Stage.FOLLOW_UP, due, "call after the infusion")
    else:
        patients.set_stage(patient, Stage.TREATMENT, due, "call after the infusion")
