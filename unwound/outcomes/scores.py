"""Dated scores of a diary and of questionnaires as the two standings that an outcome is judged from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from unwound import instruments
from unwound.outcomes.knowledge import thresholds
from unwound.outcomes.posterior import Entry
from unwound.outcomes.standing import Standing, check_number
from unwound.record import UnwoundError

PAIN = "pain"
"""What a score is of that is no questionnaire's: the average pain, 0 to 10."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One score of a day: `pain`, or the total of the questionnaire named. UnwoundError for what no scale allows."""

    on: date
    what: str
    value: float

    def __post_init__(self) -> None:
        if self.what == PAIN:
            check_number(f"pain on {self.on}", self.value, 0, 10)
        else:
            form = instruments.instrument(self.what)
            check_number(f"{form.title} on {self.on}", self.value, form.lowest.value, form.highest.value)


def before(scores: Iterable[Score], start: date, *, medicines: Mapping[str, float | None] | None = None) -> Standing:
    """How a patient stood when a course began: what was written until that day, not longer before than is fair."""
    windows = thresholds().windows
    return _standing(
        scores,
        start,
        pain_days=windows.pain_before.value,
        form_days=windows.forms_before.value,
        later_than=None,
        medicines=medicines,
    )


def after(
    scores: Iterable[Score], on: date, end: date, *, medicines: Mapping[str, float | None] | None = None
) -> Standing:
    """How a patient stands on a day after the course: the last days before it, never those of the course itself.

    UnwoundError where the day is not after the end of the course.
    """
    if on <= end:
        raise UnwoundError(f"{on} is not after the end of the course, {end}")
    windows = thresholds().windows
    return _standing(
        scores,
        on,
        pain_days=windows.pain_after.value,
        form_days=windows.forms_after.value,
        later_than=end,
        medicines=medicines,
    )


def as_diary(scores: Iterable[Score], end: date, until: date | None = None) -> tuple[Entry, ...]:
    """The pain by day from the end of a course, as `of_diary` takes it; of several on one day the mean."""
    days: dict[int, list[float]] = {}
    for score in scores:
        if score.what == PAIN and (until is None or score.on < until):
            days.setdefault((score.on - end).days, []).append(score.value)
    return tuple((day, math.fsum(values) / len(values)) for day, values in sorted(days.items()))


def _standing(
    scores: Iterable[Score],
    on: date,
    pain_days: float,
    form_days: float,
    later_than: date | None,
    medicines: Mapping[str, float | None] | None,
) -> Standing:
    """What lies within its days up to one day; of each questionnaire the latest."""
    known = sorted((score for score in scores if score.on <= on), key=lambda score: score.on)
    counted = [score for score in known if later_than is None or score.on > later_than]
    pain = _within(counted, on, pain_days, {PAIN})
    forms = _within(counted, on, form_days, {score.what for score in counted} - {PAIN})
    return Standing(
        on=on,
        pain=tuple(score.value for score in pain),
        scores={score.what: score.value for score in forms},
        medicines=medicines,
    )


def _within(scores: Sequence[Score], on: date, days: float, what: set[str]) -> list[Score]:
    return [score for score in scores if score.what in what and on - score.on < timedelta(days=days)]
