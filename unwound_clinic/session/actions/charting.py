"""Charting within a session: rates, boluses, rescue drugs, side effects, notes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from unwound.session import charted_doses
from unwound.session.events import EventKind
from unwound.session.states import SessionState
from unwound_clinic.core.access import Confirmed, Staff
from unwound_clinic.core.action import Conflict, action
from unwound_clinic.models import InfusionSession, Patient, SessionEvent
from unwound_clinic.session import order
from unwound_clinic.session.actions.events import GIVING, chart, locked, second_person
from unwound_clinic.session.moments import How, Moment

Json = Any
IN_CARE = (*GIVING, SessionState.RECOVERING)
NO_DOSE = "dose not charted"
"""How the record speaks of a rescue drug whose dose was left empty, so that nobody takes it for complete."""


def _while_given(at: datetime | None) -> tuple[str, ...]:
    """The states in which a rate or a bolus is charted: one of earlier also once the infusion has ended."""
    return IN_CARE if at is not None else GIVING


class Doubtful(Conflict):
    """A dose above its limit: it is charted when it is sent again as meant, with who ordered it.

    With `second`, only once a second person has confirmed it too.
    """

    def __init__(self, message: str, *, second: bool = False) -> None:
        super().__init__(message)
        self.second = second


@action("run-session")
def rate(
    *,
    by: Staff,
    patient: Patient,
    session: InfusionSession,
    rate_mg_per_h: float,
    reason: str = "",
    sure: bool = False,
    second: Confirmed | None = None,
    at: datetime | None = None,
    how: How = How.LATER,
) -> SessionEvent:
    """Charts a new pump rate. Above the order it is asked again, and needs a reason: who ordered it, and why.

    Far above it a second person confirms it too; lowering a rate never needs anybody.
    """
    row = locked(patient, session, *_while_given(at))
    run, confirmed_by = order.run_of(row), ""
    if run is not None:
        far = charted_doses.needs_second(rate_mg_per_h, run.highest)
        doubt = charted_doses.rate_doubt(rate_mg_per_h, run.highest)
        _check_doubt(doubt, sure and not (far and second is None), reason, second=far)
        confirmed_by = second_person(by, patient, second) if far else ""
    content = {"rate_mg_per_h": rate_mg_per_h, "reason": reason.strip(), "second_person": confirmed_by}
    return chart(row, EventKind.RATE, by, content, Moment(at, how))


@action("run-session")
def bolus(
    *,
    by: Staff,
    patient: Patient,
    session: InfusionSession,
    amount_mg: float,
    reason: str,
    sure: bool = False,
    at: datetime | None = None,
    how: How = How.LATER,
) -> SessionEvent:
    """Charts a bolus; no order includes one, so the reason names who ordered it. A large one is asked again."""
    row = locked(patient, session, *_while_given(at))
    if not reason.strip():
        raise Conflict("the order includes no bolus: state who ordered it, and why")
    _check_doubt(charted_doses.bolus_doubt(amount_mg, row.plan.weight_kg), sure, reason)
    return chart(row, EventKind.BOLUS, by, {"amount_mg": amount_mg, "reason": reason.strip()}, Moment(at, how))


@action("run-session")
def rescue_drug(
    *,
    by: Staff,
    patient: Patient,
    session: InfusionSession,
    drug: str,
    amount: str = "",
    note: str = "",
    sure: bool = False,
    at: datetime | None = None,
    how: How = How.LATER,
) -> SessionEvent:
    """Charts a rescue drug; `amount` as given, with its unit. Above its largest single dose it is asked again.

    An emergency does not wait for the dose: without one it is charted at once, and the record says what it lacks.
    """
    row = locked(patient, session, *IN_CARE)
    _check_doubt(charted_doses.rescue_doubt(drug, amount), sure, note)
    words = ", ".join(part for part in (amount.strip() or NO_DOSE, note.strip()) if part)
    return chart(row, EventKind.RESCUE_DRUG, by, {"of": drug.strip(), "note": words}, Moment(at, how))


def _check_doubt(doubt: str, sure: bool, ordered_by: str, *, second: bool = False) -> None:
    """Doubtful unless the dose was sent again as meant, with who ordered it; «x» is nobody and no reason."""
    if doubt and not charted_doses.is_reason(ordered_by):
        raise Doubtful(f"{doubt}: state who ordered it, and why", second=second)
    if doubt and not sure:
        also = ", with a second person" if second else ""
        raise Doubtful(f"{doubt}. If it is correct, confirm it below{also}", second=second)


@action("run-session")
def side_effect(
    *,
    by: Staff,
    patient: Patient,
    session: InfusionSession,
    effect: str,
    grade: int,
    note: str = "",
    at: datetime | None = None,
    how: How = How.LATER,
) -> SessionEvent:
    """Charts a side effect with its grade, 1 (mild) to 5 (death)."""
    row = locked(patient, session, *IN_CARE)
    content = {"of": effect.strip(), "grade": grade, "note": note.strip()}
    return chart(row, EventKind.SIDE_EFFECT, by, content, Moment(at, how))


@action("run-session")
def note(
    *,
    by: Staff,
    patient: Patient,
    session: InfusionSession,
    text: str,
    at: datetime | None = None,
    how: How = How.LATER,
) -> SessionEvent:
    """Charts a note."""
    row = locked(patient, session)
    if not text.strip():
        raise Conflict("the note is empty")
    return chart(row, EventKind.NOTE, by, {"note": text.strip()}, Moment(at, how))
