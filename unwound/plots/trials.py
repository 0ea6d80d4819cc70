"""What was tried: dose over time for every trial, and the zone in which dose and duration were adequate.

Doses of different drugs differ in scale: each row is drawn in shares of its own adequate dose.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unwound import extras
from unwound.plots.style import BLUE, FAINT, GREEN, INK, QUIET, SHADE, VERMILION, WIDTH, Chart, Rows, data, titled
from unwound.record import UnwoundError
from unwound.terms import TrialVerdict
from unwound.therapies import Case, Judged, needed_dose

with extras.needed("a chart"):
    import altair as alt

ROW = 78
"""Dots of one row."""
ROOM = 1.75
"""How far a row reaches above the highest dose: the words go there."""
ZONE = 1.25
"""How far above the highest dose the zone is drawn."""
MARGIN = 1.14
"""How far the axis goes beyond the longest trial: the adequate dose is written there."""
SHORTEST_DAYS = 28.0
"""A shorter axis would blow up a few days."""
LONGEST_DAYS = 400.0
"""A trial of years runs off the axis, its days in words: it would squeeze the others."""
COLOURS = {
    TrialVerdict.RESPONDED: GREEN,
    TrialVerdict.FAILED_ADEQUATE: VERMILION,
    TrialVerdict.INTOLERANT: VERMILION,
    TrialVerdict.ONGOING: BLUE,
    TrialVerdict.INADEQUATE: SHADE,
    TrialVerdict.CANNOT_TELL: SHADE,
    TrialVerdict.NOT_THIS_PAIN: SHADE,
}

Pair = tuple[Case, Judged]


def trials(tried: Sequence[Pair]) -> Chart:
    """A row for each trial (`therapies.judged` of a derived patient), the earliest first. UnwoundError without any."""
    if not tried:
        raise UnwoundError("no trial is recorded, so there is nothing to draw")
    rows = sorted(tried, key=_when)
    longest = max([SHORTEST_DAYS, *(day for case, _ in rows for day in (_days(case), _needed_days(case)) if day)])
    last = min(longest, LONGEST_DAYS) * MARGIN
    drawn = [_row(case, judged, last, lowest=place == len(rows) - 1) for place, (case, judged) in enumerate(rows)]
    summary = "; ".join(f"{_name(case)}: {_dose(case)} for {_lasted(case)}, {judged.says}" for case, judged in rows)
    chart: alt.VConcatChart = alt.vconcat(*drawn, spacing=6)
    subtitle = ["green zone: dose and duration of an adequate trial; each row is scaled to its own dose"]
    return titled(
        chart.resolve_scale(y="independent"),
        "Treatments tried: dose over time",
        subtitle,
        f"{len(rows)} trials. {summary}.",
    )


def _row(case: Case, judged: Judged, last: float, *, lowest: bool) -> alt.LayerChart:
    top, needed = case.trial.top_dose, needed_dose(case)
    height = max(top or 0.0, needed or 0.0) * ROOM or ROOM
    x = alt.X(
        "x:Q",
        scale=alt.Scale(domain=[0, last], nice=False),
        title="Days from the first dose" if lowest else None,
        axis=alt.Axis(labels=lowest, ticks=lowest, domain=True, tickMinStep=1, format="d"),
    )
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, height], nice=False), title=None, axis=None, stack=None)
    parts: list[alt.Chart] = [
        *_zone(case, needed=needed, last=last, height=height, x=x, y=y),
        *_course(case, judged, last=last, height=height, x=x, y=y),
    ]
    parts += _words(case, judged, needed=needed, last=last, height=height, x=x, y=y)
    return alt.LayerChart(layer=parts, width=WIDTH, height=ROW)


def _zone(case: Case, needed: float, last: float, height: float, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """From the adequate dose up and the adequate days on; nothing where the catalogue says neither."""
    days = _needed_days(case)
    if not needed and not days:
        return []
    rows: Rows = [{"x": days, "x2": last, "y": needed, "y2": height * ZONE / ROOM}]
    zone = alt.Chart(data(rows)).mark_rect(color=GREEN, opacity=0.18).encode(x=x, x2="x2:Q", y=y, y2="y2:Q")
    if not needed:
        return [zone]
    line: Rows = [{"x": 0, "x2": last, "y": needed}]
    rule = alt.Chart(data(line)).mark_rule(color=GREEN, strokeDash=[4, 3]).encode(x=x, x2="x2:Q", y=y)
    return [zone, rule]


def _course(case: Case, judged: Judged, last: float, height: float, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """The dose raised to its top and held; hollow where dose or time is not known."""
    # Dose and days may each be unknown, and a trial may be longer than the axis.
    days, top, held = _days(case), case.trial.top_dose, case.trial.days_at_top
    is_known = bool(days) and top is not None
    end = days or SHORTEST_DAYS
    dose = top if top is not None else height / ROOM / 2
    rising = end - held if is_known and held is not None and held < end else 0.0
    foot: Rows = [{"x": 0, "y": 0}] if rising else []
    rows: Rows = [*foot, {"x": rising, "y": dose}, {"x": min(end, last), "y": dose}]
    if not is_known:
        return [alt.Chart(data(rows)).mark_line(color=QUIET, strokeDash=[2, 3], strokeWidth=1.5).encode(x=x, y=y)]
    colour = COLOURS[judged.verdict]
    rows = [{**row, "n": place} for place, row in enumerate(rows)]
    area = alt.Chart(data(rows)).mark_area(color=colour, opacity=0.35).encode(x=x, y=y)
    if end <= last:
        rows = [*rows, {"x": end, "y": 0, "n": len(rows)}]
    line = alt.Chart(data(rows)).mark_line(color=colour, strokeWidth=2.5).encode(x=x, y=y, order="n:O")
    return [area, line]


def _words(
    case: Case, judged: Judged, needed: float, last: float, height: float, x: alt.X, y: alt.Y
) -> list[alt.Chart]:
    """The trial's name above its row at the left, what became of it at the right, the adequate dose at its line."""
    name = _text(0, height, f"{_name(case)}{_dates(case)}", x, y, align="left", dx=6, color=INK, fontWeight=600)
    outcome = f"{_dose(case)}, {_lasted(case)}: {judged.says}"
    words = [name, _text(last, height, outcome, x, y, align="right", dx=-6, color=INK)]
    if needed:
        dose = f"{needed:g} {case.unit}"
        words.append(_text(last, needed, dose, x, y, align="right", dx=-6, color=GREEN, fontSize=11, dy=2))
    if not needed and not _needed_days(case):
        note = "no adequate dose or duration in the catalogue"
        words.append(
            _text(last, 0, note, x, y, align="right", dx=-6, color=QUIET, fontSize=11, baseline="bottom", dy=-4)
        )
    words.append(
        alt.Chart(data([{"x": 0, "x2": last, "y": height}])).mark_rule(color=FAINT).encode(x=x, x2="x2:Q", y=y)
    )
    return words


def _text(at: float, up: float, text: str, x: alt.X, y: alt.Y, **mark: Any) -> alt.Chart:
    mark = {"fontSize": 12, "baseline": "top", "dy": 3, **mark}
    placed: alt.Chart = alt.Chart(data([{"x": at, "y": up, "text": text}])).mark_text(**mark)
    return placed.encode(x=x, y=y, text="text:N")


def _when(pair: Pair) -> tuple[str, str]:
    """By date where it is known, the others after them by name."""
    trial = pair[0].trial
    first = trial.start or trial.end
    return (first.isoformat() if first else "9999", _name(pair[0]))


def _name(case: Case) -> str:
    return case.therapy.title if case.therapy else case.trial.therapy


def _dates(case: Case) -> str:
    start, end = case.trial.start, case.trial.end
    if not start and not end:
        return ""
    return f", {f'{start:%b %Y}' if start else '?'} to {f'{end:%b %Y}' if end else 'now' if case.ongoing else '?'}"


def _days(case: Case) -> float | None:
    return case.days if case.days is not None else case.trial.days_at_top


def _needed_days(case: Case) -> float:
    """The longer of the days in all and the days at the dose that an adequate trial has; 0 where none is asked."""
    adequate = case.therapy.adequate if case.therapy else None
    needed = (adequate.days, adequate.days_at_target) if adequate else ()
    return max((limit.value for limit in needed if limit), default=0.0)


def _dose(case: Case) -> str:
    top = case.trial.top_dose
    unit = case.unit if case.therapy else "a day, unit not known"
    return "dose not known" if top is None else f"{top:g} {unit}"


def _lasted(case: Case) -> str:
    days = _days(case)
    return "duration not known" if days is None else f"{days:g} days"
