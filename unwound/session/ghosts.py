"""What a probe said last that is gone: over, once another probe of the same sign is believed and within its limits.

A monitor that was swapped, or one spot check of another: its last value would else be beyond a limit for ever, call
again for ever and keep the patient from leaving. Somebody still answers it once. What began when the probe was gone
already, as a sensor that is off, waits for the next full minute: so few values of a long past tell it all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from unwound.session.alerts import Detected
from unwound.session.events import AlertKind
from unwound.session.limits import Limits
from unwound.session.readings import BELIEVED, IMPLAUSIBLE, SECOND, VALUE, Bools, Channel, Readings, Series, Times
from unwound.session.signs import HAIR, sign

OF_A_PROBE = (AlertKind.LIMIT, AlertKind.TREND, AlertKind.IMPLAUSIBLE, AlertKind.NO_DATA, AlertKind.SENSOR_OFF)
MINUTE = 60 * SECOND
NEVER: Times = np.empty(0, dtype=np.int64)
Within = Mapping[Channel, Times]
"""When values of each probe came that are within the limits: those `kept` of a past."""


def laid(detected: Iterable[Detected], readings: Readings, limits: Limits, earlier: Within) -> Iterator[Detected]:
    """The same episodes; what a probe that is gone left going on is over. `earlier` stands for what came before."""
    for episode in detected:
        over_us = _over(episode, readings, limits, earlier) if _may_be_a_ghosts(episode) else None
        yield episode if over_us is None else replace(episode, until_us=over_us)


def kept(earlier: Times, new: Series | None, others: Sequence[Series], limits: Limits) -> Times:
    """Enough of the times at which a probe was within its limits to tell when what the others left going on is over.

    The first after each of them was gone, and the first of each minute, since one of them last spoke.
    """
    if not others:
        return NEVER
    fresh = NEVER if new is None else _within(new, limits)
    gone_us = [gone for series in others if (gone := _gone_us(series)) is not None]
    first = [fresh[fresh > gone][:1] for gone in gone_us]
    minute = fresh // MINUTE
    of_minutes = fresh[np.append(True, minute[1:] != minute[:-1])[: fresh.size]]
    times = np.unique(np.concatenate((earlier, of_minutes, *first)))
    return times[times > min(_last_spoke_us(series) for series in others)]


def _may_be_a_ghosts(episode: Detected) -> bool:
    going_on = episode.until_us is None and episode.kind in OF_A_PROBE
    return going_on and bool(episode.channel.sign) and not episode.channel.by_hand


def _over(episode: Detected, readings: Readings, limits: Limits, earlier: Within) -> int | None:
    """When another probe had its first value within the limits after this one was gone; None while it is not."""
    own = readings.series.get(episode.channel)
    if own is None:
        return None
    gone_us = _gone_us(own)
    if gone_us is None or episode.since_us > gone_us:
        gone_us = (episode.since_us // MINUTE + 1) * MINUTE - 1
    others = [series for series in readings.of_sign(episode.channel.sign) if series.channel != episode.channel]
    times = [_within(series, limits) for series in others if not series.channel.by_hand]
    times += [earlier[series.channel] for series in others if series.channel in earlier]
    first = (int(after[0]) for each in times if (after := each[each > gone_us]).size)
    return min(first, default=None)


def _speaks(series: Series) -> Bools:
    """Which readings say what the patient has, believed or not."""
    speaks: Bools = np.isin(series.state, (*BELIEVED, IMPLAUSIBLE))
    return speaks


def _last_spoke_us(series: Series) -> int:
    spoken = series.at_us[_speaks(series)]
    return int(spoken[-1] if spoken.size else series.at_us[0])


def _gone_us(series: Series) -> int | None:
    """From when on a probe is gone if it says nothing more; None where it never said anything."""
    spoken = series.at_us[_speaks(series)]
    return int(spoken[-1]) + int(sign(series.channel.sign).gap.value * SECOND) if spoken.size else None


def _within(series: Series, limits: Limits) -> Times:
    """When a value came that is believed and by which no limit of its sign is crossed."""
    within = series.state == VALUE
    for limit in limits.limits:
        if limit.sign == series.channel.sign:
            if limit.below is not None:
                within &= series.value >= limit.below - HAIR
            if limit.above is not None:
                within &= series.value <= limit.above + HAIR
    times: Times = series.at_us[within]
    return times
