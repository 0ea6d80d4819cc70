"""Charting within a session: rates, boluses, rescue drugs, side effects, notes."""

from __future__ import annotations

from typing import Any

from unwound.session.events import EventKind
from unwound.session.states import SessionState
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action
from unwound_clinic.models import InfusionSession, Patient, SessionEvent
from unwound_clinic.session import order
from unwound_clinic.session.actions.events import GIVING, chart, locked

Json = Any
IN_CARE = (*GIVING, SessionState.RECOVERING)


@action("run-session")
def rate(
    *, by: Staff, patient: Patient, session: InfusionSession, rate_mg_per_h: float, reason: str = ""
) -> SessionEvent:
    """Charts a new pump rate. Above the order it needs a reason: who ordered it, and why."""
    row = locked(patient, session, *GIVING)
    run = order.run_of(row)
    if run is not None and rate_mg_per_h > run.highest * (1 + 1e-9) and not reason.strip():
        raise Conflict(
            f"{rate_mg_per_h:g} mg/h is above the {run.highest:.4g} mg/h of the order: state who ordered it, and why"
        )
    return chart(row, EventKind.RATE, by, {"rate_mg_per_h": rate_mg_per_h, "reason": reason.strip()})


@action("run-session")
def bolus(*, by: Staff, patient: Patient, session: InfusionSession, amount_mg: float, reason: str) -> SessionEvent:
    """Charts a bolus; no order includes one, so the reason names who ordered it."""
    row = locked(patient, session, *GIVING)
    if not reason.strip():
        raise Conflict("the order includes no bolus: state who ordered it, and why")
    return chart(row, EventKind.BOLUS, by, {"amount_mg": amount_mg, "reason": reason.strip()})


@action("run-session")
def rescue_drug(
    *, by: Staff, patient: Patient, session: InfusionSession, drug: str, amount: str = "", note: str = ""
) -> SessionEvent:
    """Charts a rescue drug; `amount` as given, with its unit."""
    row = locked(patient, session, *IN_CARE)
    words = ", ".join(part for part in (amount.strip(), note.strip()) if part)
    return chart(row, EventKind.RESCUE_DRUG, by, {"of": drug.strip(), "note": words})


@action("run-session")
def side_effect(
    *, by: Staff, patient: Patient, session: InfusionSession, effect: str, grade: int, note: str = ""
) -> SessionEvent:
    """Charts a side effect with its grade, 1 (mild) to 5 (death)."""
    row = locked(patient, session, *IN_CARE)
    return chart(row, EventKind.SIDE_EFFECT, by, {"of": effect.strip(), "grade": grade, "note": note.strip()})


@action("run-session")
def note(*, by: Staff, patient: Patient, session: InfusionSession, text: str) -> SessionEvent:
    """Charts a note."""
    row = locked(patient, session)
    if not text.strip():
        raise Conflict("the note is empty")
    return chart(row, EventKind.NOTE, by, {"note": text.strip()})
