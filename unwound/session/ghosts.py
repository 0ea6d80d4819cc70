"""What a probe said last that is gone: over, once another probe of the same sign is believed and within its limits.

A monitor that was swapped, or one spot check of another: its last value would else be beyond a limit for ever, call
again for ever and keep the patient from leaving. Somebody still answers it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from unwound.session.alerts import Detected
from unwound.session.events import AlertKind
from unwound.session.limits import Limits
from unwound.session.readings import IMPLAUSIBLE, SECOND, VALUE, Readings, Series
from unwound.session.signs import HAIR, sign

OF_A_PROBE = (AlertKind.LIMIT, AlertKind.TREND, AlertKind.IMPLAUSIBLE, AlertKind.NO_DATA, AlertKind.SENSOR_OFF)


def laid(detected: Iterable[Detected], readings: Readings, limits: Limits, now_us: int) -> Iterator[Detected]:
    """The same episodes; what a probe that is gone left going on is over."""
    for episode in detected:
        over_us = _over(episode, readings, limits, now_us) if _may_be_a_ghosts(episode) else None
        yield episode if over_us is None else replace(episode, until_us=over_us)


def _may_be_a_ghosts(episode: Detected) -> bool:
    going_on = episode.until_us is None and episode.kind in OF_A_PROBE
    return going_on and bool(episode.channel.sign) and not episode.channel.by_hand


def _over(episode: Detected, readings: Readings, limits: Limits, now_us: int) -> int | None:
    """When another probe had its first value within the limits after this one was gone; None while it is not."""
    own = readings.series.get(episode.channel)
    if own is None:
        return None
    spoken = own.at_us[(own.state == VALUE) | (own.state == IMPLAUSIBLE)]
    gap_us = int(sign(episode.channel.sign).gap.value * SECOND)
    gone_us = max(int(spoken[-1]) + gap_us if spoken.size else episode.since_us, episode.since_us)
    if now_us <= gone_us:
        return None
    others = (series for series in readings.of_sign(episode.channel.sign) if series.channel != episode.channel)
    first = [at for series in others if not series.channel.by_hand and (at := _first_within(series, limits, gone_us))]
    return min(first, default=None)


def _first_within(series: Series, limits: Limits, after_us: int) -> int | None:
    """The first believed value after a time that no limit of its sign is crossed by."""
    kept = (series.state == VALUE) & (series.at_us > after_us)
    for limit in limits.limits:
        if limit.sign == series.channel.sign:
            if limit.below is not None:
                kept &= series.value >= limit.below - HAIR
            if limit.above is not None:
                kept &= series.value <= limit.above + HAIR
    times = series.at_us[kept]
    return int(times[0]) if times.size else None
