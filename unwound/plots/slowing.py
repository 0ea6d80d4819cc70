"""Two ways in which relief could outlast the drug, on one picture with the trials that they must explain.

A model, not anybody's spinal cord. The empirical curve of pharmacology is what forecasts use; the state that falls fast
and recovers slowly is a hypothesis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unwound import extras, protocols
from unwound.mechanism import SAID, cells, slow
from unwound.mechanism.knowledge import SLOW, TRAIN, Trial, mechanism, value
from unwound.pharmacology import Dose, Subjects, effects, simulate
from unwound.pharmacology.dosing import infusion
from unwound.pharmacology.models import Array
from unwound.plots.style import BLUE, INK, QUIET, VERMILION, WIDTH, Chart, Rows, data, titled
from unwound.protocols.comparison import MODELS

with extras.needed("a chart"):
    import altair as alt

DAY_H, WEEK_H = 24.0, 168.0
SHOWN_WEEKS = 11
STEP_H = 1.0
ROW = 110
"""Height of one trial."""
BOLD: dict[str, Any] = {"fontWeight": 600}
LINES = (("empirical", BLUE, [1, 0]), ("hypothesis", VERMILION, [1, 0]), ("by_the_cell", QUIET, [5, 4]))


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowCourse:
    """One trial: hours, relief by each way as a share of the most there is, and where the last infusion ends."""

    trial: Trial
    times_h: Array
    stop_h: float
    empirical: Array
    hypothesis: Array
    by_the_cell: Array

    def at(self, way: str, days: float) -> float:
        """Relief by one way so many days after the end."""
        values: Array = getattr(self, way)
        return float(np.interp(self.stop_h + days * DAY_H, self.times_h, values))


def slow_courses(weight_kg: float) -> tuple[SlowCourse, ...]:
    """Every trial of data/mechanisms/slow_layer.toml, for a typical subject of this weight in kg."""
    return tuple(_course(trial, weight_kg) for trial in mechanism(SLOW).trials)


def _course(trial: Trial, weight_kg: float) -> SlowCourse:
    doses = _doses(trial, weight_kg)
    stop = max(dose.end_h for dose in doses)
    edges = [edge for dose in doses for edge in (dose.time_h, dose.end_h)]
    times = np.unique([*np.arange(0, stop + SHOWN_WEEKS * WEEK_H, STEP_H), *edges])
    curve = simulate(
        doses, Subjects(np.array([weight_kg])), MODELS[trial.drug], times, sites=effects.sites_of(effects.RELIEF)
    )
    free, _, _ = effects.free_racemic_um(curve.plasma[0], trial.drug)
    cell, working = cells.central(), value(TRAIN, "block_voltage")
    return SlowCourse(
        trial=trial,
        times_h=times,
        stop_h=stop,
        empirical=effects.relief(curve)[0],
        hypothesis=slow.homeostatic(times, slow.drive(free)),
        by_the_cell=slow.homeostatic(times, slow.drive(free, cells.half_block_um(cell, working))),
    )


def _doses(trial: Trial, weight_kg: float) -> Sequence[Dose]:
    if trial.protocol:
        return protocols.doses(trial.protocol, weight_kg)
    assert trial.dose is not None
    assert trial.hours is not None
    return [infusion(0, trial.dose.value * weight_kg / trial.hours.value, trial.hours.value)]


def slow_layer(courses: Sequence[SlowCourse]) -> Chart:
    """The trials one under the other: relief by each way over the weeks, and what was seen."""
    rows = [_row(course, lowest=course is courses[-1]) for course in courses]
    both: alt.VConcatChart = alt.vconcat(*rows, spacing=14)
    summary = "; ".join(
        f"{course.trial.title}: a week after the end the empirical curve has {course.at('empirical', 7):.0%}, "
        f"the hypothesis {course.at('hypothesis', 7):.0%}, by the cell's own block {course.at('by_the_cell', 7):.0%}; "
        f"seen: {course.trial.seen.text.rstrip('.')}"
        for course in courses
    )
    subtitle = [
        "blue: the empirical curve, fitted to the first of these trials, used for forecasts",
        "orange: a hypothesis, a state that falls fast and recovers slowly, driven by block without magnesium",
        "grey: the same driven by the block that the model cell has: too little to explain the trials",
        SAID,
    ]
    return titled(both, "How relief could outlast the drug", subtitle, f"{summary}. {SAID}")


def _row(course: SlowCourse, *, lowest: bool) -> alt.LayerChart:
    weeks = (course.times_h - course.stop_h) / WEEK_H
    kept = np.unique(np.linspace(0, len(weeks) - 1, 400).astype(int))
    x = alt.X(
        "x:Q", title="Weeks from the end of the last infusion" if lowest else None,
        scale=alt.Scale(domain=[-2, SHOWN_WEEKS], nice=False),
        axis=alt.Axis(labels=lowest, ticks=lowest, tickMinStep=1, format="d"),
    )  # fmt: skip
    y = alt.Y("y:Q", title="Relief", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", values=[0, 0.5, 1]))
    parts = []
    for way, colour, dash in LINES:
        values: Array = getattr(course, way)
        rows: Rows = [{"x": float(weeks[k]), "y": float(values[k])} for k in kept if weeks[k] >= -2]
        line = alt.Chart(data(rows)).mark_line(color=colour, strokeWidth=2, strokeDash=dash, clip=True)
        parts.append(line.encode(x=x, y=y))
    for text, at, style in ((course.trial.title, 0.94, BOLD), (f"seen: {course.trial.seen.text}", 0.8, {})):
        words: Rows = [{"x": SHOWN_WEEKS, "y": at, "text": text}]
        mark = alt.Chart(data(words)).mark_text(align="right", color=INK, fontSize=12, dx=-4, **style)
        parts.append(mark.encode(x=x, y=y, text="text:N"))
    return alt.LayerChart(layer=parts, width=WIDTH, height=ROW)
