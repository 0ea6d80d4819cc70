"""The record of a session: the lowest value and the time beyond a limit, and the grid for print.

Computed from every reading. A gap is shown as a gap: nothing is carried across it, and nothing is averaged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from unwound.session.alerts import limit_sides
from unwound.session.limits import Limit
from unwound.session.readings import (
    ABOVE,
    BELIEVED,
    BELOW,
    IMPLAUSIBLE,
    MISSING,
    NO_SENSOR,
    QUESTIONABLE,
    SECOND,
    Bools,
    Channel,
    Reading,
    Readings,
    Series,
    Times,
    from_us,
    gather,
    in_utc,
    us,
)
from unwound.session.signs import STATES, ReadingState, SessionError, sign


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without any reading that holds."""

    since: datetime
    until: datetime

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.until - self.since).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """One probe against one limit: its extreme (a real reading), the seconds beyond, the seconds known, and the gaps.

    `known_s` and the gaps together are the whole time that was asked about.
    """

    channel: Channel
    boundary: str
    extreme: Reading | None
    beyond_s: float
    known_s: float
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One probe in one interval: its plausible values, the first, middle, lowest and highest; or why there is none."""

    reading: Reading | None = None
    middle: Reading | None = None
    """As many lie below it as above; of two in the middle the lower. A reading that was taken."""
    lowest: Reading | None = None
    highest: Reading | None = None
    artefact: Reading | None = None
    """The first implausible one, to be shown struck through."""
    doubted: Reading | None = None
    """The first that the device itself doubts, to be shown with its mark."""
    off: bool = False
    """Whether the sensor was off for a part of it."""
    why: ReadingState = ReadingState.MISSING


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the grid: from its time up to the next, every probe of the session."""

    at: datetime
    cells: Mapping[Channel, Cell]


def beyond(
    readings: Readings | Iterable[Reading], limit: Limit, since: datetime, until: datetime
) -> tuple[Beyond, ...]:
    """The nadir (or peak) and the time beyond a limit from one time to another, of each probe that measures the sign.

    A value holds until the next report of its probe, but no longer than the sign's gap allows; an artefact or a
    sensor that is off ends it too. After a longer silence the whole of it is a gap.
    """
    together = readings if isinstance(readings, Readings) else gather(readings)
    start, end = us(in_utc(since)), us(in_utc(until))
    if end < start:
        raise SessionError(f"a session ends after it starts, not on {until} when it starts on {since}")
    return tuple(_beyond(series, limit, start, end) for series in together.of_sign(limit.sign))


def _beyond(series: Series, limit: Limit, start: int, end: int) -> Beyond:
    part = series.between(start, end + 1)
    part = part.of(*(state for state in range(len(STATES)) if state != MISSING))
    points: Times = np.concatenate(([start], part.at_us, [end]))
    spans = np.diff(points)
    beyond, within = limit_sides(limit, part)
    is_known = np.append(False, beyond | within) & (spans <= sign(limit.sign).gap.value * SECOND)
    out = np.append(False, beyond)
    beyond_s, known_s = (float(spans[which].sum() / SECOND) for which in (is_known & out, is_known))
    return Beyond(
        channel=series.channel,
        boundary=limit.boundary,
        extreme=_extreme(part, limit),
        beyond_s=beyond_s,
        known_s=known_s,
        gaps=tuple(_gaps(points, is_known)),
    )


def _extreme(series: Series, limit: Limit) -> Reading | None:
    believed = series.of(*BELIEVED)
    lowest, highest = _ends(believed)
    return lowest if limit.below is not None else highest


def _ends(believed: Series) -> tuple[Reading | None, Reading | None]:
    """The lowest and the highest; of one number a bound is further out: «<70» is lower than 70."""
    if not len(believed):
        return None, None
    lowest = np.lexsort((believed.state != BELOW, believed.value))[0]
    highest = np.lexsort((believed.state != ABOVE, -believed.value))[0]
    return believed.reading(int(lowest)), believed.reading(int(highest))


def _gaps(points: Times, covered: Bools) -> Iterator[Gap]:
    """The stretches that are not known, those that touch as one."""
    # Two points at one time are no stretch: a gap neither begins nor ends between them.
    since: int | None = None
    for place, is_known in enumerate(covered):
        if since is None and not is_known and points[place + 1] > points[place]:
            since = int(points[place])
        elif since is not None and is_known and points[place + 1] > points[place]:
            yield Gap(from_us(since), from_us(points[place]))
            since = None
    if since is not None:
        yield Gap(from_us(since), from_us(points[-1]))


def grid(readings: Readings | Iterable[Reading], every_min: float, since: datetime, until: datetime) -> tuple[Row, ...]:
    """The printable record: one line an interval, each cell a reading made in it, or why there is none.

    The cell's lowest and highest keep what the first of the interval does not show.
    """
    if not every_min > 0:
        raise SessionError(f"a grid needs an interval above zero, not {every_min:g} min")
    together = readings if isinstance(readings, Readings) else gather(readings)
    step, start, end = timedelta(minutes=every_min), in_utc(since), in_utc(until)
    times = [start + n * step for n in range(int((end - start) / step) + 1)] if end >= start else []
    return tuple(_row(together, at, at + step) for at in times)


def _row(readings: Readings, at: datetime, until: datetime) -> Row:
    return Row(at, {channel: _cell(series.between(us(at), us(until))) for channel, series in readings.series.items()})


def _cell(series: Series) -> Cell:
    artefacts = series.of(IMPLAUSIBLE)
    artefact = artefacts.reading(0) if len(artefacts) else None
    questionable = series.of(QUESTIONABLE)
    doubted = questionable.reading(0) if len(questionable) else None
    believed = series.of(*BELIEVED)
    if not len(believed):
        states = [STATES[state] for state in series.state if state != MISSING]
        return Cell(artefact=artefact, doubted=doubted, why=states[-1] if states else ReadingState.MISSING)
    ordered = np.argsort(believed.value, kind="stable")
    lowest, highest = _ends(believed)
    return Cell(
        reading=believed.reading(0),
        middle=believed.reading(int(ordered[(ordered.size - 1) // 2])),
        lowest=lowest,
        highest=highest,
        artefact=artefact,
        doubted=doubted,
        off=bool((series.state == NO_SENSOR).any()),
        why=ReadingState.VALUE,
    )
