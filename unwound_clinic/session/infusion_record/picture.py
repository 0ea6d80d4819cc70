"""The course as a paper anaesthesia record draws it: pressures as carets, pulse as dots, pump and model beneath.

Black on white. A mark is a reading that was taken, the middle one of its interval; a bar reaches from the lowest to the
highest. Where a sensor was off it is hatched; where nothing came nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from html import escape

import numpy as np

from unwound.catalogue import plain
from unwound.session import Limits, Readings, display, sign, usual
from unwound.session.readings import BELIEVED, NO_SENSOR, SECOND, Series, from_us, us

WIDTH, LEFT, RIGHT = 1060, 66, 1022
FIGURES, ROW = 382, 11
"""Where the rows of figures begin under the picture, and their height."""
NARROW, WIDE = 19, 40
"""What a score and a number with a decimal need to be written in."""
STEPS_MIN = (5, 10, 15, 20, 30, 60)
MOST_COLUMNS = 72
PAGE = timedelta(hours=12)
"""So long a stretch stands on one page; a longer session has one for each day."""
DAY = timedelta(hours=24)
MINUTE = 60 * SECOND
TICKS_MIN = (15, 30, 60, 120)
MOST_TICKS = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A strip of the picture with its own scale."""

    top: float
    bottom: float
    low: float
    high: float
    lines: tuple[float, ...]

    def y(self, value: float) -> float:
        """The height of a value, within the strip."""
        inside = min(max(value, self.low), self.high)
        return self.bottom - (self.bottom - self.top) * (inside - self.low) / (self.high - self.low)


MAIN = Band(top=26, bottom=186, low=20, high=220, lines=tuple(range(20, 221, 20)))
OXYGEN = Band(top=198, bottom=258, low=70, high=100, lines=(70, 80, 90, 100))
BREATH = Band(top=270, bottom=320, low=0, high=60, lines=(0, 20, 40, 60))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pump:
    """What was given: the rate from one time to another, and the amount by a time; and what the model predicts."""

    rates: tuple[tuple[datetime, datetime, float], ...]
    given_mg: Callable[[datetime], float]
    predicted: tuple[tuple[datetime, float], ...] = ()
    fluid_ml: Callable[[datetime], float] = lambda at: 0.0


@dataclass(frozen=True, slots=True)
class Frame:
    """The stretch of time of one picture."""

    since: datetime
    until: datetime
    zone: tzinfo

    def x(self, at: datetime | int) -> float:
        """The position of a time."""
        at_us = at if isinstance(at, int) else us(at)
        share = (at_us - us(self.since)) / max(us(self.until) - us(self.since), 1)
        return LEFT + (RIGHT - LEFT) * share

    @property
    def step_us(self) -> int:
        """The interval of one mark."""
        minutes = (self.until - self.since) / timedelta(minutes=1)
        return next((step for step in STEPS_MIN if minutes / step <= MOST_COLUMNS), STEPS_MIN[-1]) * MINUTE

    def ticks(self) -> Iterator[datetime]:
        """The clock times that are written under the picture."""
        minutes = (self.until - self.since) / timedelta(minutes=1)
        every = next((step for step in TICKS_MIN if minutes / step <= MOST_TICKS), 240) * MINUTE
        for at in range(-(-us(self.since) // every) * every, us(self.until) + 1, every):
            yield from_us(at)


def pages(
    readings: Readings,
    pump: Pump,
    events: Sequence[tuple[int, datetime]],
    span: tuple[datetime, datetime],
    zone: tzinfo,
    limits: Limits | None = None,
) -> list[str]:
    """One picture as SVG for a session, or one for each of its days; events as their number and time.

    `limits` are those of the session, the usual ones where none are given: an oxygen saturation below is written.
    """
    low = _written_below(readings, limits or usual())
    return [_picture(Frame(since, until, zone), readings, pump, events, low) for since, until in stretches(*span)]


def _written_below(readings: Readings, limits: Limits) -> float:
    """The highest limit below which the saturation alerts."""
    ids = {series.channel.sign for series in _marked(readings, "saturation")}
    return max((limit.below for limit in limits.limits if limit.sign in ids and limit.below is not None), default=0.0)


def stretches(since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """The stretches of time that stand on a page each."""
    begin = since.replace(minute=since.minute // 15 * 15, second=0, microsecond=0)
    end = max(until, begin + timedelta(hours=1))
    if end - begin <= PAGE:
        return [(begin, end)]
    days = -(-(end - begin) // DAY)
    return [(begin + DAY * day, min(begin + DAY * (day + 1), end + timedelta(hours=1))) for day in range(days)]


def _picture(
    frame: Frame, readings: Readings, pump: Pump, events: Sequence[tuple[int, datetime]], written_below: float
) -> str:
    rows = _rows(frame, readings, pump)
    bottom = FIGURES + ROW * len(rows)
    drawn = [
        *_grid(frame, bottom),
        *_pressures(frame, readings),
        *_dots(frame, readings),
        *_bars(frame, _marked(readings, "saturation"), OXYGEN, written_below=written_below),
        *_bars(frame, _marked(readings, "breath"), BREATH),
        *_circles(frame, _marked(readings, "ring"), BREATH),
        *_pump(frame, pump),
        *_figures(rows),
        *_events(frame, events),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 14:g}" '
        f'font-family="Liberation Sans" font-size="9"><defs>'
        f'<pattern id="off" width="5" height="5" patternUnits="userSpaceOnUse">'
        f'<path d="M0 5L5 0" stroke="#000" stroke-width="0.7"/></pattern></defs>{"".join(drawn)}</svg>'
    )


def _grid(frame: Frame, bottom: float) -> Iterator[str]:
    # Lines of a scale and lines of time are drawn differently, and only labelled hours are strong.
    for band, title in ((MAIN, ("mmHg", "/min")), (OXYGEN, ("SpO2", "%")), (BREATH, ("EtCO2", "mmHg", "resp./min"))):
        for value in band.lines:
            strong = 0.9 if value in (band.low, band.high, 100) else 0.4
            yield _line(LEFT, band.y(value), RIGHT, band.y(value), colour="#999", width=strong)
            yield _text(LEFT - 4, band.y(value) + 3, plain(value), "end")
        for row, word in enumerate(title):
            yield _text(2, band.top + 9 + 10 * row, word, "start", bold=row == 0)
    every = frame.step_us if frame.step_us >= 15 * MINUTE else 5 * MINUTE
    labels = {us(at) for at in frame.ticks()}
    for at in sorted({*range(-(-us(frame.since) // every) * every, us(frame.until) + 1, every), *labels}):
        x = frame.x(at)
        yield _line(x, MAIN.top, x, 380, colour="#777" if at in labels else "#ccc", width=0.7 if at in labels else 0.35)
        if at in labels:
            yield _text(x, bottom + 10, f"{from_us(at).astimezone(frame.zone):%H:%M}", "middle", bold=True)


def _columns(frame: Frame, series: Series) -> Iterator[tuple[float, float, float, float]]:
    """Of each interval with a value: position, lowest, middle reading, highest."""
    part = series.between(us(frame.since), us(frame.until) + 1).of(*BELIEVED)
    place = (part.at_us - us(frame.since)) // frame.step_us
    for begin, end in _runs(place):
        values = np.sort(part.value[begin:end])
        middle = float(values[(values.size - 1) // 2])
        at = int(part.at_us[begin]) if end - begin == 1 else us(frame.since) + int(place[begin]) * frame.step_us
        shift = 0 if end - begin == 1 else frame.step_us // 2
        yield frame.x(min(at + shift, us(frame.until))), float(values[0]), middle, float(values[-1])


def _runs(place: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Iterator[tuple[int, int]]:
    """Where neighbours are the same."""
    if place.size:
        begins = np.flatnonzero(np.append(True, place[1:] != place[:-1]))
        yield from zip(begins.tolist(), [*begins[1:].tolist(), int(place.size)], strict=True)


def _marked(readings: Readings, mark: str) -> tuple[Series, ...]:
    """Every probe of the sign that has this mark."""
    id = display.marked(mark, (channel.sign for channel in readings.series))
    return readings.of_sign(id) if id else ()


def _pressures(frame: Frame, readings: Readings) -> Iterator[str]:
    """Carets whose points are the pressures, a cross for the mean."""
    for mark, draw in (("upper caret", _down), ("lower caret", _up), ("cross", _cross)):
        for series in _marked(readings, mark):
            for x, low, middle, high in _columns(frame, series):
                if low != high:
                    yield _line(x, MAIN.y(low), x, MAIN.y(high), colour="#000", width=0.5)
                yield draw(x, MAIN.y(middle))
                yield from _beyond_scale(x, low, high, MAIN)


def _dots(frame: Frame, readings: Readings) -> Iterator[str]:
    """The heart rate, else the pulse: a dot, with a bar from lowest to highest."""
    for series in _marked(readings, "dot"):
        for x, low, middle, high in _columns(frame, series):
            yield _line(x, MAIN.y(low), x, MAIN.y(high), colour="#000", width=0.6)
            yield f'<circle cx="{x:.1f}" cy="{MAIN.y(middle):.1f}" r="2.6"/>'
            yield from _beyond_scale(x, low, high, MAIN)
        yield from _off(frame, series, MAIN.top, MAIN.top + 6)


def _bars(frame: Frame, probes: Sequence[Series], band: Band, *, written_below: float = 0.0) -> Iterator[str]:
    """A bar from lowest to highest with a stroke at the middle reading; what is below a limit is written."""
    for series in probes:
        for x, low, middle, high in _columns(frame, series):
            yield _line(x, band.y(low), x, band.y(high), colour="#000", width=1.2)
            yield _line(x - 3.4, band.y(middle), x + 3.4, band.y(middle), colour="#000", width=1.6)
            if low < written_below:
                is_above_edge = band.bottom - band.y(low) > 8
                yield _text(x, band.y(low) + 8 if is_above_edge else band.y(low) - 3, plain(low), "middle", bold=True)
        yield from _off(frame, series, band.top, band.bottom)


def _circles(frame: Frame, probes: Sequence[Series], band: Band) -> Iterator[str]:
    for series in probes:
        for x, low, middle, high in _columns(frame, series):
            yield _line(x, band.y(low), x, band.y(high), colour="#000", width=0.5)
            yield f'<circle cx="{x:.1f}" cy="{band.y(middle):.1f}" r="2.4" fill="#fff" stroke="#000"/>'


def _off(frame: Frame, series: Series, top: float, bottom: float) -> Iterator[str]:
    """Hatched from the report that a sensor is off to the next reading of it."""
    off = series.state == NO_SENSOR
    for begin, end in _runs(off.astype(np.int64)):
        if not off[begin]:
            continue
        until = int(series.at_us[end]) if end < len(series) else int(series.at_us[-1])
        x1, x2 = (frame.x(min(max(at, us(frame.since)), us(frame.until))) for at in (int(series.at_us[begin]), until))
        if until >= us(frame.since) and int(series.at_us[begin]) <= us(frame.until):
            wide = max(x2 - x1, 2.0)
            yield (
                f'<rect x="{x1:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{bottom - top:.1f}" fill="url(#off)" '
                f'stroke="#000" stroke-width="0.4"/>'
            )


def _beyond_scale(x: float, low: float, high: float, band: Band) -> Iterator[str]:
    """What lies off the scale stands at its edge, as a number."""
    if high > band.high:
        yield _text(x, band.top + 9, plain(high), "middle", bold=True)
    if low < band.low:
        yield _text(x, band.bottom - 2, plain(low), "middle", bold=True)


def _pump(frame: Frame, pump: Pump) -> Iterator[str]:
    """The rate as steps, the predicted concentration as a dashed line, the amount in figures beneath."""
    highest = max((rate for _, _, rate in pump.rates), default=0.0)
    peak = max((level for _, level in pump.predicted), default=0.0)
    rates = Band(top=332, bottom=380, low=0, high=highest or 1, lines=(0, highest or 1))
    levels = Band(top=332, bottom=380, low=0, high=peak or 1, lines=(0,))
    yield _text(2, 341, "Rate", "start", bold=True)
    yield _text(2, 351, "mg/h", "start")
    yield _line(LEFT, rates.bottom, RIGHT, rates.bottom, colour="#999", width=0.9)
    if highest:
        yield _text(LEFT - 4, rates.top + 3, plain(highest), "end")
    for since, until, rate in pump.rates:
        x1, x2 = (frame.x(min(max(at, frame.since), frame.until)) for at in (since, until))
        if x2 > x1:
            y = rates.y(rate)
            yield f'<path d="M{x1:.1f} {rates.bottom}V{y:.1f}H{x2:.1f}V{rates.bottom}" fill="none" stroke="#000" stroke-width="1.4"/>'  # noqa: E501
            if x2 - x1 > 30:
                yield _text((x1 + x2) / 2, y + 10, plain(round(rate, 2)), "middle")
    inside = [(at, level) for at, level in pump.predicted if frame.since <= at <= frame.until]
    if inside and peak:
        path = "L".join(f"{frame.x(at):.1f} {levels.y(level):.1f}" for at, level in inside)
        yield f'<path d="M{path}" fill="none" stroke="#000" stroke-width="1" stroke-dasharray="4 3"/>'
        yield _text(RIGHT + 3, levels.top + 3, plain(round(peak)), "start")
        yield _text(RIGHT + 3, levels.top + 13, "ng/mL", "start")
        yield _text(RIGHT + 3, levels.top + 23, "model", "start")


Row = tuple[str, list[tuple[float, str]]]
"""A title and its figures with their positions."""


def _rows(frame: Frame, readings: Readings, pump: Pump) -> list[Row]:
    """What stands in figures under the picture: amounts by the ticks, each sign without a mark by its interval."""
    amounts = (("Given mg", pump.given_mg, 1), ("Fluid mL", pump.fluid_ml, 0))
    rows = [
        (title, [(frame.x(at), plain(round(so_far(at), digits))) for at in frame.ticks() if so_far(at) > 0])
        for title, so_far, digits in amounts
    ]
    signs = display.figures(channel.sign for channel in readings.series)
    rows += [(f"{sign(id).short} {sign(id).unit}".strip(), list(_written(frame, readings, id))) for id in signs]
    return [rows[0], *((title, row) for title, row in rows[1:] if row)]


def _written(frame: Frame, readings: Readings, id: str) -> Iterator[tuple[float, str]]:
    """Of each interval wide enough to write in: the value, or the lowest and the highest where they differ."""
    wide = NARROW if sign(id).step == 1 else WIDE
    per_px = (us(frame.until) - us(frame.since)) / (RIGHT - LEFT)
    step = next((minutes for minutes in STEPS_MIN if minutes * MINUTE >= wide * per_px), 2 * STEPS_MIN[-1]) * MINUTE
    parts = [series.between(us(frame.since), us(frame.until) + 1).of(*BELIEVED) for series in readings.of_sign(id)]
    values_by_place: dict[int, list[float]] = {}
    for part in parts:
        place = (part.at_us - us(frame.since)) // step
        for begin, end in _runs(place):
            values_by_place.setdefault(int(place[begin]), []).extend(part.value[begin:end].tolist())
    for number, values in sorted(values_by_place.items()):
        ends = dict.fromkeys(sign(id).shows(value) for value in (min(values), max(values)))
        x = frame.x(min(us(frame.since) + number * step + step // 2, us(frame.until)))
        yield x, "–".join(end.replace("-", "−") for end in ends)


def _figures(rows: Sequence[Row]) -> Iterator[str]:
    for number, (title, row) in enumerate(rows):
        bottom = FIGURES + ROW * (number + 1)
        yield _text(2, bottom - 2.5, title, "start", bold=True)
        yield _line(LEFT, bottom, RIGHT, bottom, colour="#999", width=0.4)
        for x, words in row:
            yield _text(x, bottom - 2.5, words, "middle", size=8)


def _events(frame: Frame, events: Sequence[tuple[int, datetime]]) -> Iterator[str]:
    """Each as its number in a ring over the picture; those that stand too close are raised in turn."""
    before, row = -99.0, 0
    for number, at in events:
        if not frame.since <= at <= frame.until:
            continue
        x = frame.x(at)
        row = (row + 1) % 2 if x - before < 13 else 0
        before, y = x, 17.0 - 11 * row
        yield _line(x, y + 5, x, MAIN.bottom, colour="#000", width=0.3)
        yield f'<circle cx="{x:.1f}" cy="{y}" r="5.4" fill="#fff" stroke="#000" stroke-width="0.8"/>'
        yield _text(x, y + 2.8, str(number), "middle", size=7)


def _down(x: float, y: float) -> str:
    return _stroke(f"M{x - 4:.1f} {y - 7:.1f}L{x:.1f} {y:.1f}L{x + 4:.1f} {y - 7:.1f}")


def _up(x: float, y: float) -> str:
    return _stroke(f"M{x - 4:.1f} {y + 7:.1f}L{x:.1f} {y:.1f}L{x + 4:.1f} {y + 7:.1f}")


def _cross(x: float, y: float) -> str:
    return _stroke(f"M{x - 3:.1f} {y - 3:.1f}L{x + 3:.1f} {y + 3:.1f}M{x - 3:.1f} {y + 3:.1f}L{x + 3:.1f} {y - 3:.1f}")


def _stroke(path: str) -> str:
    return f'<path d="{path}" fill="none" stroke="#000" stroke-width="1.3"/>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def _text(x: float, y: float, words: str, anchor: str, *, bold: bool = False, size: float = 9) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{weight}>{escape(words)}</text>'
    )  # fmt: skip


LEGEND: Mapping[str, str] = {
    "∨ ∧": "systolic, diastolic",
    "×": "mean",
    "•": "heart rate",
    "bar": "lowest to highest of the interval, with a mark at its middle reading",
    "○": "respiratory rate",
    "hatched": "sensor off",
    "figures": "in their interval, the lowest to the highest",
    "dashed": "concentration predicted, not measured",
}
"""What is drawn, in words."""
