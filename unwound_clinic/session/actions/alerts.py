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
    """Puts the alerts that are true now and not in the record yet into it, each once; gives their number."""
    if session.site_id != site.pk:
        raise Conflict("this session belongs to another site")
    found = locked(session.patient, session)
    made = raise_new(found)
    audit_event(by, "session.alerts", patient=found.patient, session=found.pk, raised=", ".join(made) or "none")
    return len(made)


@part_of_action
def raise_new(session: InfusionSession) -> list[str]:
    """The ids of the alerts that are new now, each put into the record as an event; `session` is locked."""
    live = watching.live(session)
    for one in live.new:
        told = {"episode": translate.episode_row(one.episode), "note": "; ".join(one.because)}
        add_event(session, EventKind.RAISED, None, told, at=live.watched.at)
    return [one.episode.id for one in live.new]


@action("run-session")
def acknowledge(
    *, by: Staff, patient: Patient, session: InfusionSession, episode: Episode, reason: str
) -> SessionEvent:
    """Somebody has seen to an alert, and says how."""
    found = locked(patient, session)
    if not reason.strip():
        raise Conflict("record the finding or the action taken")
    raise_new(found)
    live = watching.live(found)
    alert = next((one for one in live.watched.alerts if one.episode == episode), None)
    if alert is None:
        raise Conflict("this alert does not belong to this session")
    if alert.acknowledged is not None:
        raise Conflict(f"{alert.acknowledged.by} has already acknowledged it: {alert.acknowledged.reason}")
    told = {"episode": translate.episode_row(episode), "reason": reason.strip()}
    return chart(found, EventKind.ACKNOWLEDGED, by, told)
