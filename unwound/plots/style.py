"""What all charts share: colours, type, halos under labels, a description for those who do not see the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unwound import extras

with extras.needed("a chart"):
    import altair as alt

if alt.renderers.active == "default":
    # Altair's own way lets a notebook load Vega from the Internet: without it, as in a hospital, no chart would show.
    alt.renderers.enable("svg")

Chart = alt.LayerChart | alt.VConcatChart
Layer = alt.Chart | alt.LayerChart
Rows = list[dict[str, Any]]

BLUE, VERMILION, GREEN, ORANGE, PURPLE = "#0072B2", "#D55E00", "#00795B", "#B87A00", "#A8588A"
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE)
"""Okabe and Ito's, the light ones darkened so that text in them is read on white."""
INK, QUIET, FAINT, SHADE = "#1F2933", "#52606D", "#E4E7EB", "#9AA5B1"
IN_THE_DARK = {
    "white": "#1f2225", "#ffffff": "#1f2225", "black": "#eceae4", "#000000": "#eceae4",
    INK: "#eceae4", QUIET: "#a9b0b4", FAINT: "#3a3f43", SHADE: "#858c91",
    BLUE: "#6bbdf0", VERMILION: "#ff9a5c", GREEN: "#5fcfae", ORANGE: "#f0b84a", PURPLE: "#dd9fca",
}  # fmt: skip
"""A colour of a chart -> the one that is read as well on a dark page: text at least 4.5 : 1."""
WIDTH, HEIGHT = 640, 300
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"


def layers(*parts: Layer) -> alt.LayerChart:
    """Parts one over the other, at the common size."""
    return alt.LayerChart(layer=list(parts), width=WIDTH, height=HEIGHT)


def titled(chart: Chart, title: str, subtitle: Sequence[str], description: str) -> Chart:
    """The chart with its title, what must be said under it, and its description."""
    heading = alt.TitleParams(title, subtitle=[line for line in subtitle if line])
    named: Chart = chart.properties(title=heading, description=description)
    return named


def styled(chart: Chart) -> Chart:
    """The chart as it is published: type, grid and margins."""
    finished: Chart = (
        chart.configure(font=FONT, background="white", padding=16)
        .configure_title(
            anchor="start", color=INK, fontSize=17, subtitleColor=QUIET, subtitleFontSize=12, subtitlePadding=6,
            offset=14, subtitleLineHeight=16, frame="group",
        )
        .configure_axis(
            labelColor=QUIET, titleColor=INK, labelFontSize=12, titleFontSize=13, titleFontWeight="normal",
            titlePadding=10, grid=False, domainColor=SHADE, tickColor=SHADE,
        )
        .configure_axisY(grid=True, gridColor=FAINT, domain=False, ticks=False)
        .configure_view(stroke=None)
    )  # fmt: skip
    return finished


def data(rows: Rows) -> alt.InlineData:
    """Rows as the chart's own data."""
    return alt.InlineData(values=rows)


def label(rows: Rows, x: alt.X, y: alt.Y, colour: str, **mark: Any) -> alt.LayerChart:
    """The rows' `text` in a colour, on a white halo that keeps it readable over lines."""
    base = alt.Chart(data(rows)).encode(x=x, y=y, text="text:N")
    mark = {"fontSize": 13, "align": "left", **mark}
    halo = base.mark_text(stroke="white", strokeWidth=4, strokeJoin="round", fill="white", **mark)
    return alt.LayerChart(layer=[halo, base.mark_text(color=colour, **mark)])
