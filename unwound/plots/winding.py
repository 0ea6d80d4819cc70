"""Pictures of the mechanism: wind-up, what ketamine leaves of it, what decides, touch; each says it is a model."""

from __future__ import annotations

from collections.abc import Mapping

from unwound import extras
from unwound.mechanism import SAID
from unwound.mechanism.experiments import WindUp
from unwound.mechanism.sensitivity import DoseCurve, Sensitivity
from unwound.mechanism.touching import Touched
from unwound.plots.style import (
    BLUE,
    COLOURS,
    GREEN,
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
)
from unwound.record import UnwoundError

with extras.needed("a chart"):
    import altair as alt

DRAWN = len(COLOURS)
SHOWN = 12
"""Numbers whose influence is drawn: the strongest."""
BAR = 22
"""Height of one bar."""
APART = 0.055
"""Labels nearer than this share of the height would touch."""


def wind_up(results: Mapping[str, WindUp], title: str = "Wind-up in the model") -> Chart:
    """Spikes after each stimulus, by name: the mean of the cells and a band from 5 to 95 % of them."""
    if not 1 <= len(results) <= DRAWN:
        raise UnwoundError(f"wind-up: from one to {DRAWN} trains can be told apart in one picture")
    shown = list(results.values())
    last = max(result.conditions.stimuli for result in shown)
    top = max(max(result.high) for result in shown) * 1.1 or 1.0
    x = alt.X("x:Q", title="Stimulus", scale=alt.Scale(domain=[1, last * 1.35], nice=False),
              axis=alt.Axis(tickMinStep=1, format="d", values=list(range(1, last + 1, max(1, last // 8)))))  # fmt: skip
    y = alt.Y("y:Q", title="Spikes after the stimulus", scale=alt.Scale(domain=[0, top], nice=False))
    parts: list[Layer] = []
    for result, colour in zip(shown, COLOURS, strict=False):
        rows = _rows(result)
        parts.append(alt.Chart(data(rows)).mark_area(color=colour, opacity=0.15).encode(x=x, y="low:Q", y2="high:Q"))
        parts.append(
            alt.Chart(data(rows)).mark_line(color=colour, strokeWidth=2.5, point={"color": colour}).encode(x=x, y=y)
        )
    ends = _apart({name: result.spikes_per_stimulus[-1] for name, result in results.items()}, top)
    for (name, result), colour in zip(results.items(), COLOURS, strict=False):
        at: Rows = [{"x": result.conditions.stimuli + 0.3, "y": ends[name], "text": name}]
        parts.append(label(at, x, y, colour, limit=190))
    conditions = shown[0].conditions
    subtitle = [
        f"{conditions.frequency_hz:g} Hz; line: mean of {len(shown[0].counts)} cells, band: 5 to 95 % of them",
        SAID,
    ]
    summary = "; ".join(
        f"{name}: {result.spikes_per_stimulus[0]:.0f} spikes after the first stimulus, "
        f"{result.spikes_per_stimulus[-1]:.0f} after the last"
        for name, result in results.items()
    )
    return titled(layers(*parts), title, subtitle, f"{summary}. {SAID}")


def _rows(result: WindUp) -> Rows:
    columns = (result.spikes_per_stimulus, result.low, result.high)
    triples = enumerate(zip(*columns, strict=True), start=1)
    return [{"x": place, "y": mean, "low": low, "high": high} for place, (mean, low, high) in triples]


def _apart(ends: Mapping[str, float], top: float) -> dict[str, float]:
    """Where names stand: at the end of their lines, moved up where two would touch."""
    placed: dict[str, float] = {}
    floor = 0.0
    for name, height in sorted(ends.items(), key=lambda entry: entry[1]):
        placed[name] = max(height, floor)
        floor = placed[name] + APART * top
    return placed


def ketamine_curve(curve: DoseCurve) -> Chart:
    """What free ketamine leaves of wind-up and of the first response, with what is free in people who had relief."""
    low, high = min(curve.ketamine_um), max(curve.ketamine_um)
    if not low > 0:
        raise UnwoundError("a curve over concentrations is drawn on a scale of logarithms: begin above 0")
    x = alt.X("x:Q", title="Free ketamine (µmol/L)", scale=alt.Scale(type="log", domain=[low, high], nice=False),
              axis=alt.Axis(values=[0.1, 0.3, 1, 3, 10, 30, 100], grid=False))  # fmt: skip
    y = alt.Y(
        "y:Q", title="Left, of the cell without drug", scale=alt.Scale(domain=[0, 1.1]), axis=alt.Axis(format="%")
    )
    windup: Rows = [
        {"x": amount, "low": float(row[0]), "y": float(row[1]), "high": float(row[2])}
        for amount, row in zip(curve.ketamine_um, curve.windup, strict=True)
    ]
    first: Rows = [{"x": amount, "y": share} for amount, share in zip(curve.ketamine_um, curve.first, strict=True)]
    people: Rows = [{"x": max(curve.human_free_um[0], low), "x2": curve.human_free_um[1], "y": 0, "y2": 1.1}]
    words: Rows = [{"x": max(curve.human_free_um[0], low), "y": 0.05, "text": "free in people with relief"}]
    parts: list[Layer] = [
        alt.Chart(data(people)).mark_rect(color=GREEN, opacity=0.15).encode(x=x, x2="x2:Q", y=y, y2="y2:Q"),
        alt.Chart(data(windup)).mark_area(color=BLUE, opacity=0.15).encode(x=x, y="low:Q", y2="high:Q"),
        alt.Chart(data(windup)).mark_line(color=BLUE, strokeWidth=2.5).encode(x=x, y=y),
        alt.Chart(data(first)).mark_line(color=VERMILION, strokeWidth=2.5, strokeDash=[6, 3]).encode(x=x, y=y),
        label(words, x, y, GREEN, dx=4),
        label(_named(windup, "wind-up"), x, y, BLUE, dx=6, dy=-12),
        label(_named(first, "first response"), x, y, VERMILION, dx=6, dy=-12),
    ]
    lost = f"where people have relief the model loses at most {1 - _at(curve, curve.human_free_um[1]):.0%} of wind-up"
    half = "" if curve.half_um is None else f"Half of the wind-up is left at {curve.half_um:.2g} µmol/L. "
    free = f"Free in people with relief: {curve.human_free_um[0]:g} to {curve.human_free_um[1]:g} µmol/L"
    return titled(
        layers(*parts),
        "What ketamine leaves of wind-up in the model",
        ["1 Hz; blue: wind-up, middle of the cells and 5 to 95 %", f"green: {lost}: it under-blocks there", SAID],
        f"{half}{free}; {lost}: it under-blocks there. {SAID}",
    )


def _named(rows: Rows, text: str) -> Rows:
    place = rows[(2 * len(rows)) // 3]
    return [{"x": place["x"], "y": place["y"], "text": text}]


def _at(curve: DoseCurve, amount: float) -> float:
    """The middle of wind-up left at a concentration, between neighbours."""
    import numpy as np

    return float(np.interp(np.log(amount), np.log(curve.ketamine_um), curve.windup[:, 1]))


def what_decides(study: Sensitivity) -> Chart:
    """Rank correlations of the model's numbers with wind-up and with what ketamine leaves of it; the strongest."""
    strongest = sorted(
        study.of_windup, key=lambda name: -max(abs(study.of_windup[name]), abs(study.of_share_left[name]))
    )
    names = strongest[:SHOWN]
    panels = (("wind-up without drug", study.of_windup, BLUE), (_left(study), study.of_share_left, VERMILION))
    sides = [_bars(names, values, study.noise, title, colour) for title, values, colour in panels]
    both: alt.VConcatChart = alt.vconcat(*sides, spacing=24)
    summary = "; ".join(f"{title}: {_strongest(values)}" for title, values, _ in panels)
    subtitle = [
        f"rank correlation over {len(study.windup)} cells; grey: what chance alone gives once in twenty times",
        "fitted numbers within 10 % either way, the channel's within the bounds of their sources",
        SAID,
    ]
    return titled(both, "Which numbers decide, in the model", subtitle, f"{summary}. {SAID}")


def _left(study: Sensitivity) -> str:
    return f"share of wind-up left at {study.ketamine_um:g} µmol/L"


def _strongest(values: Mapping[str, float]) -> str:
    three = sorted(values, key=lambda name: -abs(values[name]))[:3]
    return ", ".join(f"{name.replace('_', ' ')} {values[name]:+.2f}" for name in three)


def _bars(names: list[str], values: Mapping[str, float], noise: float, title: str, colour: str) -> alt.LayerChart:
    rows: Rows = [{"name": name.replace("_", " "), "x": values[name], "x0": 0} for name in names]
    x = alt.X("x:Q", title=title, scale=alt.Scale(domain=[-1, 1]))
    y = alt.Y("name:N", title=None, sort=[row["name"] for row in rows], axis=alt.Axis(labelLimit=220, grid=False))
    zone = alt.Chart(data([{"x": -noise, "x2": noise}])).mark_rect(color=SHADE, opacity=0.25).encode(x=x, x2="x2:Q")
    bars = alt.Chart(data(rows)).mark_bar(color=colour, height=BAR * 0.6).encode(x=x, x2="x0:Q", y=y)
    return alt.LayerChart(layer=[zone, bars], width=440, height=BAR * len(names))


def touches(results: Mapping[str, Touched], title: str = "Touch through the gate of the model") -> Chart:
    """Spikes after twenty touches, by name: the mean of the cells, and a line from 5 to 95 % of them."""
    rows: Rows = [
        {"name": name, "x": result.spikes, "x0": 0, "low": result.low, "high": result.high}
        for name, result in results.items()
    ]
    x = alt.X("x:Q", title="Spikes of the wide-dynamic-range cell, twenty touches", scale=alt.Scale(domainMin=0))
    y = alt.Y("name:N", title=None, sort=list(results), axis=alt.Axis(labelLimit=300, grid=False, labelColor=INK))
    bars = alt.Chart(data(rows)).mark_bar(color=BLUE, opacity=0.75, height=BAR * 0.6).encode(x=x, x2="x0:Q", y=y)
    spread = alt.Chart(data(rows)).mark_rule(color=QUIET, strokeWidth=2).encode(x="low:Q", x2="high:Q", y=y)
    chart = alt.LayerChart(layer=[bars, spread], width=440, height=BAR * 1.3 * len(rows))
    summary = "; ".join(f"{name}: {result.spikes:.0f} spikes" for name, result in results.items())
    return titled(chart, title, ["bar: mean of the cells; line: 5 to 95 % of them", SAID], f"{summary}. {SAID}")
