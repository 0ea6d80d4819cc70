"""One questionnaire over time: each total as it was scored, over the bands its authors gave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from unwound import extras, record
from unwound.catalogue import plain
from unwound.instruments import Band, Instrument
from unwound.plots.style import BLUE, INK, QUIET, SHADE, WIDTH, Chart, Layer, Rows, data, label, layers, titled
from unwound.record import UnwoundError
from unwound.terms import Sex

with extras.needed("a chart"):
    import altair as alt

Total = tuple[date, float]
LEAST = 2
"""Totals from which on there is a course to be seen."""
MOST_DAYS = 7
"""Days named under the axis; of more, as many as there is room for."""


def scores(instrument: Instrument, totals: Sequence[Total], sex: Sex | None = None) -> Chart:
    """Totals by day, the earliest first, over the bands of the form. UnwoundError below two totals."""
    if len(totals) < LEAST:
        raise UnwoundError(f"a chart of {instrument.title}: it takes {LEAST} totals, there are {len(totals)}")
    ordered = sorted(totals)
    low, high = instrument.lowest.value, instrument.highest.value
    days = [day.isoformat() for day in dict(ordered)]
    axis = alt.Axis(format="%-d %b %Y", labelOverlap=True, values=days if len(days) <= MOST_DAYS else alt.Undefined)
    x = alt.X("x:T", title=None, scale=alt.Scale(type="utc", padding=40), axis=axis)
    y = alt.Y("y:Q", title=f"Total ({plain(low)} to {plain(high)})", scale=alt.Scale(domain=[low, high], nice=False))
    points: Rows = [{"x": day.isoformat(), "y": total, "text": _total_text(total)} for day, total in ordered]
    base = alt.Chart(data(points)).encode(x=x, y=y)
    parts: list[Layer] = [
        *_bands(instrument, sex, y),
        base.mark_line(color=BLUE, strokeWidth=2),
        base.mark_point(color=BLUE, filled=True, size=70, opacity=1),
        label(points, x, y, INK, dy=-14, align="center"),
    ]
    course = ", ".join(f"{_total_text(total)} on {record.long_day(day)}" for day, total in ordered)
    return titled(layers(*parts), f"{instrument.title}: {instrument.measures}", [], f"{instrument.title}: {course}.")


def _bands(instrument: Instrument, sex: Sex | None, y: alt.Y) -> list[Layer]:
    """Every second band shaded, each named beside the picture; nothing where the form has no bands for this person."""
    bands = sorted((band for band in instrument.bands if band.sex in (None, sex)), key=_from)
    if not bands:
        return []
    ends = [*(_from(band) for band in bands[1:]), instrument.highest.value]
    reach = [(_from(band), end) for band, end in zip(bands, ends, strict=True)]
    shades: Rows = [{"y": start, "y2": end} for start, end in reach[1::2]]
    names: Rows = [
        {"y": (start + end) / 2, "text": band.title} for band, (start, end) in zip(bands, reach, strict=True)
    ]
    shaded = alt.Chart(data(shades)).mark_rect(color=SHADE, opacity=0.18).encode(y=y, y2="y2:Q")
    named = alt.Chart(data(names)).mark_text(color=QUIET, fontSize=12, align="left", dx=8)
    return [shaded, named.encode(x=alt.value(WIDTH), y=y, text="text:N")]


def _total_text(total: float) -> str:
    """A total as the tables show it: a mean to one place."""
    return plain(round(total, 1))


def _from(band: Band) -> float:
    return band.at_least.value
