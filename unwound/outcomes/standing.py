"""How a patient stood at one time, and what else changed between two: the facts that outcomes are judged from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from unwound import instruments
from unwound.record import UnwoundError
from unwound.scalars import as_python, shown
from unwound.terms import Word


class Estimand(Word):
    """Which question a figure answers: what came of it, whatever else happened; or while nothing else changed."""

    ALL = "all"
    UNCHANGED = "while-nothing-else-changed"


class ChangeKind(Word):
    """What else happened beside the course."""

    STARTED = "started"
    RAISED = "raised"
    LOWERED = "lowered"
    STOPPED = "stopped"
    RESCUE = "rescue"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Change:
    """One change beside the course: a medicine, a rescue dose, a procedure, ketamine from elsewhere."""

    on: date
    what: str
    kind: ChangeKind

    def __post_init__(self) -> None:
        check_word(f"change of {self.on}", self.kind, ChangeKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a patient was on one day, as far as it is known.

    `pain` holds every score from 0 to 10 that the figure rests on, `pain_kind` what was asked (average, worst, now):
    two kinds are never compared. `scores` holds totals by instrument (`bpi_interference`, `peg`, `pgic`, `phq_9`,
    `madrs`). `medicines` are daily doses in mg by name; None for a dose, or for the whole list, is unknown.
    `phq9_item9` is the answer to the item on death and self-harm, 0 to 3. UnwoundError for what no scale allows.
    """

    on: date
    pain: tuple[float, ...] = ()
    pain_kind: str = "average"
    scores: Mapping[str, float] = field(default_factory=dict)
    medicines: Mapping[str, float | None] | None = None
    phq9_item9: float | None = None

    def __post_init__(self) -> None:
        for number in self.pain:
            check_number("pain", number, 0, 10)
        for name, total in self.scores.items():
            form = instruments.instrument(name)
            check_number(name, total, form.lowest.value, form.highest.value)
        if self.phq9_item9 is not None:
            check_number("PHQ-9 item 9", self.phq9_item9, 0, 3)
        for name, dose in (self.medicines or {}).items():
            if dose is not None:
                check_number(f"daily dose of {name}", dose, 0, math.inf)

    @property
    def mean_pain(self) -> float | None:
        """The mean of the scores; None without one."""
        return math.fsum(self.pain) / len(self.pain) if self.pain else None


def between(before: Standing, after: Standing, changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """The changes after the first day up to and with the second, in order."""
    within = (change for change in changes if before.on < change.on <= after.on)
    return tuple(sorted(within, key=lambda change: (change.on, change.what, change.kind)))


def check_number(what: str, number: object, low: float, high: float) -> None:
    """UnwoundError, naming it, for what is no number that can be measured, or lies outside its range."""
    plain = as_python(number)
    if isinstance(plain, bool) or not isinstance(plain, int | float) or not low <= plain <= high or math.isinf(plain):
        span = f"from {low:g} to {high:g}" if math.isfinite(high) else f"from {low:g} up"
        raise UnwoundError(f"{what}: {shown(number)} is not possible; a number {span} is")


def check_word(what: str, word: object, words: type[Word]) -> None:
    """UnwoundError, naming those there are, for a word that is none of them: another word would be read as the rest."""
    if word not in tuple(words):
        raise UnwoundError(f"{what}: {shown(word)} is none of {', '.join(words)}")
