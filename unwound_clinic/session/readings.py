"""The readings of a session as the library gathers them, kept in this process: each poll adds what is new, no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from unwound.session import Channel, Readings, column, gather_columns
from unwound.session.readings import Series
from unwound_clinic.models import InfusionSession, VitalReading
from unwound_clinic.session import cache

COLUMNS = ("id", "written", "sign", "source", "value", "status")
Row = tuple[int, str, str, str, float | None, Any]
UTC_ENDING = "+00"
"""As PostgreSQL ends a time of a connection in UTC, which Django's are; SQLite holds UTC and ends it with nothing."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What this process has read of one session: so many rows, up to this id, without the voided ones."""

    count: int
    last: int
    without: frozenset[int]
    readings: Readings


def of_session(row: InfusionSession, without: Collection[int] = ()) -> Readings:
    """Every reading of the session but those voided by these events.

    The number of rows shows whether something else than new ones arrived (an assigned reading is an old row): then all
    are read again. Inside a transaction nothing is kept, for it may be undone.
    """
    voidings, remembered = frozenset(without), cache.kept(row, Kept)
    updated = (
        _brought_up_to_date(row.pk, remembered) if remembered is not None and remembered.without == voidings else None
    )
    updated = updated or _all(row.pk, voidings)
    if not connection.in_atomic_block:
        cache.keep(row, updated)
    return updated.readings


def _brought_up_to_date(session: int, remembered: Kept) -> Kept | None:
    """The same with the rows that came since; None where it does not add up."""
    rows = _rows(session, remembered.without)
    new = _read(rows.filter(pk__gt=remembered.last))
    if rows.filter(pk__lte=remembered.last).count() != remembered.count:
        return None
    if not new:
        return remembered
    count, last = remembered.count + len(new), max(row[0] for row in new)
    return Kept(count, last, remembered.without, remembered.readings.plus(_gathered(new)))


def _all(session: int, without: frozenset[int]) -> Kept:
    rows = _read(_rows(session, without))
    return Kept(len(rows), max((row[0] for row in rows), default=0), without, _gathered(rows))


def _rows(session: int, without: frozenset[int]) -> QuerySet[VitalReading]:
    rows = VitalReading.objects.filter(session_id=session)
    return rows.exclude(taken_back__in=without) if without else rows


def _read(rows: QuerySet[VitalReading]) -> list[Row]:
    """The times as the database writes them: making a `datetime` of each took most of the first reading."""
    return list(rows.order_by().annotate(written=Cast("at", TextField())).values_list(*COLUMNS))


def _gathered(rows: Iterable[Row]) -> Readings:
    probes: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        probes[row[2], row[3]].append(row)
    return gather_columns(_column(Channel(*probe), rows_of_probe) for probe, rows_of_probe in probes.items())


def _column(channel: Channel, rows: Sequence[Row]) -> Series:
    _, written, _, _, values, status = zip(*rows, strict=True)
    at_us = np.array([time.removesuffix(UTC_ENDING) for time in written], dtype="datetime64[us]").astype(np.int64)
    return column(channel, at_us, np.array(values, dtype=np.float64), status)
