"""The readings of a session, from their rows to the library's columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
from django.db.models import F, QuerySet, TextField
from django.db.models.functions import Cast

from unwound.session import Channel, Readings, column, gather_columns
from unwound.session.readings import Series, Times
from unwound_clinic.models import InfusionSession, VitalReading

COLUMNS = ("id", "written", "sign", "source", "value", "status")
Row = tuple[int, str, str, str, float | None, Any]
UTC_ENDING = "+00"
"""As PostgreSQL ends a time of a connection in UTC, which Django's are; SQLite holds UTC and ends it with nothing."""


def of_session(row: InfusionSession, without: Collection[int] = ()) -> Readings:
    """Every reading of the session but those voided by these events."""
    return gathered(read(rows_of(row.pk, frozenset(without))))


def since_row(session: int, last: int) -> QuerySet[VitalReading]:
    """What was stored for a session after a row, found by the number of the row and not by the time.

    By its own index a database would go through every reading of the session.
    """
    return VitalReading.objects.filter(pk__gt=last).annotate(whose=F("session_id") + 0).filter(whose=session)


def rows_of(session: int, without: frozenset[int]) -> QuerySet[VitalReading]:
    """The rows of a session but those voided by these events."""
    return without_voided(VitalReading.objects.filter(session_id=session), without)


def without_voided(rows: QuerySet[VitalReading], without: frozenset[int]) -> QuerySet[VitalReading]:
    """These but those that were voided by some events."""
    return rows.exclude(taken_back__in=without) if without else rows


def read(rows: QuerySet[VitalReading]) -> list[Row]:
    """The times as the database writes them: making a `datetime` of each took most of the first reading."""
    return list(rows.order_by().annotate(written=Cast("at", TextField())).values_list(*COLUMNS))


def gathered(rows: Iterable[Row]) -> Readings:
    """Rows as the library watches them."""
    probes: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        probes[row[2], row[3]].append(row)
    return gather_columns(_column(Channel(*probe), rows_of_probe) for probe, rows_of_probe in probes.items())


def _column(channel: Channel, rows: Sequence[Row]) -> Series:
    _, written, _, _, values, status = zip(*rows, strict=True)
    return column(channel, times_of(written), np.array(values, dtype=np.float64), status)


def times_of(written: Sequence[str]) -> Times:
    """As the database writes them, in microseconds since 1970."""
    return np.array([time.removesuffix(UTC_ENDING) for time in written], dtype="datetime64[us]").astype(np.int64)
