"""The schedule of a therapy in words, with the numbers that hold for one patient."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

from unwound import evidence
from unwound.catalogue import Cited, plain
from unwound.record import unique
from unwound.therapies import doses, knowledge
from unwound.therapies.doses import Ceiling, Titration
from unwound.therapies.knowledge import Therapy, TherapyGroup

WHATEVER_THE_AGE: tuple[TherapyGroup, ...] = (TherapyGroup.MULTIMODAL, TherapyGroup.CAUSE_DIRECTED)


@lru_cache(maxsize=4096)
def schedule(id: str, ceiling: Ceiling, *, adult: bool | None) -> str:
    """How it is started, raised and judged in this patient; under age no number is given."""
    therapy = knowledge.therapies()[id]
    if adult is False and therapy.group not in WHATEVER_THE_AGE:
        return knowledge.fitting().under_age.text
    return "; ".join(_parts(therapy, ceiling, adult=adult))


@lru_cache(maxsize=4096)
def doses_alone(id: str, ceiling: Ceiling, *, adult: bool | None) -> str:
    """The doses to start with, to raise by and to reach, with all that may lower them; empty where there are none."""
    therapy = knowledge.therapies()[id]
    if adult is False and therapy.group not in WHATEVER_THE_AGE:
        return knowledge.fitting().under_age.text
    numbers = doses.titration(therapy, ceiling)
    return "; ".join((*_titration(therapy, ceiling, numbers), *_limits(ceiling, numbers, adult=adult)))


def _parts(therapy: Therapy, ceiling: Ceiling, *, adult: bool | None) -> Iterator[str]:
    # Each part stands for itself and is left out where the file, or the ceiling, has nothing for it.
    numbers = doses.titration(therapy, ceiling)
    yield from _titration(therapy, ceiling, numbers)
    if not math.isinf(numbers.maximum):
        yield f"at most {numbers.maximum:g} {therapy.unit}"
    frequency = ceiling.frequency or (therapy.dosing.frequency.text if therapy.dosing.frequency else "")
    if frequency:
        yield frequency
    yield from _judged(therapy)
    if therapy.dosing.how:
        yield therapy.dosing.how.text
    yield from _limits(ceiling, numbers, adult=adult)


def _titration(therapy: Therapy, ceiling: Ceiling, numbers: Titration) -> Iterator[str]:
    if numbers.start is not None:
        yield _start(therapy, ceiling, numbers)
    if numbers.step is not None and numbers.step_days is not None and numbers.target is not None:
        yield _raise(therapy, numbers)


def _limits(ceiling: Ceiling, numbers: Titration, *, adult: bool | None) -> Iterator[str]:
    """For whom the numbers hold, where that is not known: no dose is named without it."""
    if ceiling.may_fall and numbers.start is not None:
        are = "is" if len(ceiling.may_fall) == 1 else "are"
        yield f"{' and '.join(ceiling.may_fall)} {are} not known and may lower these doses"
    if adult is None and numbers.start is not None:
        yield "for adults (the age is not known)"


def _start(therapy: Therapy, ceiling: Ceiling, numbers: Titration) -> str:
    usual, start = therapy.dosing.start, numbers.start or 0.0
    if usual is not None and start < usual.value and start == ceiling.start:
        return f"start {start:g} {therapy.unit} for {ceiling.start_because}"
    return f"start {start:g} {therapy.unit}{_range(usual, start, numbers.maximum)}"


def _raise(therapy: Therapy, numbers: Titration) -> str:
    step, days, target = numbers.step or 0.0, numbers.step_days or 0.0, numbers.target or 0.0
    every = f"{days:g} days{_range(therapy.dosing.step_days, days)}"
    return f"raise by {step:g} {therapy.unit} every {every} as tolerated, to {target:g} {therapy.unit}"


def _judged(therapy: Therapy) -> tuple[str, ...]:
    """After how long the response is judged: days in all, days at the target, or both, as the file has them."""
    adequate = therapy.adequate
    if adequate is None or (adequate.days is None and adequate.days_at_target is None):
        return ()
    at = f"{adequate.days_at_target.value:g} days at the target" if adequate.days_at_target else ""
    whole = f"{adequate.days.value:g} days" if adequate.days else ""
    return (f"judge the response after {f'{whole}, of which {at}' if whole and at else whole or at}",)


def _range(usual: Cited | None, value: float, highest: float = math.inf) -> str:
    """The range of the source beside its own number; a lowered number, or a range above the ceiling, stands alone."""
    if usual is None or usual.value != value or usual.low is None or usual.high is None or usual.low == usual.high:
        return ""
    return f" ({plain(usual.low)} to {plain(usual.high)})" if usual.high <= highest else ""


def sources(id: str) -> tuple[str, ...]:
    """What the schedule of a therapy rests on."""
    return _sources(id)


@lru_cache(maxsize=256)
def _sources(id: str) -> tuple[str, ...]:
    therapy = knowledge.therapies()[id]
    return unique(evidence.cite((therapy.why, therapy.dosing, therapy.adequate)))
