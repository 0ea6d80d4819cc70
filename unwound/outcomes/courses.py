"""The ketamine that somebody had, from wherever, and what it adds up to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from unwound.outcomes.standing import check_number, check_word
from unwound.record import UnwoundError, day
from unwound.terms import Drug, Word


class Supply(Word):
    """Where the ketamine came from: this clinic, another one (or a pharmacy), or without a prescription."""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One course that was given or taken; None is unknown and will be asked where it matters.

    `mg` and `hours` are totals of the course, hours those of infusion. `helped` is whether it was a success
    (`Outcome.success`). UnwoundError for days out of order and numbers that cannot be.
    """

    start: date
    end: date
    drug: Drug | None = None
    mg: float | None = None
    hours: float | None = None
    supply: Supply = Supply.HERE
    helped: bool | None = None

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise UnwoundError(f"the course of {day(self.start)} ends before it begins, on {day(self.end)}")
        for what, number in (("mg", self.mg), ("hours", self.hours)):
            if number is not None:
                check_number(f"{what} of the course of {day(self.start)}", number, 0, math.inf)
        check_word(f"the course of {day(self.start)}", self.supply, Supply)
        if self.drug is not None:
            check_word(f"the course of {day(self.start)}", self.drug, Drug)
        if self.helped not in (True, False, None):
            raise UnwoundError(f"the course of {day(self.start)}: whether it helped is true, false or unknown")
        days = (self.end - self.start).days + 1
        if self.hours is not None and self.hours > 24 * days:
            raise UnwoundError(f"the course of {day(self.start)}: {self.hours:g} hours do not fit into {days} days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The course that is asked about: when, and its hours of infusion (None: not yet known).

    `booster` is planned by the calendar and does not wait for relief to be lost.
    """

    start: date
    hours: float | None = None
    booster: bool = False

    def __post_init__(self) -> None:
        if self.hours is not None:
            check_number("hours of the planned course", self.hours, 0, math.inf)


@dataclass(frozen=True, slots=True)
class Total:
    """What is known of a sum; `whole` is false where a part is unknown, and the sum is then «at least»."""

    known: float
    whole: bool

    def __str__(self) -> str:
        return f"{self.known:g}" if self.whole else f"at least {self.known:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """A year of ketamine from everywhere: milligrams by drug (an unknown drug by itself), hours, and the courses."""

    since: date
    mg: Mapping[str, Total]
    hours: Total
    courses: int
    elsewhere: int


def totals(courses: Sequence[Course], since: date) -> Totals:
    """What was given from `since` on; a course that began before it counts whole: no day of it is left out."""
    within = [course for course in courses if course.end >= since]
    kinds = sorted({course.drug or "unknown" for course in within})
    return Totals(
        since=since,
        mg={kind: _sum([course.mg for course in within if (course.drug or "unknown") == kind]) for kind in kinds},
        hours=_sum([course.hours for course in within]),
        courses=len(within),
        elsewhere=sum(course.supply != Supply.HERE for course in within),
    )


def in_order(courses: Sequence[Course], until: date) -> tuple[Course, ...]:
    """The courses by their end. UnwoundError where one is not over on the day, or stands twice."""
    for course in courses:
        if course.end > until:
            raise UnwoundError(f"the course of {day(course.start)} ends on {day(course.end)}, after {day(until)}")
    for course in _twice(courses):
        raise UnwoundError(f"the course of {day(course.start)} stands twice in the list: it would count double")
    return tuple(sorted(courses, key=lambda course: (course.end, course.start)))


def _twice(courses: Sequence[Course]) -> Iterator[Course]:
    """Two of the same supply on the same days are one that was entered twice."""
    seen = set()
    for course in courses:
        key = (course.start, course.end, course.supply, course.drug)
        if key in seen:
            yield course
        seen.add(key)


def _sum(parts: Sequence[float | None]) -> Total:
    return Total(math.fsum(part for part in parts if part is not None), None not in parts)
