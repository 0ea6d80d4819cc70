"""What happens in a session beside its course: rates, boluses, drugs, effects, notes, alerts seen, amendments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from unwound.session import Episode
from unwound.session.events import EventKind
from unwound.session.states import SessionState
from unwound_clinic import translate_session, watching
from unwound_clinic.access import Device, Staff
from unwound_clinic.actions.door import Conflict, action, leave, part
from unwound_clinic.actions.session_rows import GIVING, check, locked, write
from unwound_clinic.models import InfusionSession, Patient, SessionEvent, Site
from unwound_clinic.models.session import ClinicEvent

Json = Any
IN_CARE = (*GIVING, SessionState.RECOVERING)
FIXED = (
    ClinicEvent.MOVED,
    ClinicEvent.IDENTITY,
    EventKind.RAISED,
    EventKind.ACKNOWLEDGED,
    ClinicEvent.OVERRIDE,
    EventKind.LEAVE,
)
"""Kinds that tell what the clinic itself did: they stay as they are."""
WHOLE = (ClinicEvent.READING_IN_ERROR,)
"""Kinds that hold or do not: they can be taken back, so that the readings count again, and are not amended."""
TURNS = (EventKind.START, EventKind.STOP, EventKind.PAUSE, EventKind.RESUME)
"""Kinds that the state rests on: their time can be amended, they cannot be taken back."""


@action("run-session")
def rate(
    *, by: Staff, patient: Patient, session: InfusionSession, rate_mg_per_h: float, reason: str = ""
) -> SessionEvent:
    """The pump was set to another rate. Above the order it needs a reason: who ordered it, and why."""
    found = locked(patient, session, *GIVING)
    run = translate_session.run_of(found)
    if run is not None and rate_mg_per_h > run.highest * (1 + 1e-9) and not reason.strip():
        raise Conflict(
            f"{rate_mg_per_h:g} mg/h is above the {run.highest:.4g} mg/h of the order: write who ordered it, and why"
        )
    return _told(found, EventKind.RATE, by, {"rate_mg_per_h": rate_mg_per_h, "reason": reason.strip()})


@action("run-session")
def bolus(*, by: Staff, patient: Patient, session: InfusionSession, amount_mg: float, reason: str) -> SessionEvent:
    """A dose at once; no order holds one, so a reason says who ordered it."""
    found = locked(patient, session, *GIVING)
    if not reason.strip():
        raise Conflict("the order holds no bolus: write who ordered it, and why")
    return _told(found, EventKind.BOLUS, by, {"amount_mg": amount_mg, "reason": reason.strip()})


@action("run-session")
def rescue_drug(
    *, by: Staff, patient: Patient, session: InfusionSession, drug: str, amount: str = "", note: str = ""
) -> SessionEvent:
    """A rescue drug was given; `amount` as it was given, with its unit."""
    found = locked(patient, session, *IN_CARE)
    words = ", ".join(part for part in (amount.strip(), note.strip()) if part)
    return _told(found, EventKind.RESCUE_DRUG, by, {"of": drug.strip(), "note": words})


@action("run-session")
def side_effect(
    *, by: Staff, patient: Patient, session: InfusionSession, effect: str, grade: int, note: str = ""
) -> SessionEvent:
    """A side effect with its grade, 1 (mild) to 5 (death)."""
    found = locked(patient, session, *IN_CARE)
    return _told(found, EventKind.SIDE_EFFECT, by, {"of": effect.strip(), "grade": grade, "note": note.strip()})


@action("run-session")
def note(*, by: Staff, patient: Patient, session: InfusionSession, text: str) -> SessionEvent:
    """Something in words."""
    found = locked(patient, session)
    if not text.strip():
        raise Conflict("nothing was written")
    return _told(found, EventKind.NOTE, by, {"note": text.strip()})


@action("send-readings")
def record_new(*, by: Device, site: Site, session: InfusionSession) -> int:
    """Puts the alerts that are true now and not in the record yet into it, each once; gives their number."""
    if session.site_id != site.pk:
        raise Conflict("this session belongs to another site")
    found = locked(session.patient, session)
    made = raise_new(found)
    leave(by, "session.alerts", patient=found.patient, session=found.pk, raised=", ".join(made) or "none")
    return len(made)


@part
def raise_new(session: InfusionSession) -> list[str]:
    """The ids of the alerts that are new now, each put into the record as an event; `session` is locked."""
    live = watching.live(session)
    for one in live.new:
        told = {"episode": translate_session.episode_row(one.episode), "note": "; ".join(one.because)}
        write(session, EventKind.RAISED, None, told, at=live.watched.at)
    return [one.episode.id for one in live.new]


@action("run-session")
def acknowledge(
    *, by: Staff, patient: Patient, session: InfusionSession, episode: Episode, reason: str
) -> SessionEvent:
    """Somebody has seen to an alert, and says how."""
    found = locked(patient, session)
    if not reason.strip():
        raise Conflict("say in a few words what was seen or done")
    raise_new(found)
    live = watching.live(found)
    alert = next((one for one in live.watched.alerts if one.episode == episode), None)
    if alert is None:
        raise Conflict("there is no such alert in this session")
    if alert.acknowledged is not None:
        raise Conflict(f"{alert.acknowledged.by} has acknowledged it already: {alert.acknowledged.reason}")
    told = {"episode": translate_session.episode_row(episode), "reason": reason.strip()}
    return _told(found, EventKind.ACKNOWLEDGED, by, told)


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
    found, before = _amendable(patient, session, event, reason)
    if before.kind in WHOLE:
        raise Conflict("this is not amended: take it back, so that the readings count again; strike out the right ones")
    whole = {**before.content, **content}
    if before.kind in translate_session.HAPPENINGS:
        check(before.kind, at, by, whole)
    made = write(found, before.kind, by, whole, at=at, amends=before, reason=reason)
    leave(by, "session.amend", patient=patient, session=found.pk, event=before.pk, reason=reason)
    return made


@action("run-session")
def take_back(
    *, by: Staff, patient: Patient, session: InfusionSession, event: SessionEvent, reason: str
) -> SessionEvent:
    """An event was entered in error: it stays, struck out, and counts for nothing."""
    found, before = _amendable(patient, session, event, reason)
    if before.kind in TURNS:
        raise Conflict("the state of the session rests on this: its time can be amended, it cannot be taken back")
    made = write(found, before.kind, by, before.content, at=before.at, amends=before, in_error=True, reason=reason)
    leave(by, "session.take-back", patient=patient, session=found.pk, event=before.pk, reason=reason)
    return made


def _told(session: InfusionSession, kind: str, by: Staff, content: Mapping[str, Json]) -> SessionEvent:
    """Checked by the library's own event, written, and left in the chain."""
    if kind in translate_session.HAPPENINGS:
        check(kind, timezone.now(), by, content)
    made = write(session, kind, by, content)
    leave(by, f"session.{kind}", patient=session.patient, session=session.pk, event=made.pk)
    return made


def _amendable(
    patient: Patient, session: InfusionSession, event: SessionEvent, reason: str
) -> tuple[InfusionSession, SessionEvent]:
    found = locked(patient, session)
    before = found.events.filter(pk=event.pk).first()
    if before is None:
        raise Conflict("this event belongs to another session")
    if before.kind in FIXED:
        raise Conflict("this tells what was done here: it stays as it is; write a note beside it")
    if before.in_error or before.amended_by.exists():
        raise Conflict("there is a newer version of this event: amend that one")
    if not reason.strip():
        raise Conflict("an amendment needs its reason")
    return found, before
