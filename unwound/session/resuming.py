"""Whether what stopped an infusion is over: a believed value, just now, within every limit that advised stopping.

Lowering, pausing and ending need nobody and nothing; only taking up again is asked about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from unwound.catalogue import plain
from unwound.session.events import AlertKind, Event, EventKind, in_order
from unwound.session.limits import Limit, Limits
from unwound.session.readings import Reading
from unwound.session.signs import HAIR, ReadingState, sign
from unwound.session.watching import Current, Watched
from unwound.terms import Advice

OF_VALUES = (AlertKind.LIMIT, AlertKind.TREND, AlertKind.IMPLAUSIBLE)


def not_back(limits: Limits, watched: Watched, happened: Iterable[Event]) -> tuple[str, ...]:
    """What speaks against resuming, in words; empty when every sign that advised stopping is within its limits now.

    Asked of each sign that advised stopping since the infusion last ran, acknowledged or not.
    """
    runs = [e.at for e in in_order(happened, watched.at) if e.kind in (EventKind.START, EventKind.RESUME)]
    ran = max(runs, default=datetime.min.replace(tzinfo=watched.at.tzinfo))
    stopped = {
        alert.episode.channel.sign: None
        for alert in watched.alerts
        if alert.does == Advice.STOP and alert.kind in OF_VALUES and (alert.until is None or alert.until >= ran)
    }
    return tuple(reason for id in stopped for reason in _against(limits, watched, id))


def _against(limits: Limits, watched: Watched, id: str) -> Iterator[str]:
    """Of one sign, or another that serves as well: no fresh value, or one that is implausible or still beyond."""
    fresh_s = limits.answering.fresh_s
    fresh = [current for current in watched.current if _is_fresh(current, watched.at, fresh_s)]
    own = [current.reading for current in fresh if current.channel.sign == id]
    stand_ins = [current.reading for current in fresh if current.channel.sign in sign(id).met_by]
    if not any(reading.state == ReadingState.VALUE for reading in (*own, *stand_ins)):
        yield f"{sign(id).title}: no plausible value in the last {plain(fresh_s)} s; measure it now"
    for reading in (*own, *stand_ins):
        if reading.value is None:
            continue
        edges = [edge for limit in limits.limits if limit.sign == reading.kind for edge in limit.edges]
        says = reading.says(edges)
        if reading.bound:
            yield f"{says}: no value is known; measure again"
        elif reading.state != ReadingState.VALUE:
            yield f"{says} is outside the plausible range: look at the patient, then measure again"
        else:
            yield from (f"{says} ({limit.boundary})" for limit in _broken(limits, reading))


def _is_fresh(current: Current, now: datetime, fresh_s: float) -> bool:
    return now - current.reading.at <= timedelta(seconds=fresh_s)


def _broken(limits: Limits, reading: Reading) -> Iterator[Limit]:
    """The limits that advise stopping and that a value is beyond."""
    value = reading.value or 0.0
    for limit in limits.limits:
        low = limit.below is not None and value < limit.below - HAIR
        high = limit.above is not None and value > limit.above + HAIR
        if limit.sign == reading.kind and limit.does == Advice.STOP and (low or high):
            yield limit
