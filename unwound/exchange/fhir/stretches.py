"""The time of a trial: stretches of days with one dose, the breaks between them, and what is still taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from unwound.exchange.fhir.courses import Course
from unwound.exchange.fhir.tables import tables


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days from start to end with one dose."""

    start: date
    end: date
    mg_per_day: float | None


def stretch_of(course: Course, as_of: date) -> Stretch | None:
    """The days a course covers; None where its first or last day is not known."""
    if course.start is None or course.timed_elsewhere:
        return None
    end = course.end or course.until
    if end is None or min(end, as_of) < course.start.last or may_have_ended(course, end):
        return None
    return Stretch(course.start.last, min(end, as_of), course.mg_per_day)


def episodes_of(stretches: Sequence[Stretch]) -> list[tuple[date, date]]:
    """Stretches without a break between them, joined; a break longer than the refill gap parts them."""
    gap = tables().refill_gap_days.value
    episodes: list[tuple[date, date]] = []
    for stretch in sorted(stretches, key=lambda each: each.start):
        if episodes and (stretch.start - episodes[-1][1]).days <= gap:
            episodes[-1] = (episodes[-1][0], max(episodes[-1][1], stretch.end))
        else:
            episodes.append((stretch.start, stretch.end))
    return episodes


def _longest(episodes: list[tuple[date, date]]) -> tuple[date, date]:
    return max(episodes, key=lambda episode: episode[1] - episode[0])


def days_of(
    courses: list[Course], stretches: list[Stretch], episodes: list[tuple[date, date]]
) -> tuple[float | None, bool]:
    """Days of the longest stretch without a break, and whether it may have been more.

    A course whose end is not known leaves the days unknown, unless it cannot have added more than is known already.
    """
    if not episodes:
        return None, False
    start, end = _longest(episodes)
    length = (end - start).days
    missing = [course for course in courses if not _is_in(course, stretches)]
    for course in missing:
        if course.start is None or course.latest_end is None or (course.latest_end - course.start.first).days > length:
            return None, True
    return float(length), bool(missing)


def _is_in(course: Course, stretches: list[Stretch]) -> bool:
    return course.start is not None and any(
        stretch.start == course.start.last and stretch.mg_per_day == course.mg_per_day for stretch in stretches
    )


def days_at(
    top: float | None, stretches: list[Stretch], episodes: list[tuple[date, date]], courses: list[Course]
) -> float | None:
    """Days at the top dose within the longest stretch; None where a dose or a time in it is not known."""
    if top is None or any(stretch.mg_per_day is None for stretch in stretches):
        return None
    if any(course.mg_per_day == top and not _is_in(course, stretches) for course in courses):
        return None
    first, last = _longest(episodes)
    at_top = episodes_of([stretch for stretch in stretches if stretch.mg_per_day == top])
    days = sum((min(end, last) - max(start, first)).days for start, end in at_top if start <= last and end >= first)
    return float(min(days, (last - first).days))


def may_have_ended(course: Course, by: date) -> bool:
    """Whether it has no known end, and by that day a day is past on which it must have ended."""
    return course.end is None and course.latest_end is not None and course.latest_end < by


def is_live(course: Course, as_of: date) -> bool:
    """Whether it is known to be taken on the day: it lasts until then, or was stated as taken a refill ago at most."""
    if course.state != "going-on" or course.timed_elsewhere or may_have_ended(course, as_of):
        return False
    if course.end is not None:
        return course.end >= as_of
    return course.until is not None and (as_of - course.until).days <= tables().refill_gap_days.value


def is_ongoing(courses: list[Course], as_of: date) -> bool | None:
    """Whether it is taken now; unknown where it is listed as active and its supply has run out or is not known."""
    if any(is_live(course, as_of) for course in courses):
        return True
    return None if any(course.state != "ended" for course in courses) else False


def end_of(courses: list[Course], as_of: date) -> date | None:
    """The last day of all, where that of the last course is known."""
    ends = [course.end for course in courses if course.end is not None]
    return min(max(ends), as_of) if ends and courses[-1].end is not None else None


def stated_until(courses: list[Course], as_of: date) -> date | None:
    """The last day on which it was stated as still taken, where that is not today."""
    days = [course.until for course in courses if course.until is not None and course.end is None]
    return max(days) if days and max(days) < as_of else None


def goes_on_after(stopped: Course, courses: list[Course]) -> bool:
    """Whether it may have been taken up again after it was stopped."""
    over = stopped.end or (stopped.start.last if stopped.start else None)
    return any(
        course.state != "ended"
        and not course.timed_elsewhere
        and course is not stopped
        and (course.start is None or over is None or course.start.first > over)
        for course in courses
    )
