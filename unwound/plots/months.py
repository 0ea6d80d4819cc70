"""The months around a course as one picture: pain, infusions, medicines and mood on one axis of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from unwound import extras
from unwound.catalogue import plain
from unwound.plots.style import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    QUIET,
    SHADE,
    VERMILION,
    WIDTH,
    Chart,
    Layer,
    Rows,
    data,
    label,
    titled,
)  # fmt: skip
from unwound.record import UnwoundError, long_day

with extras.needed("a chart"):
    import altair as alt

HIGH, LOW, ROW = 230, 70, 20
"""Dots of the panel of pain, of one of the panels below it, of one medicine."""
MOST_MEDICINES = 12
"""More rows are not read; the rest is counted."""

Point = tuple[date, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """One week to come: the band of the forecast, the group's curve (None: not known) and «last week goes on»."""

    first: date
    low: float
    median: float
    high: float
    group: float | None
    last_week: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One medicine from day to day; None is not known, or goes on."""

    name: str
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """What the picture shows, all of it dated."""

    today: date
    pain: Sequence[Point]
    """Average pain, 0 to 10."""
    pain_day: Sequence[Point] = ()
    """Pain of the last 24 hours: another question, and never in one line with the average."""
    infusions: Sequence[tuple[date, float | None]] = ()
    """Days with the milligrams that ran in; None is not known."""
    medicines: Sequence[Taken] = ()
    mood: Sequence[Point] = ()
    mood_title: str = ""
    mood_highest: float = 27
    ahead: Sequence[Ahead] = field(default=())
    ends: tuple[date, date | None, date | None] | None = None
    """The end of relief: median, and the ends of its 90 % interval."""


def months(shown: Months) -> Chart:
    """The picture. UnwoundError where nothing is dated."""
    days = [*(day for day, _ in (*shown.pain, *shown.pain_day, *shown.mood)), *(day for day, _ in shown.infusions)]
    if not days:
        raise UnwoundError("there is nothing to draw: no pain, mood or infusion has a day")
    first = min(days) - timedelta(days=3)
    last = max([*days, shown.today, *(week.first + timedelta(days=7) for week in shown.ahead)]) + timedelta(days=3)
    panels = [_pain(shown, first, last)] if _has_pain(shown) else []
    panels += [_infusions(shown, first, last)] if shown.infusions else []
    panels += [_medicines(shown, first, last)] if _taken(shown, first, last) else []
    panels += [_mood(shown, first, last)] if shown.mood else []
    chart: alt.VConcatChart = alt.vconcat(*panels, spacing=16)
    return titled(chart, "The course in one picture", _subtitle(shown), _description(shown))


def _has_pain(shown: Months) -> bool:
    """An empty panel would look like no pain: without a value it is left out, and the picture says so."""
    return bool(shown.pain or shown.pain_day or shown.ahead)


def _x(first: date, last: date, title: str | None = None) -> alt.X:
    scale = alt.Scale(type="utc", domain=[first.isoformat(), last.isoformat()], nice=False)
    return alt.X("x:T", title=title, scale=scale, axis=alt.Axis(format="%-d %b %Y", labelOverlap=True, tickCount=7))


def _panel(parts: Sequence[Layer], height: int, title: str) -> alt.LayerChart:
    heading = alt.TitleParams(title, fontSize=13, anchor="start", offset=6, frame="bounds")
    return alt.LayerChart(layer=list(parts), width=WIDTH, height=height, title=heading)


def _pain(shown: Months, first: date, last: date) -> alt.LayerChart:
    """Pain as it was written, the end of relief, and what is to come from three sides."""
    x, y = _x(first, last), alt.Y("y:Q", title="Pain, 0 to 10", scale=alt.Scale(domain=[0, 10], nice=False))
    written: Rows = [_point(day, value) for day, value in shown.pain]
    base = alt.Chart(data(written)).encode(x=x, y=y)
    parts: list[Layer] = [*_now(shown, x), *_ahead(shown, x, y), base.mark_line(color=BLUE, strokeWidth=2)]
    parts.append(base.mark_point(color=BLUE, filled=True, size=45, opacity=1))
    if shown.pain_day:
        others = alt.Chart(data([_point(day, value) for day, value in shown.pain_day])).encode(x=x, y=y)
        parts.append(others.mark_point(color=BLUE, filled=False, size=40))
    if shown.ends is not None and first <= shown.ends[0] <= last:
        end: Rows = [{"x": shown.ends[0].isoformat(), "y": 10, "text": "relief ends"}]
        parts.append(alt.Chart(data(end)).mark_rule(color=VERMILION, strokeDash=[2, 3]).encode(x=x))
        parts.append(label(end, x, y, VERMILION, dy=10, dx=4, fontSize=12))
    return _panel(parts, HIGH, "Pain")


def _now(shown: Months, x: alt.X) -> list[Layer]:
    """Where today is, when something lies ahead of it."""
    if not shown.ahead:
        return []
    return [alt.Chart(data([{"x": shown.today.isoformat()}])).mark_rule(color=SHADE).encode(x=x)]


def _ahead(shown: Months, x: alt.X, y: alt.Y) -> list[Layer]:
    if not shown.ahead:
        return []
    middle = [(week, (week.first + timedelta(days=3)).isoformat()) for week in shown.ahead]
    band: Rows = [{"x": at, "y": week.low, "y2": week.high} for week, at in middle]
    lines = (
        ([{"x": at, "y": week.median} for week, at in middle], BLUE, [6, 3], "forecast"),
        ([{"x": at, "y": week.group} for week, at in middle if week.group is not None], ORANGE, [2, 2], "group"),
        ([{"x": at, "y": week.last_week} for week, at in middle if week.last_week is not None], QUIET, [8, 4],
         "last week goes on"),
    )  # fmt: skip
    parts: list[Layer] = [
        alt.Chart(data(band)).mark_area(color=BLUE, opacity=0.18).encode(x=x, y=y, y2="y2:Q"),
    ]
    placed: list[float] = []
    for rows, colour, dash, name in lines:
        if rows:
            parts.append(alt.Chart(data(rows)).mark_line(color=colour, strokeDash=dash, strokeWidth=2).encode(x=x, y=y))
            at = _apart(float(str(rows[-1]["y"])), placed)
            placed.append(at)
            parts.append(label([{**rows[-1], "y": at, "text": name}], x, y, colour, dx=-6, align="right", fontSize=12))
    return parts


def _apart(wanted: float, placed: Sequence[float]) -> float:
    """A height for a name at which it touches none before it: the nearest above or below that is free."""
    for step in range(20):
        for height in (wanted + 0.5 + 0.1 * step, wanted - 0.5 - 0.1 * step):
            if 0.3 <= height <= 9.7 and all(abs(height - other) >= 0.75 for other in placed):
                return height
    return wanted


def _infusions(shown: Months, first: date, last: date) -> alt.LayerChart:
    """A bar for each day of infusion; a hollow mark where the milligrams are not known."""
    x = _x(first, last)
    y = alt.Y("y:Q", title="mg", scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=3))
    known: Rows = [_point(day, mg) for day, mg in shown.infusions if mg is not None]
    unknown: Rows = [{"x": day.isoformat(), "y": 0} for day, mg in shown.infusions if mg is None]
    parts: list[Layer] = []
    if known:
        drawn = alt.Chart(data([{**row, "y2": 0} for row in known])).mark_rule(color=GREEN, strokeWidth=3)
        parts.append(drawn.encode(x=x, y=y, y2="y2:Q"))
    if unknown:
        parts.append(alt.Chart(data(unknown)).mark_point(color=GREEN, filled=False, size=40).encode(x=x, y=y))
    return _panel(parts, LOW, "Ketamine, mg a day of infusion (hollow: amount not known)")


def _taken(shown: Months, first: date, last: date) -> Rows:
    """The medicines of these months; what has no end goes on, what has no beginning was there before."""
    rows: Rows = []
    for taken in shown.medicines[:MOST_MEDICINES]:
        since, until = max(taken.since or first, first), min(taken.until or shown.today, last)
        if since <= until:
            rows.append({"x": since.isoformat(), "x2": until.isoformat(), "y": taken.name})
    return rows


def _medicines(shown: Months, first: date, last: date) -> alt.LayerChart:
    """A row for each medicine."""
    rows = _taken(shown, first, last)
    y = alt.Y("y:N", title=None, sort=[row["y"] for row in rows], axis=alt.Axis(labelLimit=170, grid=False))
    bars = alt.Chart(data(rows)).mark_bar(color=SHADE, height=8).encode(x=_x(first, last), x2="x2:T", y=y)
    left_out = max(len(shown.medicines) - MOST_MEDICINES, 0)
    more = f" ({left_out} more in the table)" if left_out else ""
    return _panel([bars], ROW * len({row["y"] for row in rows}), f"Medicines{more}")


def _mood(shown: Months, first: date, last: date) -> alt.LayerChart:
    scale = alt.Scale(domain=[0, shown.mood_highest], nice=False)
    y = alt.Y("y:Q", title="Total", scale=scale, axis=alt.Axis(tickCount=3))
    base = alt.Chart(data([_point(day, value) for day, value in shown.mood])).encode(x=_x(first, last), y=y)
    parts: list[Layer] = [base.mark_line(color=PURPLE), base.mark_point(color=PURPLE, filled=True, size=45, opacity=1)]
    return _panel(parts, LOW, f"Mood: {shown.mood_title}")


def _point(day: date, value: float) -> dict[str, object]:
    return {"x": day.isoformat(), "y": value, "text": plain(round(value, 1))}


def _subtitle(shown: Months) -> list[str]:
    lines = ["filled: average pain; hollow: pain of the last 24 hours" if shown.pain_day else ""]
    if not _has_pain(shown):
        lines = ["no pain was recorded with a day"]
    if shown.ahead:
        lines.append("shaded: 90 of 100 weeks are expected in it; not validated on patients")
    return lines


def _description(shown: Months) -> str:
    """What the picture says, for whoever does not see it; the table beside it says all."""
    parts = [f"average pain {plain(round(value, 1))} on {long_day(day)}" for day, value in shown.pain[-1:]]
    parts += ["no pain was recorded with a day"] if not _has_pain(shown) else []
    parts.append(f"{len(shown.infusions)} days of infusion" if shown.infusions else "no infusion")
    if shown.ahead:
        week = shown.ahead[0]
        mean = f"{week.low:.1f} to {week.high:.1f}"
        parts.append(f"for the week from {long_day(week.first)} a mean pain of {mean} is expected")
    if shown.ends is not None:
        parts.append(f"relief ends about {long_day(shown.ends[0])}")
    return "Pain, infusions, medicines and mood over time: " + "; ".join(parts) + "."
