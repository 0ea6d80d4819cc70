"""Readings that do not belong here are taken back: typed wrongly, or of a probe that was on somebody else.

They stay, struck out, and count for nothing: values, alerts and extremes are reckoned without them. What was taken back
wrongly is taken back in its turn (`charting.take_back`), and the readings count again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from unwound.session import Channel, sign
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import InfusionSession, Patient, SessionEvent, VitalReading
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session import watching
from unwound_clinic.session.actions.events import add_event, locked

KIND = ClinicEvent.READING_IN_ERROR


@dataclass(frozen=True, slots=True)
class Probe:
    """Everything of a sender; of one of its probes; or one sign of that."""

    sender: str
    source: str | None = None
    sign: str | None = None

    @property
    def name(self) -> str:
        """In words."""
        if self.source is None:
            return f"{self.sender}, everything"
        named = Channel(self.sign or "", self.source).probe or self.sender
        return f"{named}, {sign(self.sign).title if self.sign else 'everything'}"


def probes(session: InfusionSession) -> list[Probe]:
    """What devices sent into the session: everything of each with more than one part before its parts."""
    sent = session.readings.exclude(message=None).values_list("message__sender", "source", "sign").order_by().distinct()
    named = {Probe(*fields) for fields in sent}
    wholes = Counter(Probe(probe.sender, probe.source) for probe in named)
    named |= {probe for probe, signs in wholes.items() if signs > 1}
    named |= {Probe(sender) for sender, number in Counter(probe.sender for probe in wholes).items() if number > 1}
    return sorted(named, key=lambda probe: (probe.sender, probe.source or "", probe.sign or ""))


def stretch(session: InfusionSession, probe: Probe, since: datetime, until: datetime) -> QuerySet[VitalReading]:
    """The readings of a probe from a time to a time that count."""
    rows = session.readings.filter(message__sender=probe.sender, at__gte=since, at__lte=until)
    if probe.source is not None:
        rows = rows.filter(source=probe.source)
    if probe.sign is not None:
        rows = rows.filter(sign=probe.sign)
    return rows.exclude(taken_back__in=watching.taking_back(session.events.order_by("at", "id")))


@action("run-session")
def reading(*, by: Staff, patient: Patient, session: InfusionSession, reading: int, reason: str) -> SessionEvent:
    """One reading."""
    row = locked(patient, session)
    stored = row.readings.filter(pk=reading).first()
    if stored is None:
        raise Conflict("this reading does not belong to this session")
    if stored.taken_back_id in watching.taking_back(row.events.order_by("at", "id")):
        raise Conflict("this reading has already been voided")
    content = {"reading": reading, "of": stored.sign, "value": stored.value}
    return _told(row, by, row.readings.filter(pk=reading), content, reason)


@action("run-session")
def readings_of(
    *,
    by: Staff,
    patient: Patient,
    session: InfusionSession,
    probe: Probe,
    since: datetime,
    until: datetime,
    seen: int,
    reason: str,
) -> SessionEvent:
    """All readings of a probe from a time to a time, as one event that tells how many; `seen` is the number shown.

    What comes in for this stretch later counts: nobody has looked at it yet.
    """
    row = locked(patient, session)
    rows = stretch(row, probe, since, until)
    number = rows.count()
    if not number:
        raise Conflict("there are no readings to void in this range: none were taken, or they have already been voided")
    if number != seen:
        raise Conflict(f"{seen} readings were shown, but there are {number} now: review them again")
    zone = row.site.zone
    content = {
        "number": number,
        "probe": probe.name,
        "since": since.astimezone(zone).isoformat(),
        "until": until.astimezone(zone).isoformat(),
    }
    return _told(row, by, rows, content, reason)


def _told(
    session: InfusionSession, by: Staff, rows: QuerySet[VitalReading], content: Mapping[str, Any], reason: str
) -> SessionEvent:
    if not reason.strip():
        raise Conflict("give the reason for voiding")
    event = add_event(session, KIND, by, {**content, "reason": reason.strip()})
    number = rows.update(taken_back=event)
    audit_event(by, f"session.{KIND}", patient=session.patient, session=session.pk, event=event.pk, readings=number)
    return event
