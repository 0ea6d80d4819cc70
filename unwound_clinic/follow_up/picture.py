"""The course as one picture and as the table that says the same: pain, infusions, medicines, mood, what lies ahead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from unwound import instruments, outcomes
from unwound.catalogue import plain
from unwound.outcomes import WeekMean, Weeks
from unwound.record import UnwoundError
from unwound_clinic.follow_up import months
from unwound_clinic.follow_up.months import Judged
from unwound_clinic.record import at_a_glance, review
from unwound_clinic.record.review import Reviewed

if TYPE_CHECKING:
    from unwound import plots

MOOD = "phq_9"
WEEKS_AHEAD = 8
DAYS_A_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    on: date
    what: str
    value: str
    to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """One week to come: low, median and high of the forecast, the group's curve, «last week goes on»."""

    first: date
    low: float
    median: float
    high: float
    group: float | None
    last_week: float | None
    controlled: bool
    """Whether it lies within the time of which there are controlled data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """All that the picture and the table show, in one."""

    today: date
    pain: tuple[tuple[date, float], ...]
    pain_day: tuple[tuple[date, float], ...]
    infusions: tuple[tuple[date, float | None], ...]
    medicines: tuple[tuple[str, date | None, date | None], ...]
    mood: tuple[tuple[date, float], ...]
    ahead: tuple[Ahead, ...]
    ends: tuple[date, date | None, date | None] | None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not (self.pain or self.pain_day or self.infusions or self.mood)

    @property
    def rows(self) -> list[Row]:
        """Everything dated, the earliest first."""
        return sorted(_rows(self), key=lambda row: (row.on, row.what))


def shown(reviewed: Reviewed, scores: Sequence[outcomes.Score], courses: Sequence[Judged], today: date) -> Shown:
    """What there is to show of one patient; the forecast is that of the last course."""
    last = courses[-1] if courses else None
    return Shown(
        today=today,
        pain=tuple((score.on, score.value) for score in scores if score.what == outcomes.PAIN),
        pain_day=months.pain_of_days(reviewed),
        infusions=tuple(day for course in courses for day in course.given.days),
        medicines=tuple(
            (f"{tried.title}{f' {tried.dose}' if tried.dose else ''}", tried.start, tried.end)
            for tried in at_a_glance.tried(reviewed)
            if tried.start or tried.end
        ),
        mood=tuple(sorted((score.on, score.value) for score in scores if score.what == MOOD)),
        ahead=ahead(last, today) if last else (),
        ends=_ends(last) if last else None,
    )


def ahead(course: Judged, today: date) -> tuple[Ahead, ...]:
    """The weeks to come after a course; none where there is no forecast."""
    known, end = course.known, course.given.end
    if known is None or known.last_day < 1:
        return ()
    start = max(known.last_day, (today - end).days) + 1
    firsts = [start + DAYS_A_WEEK * n for n in range(WEEKS_AHEAD)]
    firsts = [first for first in firsts if first + DAYS_A_WEEK - 1 <= outcomes.LONGEST_DAYS]
    if not firsts:
        return ()
    band = outcomes.weeks(known, firsts)
    group = outcomes.weeks(course.before, firsts, (0.5,)) if course.before else None
    goes_on = _last_week(course)
    return tuple(_ahead(end, n, band, group, goes_on) for n in range(len(firsts)))


def _ahead(end: date, n: int, band: Weeks, group: Weeks | None, goes_on: float | None) -> Ahead:
    low, median, high = (float(value) for value in band.pain[:, n])
    return Ahead(
        first=end + timedelta(days=band.first_day[n]),
        low=low,
        median=median,
        high=high,
        group=float(group.pain[0, n]) if group else None,
        last_week=goes_on,
        controlled=band.controlled[n],
    )


def _last_week(course: Judged) -> float | None:
    """The mean of the last seven days of the diary after the course."""
    written = [entry for entry in outcomes.as_diary(course.scores, course.given.end) if entry[0] > 0]
    late = [pain for day, pain in written if day > written[-1][0] - DAYS_A_WEEK] if written else []
    return sum(late) / len(late) if late else None


def _ends(course: Judged) -> tuple[date, date | None, date | None] | None:
    """Median and 90 % interval of the end of relief, where there was relief."""
    end = course.ending.end if course.ending else None
    if end is None or end.median is None or course.ending is None or course.ending.kind == outcomes.Ended.NO_RELIEF:
        return None
    since = course.given.end
    low, high = (None if day is None else since + timedelta(days=round(day)) for day in (end.low, end.high))
    return since + timedelta(days=round(end.median)), low, high


def week_means(course: Judged, today: date) -> tuple[WeekMean, ...]:
    """The whole weeks after a course, free of any model; those without an entry are there too."""
    diary = outcomes.as_diary(course.scores, course.given.end)
    last = max((day for day, _ in diary), default=0)
    return outcomes.weekly_means(diary, max(min((today - course.given.end).days, last + DAYS_A_WEEK), 0))


def _rows(shown: Shown) -> Iterator[Row]:
    # Every kind of line in the picture has its own unit, and an amount or a first day may not be known.
    yield from (Row(on=day, what="Average pain", value=f"{value:.3g} of 10") for day, value in shown.pain)
    for day, value in shown.pain_day:
        yield Row(on=day, what="Pain of the last 24 hours", value=f"{value:.3g} of 10")
    yield from (
        Row(on=day, what="Infusion", value="amount not known" if mg is None else f"{plain(round(mg, 1))} mg ketamine")
        for day, mg in shown.infusions
    )
    title = instruments.instrument(MOOD).title
    yield from (Row(on=day, what=title, value=plain(round(value, 1))) for day, value in shown.mood)
    for name, since, until in shown.medicines:
        first = since or until
        if first is not None:
            yield Row(
                on=first, what="Medicine" if since else "Medicine, until", value=name, to=until if since else None
            )


def drawn(shown: Shown) -> str:
    """The picture as SVG. UnwoundError where there is nothing to draw."""
    if shown.is_empty:
        raise UnwoundError("there is nothing to draw yet")
    return _drawn(shown)


@lru_cache(maxsize=review.KEPT)
def _drawn(shown: Shown) -> str:
    # The charts import Altair; pages without a chart start without it.
    from unwound import plots

    return plots.drawn(plots.months(_for_the_chart(shown, plots)))


def _for_the_chart(shown: Shown, charts: Any) -> plots.Months:
    form = instruments.instrument(MOOD)
    made: plots.Months = charts.Months(
        today=shown.today,
        pain=shown.pain,
        pain_day=shown.pain_day,
        infusions=shown.infusions,
        medicines=[charts.Taken(name=name, since=since, until=until) for name, since, until in shown.medicines],
        mood=shown.mood,
        mood_title=form.title,
        mood_highest=form.highest.value,
        ahead=[
            charts.Ahead(
                first=week.first, low=week.low, median=week.median, high=week.high, group=week.group,
                last_week=week.last_week,
            )
            for week in shown.ahead
        ],
        ends=shown.ends,
    )  # fmt: skip
    return made
