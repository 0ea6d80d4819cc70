"""Corrections: an event gets a newer version or is retracted; the original stays in the record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone

from unwound.session import charted_doses
from unwound.session.events import EventKind
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import InfusionSession, Patient, SessionEvent
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session import order, translate
from unwound_clinic.session.actions.charting import Json
from unwound_clinic.session.actions.events import add_event, check_event, locked

FIXED = (
    ClinicEvent.MOVED,
    ClinicEvent.IDENTITY,
    EventKind.RAISED,
    EventKind.ACKNOWLEDGED,
    ClinicEvent.OVERRIDE,
    EventKind.LEAVE,
)
"""Kinds that document actions of the clinic: they cannot be changed."""
WHOLE = (ClinicEvent.READING_IN_ERROR, ClinicEvent.ROUND)
"""Kinds that can only be retracted, not amended: a voiding, which reinstates the readings, and a round."""
PHASE_EVENTS = (EventKind.START, EventKind.STOP, EventKind.PAUSE, EventKind.RESUME)
"""Kinds that the state depends on: their time can be amended, they cannot be retracted."""


@action("run-session")
def amend(
    *,
    by: Staff,
    patient: Patient,
    session: InfusionSession,
    event: SessionEvent,
    content: Mapping[str, Json],
    at: datetime,
    reason: str,
) -> SessionEvent:
    """A newer version of an event; the original and the reason stay in the record."""
    row, original = _amendable(patient, session, event, reason)
    if original.kind == ClinicEvent.ROUND:
        raise Conflict("a round cannot be amended: mark it as entered in error, and chart it as it was")
    if original.kind in WHOLE:
        raise Conflict("a voiding cannot be amended: retract it to reinstate the readings, then void the correct ones")
    merged = {**original.content, **content}
    if original.kind in translate.WATCHED_KINDS:
        check_event(original.kind, at, by, merged)
    run = order.run_of(row)
    is_rate = original.kind == EventKind.RATE and run is not None and "rate_mg_per_h" in content
    if is_rate and run and charted_doses.needs_second(content["rate_mg_per_h"], run.highest):
        raise Conflict("a rate this far above the order needs a second person: retract this one and chart it anew")
    if original.kind == EventKind.BOLUS and "amount_mg" in content:
        charted_doses.bolus_doubt(content["amount_mg"], row.plan.weight_kg)  # the reason is given; a slip is refused
    amended = add_event(row, original.kind, by, merged, at=at, amends=original, reason=reason)
    audit_event(by, "session.amend", patient=patient, session=row.pk, event=original.pk, reason=reason)
    return amended


@action("run-session")
def retract(*, by: Staff, patient: Patient, session: InfusionSession, event: SessionEvent, reason: str) -> SessionEvent:
    """An event was entered in error: it stays in the record, retracted, and is not used."""
    row, original = _amendable(patient, session, event, reason)
    if original.kind in PHASE_EVENTS:
        raise Conflict("the session's state depends on this event: its time can be amended, but it cannot be retracted")
    retracted = add_event(
        row,
        original.kind,
        by,
        original.content,
        at=min(original.at, timezone.now()),
        amends=original,
        in_error=True,
        reason=reason,
    )
    audit_event(by, "session.take-back", patient=patient, session=row.pk, event=original.pk, reason=reason)
    return retracted


def _amendable(
    patient: Patient, session: InfusionSession, event: SessionEvent, reason: str
) -> tuple[InfusionSession, SessionEvent]:
    row = locked(patient, session)
    original = row.events.filter(pk=event.pk).first()
    if original is None:
        raise Conflict("this event belongs to another session")
    if original.kind in FIXED:
        raise Conflict("this event documents an action taken here and cannot be changed: add a note instead")
    if original.in_error or original.amended_by.exists():
        raise Conflict("this event has a newer version: amend that one")
    if not reason.strip():
        raise Conflict("give a reason for the amendment")
    return row, original
