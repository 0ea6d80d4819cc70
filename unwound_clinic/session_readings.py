"""The readings of a session as the library gathers them, kept in this process: each poll adds what is new, no more."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Max

from unwound.session import Channel, Readings, column, gather_columns
from unwound.session.readings import us
from unwound_clinic.models import InfusionSession, VitalReading

MOST = 64
"""Sessions kept at once; the one asked for longest ago goes first."""
COLUMNS = ("id", "at", "sign", "source", "value", "status")
Row = tuple[int, datetime, str, str, float | None, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """What this process has read of one session: so many rows, up to this id, without those entered in error."""

    count: int
    last: int
    without: frozenset[int]
    readings: Readings


_kept: OrderedDict[tuple[int, int, datetime], Kept] = OrderedDict()
_lock = threading.Lock()


def of(row: InfusionSession, without: Collection[int] = ()) -> Readings:
    """Every reading of the session but those entered in error.

    The number of rows tells whether something else than new ones came (a claimed reading is an old row): then all are
    read again. Inside a transaction nothing is kept, for it may be undone.
    """
    key, left = (row.pk, row.patient_id, row.scheduled_at), frozenset(without)
    with _lock:
        known = _kept.get(key)
    found = _brought_up(row.pk, known) if known is not None and known.without == left else None
    found = found or _all(row.pk, left)
    if connection.in_atomic_block:
        return found.readings
    with _lock:
        _kept[key] = found
        _kept.move_to_end(key)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return found.readings


def forget() -> None:
    """Keeps nothing any more."""
    with _lock:
        _kept.clear()


def _brought_up(session: int, known: Kept) -> Kept | None:
    """The same with the rows that came since; None where it does not add up."""
    rows = VitalReading.objects.filter(session_id=session)
    told = rows.aggregate(count=Count("pk"), last=Max("pk"))
    count, last = told["count"], told["last"] or 0
    if (count, last) == (known.count, known.last):
        return known
    new: list[Row] = list(rows.filter(pk__gt=known.last, pk__lte=last).values_list(*COLUMNS))
    if known.count + len(new) != count:
        return None
    return Kept(count, last, known.without, known.readings.plus(_gathered(new, known.without)))


def _all(session: int, without: frozenset[int]) -> Kept:
    rows: list[Row] = list(VitalReading.objects.filter(session_id=session).order_by().values_list(*COLUMNS))
    return Kept(len(rows), max((row[0] for row in rows), default=0), without, _gathered(rows, without))


def _gathered(rows: Iterable[Row], without: frozenset[int]) -> Readings:
    probes: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row[0] not in without:
            probes[row[2], row[3]].append(row)
    return gather_columns(
        column(
            Channel(*probe),
            [us(row[1]) for row in own],
            [math.nan if row[4] is None else row[4] for row in own],
            [row[5] for row in own],
        )
        for probe, own in probes.items()
    )
