"""Relief of many courses: who keeps it over the weeks, with intervals; and sites within their funnel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from unwound import extras
from unwound.outcomes import Funnel, Group
from unwound.outcomes.knowledge import publishing
from unwound.plots.style import (
    BLUE,
    COLOURS,
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
from unwound.record import UnwoundError

with extras.needed("a chart"):
    import altair as alt
    from scipy.special import bdtrik

HIGH = 170
MOST = 5
"""Groups in one picture; the table has them all."""
WEEK = 7
POINTS = 60


def lasting(groups: Sequence[Group]) -> Chart:
    """The share that still has relief without a new course, a panel for each group. UnwoundError without any."""
    if not groups:
        raise UnwoundError("no group is large enough to be drawn")
    shown = sorted(groups, key=lambda group: (-group.count, group.name))[:MOST]
    until = max(float(group.lasting.days[-1]) for group in shown)
    panels = [_panel(group, max(until, *group.at_risk), colour) for group, colour in zip(shown, COLOURS, strict=False)]
    chart: alt.VConcatChart = alt.vconcat(*panels, spacing=18)
    summary = "; ".join(f"{group.name}: {group.lasting.at(84)[0]:.0%} at 12 weeks of {group.count}" for group in shown)
    more = f"the {MOST} largest of {len(groups)} groups" if len(groups) > MOST else ""
    note = "shaded: 95 % interval (Kaplan-Meier); a new course ends relief"
    return titled(chart, "Relief that lasts, without a new course", [note, more], f"Relief that lasts: {summary}.")


def _panel(group: Group, until: float, colour: str) -> alt.LayerChart:
    curve = group.lasting
    scale = alt.Scale(domain=[0, until], nice=False)
    x = alt.X("x:Q", title="Days after the course", scale=scale, axis=alt.Axis(tickMinStep=WEEK, format="d"))
    y = alt.Y("y:Q", title="Share", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=3))
    rows: Rows = [
        {"x": float(day), "y": float(share), "low": _or(low, share), "high": _or(high, share)}
        for day, share, low, high in zip(curve.days, curve.share, curve.low, curve.high, strict=True)
    ]
    rows.append({**rows[-1], "x": until})
    base = alt.Chart(data(rows))
    band = base.mark_area(color=colour, opacity=0.18, interpolate="step-after").encode(x=x, y="low:Q", y2="high:Q")
    line = base.mark_line(color=colour, strokeWidth=2, interpolate="step-after").encode(x=x, y=y)
    risk: Rows = [{"x": day, "y": 0.06, "text": str(number)} for day, number in group.at_risk.items() if day <= until]
    at_risk = label(risk, x, y, QUIET, align="center", fontSize=11)
    heading = alt.TitleParams(f"{group.name} (n = {group.count}; at risk along the foot)", fontSize=13, anchor="start")
    return alt.LayerChart(layer=[band, line, at_risk], width=WIDTH, height=HIGH, title=heading)


def _or(value: float, share: float) -> float:
    return float(share) if np.isnan(value) else float(value)


def funnel(sites: Funnel) -> Chart:
    """Each site by its size, within the limits in which chance alone would leave it. UnwoundError without a site."""
    if not sites.places:
        raise UnwoundError("no site is large enough to be drawn")
    most = max(place.known for place in sites.places) * 1.15
    x = alt.X("x:Q", title="Courses whose response is known", scale=alt.Scale(domain=[0, most], nice=False))
    y = alt.Y("y:Q", title="Responded", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"))
    sizes = np.unique(np.linspace(max(int(publishing().smallest.value), 1), most, POINTS).astype(int))
    middle: Rows = [{"x": 0, "x2": most, "y": sites.expected}]
    parts: list[Layer] = [alt.Chart(data(middle)).mark_rule(color=SHADE).encode(x=x, x2="x2:Q", y=y)]
    for limit, dash in zip(publishing().funnel, ([6, 3], [1, 0]), strict=False):
        for tail in ((1 - limit.value / 100) / 2, (1 + limit.value / 100) / 2):
            ends = np.clip(bdtrik(tail, sizes, sites.expected) / sizes, 0, 1)
            rows: Rows = [{"x": int(n), "y": float(end)} for n, end in zip(sizes, ends, strict=True)]
            parts.append(alt.Chart(data(rows)).mark_line(color=QUIET, strokeDash=dash, strokeWidth=1).encode(x=x, y=y))
    for beyond, colour in ((False, BLUE), (True, VERMILION)):
        points: Rows = [
            {"x": place.known, "y": place.share, "text": place.name}
            for place in sites.places
            if (place.beyond is not None) == beyond
        ]
        if points:
            parts.append(alt.Chart(data(points)).mark_point(color=colour, filled=True, size=60).encode(x=x, y=y))
            parts.append(label(points, x, y, INK, dx=8, fontSize=12))
    limits = " and ".join(f"{limit.value:g}" for limit in publishing().funnel)
    summary = "; ".join(f"{place.name} {place.share:.0%} of {place.known}" for place in sites.places)
    return titled(layers(*parts), "Sites within what chance allows",
                  [f"limits of {limits} %; no ranking: whom a site treats differs"], f"Sites: {summary}.")  # fmt: skip
