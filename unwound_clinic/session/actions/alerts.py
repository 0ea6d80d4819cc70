"""Alerts: recorded when they are first true, acknowledged by a named person with a reason."""

from __future__ import annotations

from unwound.session import Episode
from unwound.session.events import EventKind
from unwound_clinic.core.access import Device, Staff
from unwound_clinic.core.action import Conflict, action, audit_event, part_of_action
from unwound_clinic.models import InfusionSession, Patient, SessionEvent, Site
from unwound_clinic.session import translate, watching
from unwound_clinic.session.actions.events import add_event, chart, locked


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
    *, by: Staff, patient: Patient, session: InfusionSession, episode: Episode, reason: str
) -> SessionEvent:
    """Acknowledges an alert with the finding or the action taken, and with the worst value that was seen."""
    row = locked(patient, session)
    if not reason.strip():
        raise Conflict("record the finding or the action taken")
    raise_new(row)
    live = watching.live(row)
    alert = next((alert for alert in live.watched.alerts if alert.episode == episode), None)
    if alert is None:
        raise Conflict("this alert does not belong to this session")
    if alert.acknowledged is not None and not alert.open:
        raise Conflict(f"{alert.acknowledged.by} has already acknowledged it: {alert.acknowledged.reason}")
    content = {"episode": translate.episode_row(episode), "reason": reason.strip(), "value": alert.worst}
    return chart(row, EventKind.ACKNOWLEDGED, by, content)
