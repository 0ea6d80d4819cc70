"""A target plan: plasma by every model above, the rates of the pump below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unwound import extras
from unwound.pharmacology import models
from unwound.pharmacology.ensemble import Body
from unwound.pharmacology.models import Array
from unwound.pharmacology.target import PLASMA, Aim, TargetPlan, Under
from unwound.plots.choices import rate_steps
from unwound.plots.style import (
    BLUE,
    INK,
    QUIET,
    SHADE,
    VERMILION,
    WIDTH,
    Chart,
    Layer,
    Rows,
    data,
    label,
    layers,
    titled,
)  # fmt: skip

with extras.needed("a chart"):
    import altair as alt

AFTER_H = 3.0
"""Hours shown after the last step."""
POINTS = 400
LOW = 130
"""Height of the rates, in dots."""
NAME = 100
"""Points that a name is wide."""
APART = 0.07
"""How high a name is, as a share of the height."""


def target(plan: TargetPlan) -> Chart:
    """Plasma over time by each model, what was asked of plasma as lines, and the steps of the pump under it."""
    end = plan.end_h + AFTER_H
    begin = min([plan.from_h, *(dose.time_h for dose in plan.given)])
    times = np.linspace(begin, end, POINTS)
    lines = {
        id: Body.of(models.at_age(model, plan.age_years), plan.weight_kg).at(plan.doses, times)
        for id, model in models.models().items()
        if model.drug == plan.drug and not model.valid.children
    }
    top = max(float(level.max()) for level in lines.values()) * 1.1
    x = alt.X("x:Q", title="Hours", scale=alt.Scale(domain=[begin, end], nice=False))
    y = alt.Y("y:Q", title="Plasma (ng/mL)", scale=alt.Scale(domain=[0, top], nice=False))
    parts: list[Layer] = []
    for id, level in sorted(lines.items(), key=lambda entry: entry[0] == plan.model):
        rows: Rows = [{"x": float(hour), "y": float(value)} for hour, value in zip(times, level, strict=True)]
        own = id == plan.model
        mark = alt.Chart(data(rows)).mark_line(color=BLUE if own else QUIET, strokeWidth=3 if own else 1.5)
        parts.append(mark.encode(x=x, y=y))
    parts += [*_asked(plan, x, y, begin, plan.end_h), *_names(plan, lines, times, x, y, top)]
    above = layers(*parts)
    low, high = (
        min(predicted.plasma[0] for predicted in _adults(plan)),
        max(predicted.plasma[1] for predicted in _adults(plan)),
    )
    rates = ", ".join(f"{step.mg_per_h:.4g}" for step in plan.steps)
    summary = f"Plasma {low:.0f} to {high:.0f} ng/mL by {len(lines)} models with {rates} mg/h."
    both: alt.VConcatChart = alt.vconcat(above, _rates(plan, begin, end), spacing=18)
    age = "" if plan.age_years is None else f", {plan.age_years:g} years"
    subtitle = [
        f"planned by {plan.model} for {plan.weight_kg:g} kg{age}; the corridor is {plan.corridor.by}'s",
        "grey: the same rates by the other models of the drug; planning only, it drives no pump",
    ]
    return titled(both, "From a corridor to rates", subtitle, summary)


def _adults(plan: TargetPlan) -> list[Under]:
    return [predicted for predicted in (plan.own, *plan.others) if not predicted.children]


def _asked(plan: TargetPlan, x: alt.X, y: alt.Y, begin: float, end: float) -> list[Layer]:
    """What was asked of plasma, as dashed lines; an effect site is not plasma and is not drawn into it."""
    asked: list[tuple[Aim, str, str]] = [(plan.corridor.at_least, "at least", INK)]
    asked += [(most, "at most", VERMILION) for most in plan.corridor.at_most]
    parts: list[Layer] = []
    for aim, words, colour in asked:
        if aim.site == PLASMA:
            rows: Rows = [{"x": begin, "y": aim.ng_per_ml}, {"x": end, "y": aim.ng_per_ml}]
            rule = alt.Chart(data(rows)).mark_line(color=colour, strokeDash=[6, 4], strokeWidth=1.5)
            name: Rows = [{"x": begin, "y": aim.ng_per_ml, "text": f"{words} {aim.ng_per_ml:g}"}]
            parts += [rule.encode(x=x, y=y), label(name, x, y, colour, dx=4, dy=-9, fontSize=12)]
    return parts


def _names(plan: TargetPlan, lines: dict[str, Array], times: Array, x: alt.X, y: alt.Y, top: float) -> list[Layer]:
    """Each line's name above or below it, where no other line, and no name, is near."""
    asked = (plan.corridor.at_least, *plan.corridor.at_most)
    levels = [np.full_like(times, aim.ng_per_ml) for aim in asked if aim.site == PLASMA]
    taken: list[_Place] = []
    parts: list[Layer] = []
    # The line that was planned by is found by its colour; the others choose first.
    for id, own in sorted(lines.items(), key=lambda entry: entry[0] == plan.model):
        others = [*levels, *(level for other, level in lines.items() if other != id)]
        place = _free(own / top, [other / top for other in others], taken)
        taken.append(place)
        rows: Rows = [{"x": float(times[place.first]), "y": place.at * top, "text": f"{id}, {_blood(id)}"}]
        parts.append(label(rows, x, y, BLUE if id == plan.model else QUIET, dy=-10 if place.above else 11, fontSize=12))
    return parts


def _blood(id: str) -> str:
    return models.model(id).sampling


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a name may stand: from which point, on which side of its line, at which share of the height."""

    first: int
    above: bool
    at: float

    def touches(self, other: _Place) -> bool:
        """Whether two names would stand in one another."""
        return abs(self.first - other.first) < NAME and abs(self._middle - other._middle) < APART

    @property
    def _middle(self) -> float:
        return self.at + (APART / 2 if self.above else -APART / 2)


def _free(own: Array, others: Sequence[Array], taken: Sequence[_Place]) -> _Place:
    """The flattest place of a line with the most room on one side of it, in shares of the height."""
    places: list[tuple[float, _Place]] = []
    for first in range(0, POINTS - NAME, NAME // 8):
        part = slice(first, first + NAME)
        low, high = float(own[part].min()), float(own[part].max())
        over = min([float(other[part].min()) for other in others if (other[part] >= own[part]).all()], default=1.0)
        under = max([float(other[part].max()) for other in others if (other[part] <= own[part]).all()], default=0.0)
        is_crossed = any((other[part] > own[part]).any() and (other[part] < own[part]).any() for other in others)
        for place, room in ((_Place(first, True, high), over - high), (_Place(first, False, low), low - under)):
            blocked = is_crossed or any(place.touches(other) for other in taken)
            places.append((min(room, 2 * APART) - (high - low) - blocked, place))
    return max(places, key=lambda scored: scored[0])[1]


def _rates(plan: TargetPlan, begin: float, end: float) -> alt.LayerChart:
    """The rates as steps, each with its number; what really ran is grey."""
    steps = rate_steps(sorted(plan.doses, key=lambda dose: dose.time_h))
    top = max((rate for _, rate in steps), default=1.0) * 1.3
    x = alt.X("x:Q", title="Hours", scale=alt.Scale(domain=[begin, end], nice=False))
    y = alt.Y("y:Q", title="Rate (mg/h)", scale=alt.Scale(domain=[0, top], nice=False))
    rows: Rows = [{"x": time, "y": rate} for time, rate in steps]
    base = alt.Chart(data(rows)).encode(x=x, y=y)
    numbers: Rows = [{"x": step.start_h, "y": step.mg_per_h, "text": f"{step.mg_per_h:.3g}"} for step in plan.steps]
    ran: Rows = [{"x": plan.from_h, "y": top * 0.93, "text": "planned from here"}] if plan.given else []
    parts: list[Layer] = [
        base.mark_area(interpolate="step-after", color=SHADE if plan.given else BLUE, opacity=0.15),
        base.mark_line(interpolate="step-after", color=BLUE, strokeWidth=2),
        label(numbers, x, y, INK, dx=2, dy=-9, fontSize=11),
    ]
    if ran:
        rule = alt.Chart(data([{"x": plan.from_h, "y": 0.0}, {"x": plan.from_h, "y": top}]))
        parts += [rule.mark_line(color=QUIET, strokeDash=[2, 3]).encode(x=x, y=y), label(ran, x, y, QUIET, dx=4)]
    return alt.LayerChart(layer=parts, width=WIDTH, height=LOW)
