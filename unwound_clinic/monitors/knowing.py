"""What a monitor sends, code by code, and what becomes of each: for whoever sets it up.

Read again from the messages as they came, with what people have said of the monitor by now.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from unwound.exchange import hl7v2
from unwound.exchange.clock import likely, steady_s
from unwound.exchange.device_words import words
from unwound.exchange.fhir import vitals
from unwound.exchange.fhir.parse import BundleError
from unwound.exchange.readings import Batch, NotCharted, Quarantined, Read, ReadingsError
from unwound.exchange.readings_json import read_json
from unwound.session import sign
from unwound.session.signs import ReadingState
from unwound_clinic.models import Message, Monitor, MonitorCode
from unwound_clinic.monitors import learned

MINUTE = timedelta(minutes=1)
MOST_MESSAGES = 60
RECENT = timedelta(minutes=30)
"""How old messages may be that tell how far a clock is off."""
_HELD = "held for review"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One code as it was sent last, and what becomes of it: good, ask or stop."""

    code: str
    value: str
    unit: str
    level: str
    becomes: str
    times: int = 1
    demo: bool = False
    mapped: MonitorCode | None = None

    @property
    def can_be_mapped(self) -> bool:
        """Whether its meaning can be said here: where the code is not known, or its unit is not sent."""
        return self.level == "stop" and self.mapped is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a minute of a monitor shows."""

    rows: tuple[Row, ...]
    messages: tuple[Message, ...]
    clock_s: float | None
    """By how much its clock is off, where its last messages agree."""
    clock_is: str
    demo: bool
    refused: int

    @property
    def level(self) -> str:
        """Red where nothing is understood, amber where something is not, green else; empty without a message."""
        if not self.messages:
            return ""
        if not any(row.level == "good" for row in self.rows):
            return "stop"
        return "ask" if self.demo or self.refused or any(row.level != "good" for row in self.rows) else "good"


def known(monitor: Monitor, now: datetime) -> Known:
    """The last minute of a monitor, or its last messages where it is silent."""
    recent = list(monitor.messages.order_by("-id")[:MOST_MESSAGES])
    within = [message for message in recent if now - message.received_at <= MINUTE] or recent[:1]
    mapped = {row.code.casefold(): row for row in MonitorCode.objects.filter(monitor=monitor, ended_at=None)}
    rows: dict[str, Row] = {}
    for message in reversed(within):
        for row in _rows(message, learned.of_monitor(monitor)):
            before = rows.get(row.code)
            rows[row.code] = replace(row, times=before.times + 1 if before else 1)
    own = tuple(replace(row, mapped=mapped.get(row.code.casefold())) for row in rows.values())
    off = clock_off(monitor, now)
    offset = (now.astimezone(monitor.site.zone).utcoffset() or timedelta()).total_seconds()
    return Known(
        rows=own,
        messages=tuple(within),
        clock_s=off,
        clock_is=likely(off, offset) if off is not None else "",
        demo=any(row.demo for row in own),
        refused=sum(message.answer != "AA" for message in within),
    )


def clock_off(monitor: Monitor, now: datetime) -> float | None:
    """By how much its clock is ahead, where its last messages agree and it is more than is tolerated."""
    sent = monitor.messages.filter(received_at__gte=now - RECENT).exclude(clock_ahead_s=None).order_by("-id")
    last = sent.values_list("clock_ahead_s", flat=True)[: int(words().steady_messages.value)]
    off = steady_s([ahead_s for ahead_s in last if ahead_s is not None])
    return off if off is not None and abs(off) > words().drift_s.value else None


def _rows(message: Message, known: learned.Learned) -> Iterator[Row]:
    batch = _batch(message, known)
    if batch is None:
        return
    for read in batch.readings:
        yield _charted(read)
    for held in batch.quarantined:
        yield _kept_back(held)
    yield from (_not_known(value) for value in batch.not_charted if value.unknown and value.value_as_sent)


def _batch(message: Message, known: learned.Learned) -> Batch | None:
    """The message read again; None for one that cannot be read."""
    raw, site = bytes(message.raw), message.site
    assert site is not None
    clock: dict[str, Any] = {"received_at": message.received_at, "zone": known.zone or site.zone}
    clock["corrected_s"] = known.clock_ahead_s
    if raw.lstrip()[:1] not in (b"{", b"["):
        read = hl7v2.read(raw, **clock, codes=known.codes)
        return Batch(readings=read.readings, quarantined=read.quarantined, not_charted=read.not_charted)
    try:
        is_fhir = "resourceType" in json.loads(raw)
        if is_fhir:
            return vitals.read_readings(raw, **clock, codes=known.codes)
        return read_json(raw, **clock)
    except (ReadingsError, BundleError, ValueError):
        return None


def _charted(read: Read) -> Row:
    reading, measured = read.reading, sign(read.reading.kind)
    shown = "no value" if reading.value is None else f"{reading.shows()} {measured.unit}".strip()
    doubted = reading.state in (ReadingState.QUESTIONABLE, ReadingState.IMPLAUSIBLE)
    return Row(
        code=read.code,
        value=read.value_as_sent,
        unit=read.unit_as_sent,
        level="ask" if doubted else "good",
        becomes=f"{measured.title}: {shown}{f' ({reading.state})' if doubted else ''}",
    )


def _kept_back(held: Quarantined) -> Row:
    return Row(
        code=held.code,
        value=held.value_as_sent,
        unit=held.unit_as_sent,
        level="stop" if held.why == "unit" and not held.unit_as_sent else "ask",
        becomes=f"{_HELD}: {held.reason}",
        demo=held.why == "simulated",
    )


def _not_known(value: NotCharted) -> Row:
    return Row(
        code=value.code,
        value=value.value_as_sent,
        unit=value.unit_as_sent,
        level="stop",
        becomes="not known: nothing is charted",
    )


def units_for(rows: Iterable[Row]) -> tuple[str, ...]:
    """The units that a code may be said to be in."""
    return tuple(unit.unit for unit in words().units) if any(row.can_be_mapped for row in rows) else ()
