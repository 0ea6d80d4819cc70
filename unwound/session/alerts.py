"""Alerts: values beyond a limit or far from baseline, artefacts and missing sensors, each kept apart.

An alert is one episode. It stays until a clinician acknowledges it, by name and with a reason; a value that recovers
does not remove it, and neither does later information once it was shown («raised»). An acknowledgement is a pause:
`answering.py` says when it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import numpy as np

from unwound.catalogue import Checked
from unwound.session.episodes import Run, runs
from unwound.session.events import AlertKind, Episode, Event, EventKind
from unwound.session.lasting import lasts, longest_us
from unwound.session.limits import Limit, Limits, Trend
from unwound.session.readings import (
    ABOVE,
    BELIEVED,
    BELOW,
    IMPLAUSIBLE,
    NO_SENSOR,
    SECOND,
    VALUE,
    Bools,
    Channel,
    Floats,
    Readings,
    Series,
    Times,
    us,
)
from unwound.session.signs import HAIR, STATES, ReadingState, sign
from unwound.terms import Advice

ARTEFACT = "Implausible value, kept but not used: assess the patient first, then check the probe."
CRITICAL = "Critical or artefact: look at the patient now, then check the probe."
SENSOR_OFF = "The device reports no sensor: assess the patient, then check the probe."


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One episode: why, against which boundary and source, from when to when, and who acknowledged it.

    `until` is None while it goes on; `episode` is its identity, for the event that acknowledges it; `raised` tells
    that it was shown before and is not announced again.
    """

    episode: Episode
    does: Advice
    says: str
    because: tuple[str, ...]
    boundary: str
    sources: tuple[str, ...]
    checked: Checked | None
    since: datetime
    until: datetime | None
    worst: float | None = None
    acknowledged: Event | None = None
    """The last acknowledgement; it pauses the alert and does not end it."""
    again: str = ""
    """Why it calls again although it was acknowledged: it became worse, or it went on for too long."""
    paused_until: datetime | None = None
    """Until when the acknowledgement holds, if nothing gets worse."""
    escalation: str = ""
    """To whom it is escalated, where it advises stopping and nobody has answered for too long."""
    raised: bool = False

    @property
    def open(self) -> bool:
        """Whether somebody must answer it: nobody has yet, or it calls again."""
        return self.acknowledged is None or bool(self.again)

    @property
    def kind(self) -> AlertKind:
        """Limit, trend, overdue, no-data, sensor-off or implausible."""
        return self.episode.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """An episode as the readings show it, before anyone has seen it; `last_us` is the last time that belongs to it."""

    kind: AlertKind
    rule: str
    channel: Channel
    since_us: int
    last_us: int
    until_us: int | None
    does: Advice
    says: str
    because: tuple[str, ...]
    boundary: str = ""
    sources: tuple[str, ...] = ()
    checked: Checked | None = None
    worst: float | None = None
    low: bool = False
    """Whether lower is worse."""
    beyond: Series | None = None
    """The readings that make it: what had been seen by a certain time."""

    def worst_by(self, at_us: int) -> float | None:
        """The worst value up to a time; None where there is none."""
        if self.beyond is None:
            return None
        values = self.beyond.value[self.beyond.at_us <= at_us]
        return None if not values.size else float(values.min() if self.low else values.max())


@dataclass(frozen=True, slots=True)
class Baselines:
    """A patient's baseline values of one sign: each holds from its time until the next. Shape (n,)."""

    at_us: Times
    value: Floats

    @property
    def latest(self) -> float:
        """The one that holds now."""
        return float(self.value[-1])

    def at(self, at_us: Times) -> Floats:
        """The one that held at each time; nan before the first."""
        return np.append(np.nan, self.value)[np.searchsorted(self.at_us, at_us, side="right")]


def baselines(events: Iterable[Event]) -> Mapping[str, Baselines]:
    """The baseline values by sign, from events in order: charted by a clinician, never chosen by the program."""
    by_sign: dict[str, list[Event]] = {}
    for event in events:
        if event.kind == EventKind.BASELINE:
            by_sign.setdefault(event.of, []).append(event)
    return {
        id: Baselines(np.array([us(event.at) for event in own]), np.array([float(event.value or 0) for event in own]))
        for id, own in by_sign.items()
    }


@dataclass(frozen=True, slots=True)
class Patience:
    """Until when readings are looked at, how far apart crossings are one, and how long a sensor that is off waits."""

    now_us: int
    rejoin_us: float
    off_us: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule on one series: which readings it looks at, which lie beyond and within, and the episodes they make."""

    id: str
    own: Callable[[Series], Series]
    sides: Callable[[Series], tuple[Bools, Bools]]
    episodes: Callable[[Series, Patience], Iterator[Detected]]
    depth: Callable[[Series], tuple[Floats, ...]]
    """What the worst is chosen by, a number for each reading."""
    alone: bool = True
    """Whether what lies within, between readings that are one episode, counts for nothing once it calls."""


def from_values(
    limits: Limits, readings: Readings, baselines_by_sign: Mapping[str, Baselines], now: datetime
) -> Iterator[Detected]:
    """Every episode that the readings themselves make, once it lasted as long as its sign's file asks."""
    waits = patience(limits, us(now))
    for channel, series in readings.series.items():
        for rule in rules(limits, channel.sign, baselines_by_sign):
            yield from rule.episodes(rule.own(series), waits)


def from_side_effects(limits: Limits, happened: Iterable[Event]) -> Iterator[Detected]:
    """Every charted side effect of a grade that calls, by the gravest rule that it meets; it is of one moment.

    One charted without a grade calls nobody.
    """
    by_gravity = sorted(limits.side_effects, key=lambda rule: rule.least, reverse=True)
    graded: dict[tuple[datetime, str], int] = {}
    for event in happened:
        if event.kind == EventKind.SIDE_EFFECT and event.grade is not None:
            graded[event.at, event.of] = max(event.grade, graded.get((event.at, event.of), event.grade))
    for (at, effect), grade in graded.items():
        rule = next((rule for rule in by_gravity if grade >= rule.least), None)
        if rule is not None:
            yield Detected(
                kind=AlertKind.SIDE_EFFECT,
                # Two effects at one time are two alerts, each with an answer of its own.
                rule=f"{rule.id} {effect}",
                channel=Channel(""),
                since_us=us(at),
                last_us=us(at),
                until_us=us(at),
                does=rule.does,
                says=rule.says,
                because=(f"{effect}, grade {grade}",),
                boundary=rule.boundary,
                sources=rule.sources,
                checked=rule.checked,
            )


def patience(limits: Limits, now_us: int) -> Patience:
    """How long is waited, by these limits."""
    return Patience(now_us, limits.rejoin_s * SECOND, limits.off_waits_s * SECOND)


def rules(limits: Limits, id: str, baselines_by_sign: Mapping[str, Baselines]) -> Iterator[Rule]:
    """What the readings of a sign are looked through for."""
    yield Rule(
        id=AlertKind.IMPLAUSIBLE,
        own=_all,
        sides=_artefact_sides,
        episodes=_artefacts,
        depth=_depth_of_artefacts,
        alone=False,
    )
    yield Rule(id=AlertKind.SENSOR_OFF, own=_all, sides=_off_sides, episodes=_offs, depth=_no_depth, alone=False)
    for limit in limits.limits:
        if limit.sign == id:
            yield Rule(
                id=f"limit/{limit.id}",
                own=_believed,
                sides=partial(limit_sides, limit),
                episodes=partial(_of_limit, limit),
                depth=_values,
            )
    for trend in limits.trends:
        if trend.sign == id and id in baselines_by_sign:
            base = baselines_by_sign[id]
            yield Rule(
                id=f"trend/{trend.id}",
                own=partial(_uncovered, trend, limits),
                sides=partial(_trend_sides, trend, base),
                episodes=partial(_of_trend, trend, base),
                depth=partial(_away, base),
            )


def _all(series: Series) -> Series:
    return series


def _believed(series: Series) -> Series:
    return series.of(*BELIEVED)


def _uncovered(trend: Trend, limits: Limits, series: Series) -> Series:
    plausible = series.of(VALUE)
    return plausible.without(_covered(trend, limits, plausible))


def _no_depth(series: Series) -> tuple[Floats, ...]:
    return ()


def _values(series: Series) -> tuple[Floats, ...]:
    return (series.value,)


def _away(base: Baselines, series: Series) -> tuple[Floats, ...]:
    return series.value, np.abs(series.value - base.at(series.at_us))


def _covered(trend: Trend, limits: Limits, series: Series) -> Bools:
    """The values beyond the limit that a trend comes before: they neither begin nor end it."""
    named = [limit for limit in limits.limits if trend.before_limit and limit.id == trend.before_limit]
    return beyond_limit(named[0], series) if named else np.zeros(len(series), dtype=np.bool_)


def _calling(series: Series, beyond: Bools, within: Bools, patience: Patience) -> Iterator[Run]:
    """The episodes of a series that lasted long enough by now, or lie too deep to wait."""
    for run in runs(series.at_us, beyond, within, patience.rejoin_us):
        if lasts(series, beyond, run, patience.now_us):
            yield run


def beyond_limit(limit: Limit, series: Series) -> Bools:
    """Which of these values lie beyond a limit, or are proved to by a bound: «<70» is below 70, and below 90."""
    beyond = np.zeros(len(series), dtype=np.bool_)
    exact = series.state == VALUE
    if limit.below is not None:
        beyond |= exact & (series.value < limit.below - HAIR)
        beyond |= (series.state == BELOW) & (series.value <= limit.below + HAIR)
    if limit.above is not None:
        beyond |= exact & (series.value > limit.above + HAIR)
        beyond |= (series.state == ABOVE) & (series.value >= limit.above - HAIR)
    return beyond


def limit_sides(limit: Limit, series: Series) -> tuple[Bools, Bools]:
    """Which lie beyond a limit and which within; «<95» neither begins nor ends what is below 90: it proves nothing."""
    beyond = beyond_limit(limit, series)
    within = series.state == VALUE
    if limit.below is not None and limit.above is None:
        within |= (series.state == ABOVE) & (series.value >= limit.below - HAIR)
    if limit.above is not None and limit.below is None:
        within |= (series.state == BELOW) & (series.value <= limit.above + HAIR)
    return beyond, within & ~beyond


def _of_limit(limit: Limit, series: Series, patience: Patience) -> Iterator[Detected]:
    beyond, within = limit_sides(limit, series)
    for each in _calling(series, beyond, within, patience):
        run = _lapsed(series, each, patience)
        low = limit.below is not None
        worst = _worst(series, beyond, run, lowest=low)
        those = _part(series, beyond, run)
        because = (_says(series.channel, worst, limit.edges, bound=_bound_of(those, worst, low=low)),)
        yield _detected(AlertKind.LIMIT, limit, run, because, worst, low=low, beyond=those)


def _lapsed(series: Series, run: Run, patience: Patience) -> Run:
    """The same; over once it was not sent again for so long, where that is how the sign ends."""
    measured, last_us = sign(series.channel.sign), int(series.at_us[run.last])
    over_us = last_us + int(measured.gap.value * SECOND)
    return (
        replace(run, over_us=over_us) if measured.lapses and run.over_us is None and over_us <= patience.now_us else run
    )


def _trend_sides(trend: Trend, base: Baselines, series: Series) -> tuple[Bools, Bools]:
    baseline = base.at(series.at_us)
    away = series.value - baseline
    has_baseline = ~np.isnan(baseline)
    with np.errstate(invalid="ignore"):
        if trend.beyond_percent is not None:
            beyond = has_baseline & (np.abs(away) > trend.beyond_percent * np.abs(baseline) / 100 + HAIR)
        else:
            change = -away if trend.fall is not None else away
            beyond = has_baseline & (change >= (trend.fall or trend.rise or 0.0) - HAIR)
    return beyond, ~beyond


def _of_trend(trend: Trend, base: Baselines, series: Series, patience: Patience) -> Iterator[Detected]:
    baseline = base.at(series.at_us)
    away = series.value - baseline
    beyond, within = _trend_sides(trend, base, series)
    for run in _calling(series, beyond, within, patience):
        part = slice(run.first, run.last + 1)
        place = run.first + int(np.argmax(np.where(beyond[part], np.abs(away[part]), -1.0)))
        worst, before = float(series.value[place]), float(baseline[place])
        because = (_says(series.channel, worst), f"{sign(trend.sign).says(before)} at baseline")
        low, those = worst < before, _part(series, beyond, run)
        yield _detected(AlertKind.TREND, trend, run, because, worst, low=low, beyond=those)


def _artefact_sides(series: Series) -> tuple[Bools, Bools]:
    return series.state == IMPLAUSIBLE, np.isin(series.state, (*BELIEVED, NO_SENSOR))


def _off_sides(series: Series) -> tuple[Bools, Bools]:
    return series.state == NO_SENSOR, np.isin(series.state, (*BELIEVED, IMPLAUSIBLE))


def _depth_of_artefacts(series: Series) -> tuple[Floats, ...]:
    """All artefacts, those that a patient may have, and those that may be true."""
    low, high = sign(series.channel.sign).critical_range
    possible = (series.value >= low) & (series.value <= high)
    return series.value, np.where(possible, series.value, np.nan), np.where(_critical(series), series.value, np.nan)


def _artefacts(series: Series, patience: Patience) -> Iterator[Detected]:
    """What nobody can have: an artefact, or critical; most probes never send one."""
    artefact, within = _artefact_sides(series)
    if not artefact.any():
        return
    measured = sign(series.channel.sign)
    critical = _critical(series)
    for run in runs(series.at_us, artefact, within, patience.rejoin_us):
        part = slice(run.first, run.last + 1)
        grave = bool(critical[part].any())
        low = grave and bool((series.value[part][critical[part]] < measured.lowest.value).any())
        if not low and not lasts(series, artefact, run, patience.now_us):
            continue
        those = _part(series, critical if grave else artefact, run)
        worst = float(those.value[0])
        if grave:
            worst = float(those.value.min() if low else those.value.max())
        since_us, last_us = _times(series, run)
        yield Detected(
            kind=AlertKind.IMPLAUSIBLE,
            rule=AlertKind.IMPLAUSIBLE,
            channel=series.channel,
            since_us=since_us,
            last_us=last_us,
            until_us=run.over_us,
            does=Advice.STOP if grave else Advice.REVIEW,
            says=CRITICAL if grave else ARTEFACT,
            because=(_says(series.channel, worst),),
            boundary=f"plausible from {measured.lowest} to {measured.highest}",
            sources=(measured.lowest.source,),
            checked=measured.lowest.checked,
            worst=worst,
            low=low,
            beyond=those,
        )


def _offs(series: Series, patience: Patience) -> Iterator[Detected]:
    """Sensors that the device reports as missing, for long enough."""
    off, within = _off_sides(series)
    for run in runs(series.at_us, off, within, patience.rejoin_us):
        if longest_us(series.at_us, off, run, patience.now_us) <= patience.off_us:
            continue
        because = (f"no sensor: {sign(series.channel.sign).title}{_probe(series.channel)}",)
        since_us, last_us = _times(series, run)
        yield Detected(
            kind=AlertKind.SENSOR_OFF,
            rule=AlertKind.SENSOR_OFF,
            channel=series.channel,
            since_us=since_us,
            last_us=last_us,
            until_us=run.over_us,
            does=Advice.REVIEW,
            says=SENSOR_OFF,
            because=because,
        )


def _critical(series: Series) -> Bools:
    """The implausible values that may be true: on a side where that is possible, and soon after a believed one.

    A believed one that was itself grave on that side may lie as far back as the probe was silent: 59, then 37. So may
    any, once such values come for as long as the sign waits: a probe that is no better after a minute is no blink.
    """
    artefact, off, value = (np.isin(series.state, states) for states in (IMPLAUSIBLE, NO_SENSOR, BELIEVED))
    measured = sign(series.channel.sign)
    low, high = measured.critical_range
    with np.errstate(invalid="ignore"):
        possible: Bools = artefact & (series.value >= low) & (series.value <= high)
    if not possible.any():
        return possible
    # A stretch of artefacts counts as a whole: believed values may lie far back when it has lasted long.
    known = artefact | off | value
    places = np.flatnonzero(known)
    begins = np.zeros(len(series), dtype=np.bool_)
    begins[places] = artefact[places] & ~np.append(False, artefact[places][:-1])
    last_value = np.maximum.accumulate(np.where(value, series.at_us, 0))
    begun = np.maximum.accumulate(np.where(begins, series.at_us, 0))
    soon: Bools = begun - last_value <= measured.gap.value * SECOND
    stays: Bools = (last_value > 0) & (series.at_us - begun > measured.waits_s * SECOND)
    return possible & (soon | stays | _worse_than_grave(series, value))


def _worse_than_grave(series: Series, value: Bools) -> Bools:
    """Where the last believed value already lay in a band of the same side in which the sign becomes worse."""
    measured = sign(series.channel.sign)
    place = np.maximum.accumulate(np.where(value, np.arange(len(series)), -1))
    before = np.where(place >= 0, series.value[place], np.nan)
    bands = measured.worsening
    below = max(bands.below, default=-np.inf) if bands else -np.inf
    above = min(bands.above, default=np.inf) if bands else np.inf
    with np.errstate(invalid="ignore"):
        low = (series.value < measured.lowest.value) & (before < below)
        worse: Bools = low | ((series.value > measured.highest.value) & (before > above))
    return worse


def _part(series: Series, beyond: Bools, run: Run) -> Series:
    """The readings of a run that are beyond."""
    places = run.first + np.flatnonzero(beyond[run.first : run.last + 1])
    return Series(series.channel, series.at_us[places], series.value[places], series.state[places])


def _detected(
    kind: AlertKind,
    rule: Limit | Trend,
    run: Run,
    because: tuple[str, ...],
    worst: float,
    *,
    low: bool,
    beyond: Series,
) -> Detected:
    return Detected(
        kind=kind,
        rule=rule.id,
        channel=beyond.channel,
        since_us=int(beyond.at_us[0]),
        last_us=int(beyond.at_us[-1]),
        until_us=run.over_us,
        does=rule.does,
        says=rule.says,
        because=because,
        boundary=rule.boundary,
        sources=rule.sources,
        checked=rule.checked,
        worst=worst,
        low=low,
        beyond=beyond,
    )


def _times(series: Series, run: Run) -> tuple[int, int]:
    return int(series.at_us[run.first]), int(series.at_us[run.last])


def _worst(series: Series, beyond: Bools, run: Run, *, lowest: bool) -> float:
    part = slice(run.first, run.last + 1)
    values = series.value[part][beyond[part]]
    return float(values.min() if lowest else values.max())


def _bound_of(series: Series, worst: float, *, low: bool) -> ReadingState:
    """Whether the worst of these is a bound: then it is worse than its number."""
    code = BELOW if low else ABOVE
    return STATES[code] if bool(((series.state == code) & (series.value == worst)).any()) else ReadingState.VALUE


def _says(
    channel: Channel, value: float, edges: tuple[float, ...] = (), *, bound: ReadingState = ReadingState.VALUE
) -> str:
    return sign(channel.sign).says(value, edges, bound=bound) + _probe(channel)


def _probe(channel: Channel) -> str:
    return f" ({channel.probe})" if channel.source else ""
