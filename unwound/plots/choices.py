"""Protocols against each other: relief against burden; and one plan's rate over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from unwound import extras
from unwound.pharmacology.dosing import Dose
from unwound.plots.style import BLUE, HEIGHT, INK, QUIET, SHADE, WIDTH, Chart, Layer, Rows, data, label, layers, titled
from unwound.record import UnwoundError

with extras.needed("a chart"):
    import altair as alt

IN_HOURS_UP_TO_H = 72.0
LETTER = 6.2
"""Width of a letter in dots, about."""
NEAR = 13
"""A name further from its point than this, in dots, is joined to it by a line."""
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One protocol: what it costs the patient and what it gives, each with its band."""

    name: str
    burden: float
    relief: float
    relief_low: float
    relief_high: float
    burden_low: float | None = None
    burden_high: float | None = None
    ranked: bool = True
    """False where its own plan asks about the dose: drawn, and never among the best."""


class Planned(Protocol):
    """What has doses: a plan."""

    @property
    def doses(self) -> Sequence[Dose]:
        """The doses in order."""


def frontier(
    choices: Sequence[Choice],
    *,
    burden_title: str = "Burden (hours in the chair)",
    relief_title: str = "Relief over 12 weeks (full-relief days)",
    title: str = "More is not always better",
) -> Chart:
    """Relief against burden; the line joins the protocols that no other one beats on both."""
    if not choices:
        raise UnwoundError("frontier: at least one protocol is needed")
    right = max(choice.burden if choice.burden_high is None else choice.burden_high for choice in choices) * 1.12 or 1.0
    top = max(choice.relief_high for choice in choices) * 1.08 or 1.0
    x = alt.X("x:Q", title=burden_title, scale=alt.Scale(domain=[0, right], nice=False))
    y = alt.Y("y:Q", title=relief_title, scale=alt.Scale(domain=[0, top], nice=False))
    best = unbeaten(choices)
    line: Rows = [{"x": choice.burden, "y": choice.relief} for choice in best]
    parts: list[Layer] = [
        *_bands(choices, x, y),
        *_points(choices, best, x, y),
        *_labels(choices, best=best, x=x, y=y, right=right, top=top),
    ]
    if len(best) > 1:
        step = alt.Chart(data(line)).mark_line(color=BLUE, strokeWidth=2, interpolate="step-after", opacity=0.7)
        parts.insert(0, step.encode(x=x, y=y))
    summary = "; ".join(f"{choice.name}: relief {choice.relief:.3g}, burden {choice.burden:.3g}" for choice in choices)
    subtitle = ["filled: no other protocol gives more relief for less burden; bars: the band of the model"]
    return titled(layers(*parts), title, subtitle, f"{relief_title} against {burden_title}. {summary}.")


def unbeaten(choices: Sequence[Choice]) -> list[Choice]:
    """The ranked choices that no other one beats: more relief for no more burden. By rising burden."""
    best: list[Choice] = []
    for choice in sorted(
        (choice for choice in choices if choice.ranked), key=lambda choice: (choice.burden, -choice.relief)
    ):
        if not best or choice.relief > best[-1].relief:
            best.append(choice)
    return best


def plan_rate(plan: Planned, title: str = "Infusion rate") -> Chart:
    """The rate the pump is set to over time (mg/h), every change with its number; boluses as points."""
    doses = sorted((dose for dose in plan.doses if dose.amount_mg), key=lambda dose: dose.time_h)
    if not doses:
        raise UnwoundError("this plan has no dose to draw")
    end = max(dose.end_h for dose in doses) or 1.0
    scale, unit = (1.0, "Hours") if end <= IN_HOURS_UP_TO_H else (24.0, "Days")
    steps = rate_steps(doses)
    top = max((rate for _, rate in steps), default=0.0) * 1.18 or 1.0
    x = alt.X(
        "x:Q",
        title=f"{unit} from the first dose",
        axis=alt.Axis(tickMinStep=1, format="~g"),
        scale=alt.Scale(domain=[0, end / scale * 1.03], nice=False),
    )
    y = alt.Y("y:Q", title="Rate (mg/h)", axis=alt.Axis(tickCount=6), scale=alt.Scale(domain=[0, top], nice=False))
    rows: Rows = [{"x": time / scale, "y": round(rate, 6)} for time, rate in steps]
    base = alt.Chart(data(rows)).encode(x=x, y=y)
    parts: list[Layer] = [
        base.mark_area(interpolate="step-after", color=BLUE, opacity=0.12),
        base.mark_line(interpolate="step-after", color=BLUE, strokeWidth=2.5),
        label(_changes(rows), x, y, INK, dx=3, dy=-12, fontSize=12),
    ]
    boluses: Rows = [
        {"x": d.time_h / scale, "y": 0.0, "text": f"{d.amount_mg:.3g} mg"} for d in doses if not d.duration_h
    ]
    if boluses:
        parts += [
            alt.Chart(data(boluses)).mark_point(color=INK, shape="triangle-up", filled=True, size=80).encode(x=x, y=y),
            label(boluses, x, y, INK, dx=6, dy=-10, fontSize=12),
        ]
    total = sum(dose.amount_mg for dose in doses)
    subtitle = [f"{total:.4g} mg in total, over {end:.4g} hours from first to last"]
    summary = "; ".join(f"{rate:.3g} mg/h from hour {time:.3g}" for time, rate in steps[:12])
    return titled(layers(*parts), title, subtitle, f"Infusion rate over time, {total:.4g} mg in total: {summary}.")


def rate_steps(doses: Sequence[Dose]) -> list[tuple[float, float]]:
    """(hour, rate in mg/h from then on) at every change, overlapping infusions added; ends at zero."""
    running = [dose for dose in doses if dose.duration_h > 0]
    moments = sorted({moment for dose in running for moment in (dose.time_h, dose.end_h)} | {0.0})
    rates = [
        (time, sum(dose.rate_mg_per_h for dose in running if dose.time_h <= time < dose.end_h)) for time in moments
    ]
    return [
        step for row, step in enumerate(rates) if row in (0, len(rates) - 1) or abs(step[1] - rates[row - 1][1]) > 1e-9
    ]


def _changes(rows: Rows) -> Rows:
    """Where a rate begins, with its number; a schedule that repeats is labelled once a rate."""
    seen = set[float]()
    named: Rows = []
    for row in rows:
        if row["y"] and row["y"] not in seen:
            seen.add(row["y"])
            named.append({**row, "text": f"{row['y']:.3g}"})
    return named


def _bands(choices: Sequence[Choice], x: alt.X, y: alt.Y) -> list[Layer]:
    upright: Rows = [{"x": choice.burden, "low": choice.relief_low, "high": choice.relief_high} for choice in choices]
    rule = alt.Chart(data(upright)).mark_rule(color=SHADE, strokeWidth=5, opacity=0.45, strokeCap="round")
    drawn: list[Layer] = [rule.encode(x=x, y=alt.Y("low:Q", title=y["title"]), y2="high:Q")]
    flat: Rows = [
        {"y": choice.relief, "low": choice.burden_low, "high": choice.burden_high}
        for choice in choices
        if choice.burden_low is not None and choice.burden_high is not None
    ]
    if flat:
        bar = alt.Chart(data(flat)).mark_rule(color=SHADE, strokeWidth=5, opacity=0.45, strokeCap="round")
        drawn.append(bar.encode(x=alt.X("low:Q", title=x["title"]), x2="high:Q", y=y))
    return drawn


def _points(choices: Sequence[Choice], best: Sequence[Choice], x: alt.X, y: alt.Y) -> list[Layer]:
    on: Rows = [{"x": choice.burden, "y": choice.relief} for choice in best]
    off: Rows = [{"x": choice.burden, "y": choice.relief} for choice in choices if choice not in best]
    mark: dict[str, Any] = {"size": 95, "opacity": 1, "strokeWidth": 2}
    drawn: list[Layer] = [alt.Chart(data(on)).mark_point(fill=BLUE, stroke="white", **mark).encode(x=x, y=y)]
    if off:
        drawn.append(alt.Chart(data(off)).mark_point(fill="white", stroke=QUIET, **mark).encode(x=x, y=y))
    return drawn


def _labels(
    choices: Sequence[Choice], best: Sequence[Choice], x: alt.X, y: alt.Y, right: float, top: float
) -> list[Layer]:
    """Each protocol's name beside its point, at the first place where it touches neither a point nor another name."""
    at = {choice.name: (choice.burden / right * WIDTH, choice.relief / top * HEIGHT) for choice in choices}
    taken: list[Box] = [(px - 7, py - 7, px + 7, py + 7) for px, py in at.values()]
    drawn: list[Layer] = []
    for choice in sorted(choices, key=lambda each: -each.relief):
        px, py = at[choice.name]
        dx, dy = _free(px, py, LETTER * len(choice.name), taken)
        mark = {"align": "left" if dx > 0 else "right", "dx": dx, "dy": -dy, "fontSize": 12}
        place: Rows = [{"x": choice.burden, "y": choice.relief, "text": choice.name}]
        if abs(dy) > NEAR:
            end = {"x": (px + dx / 2) * right / WIDTH, "y": (py + dy - 7) * top / HEIGHT}
            line = alt.Chart(data([place[0], end])).mark_line(color=SHADE, strokeWidth=1)
            drawn.append(line.encode(x=x, y=y))
        drawn.append(label(place, x, y, BLUE if choice in best else QUIET, **mark))
    return drawn


def _free(px: float, py: float, wide: float, taken: list[Box]) -> tuple[float, float]:
    """The offset (right, up) of a name, in dots; its box is added to those that are taken."""
    places = [(dx, dy) for dy in (NEAR, -NEAR, 28, 43, 58, 73) for dx in (9, -9)]
    for dx, dy in places:
        left, middle = (px + dx, py + dy) if dx > 0 else (px + dx - wide, py + dy)
        box = (left, middle - 7, left + wide, middle + 7)
        inside = left >= 0 and box[2] <= WIDTH and box[1] >= 0 and box[3] <= HEIGHT
        if inside and not any(_touch(box, other) for other in taken):
            taken.append(box)
            return dx, dy
    return places[0]


def _touch(box: Box, other: Box) -> bool:
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
