"""What is due after ketamine was given and not done: liver tests by the days of the course, and the bladder asked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from unwound.outcomes.again import LIVER
from unwound.outcomes.knowledge import retreatment

BLADDER = "bladder_symptoms"
WATCHED: Mapping[str, str] = {LIVER: "liver tests", BLADDER: "ask about the bladder"}
"""The facts that are watched for -> what has to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One course that was begun; `over` is whether no infusion of it is to come, `liver_days` its own days of tests.

    Day 1 is that of the first dose, as in a plan.
    """

    start: date
    last: date
    over: bool
    liver_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Something that was to be done by a day, and is not known to be done since; `fact` is where it is recorded."""

    fact: str
    on: date

    @property
    def what(self) -> str:
        """What has to be done, in words."""
        return WATCHED[self.fact]


def due(courses: Sequence[Watched], done: Mapping[str, Collection[date]], today: date) -> tuple[Due, ...]:
    """What is due today and not done, one line for each kind; for courses of the last year, the earliest first.

    `done` are the days of every known value by fact. A test counts for a due day from the day before it on; the days,
    and for how long after a course it is asked, are in `data/rules/retreatment.toml`.
    """
    lines = ((fact, max(days, default=None)) for fact, days in _days(courses, today).items())
    left = (
        Due(fact=fact, on=on)
        for fact, on in lines
        if on is not None and not any(on - timedelta(days=1) <= day <= today for day in done.get(fact, ()))
    )
    return tuple(sorted(left, key=lambda line: line.on))


def _days(courses: Sequence[Watched], today: date) -> dict[str, list[date]]:
    """Every day up to today on which something was due; only the last of a kind has to be met."""
    limits, days = retreatment().surveillance, dict[str, list[date]]({LIVER: [], BLADDER: []})
    within = timedelta(days=retreatment().limits.year.value)
    for number, course in enumerate(courses):
        if today - course.start >= within:
            continue
        before = courses[number - 1] if number else None
        days[LIVER] += [day for day in _liver(course, before) if day <= today]
        asked = course.last + timedelta(days=limits.bladder_after.value)
        days[BLADDER] += [asked] if course.over and asked <= today else []
    return days


def _liver(course: Watched, before: Watched | None) -> Iterator[date]:
    """The course's own days after its first; after a repeat within the window one, though the course has none."""
    rules = retreatment()
    own = [course.start + timedelta(days=day - 1) for day in course.liver_days if day > 1]
    yield from own
    window = timedelta(days=rules.limits.window.value)
    if not own and course.over and before is not None and course.start - before.last < window:
        yield course.last + timedelta(days=rules.surveillance.liver_after_repeat.value)
