"""The course of an infusion, from its start to its end: each step asks the library's table and gate first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from unwound import catalogue
from unwound.session import not_back
from unwound.session.events import EventKind
from unwound.session.states import PRESCRIBERS, SessionState
from unwound.terms import Advice
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import InfusionSession, Patient, Stage
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.record.actions import patients
from unwound_clinic.session import gates, translate, watching
from unwound_clinic.session.actions.events import (
    GIVING,
    UNDER_WAY,
    add_event,
    chart_at,
    day_of,
    locked,
    move_to_state,
    opens,
)
from unwound_clinic.session.moments import How, Moment

Json = Any


@action("run-session")
def start(
    *,
    by: Staff,
    patient: Patient,
    session: InfusionSession,
    rate_mg_per_h: float,
    at: datetime | None = None,
    how: How = How.LATER,
) -> InfusionSession:
    """The infusion starts, after the gate has been asked once more; `at` where it is charted later."""
    row = locked(patient, session, SessionState.READY)
    _check_was_ready(row, at)
    met = {"may-start": opens(gates.start(row, at)), "stops-seen": not _open_stop_alerts(row)}
    if not rate_mg_per_h > 0:
        raise Conflict("the starting rate must be above zero")
    move_to_state(row, SessionState.INFUSING, by, met)
    content = {"rate_mg_per_h": rate_mg_per_h, "rests_on": catalogue.rests_on()}
    chart_at(row, EventKind.START, by, content, Moment(at, how))
    if patient.stage != Stage.TREATMENT:
        patients.set_stage(patient, Stage.TREATMENT, day_of(row), "infusion")
    audit_event(by, "session.start", patient=patient, session=row.pk, rate_mg_per_h=rate_mg_per_h)
    return row


@action("run-session")
def pause(
    *,
    by: Staff,
    patient: Patient,
    session: InfusionSession,
    reason: str = "",
    at: datetime | None = None,
    how: How = How.LATER,
) -> InfusionSession:
    """The infusion pauses; nothing is required for that."""
    row = locked(patient, session, SessionState.INFUSING)
    move_to_state(row, SessionState.PAUSED, by, {})
    chart_at(row, EventKind.PAUSE, by, {"reason": reason}, Moment(at, how))
    audit_event(by, "session.pause", patient=patient, session=row.pk)
    return row


@action("run-session")
def resume(
    *,
    by: Staff,
    patient: Patient,
    session: InfusionSession,
    despite: str = "",
    at: datetime | None = None,
    how: How = How.LATER,
) -> InfusionSession:
    """The infusion resumes, once what advised stopping is acknowledged and over, while order and consent hold.

    `despite` is the reason of a prescriber why it resumes although a value is not back within its limits.
    """
    row = locked(patient, session, SessionState.PAUSED)
    against = _not_back(row)
    seen = not _open_stop_alerts(row)
    if seen:
        _check_despite(row, by, against, despite.strip())
    met = {"stops-seen": seen, "back-within": True, "still-agreed": gates.still_agreed(row)}
    move_to_state(row, SessionState.INFUSING, by, met)
    why = f"{despite.strip()} (although: {'; '.join(against)})" if against else ""
    chart_at(row, EventKind.RESUME, by, {"reason": why}, Moment(at, how))
    audit_event(by, "session.resume", patient=patient, session=row.pk, despite=why)
    return row


@action("run-session")
def stop(
    *,
    by: Staff,
    patient: Patient,
    session: InfusionSession,
    reason: str = "",
    at: datetime | None = None,
    how: How = How.LATER,
) -> InfusionSession:
    """The infusion ends; recovery begins."""
    row = locked(patient, session, *GIVING)
    chart_at(row, EventKind.STOP, by, {"reason": reason}, Moment(at, how))
    move_to_state(row, SessionState.RECOVERING, by, {"end-charted": True})
    audit_event(by, "session.stop", patient=patient, session=row.pk, reason=reason)
    return row


@action("run-session")
def abort(
    *, by: Staff, patient: Patient, session: InfusionSession, reason: str, handed_over: str = ""
) -> InfusionSession:
    """Discontinues the session: not today, or care continues elsewhere; why, and to whom the patient is handed over."""
    row = locked(patient, session, SessionState.SCHEDULED, *UNDER_WAY)
    if row.state in GIVING:
        add_event(row, EventKind.STOP, by, {"reason": reason})
    met = {"reason": bool(reason.strip()), "end-charted": True, "handed-over": bool(handed_over.strip())}
    move_to_state(row, SessionState.ABORTED, by, met, reason=reason.strip(), handed_over=handed_over.strip())
    add_event(row, EventKind.LEAVE, by)
    if patient.stage in (Stage.TREATMENT, Stage.READY):
        patients.set_stage(patient, Stage(patient.stage), day_of(row), _to_do(row))
    audit_event(by, "session.abort", patient=patient, session=row.pk, reason=reason, handed_over=handed_over)
    return row


def _check_was_ready(row: InfusionSession, at: datetime | None) -> None:
    """Conflict for a start before everything was met: what was checked later was not checked before it."""
    moved = [event for event in row.events.filter(kind=ClinicEvent.MOVED) if event.content.get("to") == row.state]
    if at is not None and moved and at < max(event.at for event in moved):
        ready = max(event.at for event in moved).astimezone(row.site.zone)
        raise Conflict(f"the session was made ready at {ready:%H:%M}: an infusion cannot have been started before")


def _to_do(row: InfusionSession) -> str:
    """What is due after a session was discontinued."""
    adds_up = gates.balance(row, watching.live(row)).closes.holds
    also = "" if adds_up else "; reconcile its controlled drug"
    return f"session discontinued: decide on further treatment{also}"


def _not_back(row: InfusionSession) -> tuple[str, ...]:
    live = watching.live(row)
    return not_back(live.limits, live.watched, translate.watched_events(live.rows))


def _check_despite(row: InfusionSession, by: Staff, against: tuple[str, ...], despite: str) -> None:
    """Conflict when a value is not back within its limits, unless a prescriber says why it goes on."""
    if not against:
        return
    if not despite:
        raise Conflict(f"{'; '.join(against)}. A prescriber may decide otherwise, with a reason")
    if not by.roles.get(row.site_id, frozenset()) & set(PRESCRIBERS):
        raise Conflict(f"{'; '.join(against)}. Only a prescriber may decide otherwise")


def _open_stop_alerts(row: InfusionSession) -> bool:
    return any(alert.does == Advice.STOP for alert in watching.live(row).watched.open)
