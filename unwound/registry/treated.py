"""One course of one person, as the clinic knows it: what a row of the registry is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from unwound.record import UnwoundError
from unwound.registry.knowledge import registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Treated:
    """One course; None is unknown. `person` is the same in all courses of a person, and never leaves.

    UnwoundError for a course that ends before it begins, and for days of scores that are no days.
    """

    person: str
    start: date
    end: date
    birth_date: date | None = None
    sex: str | None = None
    condition: str | None = None
    course: str
    drug: str
    infusions: int
    planned: int | None = None
    mg: float | None = None
    scores: Mapping[str, tuple[tuple[date, float], ...]] = field(default_factory=dict)
    """Form -> each day on which it was answered, with its total."""

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise UnwoundError(f"the course of {self.start} ends before it begins, on {self.end}")
        if self.infusions < 1:
            raise UnwoundError(f"the course of {self.start} has no infusion: it was not given")

    @property
    def age(self) -> int | None:
        """Whole years on the first day."""
        born, day = self.birth_date, self.start
        if born is None or born > day:
            return None
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    def before(self, form: str) -> float | None:
        """The last score before the first infusion, or on its day, unless it is too old."""
        oldest = registry().before_at_most.value
        held = [(on, total) for on, total in self.scores.get(form, ()) if 0 <= (self.start - on).days <= oldest]
        return max(held, key=lambda each: each[0])[1] if held else None

    def after(self, form: str, window: str) -> float | None:
        """The score of a window that is nearest to its day; of two as near the later one."""
        (searched,) = (each for each in registry().windows if each.id == window)
        days = [((on - self.end).days, on, total) for on, total in self.scores.get(form, ()) if on > self.start]
        held = [each for each in days if searched.start.value <= each[0] <= searched.until.value]
        nearest = min(held, key=lambda each: (abs(each[0] - searched.at.value), -each[0]), default=None)
        return nearest[2] if nearest else None
