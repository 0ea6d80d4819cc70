"""A visual predictive check: what was measured as points and lines, what the model would measure as bands."""

from __future__ import annotations

import numpy as np

from unwound import extras
from unwound.pharmacology.vpc import Vpc
from unwound.plots.style import BLUE, INK, QUIET, VERMILION, Chart, Layer, Rows, data, label, layers, titled

with extras.needed("a chart"):
    import altair as alt

OPACITY = 0.22


def vpc(check: Vpc) -> Chart:
    """Each quantile of the data over its band of simulated copies; the points are the data behind it."""
    top = float(max(check.high.max(), check.observed.max(), check.points_ng_per_ml.max())) * 1.05
    words = "ng/mL, prediction-corrected" if check.corrected else "ng/mL"
    last = float(check.points_h.max()) * 1.12
    x = alt.X("x:Q", title="Hours", scale=alt.Scale(domain=[0, last], nice=False))
    y = alt.Y("y:Q", title=f"{check.output.capitalize()} ({words})", scale=alt.Scale(domain=[0, top], nice=False))
    pairs = zip(check.points_h.tolist(), check.points_ng_per_ml.tolist(), strict=True)
    points: Rows = [{"x": hour, "y": level} for hour, level in pairs]
    parts: list[Layer] = [alt.Chart(data(points)).mark_circle(color=QUIET, opacity=0.35, size=14).encode(x=x, y=y)]
    widest = int(np.argmax(np.ptp(check.observed, axis=0)))  # where the lines are furthest apart their names have room
    for row, quantile in enumerate(check.quantiles.tolist()):
        colour = VERMILION if abs(quantile - 0.5) < 1e-9 else BLUE
        columns = (check.bins_h, check.low[row], check.high[row], check.observed[row])
        rows: Rows = [
            {"x": hour, "y": low, "high": high, "seen": seen}
            for hour, low, high, seen in zip(*(column.tolist() for column in columns), strict=True)
        ]
        base = alt.Chart(data(rows)).encode(x=x)
        parts += [
            base.mark_area(color=colour, opacity=OPACITY).encode(y=y, y2="high:Q"),
            base.mark_line(color=INK, strokeWidth=2, point=True).encode(y=alt.Y("seen:Q")),
        ]
        name: Rows = [{"x": rows[widest]["x"], "y": rows[widest]["seen"], "text": f"{100 * quantile:g} %"}]
        parts.append(label(name, x, y, INK, dx=10, dy=-4))
    outside = int(((check.observed < check.low) | (check.observed > check.high)).sum())
    summary = f"{outside} of {check.observed.size} quantiles of the data lie outside the band of the simulated copies."
    subtitle = [
        f"by {check.model}; points and black lines: {check.counts.sum()} measured; bands: 95 % of {check.copies} "
        "simulated copies",
        summary,
        *check.borrowed,
    ]
    return titled(layers(*parts), "What was measured beside what the model would measure", subtitle, summary)
