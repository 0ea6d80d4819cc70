"""How a session is going: current values, distances from baseline, checks due, and alerts not yet acknowledged."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from unwound.session import alerts, answering, events, ghosts, lone_probes, schedule
from unwound.session.alerts import Alert
from unwound.session.events import AlertKind, Event, Phase
from unwound.session.hints import hinted
from unwound.session.limits import Limits
from unwound.session.past import Past, begin
from unwound.session.readings import BELIEVED, Channel, Reading, Readings, Series, gather, in_utc, us
from unwound.session.schedule import Due
from unwound.session.signs import ReadingState, sign
from unwound.session.together import Happening, happenings

MONITOR_FIRST = "The bedside monitor is the primary alarm: this page charts and does not replace it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """The last reading of one probe, whatever it is; `believed` is the last plausible value, or bound of one.

    `stale` means that there is none, or none within the sign's gap: no value holds now. `change` is from the
    patient's baseline to the plausible one, in the sign's unit.
    """

    channel: Channel
    reading: Reading
    believed: Reading | None
    stale: bool
    baseline: float | None = None
    change: float | None = None
    change_percent: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A session at one moment."""

    at: datetime
    phase: Phase
    current: tuple[Current, ...]
    due: tuple[Due, ...]
    alerts: tuple[Alert, ...]
    """All of the session: those that call first, the gravest of them before the others."""
    happenings: tuple[Happening, ...] = ()
    """The open alerts by event, the gravest first."""

    @property
    def open(self) -> tuple[Alert, ...]:
        """The alerts that somebody must answer: not yet acknowledged, or calling again."""
        return tuple(alert for alert in self.alerts if alert.open)

    @property
    def beyond(self) -> tuple[str, ...]:
        """What is beyond a limit now, acknowledged or not: «oxygen saturation 88 % (below 90 %)».

        What a silent probe said last is over once another probe of the sign has a believed value within its limits.
        """
        limits = [alert for alert in self.alerts if alert.kind == AlertKind.LIMIT and alert.until is None]
        beyond = {alert.episode.channel for alert in limits}
        silent = {probe.channel for probe in self.current if probe.stale}
        well = {probe.channel.sign for probe in self.current if not probe.stale and probe.channel not in beyond
                and probe.reading.state == ReadingState.VALUE}  # fmt: skip
        going_on = (
            alert for alert in limits if alert.episode.channel not in silent or alert.episode.channel.sign not in well
        )
        return tuple(f"{'; '.join(alert.because)} ({alert.boundary})" for alert in going_on)


def watch(
    limits: Limits,
    readings: Readings | Iterable[Reading],
    happened: Iterable[Event],
    now: datetime,
    past: Past | None = None,
) -> Watched:
    """The session as it stands at `now`: the same for any order of arrival and for duplicates.

    Readings and events after `now` do not count yet. For many readings hand in `Readings` and keep it
    (`readings.plus(more)`): a single `Reading` costs more to gather than to watch. With a `past` that holds and is not
    after `now`, readings are those after it and events those that it does not stand for.
    """
    at = in_utc(now)
    together = _until(readings if isinstance(readings, Readings) else gather(readings), at)
    counting = events.in_order(happened, at)
    course = events.course(counting)
    baselines = alerts.baselines(counting)
    clock = answering.Clock.at(limits.answering, course, at)
    left = math.inf if course.leave is None else us(course.leave)
    observed = schedule.observed(counting)
    earlier = past or begin(limits)
    episodes = earlier.detected(together, baselines, at)
    together = earlier.schedule_readings(together) if past else together
    expected = schedule.plan(limits, course, at, schedule.depths(limits, together))
    effects = alerts.from_side_effects(limits, counting)
    seen = (*episodes, *effects, *schedule.late(limits, expected, together, at, observed))
    detected = lone_probes.judged(ghosts.laid(seen, together, limits, earlier.within()), together, us(at))
    current = tuple(_current(series, baselines.get(series.channel.sign), at) for series in together.series.values())
    judged = answering.with_acknowledgements(
        (episode for episode in detected if episode.since_us <= left), counting, clock, earlier.over
    )
    return Watched(
        at=at,
        phase=course.phase,
        current=current,
        due=schedule.due(limits, expected, together, at, observed),
        alerts=judged,
        happenings=tuple(
            hinted(happening, together)
            for happening in happenings([alert for alert in judged if alert.open], current, limits.rejoin_s)
        ),
    )


def _until(readings: Readings, now: datetime) -> Readings:
    """Only what is not after now."""
    end = us(now) + 1
    if all(series.at_us[-1] < end for series in readings.series.values()):
        return readings
    cut = ((channel, series.between(0, end)) for channel, series in readings.series.items())
    return Readings({channel: series for channel, series in cut if len(series)}, readings.withdrawn)


def _current(series: Series, baselines: alerts.Baselines | None, now: datetime) -> Current:
    last = series.reading(len(series) - 1)
    measured = sign(series.channel.sign)
    places = np.isin(series.state, BELIEVED).nonzero()[0]
    if not places.size:
        return Current(channel=series.channel, reading=last, believed=None, stale=True)
    believed = series.reading(int(places[-1]))
    stale = now - believed.at > timedelta(seconds=measured.gap.value)
    baseline = baselines.latest if baselines else None
    if baseline is None or believed.value is None or believed.bound:
        return Current(channel=series.channel, reading=last, believed=believed, stale=stale)
    change = believed.value - baseline
    return Current(
        channel=series.channel,
        reading=last,
        believed=believed,
        stale=stale,
        baseline=baseline,
        change=change,
        change_percent=100 * change / baseline if baseline else None,
    )
