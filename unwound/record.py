"""Three-valued logic and the judgement that carries its reasons: the smallest words everything else is said in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_STORED_DAY = re.compile(r"(?<![\d-])\d{4}-\d\d-\d\d(?![\d-])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class UnwoundError(Exception):
    """Something a person can mend: the message names what, where and what to do. Never shown as a traceback."""

    def __str__(self) -> str:
        """The message; what it repeats of a file can neither steer a terminal nor reverse the writing around it."""
        return printable(super().__str__())


def printable(text: str) -> str:
    """Text that may be printed and stored: control characters, half surrogates and reversed writing are left out."""
    return text if text.isprintable() else _CONTROL.sub("", text)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One criterion about one patient: true, false or unknown (None), the facts it rests on, the facts it lacks.

    `because` holds sentences ("systolic blood pressure 172 mmHg"); `ask` holds ids, never sentences: of facts whose
    value is unknown and could still change `holds` («weight_kg»), of a trial («trial.gabapentin.days»,
    «mood.sertraline.top_dose»), or of what a session requires. A judgement that is settled asks nothing.
    """

    holds: bool | None
    because: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()


def all_of(judgements: Iterable[Judgement]) -> Judgement:
    """Kleene «and»: false as soon as one is false, true when all are true, otherwise unknown; empty is true."""
    parts = tuple(judgements)
    false = [part for part in parts if part.holds is False]
    if false:
        return Judgement(False, _because(false))
    unknown = [part for part in parts if part.holds is None]
    return Judgement(None if unknown else True, _because(parts), _ask(unknown))


def any_of(judgements: Iterable[Judgement]) -> Judgement:
    """Kleene «or»: true as soon as one is true, false when all are false, otherwise unknown; empty is false."""
    parts = tuple(judgements)
    true = [part for part in parts if part.holds]
    if true:
        return Judgement(True, _because(true))
    unknown = [part for part in parts if part.holds is None]
    return Judgement(None if unknown else False, _because(parts), _ask(unknown))


def negated(judgement: Judgement) -> Judgement:
    """Kleene «not»: true and false change places, unknown stays unknown and asks the same."""
    return Judgement(None if judgement.holds is None else not judgement.holds, judgement.because, judgement.ask)


def at_least(needed: int, judgements: Sequence[Judgement]) -> Judgement:
    """Whether at least `needed` of the judgements hold: unknown only while the unknown ones could still decide it."""
    true = tuple(part for part in judgements if part.holds)
    unknown = tuple(part for part in judgements if part.holds is None)
    if len(true) >= needed:
        return Judgement(True, _because(true))
    if len(true) + len(unknown) < needed:
        return Judgement(False, _because(part for part in judgements if part.holds is not None))
    return Judgement(None, _because(true), _ask(unknown))


def short_day(on: date) -> str:
    """A day whose year nobody can mistake, «28 Nov»."""
    return f"{on.day} {MONTHS[on.month - 1]}"


def day(on: date) -> str:
    """A day as people write it wherever a sentence is for a reader, «28 Nov 2026»: no country reads it otherwise."""
    return f"{short_day(on)} {on.year}"


def long_day(on: date) -> str:
    """A day with its month in full, «28 November 2026»: in a letter, or where a reader must not misread it."""
    return f"{on.day} {on:%B} {on.year}"


def minute(at: datetime) -> str:
    """A moment to its minute, «28 Nov 2026 14:05», by whatever clock it is given in."""
    return f"{day(at)} {at:%H:%M}"


def day_as_written(iso: str) -> str:
    """A stored day, «2026-11-28», as people write it; what is no day of any calendar, «2026-02-30», as it stands."""
    try:
        return day(date.fromisoformat(iso))
    except ValueError:
        return iso


def days_in_words(text: str) -> str:
    """A text in which every stored day, «2026-11-28», stands as people write it."""
    return _STORED_DAY.sub(lambda found: day_as_written(found[0]), text)


def unique(items: Iterable[str]) -> tuple[str, ...]:
    """The items in their first order, each once."""
    return tuple(dict.fromkeys(items)) if items else ()


def _because(parts: Iterable[Judgement]) -> tuple[str, ...]:
    return unique([reason for part in parts for reason in part.because])


def _ask(parts: Iterable[Judgement]) -> tuple[str, ...]:
    return unique([fact for part in parts for fact in part.ask])
