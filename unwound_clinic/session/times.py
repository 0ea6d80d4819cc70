"""When the events of a session happened, also where the clinic's clock was wrong while they were recorded.

Events are recorded one after another: a time of recording that does not fit among those before and after it was told by
a clock that was wrong, ahead or behind. What was recorded then happened between its neighbours, whatever it says. It is
counted so, and marked until somebody enters the true time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from copy import copy
from datetime import datetime, timedelta
from operator import le

from django.utils import timezone

from unwound_clinic.models import InfusionSession, SessionEvent

MARKED = timedelta(seconds=3)
"""From here on a time is marked as wrong: two machines of one clinic may differ by less."""
INSTANT = timedelta(microseconds=1)


def events_of(session: InfusionSession, now: datetime | None = None) -> tuple[SessionEvent, ...]:
    """All events of a session by the time at which they happened; a marked one has `charted_as`, what was stored."""
    return in_order(session.events.order_by("id"), now or timezone.now())


def in_order(rows: Iterable[SessionEvent], now: datetime) -> tuple[SessionEvent, ...]:
    """These events, which are in order of entry, by the time at which they happened."""
    return tuple(sorted(corrected(rows, now), key=lambda row: (row.at, row.pk)))


def corrected(rows: Iterable[SessionEvent], now: datetime) -> list[SessionEvent]:
    """The same rows in order of entry; of one of which the clock was wrong a copy, with `at` put right."""
    entered = list(rows)
    recorded = [row.recorded_at for row in entered]
    if all(map(le, recorded, recorded[1:])) and (not recorded or recorded[-1] <= now):
        return entered
    fits = fitting(recorded, now)
    until = now
    for number in range(len(entered) - 1, -1, -1):
        row = entered[number]
        if number in fits:
            until = row.recorded_at
            continue
        until -= INSTANT  # at the latest just before the next entry
        if row.at > until or row.at == row.recorded_at:
            row = entered[number] = copy(row)
            if abs(row.at - until) > MARKED:
                row.charted_as = row.at
            row.at = until
    return entered


def fitting(recorded: Sequence[datetime], now: datetime) -> frozenset[int]:
    """Which of these times of recording can be true together: the longest row of them in which time goes forward."""
    ends: list[datetime] = []
    last: list[int] = []
    before: dict[int, int | None] = {}
    for number, at in enumerate(recorded):
        if at > now:
            continue
        place = bisect_right(ends, at)
        before[number] = last[place - 1] if place else None
        ends[place : place + 1], last[place : place + 1] = [at], [number]
    chain: set[int] = set()
    link: int | None = last[-1] if last else None
    while link is not None:
        chain.add(link)
        link = before[link]
    return frozenset(chain)
