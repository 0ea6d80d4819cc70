"""A series made shorter without changing what the rules say of it, whatever follows.

Nothing is averaged or moved: what is kept are readings as they came. The laws are in `test_session_past.py`.
"""

from __future__ import annotations

from functools import reduce

import numpy as np

from unwound.session.alerts import Patience, Rule
from unwound.session.episodes import Run, runs
from unwound.session.lasting import lasts
from unwound.session.limits import Limits
from unwound.session.readings import (
    BELIEVED,
    IMPLAUSIBLE,
    MISSING,
    QUESTIONABLE,
    SECOND,
    VALUE,
    Bools,
    Floats,
    Series,
    Times,
    joined,
)
from unwound.session.signs import sign, signs

MINUTE = 60 * SECOND
QUIET_US = 2 * MINUTE
"""A silence of every monitor from here on is said."""


def shortest_silence_us(limits: Limits, id: str) -> int:
    """The shortest stretch with or without readings of a sign that a check, a gap or a hint minds."""
    checks = [round((check.every_min + limits.late_min(check)) * MINUTE) for check in limits.checks if check.every_min]
    hints = [other.disturbed.within.value for other in signs().values() if other.disturbed and other.disturbed.by == id]
    return min([QUIET_US, int(sign(id).gap.value * SECOND), *checks, *(int(seconds * SECOND) for seconds in hints)])


def arrivals(series: Series, silence_us: int, *, whole: bool = False) -> Series:
    """Enough of a series to tell when nothing came for longer than `silence_us`, and what was last.

    The first of each half of that time stays, and both sides of each silence as long as that half, of the values, of
    what is doubted, and of all that was sent, with and without it: every longer silence keeps both its ends, and
    between those that stay there is no new one. Of what disturbs another sign the last of each half stays too: whether
    it came within a stretch is asked. So does the last that says what the patient has: by it a probe is gone. What a
    person judges stays whole: it is little, and a round may be charted back into it. So does what decides how often
    something else is checked: `whole`.
    """
    if whole or sign(series.channel.sign).charting.as_before or sign(series.channel.sign).charting.asleep:
        return series
    value, doubted, sent = series.state == VALUE, series.state == QUESTIONABLE, series.state != MISSING
    believed = np.isin(series.state, BELIEVED)
    disturbs = any(other.disturbed and other.disturbed.by == series.channel.sign for other in signs().values())
    kept = np.zeros(len(series), dtype=np.bool_)
    kept[-1:] = True
    kept[np.flatnonzero(believed | (series.state == IMPLAUSIBLE))[-1:]] = True
    for these in (value, believed, doubted, sent, sent & ~doubted, np.ones_like(kept)):
        places = np.flatnonzero(these)
        half = max(silence_us // 2, 1)
        turns = np.diff(series.at_us[places] // half) > 0
        before = turns if disturbs else np.diff(series.at_us[places]) > half
        kept[places[np.append(True, turns | before)[: places.size]]] = True
        kept[places[np.append(before, True)[: places.size]]] = True
    return chosen(series, kept)


def going_on(rule: Rule, own: Series, patience: Patience) -> tuple[Run | None, Series]:
    """The last episode where it may go on after now, and the readings of which it and what follows will be judged."""
    beyond, within = rule.sides(own)
    stretches = runs(own.at_us, beyond, within, patience.rejoin_us)
    if not stretches or _settled(own, stretches[-1], patience):
        return None, _last_known(own, beyond | within)
    run = stretches[-1]
    if rule.alone and lasts(own, beyond, run, patience.now_us):
        inside = np.arange(len(own))
        kept = (beyond | (inside > run.last)) & (inside >= run.first)
        kept &= _marks(rule, own, beyond, run) | (inside > run.last)
        return run, chosen(own, kept)
    return run, chosen(own, _turns(own, beyond, within, run) | _marks(rule, own, beyond, run))


def extremes(series: Series | None) -> Series | None:
    """Of the readings of an episode those that were the lowest or highest when they came: enough for `worst_by`."""
    return None if series is None or not len(series) else chosen(series, _records(series.value))


def chosen(series: Series, those: Bools) -> Series:
    """Only some of a series."""
    return Series(series.channel, series.at_us[those], series.value[those], series.state[those])


def _settled(own: Series, run: Run, patience: Patience) -> bool:
    """Whether nothing that comes from now on can belong to an episode any more."""
    last_us = int(own.at_us[run.last])
    ends = run.over_us is not None and int(own.at_us[-1]) > last_us
    return ends and patience.now_us - last_us >= max(patience.rejoin_us, MINUTE)


def _last_known(own: Series, known: Bools) -> Series:
    """The last value and the last reading that says anything: what comes after is judged by them."""
    kept = np.zeros(len(own), dtype=np.bool_)
    for places in (np.flatnonzero(np.isin(own.state, BELIEVED)), np.flatnonzero(known)):
        kept[places[-1:]] = True
    return chosen(own, kept)


def _marks(rule: Rule, own: Series, beyond: Bools, run: Run) -> Bools:
    """The first and last reading of an episode, and each that was the worst when it came."""
    kept = np.zeros(len(own), dtype=np.bool_)
    kept[[run.first, run.last]] = True
    places = run.first + np.flatnonzero(beyond[run.first : run.last + 1])
    for depth in rule.depth(own):
        kept[places[_records(depth[places])]] = True
    return kept


def _records(values: Floats) -> Bools:
    """Each value that is below or above all before it; nan is none."""
    low = np.minimum.accumulate(np.where(np.isnan(values), np.inf, values))
    high = np.maximum.accumulate(np.where(np.isnan(values), -np.inf, values))
    first = np.append(np.inf, low[:-1])[: values.size]
    last = np.append(-np.inf, high[:-1])[: values.size]
    return (low < first) | (high > last)


def _turns(own: Series, beyond: Bools, within: Bools, run: Run) -> Bools:
    """Both sides of every change: of what lies beyond, by time and among what is known, and of what is believed."""
    value = np.isin(own.state, BELIEVED)
    kept = _sides_of_turns(own.at_us, beyond)
    for these, among in ((beyond, beyond | within), (value, value | beyond | within)):
        places = np.flatnonzero(among)
        turns = these[places][1:] != these[places][:-1]
        kept[places[:-1][turns]] = True
        kept[places[1:][turns]] = True
    # What lies before the episode only says what had been believed and known when it began.
    inside = np.arange(len(own)) >= run.first
    earlier = np.zeros(len(own), dtype=np.bool_)
    for places in (np.flatnonzero(value[: run.first]), np.flatnonzero((beyond | within)[: run.first])):
        earlier[places[-1:]] = True
    last = np.zeros(len(own), dtype=np.bool_)
    for places in (np.flatnonzero(value), np.flatnonzero(beyond | within)):
        last[places[-1:]] = True
    last[-1:] = True
    return (kept & inside) | earlier | last


def _sides_of_turns(at_us: Times, beyond: Bools) -> Bools:
    """All readings of the times before and after which it changed whether any reading of that time is beyond."""
    begins = np.flatnonzero(np.append(True, at_us[1:] != at_us[:-1]))
    out = np.logical_or.reduceat(beyond, begins)
    turns = out[1:] != out[:-1]
    times = np.append(False, turns) | np.append(turns, False)
    return np.repeat(times, np.diff(np.append(begins, at_us.size)))


def together(*parts: Series) -> Series:
    """Series of one probe as one."""
    return reduce(joined, (part for part in parts[1:] if len(part)), parts[0])
