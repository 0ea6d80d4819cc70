"""Alerts: recorded when they are first true, acknowledged by a named person with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone

from unwound.session import Alert, Episode
from unwound.session.events import EventKind
from unwound_clinic.core.access import Device, Staff
from unwound_clinic.core.action import Conflict, action, audit_event, part_of_action
from unwound_clinic.models import InfusionSession, Patient, SessionEvent, Site
from unwound_clinic.session import translate, watching
from unwound_clinic.session.actions.events import add_event, chart_at, check_event, locked
from unwound_clinic.session.moments import How, Moment


@action("send-readings")
def record_new(*, by: Device, site: Site, session: InfusionSession) -> int:
    """Records the alerts that are true now and not in the record yet, each once; returns their number."""
    if session.site_id != site.pk:
        raise Conflict("this session belongs to another site")
    row = locked(session.patient, session)
    raised = raise_new(row)
    audit_event(by, "session.alerts", patient=row.patient, session=row.pk, raised=", ".join(raised) or "none")
    return len(raised)


@part_of_action
def raise_new(session: InfusionSession) -> list[str]:
    """Records each new alert as an event and returns their ids; `session` is locked."""
    live = watching.live(session)
    for alert in live.new:
        content = {"episode": translate.episode_row(alert.episode), "note": "; ".join(alert.because)}
        add_event(session, EventKind.RAISED, None, content, at=live.watched.at)
    return [alert.episode.id for alert in live.new]


@action("run-session")
def acknowledge(
    *,
    by: Staff,
    patient: Patient,
    session: InfusionSession,
    episode: Episode,
    reason: str,
    shown: Mapping[str, float | None] | None = None,
    at: datetime | None = None,
    how: How = How.LATER,
) -> SessionEvent:
    """Acknowledges an alert, and those of the same event, with the finding or the action taken.

    `shown` are the alerts that whoever acknowledges had in view, by their id, with the worst value of each: nothing
    else is acknowledged, and what has become worse since calls again. Without it, all of the event as it is now. An
    acknowledgement that waited for the network holds from when it was tapped (`at`), and needs what was in view then.
    """
    row = locked(patient, session)
    if not reason.strip():
        raise Conflict("record the finding or the action taken")
    if at is not None and episode.id not in (shown or {}):
        raise Conflict(
            "it cannot be told what was in view when this was tapped: look at the alert, and acknowledge it now"
        )
    raise_new(row)
    live = watching.live(row)
    alert = next((alert for alert in live.watched.alerts if alert.episode == episode), None)
    if alert is None:
        raise Conflict("this alert does not belong to this session")
    if alert.acknowledged is not None and not alert.open:
        raise Conflict(f"{alert.acknowledged.by} has already acknowledged it: {alert.acknowledged.reason}")
    together = next(happening.alerts for happening in live.watched.happenings if alert in happening.alerts)
    others = [other for other in together if other != alert and (shown is None or other.episode.id in shown)]
    events = [_answered(row, by, each, reason, shown or {}, Moment(at, how)) for each in (alert, *others)]
    number = ", ".join(str(event.pk) for event in events)
    audit_event(by, f"session.{EventKind.ACKNOWLEDGED}", patient=patient, session=row.pk, event=number)
    return events[0]


def _answered(
    row: InfusionSession, by: Staff, alert: Alert, reason: str, shown: Mapping[str, float | None], moment: Moment
) -> SessionEvent:
    """One acknowledged alert, with the worst value that was seen of it."""
    content = {
        "episode": translate.episode_row(alert.episode),
        "reason": reason.strip(),
        "value": shown.get(alert.episode.id, alert.worst),
    }
    check_event(EventKind.ACKNOWLEDGED, moment.at or timezone.now(), by, content)
    return chart_at(row, EventKind.ACKNOWLEDGED, by, content, moment)
