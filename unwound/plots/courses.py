"""What one course does: concentrations while it runs, relief over the weeks after it, and where the data end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from unwound import extras
from unwound.pharmacology import models
from unwound.pharmacology.dosing import Dose
from unwound.pharmacology.forecast import Relief, band_of, spread
from unwound.pharmacology.models import Array
from unwound.pharmacology.population import Summary
from unwound.pharmacology.simulation import Curve
from unwound.plots.style import (
    BLUE,
    COLOURS,
    FAINT,
    INK,
    QUIET,
    SHADE,
    VERMILION,
    Chart,
    Layer,
    Rows,
    data,
    label,
    layers,
    titled,
)  # fmt: skip
from unwound.record import UnwoundError
from unwound.terms import Drug

with extras.needed("a chart"):
    import altair as alt

POINTS = 800
"""Points of one line: more are not seen."""
DAY_H, WEEK_H = 24.0, 168.0
IN_HOURS_UP_TO_H = 72.0
"""A longer course is shown in days."""
ROOM = 0.5
"""Relief above which a label fits under the line."""
NEAR = 0.1
"""Labels nearer than this share of the height would touch."""


def concentration(curve: Curve | Summary, doses: Sequence[Dose] = (), *, until_h: float | None = None) -> Chart:
    """Concentrations over time, with norketamine where the model has it, and when the drug was going in."""
    # Each part is drawn only where the curve has it: metabolite, doses, a model that is known.
    model = models.models().get(curve.model)
    end = float(curve.times_h[-1]) if until_h is None else min(until_h, float(curve.times_h[-1]))
    begin = min(0.0, float(curve.times_h[0]))
    scale, unit = (1.0, "Hours") if end - begin <= IN_HOURS_UP_TO_H else (DAY_H, "Days")
    lines = {
        _drug(curve.drug, name): _thin(curve, name, scale, end)
        for name in ("plasma", "norketamine")
        if name in curve.concentrations
    }
    top = max(row["high"] for rows in lines.values() for row in rows) * 1.12 or 1.0
    x = alt.X(
        "x:Q",
        title=f"{unit} from the first dose" if begin == 0 else unit,
        scale=alt.Scale(domain=[begin / scale, end / scale], nice=False),
        axis=alt.Axis(tickMinStep=1, format="d") if scale > 1 else alt.Axis(),
    )
    y = alt.Y("y:Q", title="Concentration (ng/mL)", scale=alt.Scale(domain=[0, top], nice=False))
    parts: list[Layer] = _running(doses, x, scale, begin, end)
    for rows, colour in zip(lines.values(), (BLUE, VERMILION), strict=False):
        parts += _line_and_band(rows, x, y, colour)
    parts += _names(lines, x, y, top, (begin + 0.7 * (end - begin)) / scale)
    sampled = f"{model.sampling} blood, {model.title.split(':')[0]}" if model else curve.model
    subtitle = [f"{sampled}; {_who(curve)}", "grey: the drug is going in" if doses else ""]
    summary = "; ".join(f"{name} peaks at {max(row['y'] for row in rows):.0f} ng/mL" for name, rows in lines.items())
    return titled(
        layers(*parts), "Concentrations", subtitle, f"Concentrations over {end / scale:.0f} {unit.lower()}: {summary}."
    )


def relief_over_weeks(courses: Sequence[Relief], title: str = "Relief over the weeks", *, bands: bool = True) -> Chart:
    """Relief in those who respond, by weeks from the end of each course; grey where controlled data have ended.

    Without `bands` the lines alone: several bands over each other hide what they belong to.
    """
    if not courses:
        raise UnwoundError("relief over weeks: at least one course is needed")
    first = min(float((relief.times_h[0] - relief.stop_h) / WEEK_H) for relief in courses)
    last = max(float((relief.times_h[-1] - relief.stop_h) / WEEK_H) for relief in courses)
    ends = min(relief.data_end_days for relief in courses) * DAY_H / WEEK_H
    x = alt.X(
        "x:Q", title="Weeks from the end of the last infusion",
        scale=alt.Scale(domain=[first, last], nice=False), axis=alt.Axis(tickMinStep=1, format="d"),
    )  # fmt: skip
    y = alt.Y(
        "y:Q", title="Relief (share of the most the curve allows)", scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
    )  # fmt: skip
    parts: list[Layer] = _beyond(x, y, ends, last) + _stop(x, first)
    for relief, colour in zip(courses, _colours(len(courses)), strict=True):
        parts += _line_and_band(_weeks(relief), x, y, colour)[0 if bands else -1 :]
    if len(courses) == 1:
        parts += _average(courses[0], x, y)
    parts += _course_names(courses, x, y, last)
    summary = "; ".join(
        f"{relief.name}: {_at(relief, 7):.0%} one week after the end, {_at(relief, 77):.0%} after eleven"
        for relief in courses
    )
    subtitle = [
        f"in those who respond (about {courses[0].share:.0%} of people after four days in CRPS)",
        courses[0].band if bands else "",
        f"an empirical curve from one trial; controlled data end {courses[0].data_end_days:g} days after the infusion",
    ]
    return titled(
        layers(*parts),
        title,
        subtitle,
        f"Relief in people who respond. {summary}. Controlled data end on day {courses[0].data_end_days:g}.",
    )


def course(curve: Curve | Summary, doses: Sequence[Dose], relief: Relief, *, until_h: float | None = None) -> Chart:
    """Both clocks of one course: the blood above, the weeks below."""
    above = concentration(curve, doses, until_h=until_h)
    below = relief_over_weeks([relief])
    summary = f"{above['description']} {below['description']}"
    both: alt.VConcatChart = alt.vconcat(above, below, spacing=36)
    return titled(both, relief.name, [], summary)


def _colours(count: int) -> list[str]:
    return [COLOURS[row % len(COLOURS)] for row in range(count)]


def _who(curve: Curve | Summary) -> str:
    if isinstance(curve, Summary):
        return f"line: the median, {band_of(curve)}"
    return f"typical subject of {curve.weight_kg[0]:g} kg"


def _drug(drug: str, output: str) -> str:
    if output != "plasma":
        return output
    return "esketamine" if drug == Drug.ESKETAMINE else "racemic ketamine"


def _thin(curve: Curve | Summary, name: str, scale: float, end_h: float) -> Rows:
    """The points of one line; where there are many, fewer, the peak kept."""
    values = curve.concentrations[name]
    low, middle, high = spread(curve, values) if isinstance(curve, Summary) else (values[0], values[0], values[0])
    within = np.flatnonzero(curve.times_h <= end_h + 1e-9)
    kept = _kept(middle[within], curve.times_h[within])
    return _rows(curve.times_h[kept] / scale, middle[kept], low[kept], high[kept])


def _kept(values: Array, times: Array) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Which points to draw: an even choice of moments, and every turn of the curve."""
    if values.size <= POINTS:
        return np.arange(values.size)
    even = np.searchsorted(times, np.linspace(times[0], times[-1], POINTS))
    slope = np.diff(values)
    turns = np.flatnonzero(slope[1:] * slope[:-1] <= 0) + 1
    chosen: np.ndarray[tuple[int], np.dtype[np.intp]] = np.unique([*even, *turns[:POINTS], 0, values.size - 1]).clip(
        0, values.size - 1
    )
    return chosen


def _rows(x: Array, y: Array, low: Array, high: Array) -> Rows:
    table = np.round(np.stack([x, y, low, high], axis=1), 6).tolist()
    return [dict(zip(("x", "y", "low", "high"), row, strict=True)) for row in table]


def _weeks(relief: Relief) -> Rows:
    kept = _kept(relief.responder, relief.times_h)
    return _rows(
        (relief.times_h[kept] - relief.stop_h) / WEEK_H, relief.responder[kept], relief.low[kept], relief.high[kept]
    )


def _line_and_band(rows: Rows, x: alt.X, y: alt.Y, colour: str) -> list[Layer]:
    base = alt.Chart(data(rows)).encode(x=x)
    line = base.mark_line(color=colour, strokeWidth=2.5, interpolate="linear").encode(y=y)
    if all(row["low"] == row["high"] for row in rows):
        return [line]
    band = base.mark_area(color=colour, opacity=0.16).encode(y=alt.Y("low:Q", title=y["title"]), y2="high:Q")
    return [band, line]


def _running(doses: Sequence[Dose], x: alt.X, scale: float, begin_h: float, end_h: float) -> list[Layer]:
    """A grey strip for every infusion, a grey line for every bolus, of those within the picture."""
    inside = [dose for dose in doses if dose.amount_mg and dose.time_h <= end_h and dose.end_h >= begin_h]
    strips: Rows = [
        {"x": max(dose.time_h, begin_h) / scale, "x2": min(dose.end_h, end_h) / scale}
        for dose in inside
        if dose.duration_h > 0
    ]
    moments: Rows = [{"x": dose.time_h / scale} for dose in inside if not dose.duration_h]
    drawn: list[Layer] = []
    if strips:
        drawn.append(alt.Chart(data(strips)).mark_rect(color=FAINT, opacity=0.7).encode(x=x, x2="x2:Q"))
    if moments:
        drawn.append(alt.Chart(data(moments)).mark_rule(color=SHADE).encode(x=x))
    return drawn


def _names(lines: dict[str, Rows], x: alt.X, y: alt.Y, top: float, late: float) -> list[Layer]:
    """Each line's name at its peak, kept off the one before and inside the picture: from `late` on to the left."""
    drawn: list[Layer] = []
    before: float | None = None
    for (name, rows), colour in zip(lines.items(), (BLUE, VERMILION), strict=False):
        peak = max(rows, key=lambda row: float(row["y"]))
        near = before is not None and abs(before - peak["y"]) < NEAR * top
        right = peak["x"] > late
        place: Rows = [{"x": peak["x"], "y": peak["y"], "text": f"{name}, peak {peak['y']:.3g} ng/mL"}]
        mark: dict[str, Any] = {
            "align": "right" if right else "left",
            "dx": -6 if right else 6,
            "dy": 16 if near else -9,
        }
        drawn.append(label(place, x, y, colour, **mark))
        before = peak["y"]
    return drawn


def _beyond(x: alt.X, y: alt.Y, ends: float, last: float) -> list[Layer]:
    """Grey where controlled data have ended, and the words for it."""
    if last <= ends:
        return []
    zone = alt.Chart(data([{"x": ends, "x2": last}])).mark_rect(color=SHADE, opacity=0.28).encode(x=x, x2="x2:Q")
    edge = alt.Chart(data([{"x": ends}])).mark_rule(color=QUIET, strokeDash=[4, 3]).encode(x=x)
    words = label(
        [{"x": ends, "y": 1.0, "text": "beyond this line: no controlled data"}], x, y, QUIET,
        align="right", dx=-8, dy=9, fontSize=12,
    )  # fmt: skip
    return [zone, edge, words]


def _stop(x: alt.X, first: float) -> list[Layer]:
    """Grey while the course runs."""
    if first >= 0:
        return []
    return [alt.Chart(data([{"x": first, "x2": 0.0}])).mark_rect(color=FAINT, opacity=0.7).encode(x=x, x2="x2:Q")]


def _average(relief: Relief, x: alt.X, y: alt.Y) -> list[Layer]:
    """The average over everyone treated, responders or not, as a broken line."""
    kept = _kept(relief.average, relief.times_h)
    rows = _rows(
        (relief.times_h[kept] - relief.stop_h) / WEEK_H,
        relief.average[kept],
        relief.average[kept],
        relief.average[kept],
    )
    line = alt.Chart(data(rows)).mark_line(color=INK, strokeWidth=1.5, strokeDash=[5, 3]).encode(x=x, y=y)
    return [line]


def _course_names(courses: Sequence[Relief], x: alt.X, y: alt.Y, last: float) -> list[Layer]:
    """Each course's name beside its line, where the lines are apart, never one over the other."""
    if len(courses) == 1:
        return _two_names(courses[0], x, y, last)
    named = [
        (relief.name, _at(relief, 10), colour) for relief, colour in zip(courses, _colours(len(courses)), strict=True)
    ]
    drawn: list[Layer] = []
    floor = -1.0
    for name, height, colour in sorted(named, key=lambda each: each[1]):
        placed = max(height + 0.035, floor)
        floor = placed + 0.075
        drawn.append(
            label([{"x": min(10 / 7, last), "y": placed, "text": name}], x, y, colour, dx=4, baseline="bottom")
        )
    return drawn


def _two_names(relief: Relief, x: alt.X, y: alt.Y, last: float) -> list[Layer]:
    """The line above, the broken line below: its name stands under it where there is room, else over both."""
    height = _at(relief, 10)
    under = 0.25 * height if height > ROOM else height + 0.11
    upper: Rows = [{"x": min(10 / 7, last), "y": height + 0.035, "text": "people who respond"}]
    lower: Rows = [
        {"x": min(0.3 if height > ROOM else 10 / 7, last), "y": under, "text": "- -  average of everyone treated"}
    ]
    return [label(upper, x, y, BLUE, dx=4, baseline="bottom"), label(lower, x, y, INK, dx=4, baseline="bottom")]


def _at(relief: Relief, days: float) -> float:
    """Relief that many days after the end; the last value where the simulation is shorter."""
    return float(np.interp(relief.stop_h + days * DAY_H, relief.times_h, relief.responder))
