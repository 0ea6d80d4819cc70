"""Which course was given to a patient, and when its last infusion was."""

from __future__ import annotations

from datetime import date

from unwound.session.states import SessionState
from unwound_clinic.models import InfusionSession, Patient, Plan
from unwound_clinic.session.given import began_on

OVER = (SessionState.DISCHARGED, SessionState.ABORTED)


def last_infusion(plan: Plan) -> date | None:
    """The day of the last infusion of a course; None before the first, and while more of it is to come."""
    sessions = list(plan.sessions.select_related("site"))
    if any(session.state not in OVER for session in sessions):
        return None
    return max((day for session in sessions if (day := began_on(session)) is not None), default=None)


def given(patient: Patient) -> Plan | None:
    """The course that was begun last; None where none was."""
    begun = [
        (day, session.plan)
        for session in patient.sessions.exclude(state=SessionState.SCHEDULED).select_related("plan", "site")
        if (day := began_on(session)) is not None
    ]
    return max(begun, key=lambda row: row[0])[1] if begun else None


def another_began(plan: Plan, last: date) -> bool:
    """Whether an infusion of another course of the same patient began after that day."""
    others = InfusionSession.objects.filter(patient=plan.patient_id).exclude(plan=plan).select_related("site")
    days = (began_on(session) for session in others.exclude(state=SessionState.SCHEDULED))
    return any(day is not None and day > last for day in days)
