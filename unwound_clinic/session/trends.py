"""A small chart of one sign, drawn as SVG: the lowest and highest of every column, limits, the patient's baseline.

Nothing is averaged: a column of the picture shows every value between its lowest and highest; a gap stays open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

import numpy as np

from unwound import session
from unwound.catalogue import plain
from unwound.session import Limit
from unwound.session.minutes import Minutes
from unwound.session.readings import SECOND, us

WIDTH, HEIGHT = 360, 96
LEFT, RIGHT, TOP, BOTTOM = 34, 6, 8, 16
ROOM = 0.12
"""Share of the height left free above and below the values."""
TICKS = (10, 15, 30, 60, 120, 240, 720)
"""Minutes between marks of the clock."""
MOST_TICKS = 6


@dataclass(frozen=True, slots=True)
class Frame:
    """What of time and value the picture shows."""

    since_us: int
    until_us: int
    low: float
    high: float

    def x(self, at_us: float) -> float:
        """The horizontal position of a time."""
        return LEFT + (WIDTH - LEFT - RIGHT) * (at_us - self.since_us) / max(self.until_us - self.since_us, 1)

    def y(self, value: float) -> float:
        """The vertical position of a value."""
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - value) / max(self.high - self.low, 1e-9)


def chart(
    series: Sequence[Minutes],
    limits: Iterable[Limit],
    *,
    start: float | None,
    since: datetime,
    until: datetime,
    zone: object,
) -> str:
    """The picture as SVG, with what it shows in words; empty where nothing was read."""
    parts = [part.between(us(since), us(until) + 1) for part in series]
    parts = [part for part in parts if len(part)]
    if not parts:
        return ""
    edges = tuple(limits)
    frame = _frame(parts, edges, start, since, until)
    sign = session.sign(parts[0].channel.sign)
    drawn = [
        *_clock(frame, since, until, zone),
        *_lines(frame, edges, start),
        *(_path(frame, part) for part in parts),
    ]
    words = escape(_words(parts, edges, start))
    return (
        f'<svg class="trend" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(sign.title)}: {words}">'
        f"<title>{escape(sign.title)}: {words}</title>{''.join(drawn)}</svg>"
    )


def _frame(
    parts: Sequence[Minutes], limits: Sequence[Limit], start: float | None, since: datetime, until: datetime
) -> Frame:
    """Every value, the baseline, and each limit that is near them."""
    low = min(float(part.low.min()) for part in parts)
    high = max(float(part.high.max()) for part in parts)
    if start is not None:
        low, high = min(low, start), max(high, start)
    span = max(high - low, 10.0)
    near = [edge for edge in _edges(limits) if low - span <= edge <= high + span]
    low, high = min([low, *near]), max([high, *near])
    margin = max(high - low, 4.0) * ROOM
    return Frame(us(since), us(until), low - margin, high + margin)


def _edges(limits: Iterable[Limit]) -> list[float]:
    return [edge for limit in limits for edge in (limit.below, limit.above) if edge is not None]


def _path(frame: Frame, series: Minutes) -> str:
    """A stroke a column from its lowest to its highest; readings further apart than the sign's gap are points."""
    gap_us = session.sign(series.channel.sign).gap.value * SECOND
    columns = np.round([frame.x(float(frame.since_us)), frame.x(float(frame.until_us))])
    width = max(int(columns[1] - columns[0]), 1)
    place = ((series.first_us - frame.since_us) * width // max(frame.until_us - frame.since_us, 1)).clip(0, width)
    first = np.flatnonzero(np.append(True, place[1:] != place[:-1]))
    low, high = np.minimum.reduceat(series.low, first), np.maximum.reduceat(series.high, first)
    last = np.append(first[1:], len(series)) - 1
    apart = np.append(True, series.first_us[first[1:]] - series.last_us[last[:-1]] > gap_us)
    words = []
    for at, bottom, top, alone in zip(place[first], low, high, apart, strict=True):
        x, y1, y2 = LEFT + int(at), frame.y(float(top)), frame.y(float(bottom))
        words.append(f"{'M' if alone else 'L'}{x} {y1:.1f}V{y2 + (0.1 if alone else 0):.1f}")
    kind = " hand" if series.channel.by_hand else ""
    return f'<path class="values{kind}" d="{"".join(words)}"/>'


def _lines(frame: Frame, limits: Iterable[Limit], start: float | None) -> Iterator[str]:
    for edge in _edges(limits):
        if frame.low <= edge <= frame.high:
            yield _level(frame, edge, "limit")
    if start is not None:
        yield _level(frame, start, "start")


def _level(frame: Frame, value: float, kind: str) -> str:
    y = frame.y(value)
    number = f'<text x="{LEFT - 4}" y="{y + 3:.1f}" text-anchor="end">{plain(value)}</text>'
    return f'<path class="{kind}" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>{number}'


def _clock(frame: Frame, since: datetime, until: datetime, zone: object) -> Iterator[str]:
    """Marks of the clock in the site's zone."""
    minutes = (until - since).total_seconds() / 60
    every = next((minutes_apart for minutes_apart in TICKS if minutes / minutes_apart <= MOST_TICKS), TICKS[-1])
    step = every * 60 * SECOND
    yield f'<path class="axis" d="M{LEFT} {HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>'
    for at in range(-(-frame.since_us // step) * step, frame.until_us, step):
        x = frame.x(at)
        if x > WIDTH - RIGHT - 14:
            break
        local = session.readings.from_us(at).astimezone(zone)  # type: ignore[arg-type]
        yield f'<text x="{x:.1f}" y="{HEIGHT - 4}" text-anchor="middle">{local:%H:%M}</text>'


def _words(parts: Sequence[Minutes], limits: Sequence[Limit], start: float | None) -> str:
    low = min(float(part.low.min()) for part in parts)
    high = max(float(part.high.max()) for part in parts)
    phrases = [f"from {plain(low)} to {plain(high)}"]
    phrases += [f"baseline {plain(start)}"] if start is not None else []
    return ", ".join([*phrases, *(f"limit {limit.boundary}" for limit in limits)])
