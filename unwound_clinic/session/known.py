"""What is known of a session without reading all of it: its past, settled, what came since, and what is left to hear.

This process remembers it, so that a poll reads what is new and no more. Every quarter of an hour the past is stored as
well: there a fresh process begins, and what comes late goes on from the last one before it. A past that does not hold
is not used: then an earlier one is, or everything is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from django.db import connection
from django.db.models import Min, Q

from unwound.session import Event, Limits, Readings
from unwound.session.events import EventKind
from unwound.session.past import Past, begin, settle
from unwound.session.readings import Times, from_us, us
from unwound_clinic.models import InfusionSession, SessionEvent, SessionPast, VitalReading
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session import cache, readings, stored_past, times, translate

SPOKEN = (EventKind.RAISED, EventKind.ACKNOWLEDGED)
WAITS = timedelta(minutes=5)
"""So long readings may be late before they are of the past: a monitor that sends what it held back."""
SETTLES = timedelta(minutes=10)
"""The past is settled when so much has come after it."""
STORES = timedelta(minutes=15)
"""How far apart the pasts of a session are that are stored."""
THINNED = timedelta(hours=2)
"""Older ones are stored so far apart."""
NONE: Times = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Heard:
    """Which events the past stands for: those about alerts up to `last`, but for some."""

    last: int = 0
    recorded_at: datetime | None = None
    """When the last of all events up to there was recorded; all were recorded one after another."""
    but: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one session."""

    past: Past
    after: Readings = field(default_factory=Readings)
    times: Times | None = None
    """Of every row after the past, sorted; repeats count. None while they were not read."""
    number: int = 0
    """How many rows the past stands for."""
    last: int = 0
    """The last row that was read."""
    without: frozenset[int] = frozenset()
    rewound: int = 0
    heard: Heard = Heard()


@dataclass(frozen=True, slots=True)
class Now:
    """What is known at a moment, with the events that the past does not stand for."""

    known: Known
    rows: tuple[SessionEvent, ...]
    happened: tuple[Event, ...]


def at_moment(row: InfusionSession, limits: Limits, also: Sequence[SessionEvent], now: datetime) -> Now:
    """What is known now, brought up to date; `also` are events that are not stored.

    Inside a transaction nothing is remembered, for it may be undone.
    """
    for begun in _beginnings(row, limits, now):
        rows = _rows(row, begun.heard, now)
        if rows is None:
            continue
        whole = tuple(sorted((*rows, *also), key=lambda event: event.at))
        happened = translate.watched_events(whole)
        known = _brought_up_to_date(row, begun, voidings(whole), happened, limits)
        if known is not None:
            known = _settled(known, rows, happened, now)
            if not may_be_undone():
                cache.keep(row, known)
            return Now(known, whole, happened)
    raise AssertionError("from nothing everything can be read")


def may_be_undone() -> bool:
    """Whether what is read now may still be rolled back."""
    return connection.in_atomic_block


def voidings(rows: Sequence[SessionEvent]) -> frozenset[int]:
    """The ids of the events that void readings and were not retracted."""
    return frozenset(row.pk for row in translate.valid_events(rows) if row.kind == ClinicEvent.READING_IN_ERROR)


def _beginnings(row: InfusionSession, limits: Limits, now: datetime) -> Iterator[Known]:
    """What this process remembers, what is stored, the last first, and nothing."""
    remembered = cache.kept(row, Known)
    if remembered is not None and from_us(remembered.past.until_us) <= now:
        yield remembered
    stored = SessionPast.objects.filter(
        session=row, rests_on=stored_past.fingerprint(limits), rewound=row.rewound, until__lte=now
    )
    past = stored.order_by("-until").first()
    while past is not None:
        yield Known(
            past=stored_past.from_bytes(bytes(past.content), limits),
            number=past.readings,
            last=past.last,
            without=frozenset(past.without),
            rewound=past.rewound,
            heard=Heard(past.heard_last, past.heard_at, tuple(past.heard_but)),
        )
        past = stored.filter(until__lt=past.until).order_by("-until").first()
    yield Known(past=begin(limits), rewound=row.rewound)


def _rows(row: InfusionSession, heard: Heard, now: datetime) -> tuple[SessionEvent, ...] | None:
    """The events that the past does not stand for; None where one of those it does was amended, or a clock was wrong.

    Where a clock was wrong the times of all events have to be put right together.
    """
    if not heard.last:
        return times.events_of(row, now)
    left = Q(pk__gt=heard.last) | ~Q(kind__in=SPOKEN) | Q(pk__in=heard.but)
    rows = list(row.events.filter(left).order_by("id"))
    later = [event.recorded_at for event in rows if event.pk > heard.last]
    ordered = [moment for moment in (heard.recorded_at, *later, now) if moment is not None]
    there = {event.pk for event in rows}
    amended = {event.amends_id for event in rows if event.amends_id} - there
    return None if amended or ordered != sorted(ordered) else times.in_order(rows, now)


def _brought_up_to_date(
    row: InfusionSession, begun: Known, without: frozenset[int], happened: Sequence[Event], limits: Limits
) -> Known | None:
    """The same with the rows that came since; None where the past does not hold or the numbers do not add up."""
    if begun.rewound != row.rewound or not begun.past.holds(limits, happened):
        return None
    if begun.without != without:
        if begun.times is not None or _voided_before(row, begun, without):
            return None
        begun = replace(begun, without=without)
    if begun.times is None:
        return _read_after(row, begun)
    rows = readings.rows_of(row.pk, without)
    new = readings.read(readings.without_voided(readings.since_row(row.pk, begun.last), without))
    updated = _with(begun, new) if new else begun
    if updated is None or updated.times is None:
        return None
    after = rows.filter(at__gt=_until(begun.past)) if begun.past.until_us >= 0 else rows
    return updated if after.count() == updated.times.size else None


def _until(past: Past) -> datetime:
    return from_us(past.until_us)


def _voided_before(row: InfusionSession, begun: Known, without: frozenset[int]) -> bool:
    """Whether what was voided since, or counts again, is of the past."""
    changed = begun.without ^ without
    touched = VitalReading.objects.filter(session=row, taken_back__in=changed).aggregate(first=Min("at"))["first"]
    return touched is not None and touched <= _until(begun.past)


def _read_after(row: InfusionSession, begun: Known) -> Known | None:
    """The rows after the past; None where one of its time was stored later."""
    rows = readings.rows_of(row.pk, begun.without)
    if begun.past.until_us >= 0:
        if readings.since_row(row.pk, begun.last).filter(at__lte=_until(begun.past)).exists():
            return None
        rows = rows.filter(at__gt=_until(begun.past))
    new = readings.read(rows)
    last = max((read[0] for read in new), default=begun.last)
    at = np.sort(readings.times_of([read[1] for read in new]))
    return replace(begun, after=readings.gathered(new), times=at, last=max(last, begun.last))


def _with(begun: Known, new: Sequence[readings.Row]) -> Known | None:
    more = readings.gathered(new)
    if begun.past.reaches(more):
        return None
    at = readings.times_of([row[1] for row in new])
    together = np.sort(np.concatenate((NONE if begun.times is None else begun.times, at)))
    return replace(
        begun, after=begun.after.plus(more), times=together, last=max(begun.last, *(row[0] for row in new))
    )  # fmt: skip


def _settled(known: Known, rows: Sequence[SessionEvent], happened: Sequence[Event], now: datetime) -> Known:
    """The same with a newer past, where enough came after it; nothing is settled up to the leaving."""
    left = [event.at for event in happened if event.kind == EventKind.LEAVE and not event.withdrawn]
    until = min([now, *left]) - WAITS
    if known.times is None or not known.times.size:
        return known
    begins = max(_until(known.past), from_us(int(known.times[0])))
    if until - begins < SETTLES - WAITS:
        return known
    past, after = settle(known.past, known.after, known.past.unheard(happened), until)
    place = int(np.searchsorted(known.times, us(until), side="right"))
    return replace(
        known,
        past=past,
        after=after,
        times=known.times[place:],
        number=known.number + place,
        heard=_heard(known.heard, past, rows),
    )


def _heard(before: Heard, past: Past, rows: Sequence[SessionEvent]) -> Heard:
    """Which events the past stands for now; the same as before where their times were put right."""
    stored = sorted((row for row in rows if row.pk), key=lambda row: row.pk)
    recorded = [row.recorded_at for row in stored]
    if not stored or recorded != sorted(recorded) or any(row.charted_as for row in stored):
        return before
    events = {row.pk: translate.watched_events([row]) for row in stored if row.kind in SPOKEN}
    but = tuple(pk for pk, own in events.items() if not own or not past.over.hears(own[0]))
    return Heard(stored[-1].pk, recorded[-1], but)


def store(row: InfusionSession) -> None:
    """Stores the past of a session where the last stored one is a quarter of an hour older, if it stands for all rows.

    It can be made again at any time and is no part of the record: nothing of it is sealed.
    """
    known = cache.kept(row, Known)
    if known is None or known.past.until_us < 0:
        return
    until = _until(known.past)
    newest = SessionPast.objects.filter(session=row).order_by("-until").values_list("until", flat=True).first()
    if newest is not None and newest > until - STORES:
        return
    if readings.rows_of(row.pk, known.without).filter(at__lte=until).count() != known.number:
        cache.drop(row, Known)
        return
    SessionPast.objects.get_or_create(
        session=row,
        until=until,
        defaults={
            "readings": known.number,
            "last": known.last,
            "without": sorted(known.without),
            "rewound": known.rewound,
            "heard_last": known.heard.last,
            "heard_at": known.heard.recorded_at,
            "heard_but": list(known.heard.but),
            "rests_on": stored_past.fingerprint(known.past.limits),
            "content": stored_past.to_bytes(known.past),
        },
    )
    _thin(row, until)


def _thin(row: InfusionSession, until: datetime) -> None:
    """Of what is older than two hours one past for every two hours stays."""
    older = SessionPast.objects.filter(session=row, until__lte=until - THINNED).order_by("until")
    before: int | None = None
    for number, at in older.values_list("pk", "until"):
        part = int(at.timestamp() // THINNED.total_seconds())
        if part == before:
            SessionPast.objects.filter(pk=number).delete()
        before = part
