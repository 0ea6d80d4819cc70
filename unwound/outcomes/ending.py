"""How the relief of one course ended: lost, overtaken by a new course, lasting, or lost to follow-up with bounds."""

from __future__ import annotations

from dataclasses import dataclass

from unwound.outcomes.durability import End, end_of_relief
from unwound.outcomes.knowledge import relief_priors
from unwound.outcomes.posterior import LONGEST_DAYS, Posterior
from unwound.outcomes.response import Lasted
from unwound.record import UnwoundError
from unwound.terms import Word

LIKELY = 0.5
SURE = 0.95


class Ended(Word):
    """What ended the relief of a course, or why it is not known."""

    NO_RELIEF = "no-relief"
    RELIEF_LOST = "relief-lost"
    NEW_COURSE = "new-course"
    STILL = "still"
    LOST_TO_FOLLOW_UP = "lost-to-follow-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the relief of one course ended, and on which day from the end of the course it is counted.

    `worst_days` and `best_days` bound it where nobody wrote: relief over at the last entry, relief until today.
    `lasted` is what `judge` needs, with the 90 % interval of the end.
    """

    kind: Ended
    days: float
    worst_days: float
    best_days: float
    lasted: Lasted
    end: End


def ending(known: Posterior, *, until: int, new_course_on: int | None = None) -> Ending:
    """How relief stands on day `until`; the diary goes no further than a new course, which is another course's relief.

    UnwoundError for a diary beyond `until` or beyond the new course.
    """
    last = known.last_day
    if last > until or (new_course_on is not None and not 0 < new_course_on <= until):
        raise UnwoundError(
            f"day {until} is before the diary's last ({last}) or before the new course ({new_course_on})"
        )
    if new_course_on is not None and last >= new_course_on:
        raise UnwoundError(
            f"the diary goes on to day {last}, beyond the new course on day {new_course_on}: cut it there"
        )
    end = end_of_relief(known)
    kind, days = _kind(end, max(last, 0), until, new_course_on)
    silent = until - last > relief_priors().silence.value and kind in (Ended.LOST_TO_FOLLOW_UP, Ended.NEW_COURSE)
    return Ending(
        kind=kind,
        days=days,
        worst_days=float(max(last, 0)) if silent else days,
        best_days=float(until) if kind == Ended.LOST_TO_FOLLOW_UP else days,
        lasted=_lasted(end, kind, days, max(last, 0)),
        end=end,
    )


def _kind(end: End, last: int, until: int, new_course_on: int | None) -> tuple[Ended, float]:
    """In this order: what the diary shows, then what overtook it, then silence."""
    if end.had < LIKELY:
        return Ended.NO_RELIEF, 0.0
    if end.median is not None and end.median <= last:
        return Ended.RELIEF_LOST, end.median
    if new_course_on is not None:
        return Ended.NEW_COURSE, float(new_course_on)
    if until - last > relief_priors().silence.value:
        return Ended.LOST_TO_FOLLOW_UP, float(last)
    return Ended.STILL, float(until)


def _lasted(end: End, kind: Ended, days: float, last: int) -> Lasted:
    """What can be held for certain: the interval of the end where it was lost, otherwise what was seen of it."""
    if kind == Ended.NO_RELIEF:
        return Lasted(0, 0 if end.had < 1 - SURE else None)
    least = 0.0 if end.had < SURE else min(float(last), LONGEST_DAYS if end.low is None else end.low)
    if kind == Ended.RELIEF_LOST:
        return Lasted(least, max(days, end.high) if end.high is not None else None)
    return Lasted(least, None)
