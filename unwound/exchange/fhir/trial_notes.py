"""What must be said of a trial that was put together from a record: its times, its doses, its reasons."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from unwound.catalogue import plain
from unwound.exchange.fhir import stretches
from unwound.exchange.fhir.courses import Course
from unwound.record import unique

LONGEST = 600
"""Characters of a note."""


def of(courses: list[Course], episodes: list[tuple[date, date]], as_of: date, at_least: bool) -> str:
    """What must be said of a trial beside its numbers."""
    parts = [*_on_time(courses, episodes, as_of, at_least), *_on_dose(courses)]
    reasons = unique(course.reason for course in courses if course.reason and course.purpose is None)
    parts += [f"prescribed for: {', '.join(reasons)}"] if reasons else []
    parts += unique(course.note for course in courses if course.note)
    return "; ".join(parts)[:LONGEST]


def _on_time(courses: list[Course], episodes: list[tuple[date, date]], as_of: date, at_least: bool) -> Iterator[str]:
    """What must be said of the times. One branch for each thing worth a note."""
    if len(courses) > 1:
        yield f"{len(courses)} entries put together"
    if any(course.conflict for course in courses):
        yield "still listed as active, but stated as ended: the stated end counts"
    still = stretches.stated_until(courses, as_of)
    if still is not None and not any(stretches.is_live(course, as_of) for course in courses):
        yield f"stated as taken on {still}; nothing says for how long after that"
    bounded = [course for course in courses if course.latest_end and course.end is None and not course.timed_elsewhere]
    last = max((course.latest_end for course in bounded if course.latest_end), default=None)
    if last is not None and not any(stretches.is_live(course, as_of) for course in courses):
        if last < as_of:
            yield f"it must have ended by {last}, when is not known"
        elif any(course.state != "ended" for course in bounded):
            yield f"ordered until {last} at most, and nothing says how long it was taken"
    if any(course.is_open for course in courses):
        first = min((course.start.first for course in courses if course.is_open and course.start), default=None)
        since = f"ordered since {first}" if first else "listed without a date"
        yield f"{since}, and nothing says how long it was taken"
    for (_, before), (after, _) in pairwise(episodes):
        yield f"a break of {(after - before).days} days from {before} to {after}: only the longest stretch counts"
    # Of an open order whose dispenses tell how long it was taken, the last of them is the end of its supply.
    is_dispensed = any(course.timed_elsewhere and course.state == "going-on" for course in courses)
    listed = courses if is_dispensed else [course for course in courses if course.state == "going-on"]
    stale = [course.end for course in listed if course.end and course.end < as_of]
    if stale and not any(stretches.is_live(course, as_of) for course in courses):
        yield f"listed as active, but its supply or period ended on {max(stale)}"
    starts = [course.start for course in courses if course.start is not None]
    if any(not start.exact for start in starts):
        yield "a date is known only to the month or year"
    if at_least and starts:
        yield f"recorded from {min(start.first for start in starts)} to {max(start.first for start in starts)} at least"


def _on_dose(courses: list[Course]) -> Iterator[str]:
    """What must be said of the doses. One branch for each thing worth a note."""
    timed = [course for course in courses if not course.timed_elsewhere] or courses
    unknown = [course for course in timed if course.mg_per_day is None]
    if unknown:
        of = "" if len(unknown) == len(timed) else f" of {len(unknown)} of {len(timed)} entries"
        reasons = unique(course.why_not for course in unknown if course.why_not)
        yield f"dose{of} not known: {', '.join(reasons) or 'not given'}"
    doses = sorted({course.mg_per_day for course in courses if course.mg_per_day is not None})
    if len(doses) > 1:
        yield f"doses from {plain(doses[0])} to {plain(doses[-1])} mg a day"
    if len({course.product for course in timed if course.state == "going-on"}) > 1:
        yield "several products are listed at once; their doses were not added"
