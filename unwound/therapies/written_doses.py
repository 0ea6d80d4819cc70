"""Doses as they are written beside a name or in it: what they say, and which nobody can have taken."""

from __future__ import annotations

from functools import cache, lru_cache

from unwound import drugs
from unwound.catalogue import Cited, CitedText, Head, load_rule
from unwound.therapies import knowledge


@lru_cache(maxsize=4096)
def dose_in(written: str) -> float | None:
    """The daily dose in mg that a written name states for a single substance: «duloxetine 60 mg od»."""
    return drugs.daily_mg(written) if len(drugs.ingredients(text=written)) == 1 else None


@lru_cache(maxsize=4096)
def impossible_dose(written: str, dose: float | None) -> str:
    """Why nobody can have taken this daily dose of a therapy, in a sentence; empty where it is possible."""
    id = knowledge.therapy_of(written)
    if dose is None or id is None:
        return ""
    therapy, rule = knowledge.therapies()[id], _impossible()
    most = therapy.dosing.maximum or (therapy.adequate.dose if therapy.adequate else None)
    limit = rule.times.value * most.value if most else rule.otherwise.value
    if dose <= limit:
        return ""
    return (
        f"{dose:,.15g} {therapy.unit} of {knowledge.title(written).lower()} is not possible (more than {limit:,.15g})"
    )


@lru_cache(maxsize=4096)
def doubtful_dose(written: str, dose: float | None) -> str:
    """Why a daily dose cannot be relied on, in a sentence: impossible, or so high that it may be a slip; else empty."""
    id = knowledge.therapy_of(written)
    if impossible := impossible_dose(written, dose):
        return impossible
    most = knowledge.therapies()[id].dosing.maximum if id else None
    if dose is None or id is None or most is None or dose <= _impossible().doubtful.value * most.value:
        return ""
    unit, often = knowledge.therapies()[id].unit, _impossible().doubtful.value
    return f"{dose:,.15g} {unit} is more than {often:g} times the highest usual dose ({most.value:,.15g}): a slip?"


def above_usual(written: str, dose: float | None) -> str:
    """That a daily dose is above the highest usual one of its therapy, in words; empty where it is not."""
    id = knowledge.therapy_of(written)
    most = knowledge.therapies()[id].dosing.maximum if id else None
    if dose is None or id is None or most is None or dose <= most.value:
        return ""
    return f"{dose:,.15g} {knowledge.therapies()[id].unit} is more than the highest usual dose ({most.value:,.15g})"


class ImpossibleDose(Head):
    """`data/rules/impossible_dose.toml`: above what a written dose must be a mistake."""

    times: Cited
    """So many times the highest usual dose of the therapy."""
    otherwise: Cited
    """For a therapy without a highest dose."""
    doubtful: Cited
    """Above so many times the highest usual dose that of a trial may be a slip, and is asked again."""
    reason: CitedText


@cache
def _impossible() -> ImpossibleDose:
    return load_rule("impossible_dose", ImpossibleDose)
