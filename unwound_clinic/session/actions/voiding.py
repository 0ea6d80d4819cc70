"""Readings that do not belong here are voided: mistyped, or from a probe that was on another patient.

They stay in the record, marked as voided: values, alerts and extremes are calculated without them. A voiding made in
error is retracted in its turn (`amendments.retract`), which reinstates the readings.
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
    """All readings of a sender, of one of its probes, or of one sign of that probe."""

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
    """What devices sent into the session: all readings of a device before its probes and signs."""
    sent = session.readings.exclude(message=None).values_list("message__sender", "source", "sign").order_by().distinct()
    named = {Probe(*fields) for fields in sent}
    wholes = Counter(Probe(probe.sender, probe.source) for probe in named)
    named |= {probe for probe, signs in wholes.items() if signs > 1}
    named |= {Probe(sender) for sender, number in Counter(probe.sender for probe in wholes).items() if number > 1}
    return sorted(named, key=lambda probe: (probe.sender, probe.source or "", probe.sign or ""))


def stretch(session: InfusionSession, probe: Probe, since: datetime, until: datetime) -> QuerySet[VitalReading]:
    """The readings of a probe in a range of time that are not voided yet."""
    rows = session.readings.filter(message__sender=probe.sender, at__gte=since, at__lte=until)
    if probe.source is not None:
        rows = rows.filter(source=probe.source)
    if probe.sign is not None:
        rows = rows.filter(sign=probe.sign)
    return rows.exclude(taken_back__in=watching.voidings(session.events.order_by("at", "id")))


@action("run-session")
def reading(*, by: Staff, patient: Patient, session: InfusionSession, reading: int, reason: str) -> SessionEvent:
    """Voids one reading."""
    row = locked(patient, session)
    stored = row.readings.filter(pk=reading).first()
    if stored is None:
        raise Conflict("this reading does not belong to this session")
    if stored.taken_back_id in watching.voidings(row.events.order_by("at", "id")):
        raise Conflict("this reading has already been voided")
    content = {"reading": reading, "of": stored.sign, "value": stored.value}
    return _void(row, by, row.readings.filter(pk=reading), content, reason)


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
    """Voids all readings of a probe in a range of time, as one event with their number; `seen` is the number shown.

    Readings that arrive for this range later are not voided: they have not been reviewed.
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
    return _void(row, by, rows, content, reason)


def _void(
    session: InfusionSession, by: Staff, rows: QuerySet[VitalReading], content: Mapping[str, Any], reason: str
) -> SessionEvent:
    if not reason.strip():
        raise Conflict("give the reason for voiding")
    event = add_event(session, KIND, by, {**content, "reason": reason.strip()})
    number = rows.update(taken_back=event)
    audit_event(by, f"session.{KIND}", patient=session.patient, session=session.pk, event=event.pk, readings=number)
    return event
