"""Causes of a neuropathy that can still be treated: while one is there, treating it is the first step of the ladder.

Somebody names them (`treatable_causes`), or the record shows one: a result, a diagnosis, a medicine. What is shown
leads the ladder as well, and leaves open whether it is still so: a result says nothing of what was done about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from unwound import facts
from unwound.catalogue import CitedText, Head, Texts, load_rule
from unwound.facts import Criterion
from unwound.patient import Fact, Patient


class Cause(CitedText):
    """What treats one cause, and what in a record shows it."""

    shown_by: Criterion | None = None
    unless: Criterion | None = None
    """What shows that it has been dealt with: a value that is known and well."""
    only_in: Texts = ()
    """The conditions in which a record is looked through for it; without any, those of the rule."""


class TreatableCauses(Head):
    """`data/rules/treatable_causes.toml`: each cause with what treats it, and the conditions where it is asked for."""

    fact: str
    conditions: Texts
    too: Criterion
    """Where a record is looked through as well, though no condition is established yet."""
    causes: Mapping[str, Cause]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What treats one cause of this patient."""

    cause: str
    text: str
    """What to do; where only the record shows the cause, what shows it stands before."""
    sources: tuple[str, ...]
    is_stated: bool
    """Whether somebody named the cause; False where results, diagnoses or medicines show it."""


def rule() -> TreatableCauses:
    """The causes with what treats each."""
    return load_rule("treatable_causes", TreatableCauses)


def treatable(patient: Patient, conditions: tuple[str, ...] = ()) -> tuple[Remedy, ...]:
    """What treats the causes that are known and still there, then those that the record shows in these conditions.

    A cause that was named counts though its day is not known. What the record shows counts where nobody has answered,
    or where it is newer than the answer.
    """
    stated = _words(facts.known(patient, rule().fact, undated=True))
    named = (
        Remedy(cause=word, text=cause.text, sources=(cause.source,), is_stated=True)
        for word in stated
        if (cause := rule().causes.get(word))
    )
    return (*named, *(remedy for remedy in _shown(patient, conditions) if remedy.cause not in stated))


def asked(patient: Patient, conditions: tuple[str, ...]) -> tuple[str, ...]:
    """The question for such a cause, where a condition is plausible that has them and nobody has asked, or where the
    record shows one that nobody named."""
    concerns = not set(rule().conditions).isdisjoint(conditions)
    open_still = concerns and facts.known(patient, rule().fact) is None
    return (rule().fact,) if open_still or any(not it.is_stated for it in treatable(patient, conditions)) else ()


def _words(fact: Fact | None) -> tuple[str, ...]:
    return fact.value if fact is not None and isinstance(fact.value, tuple) else ()


def _shown(patient: Patient, conditions: tuple[str, ...]) -> Iterator[Remedy]:
    # A cause is offered where it concerns this pain; an answer stands until something newer shows the cause.
    answer = facts.known(patient, rule().fact)
    nerves_are_ill = facts.meets(patient, rule().too).holds is True and not conditions
    for word, cause in rule().causes.items():
        criterion = cause.shown_by
        concerns = not set(cause.only_in or rule().conditions).isdisjoint(conditions)
        if criterion is None or not (concerns or (nerves_are_ill and not _is_local(cause))):
            continue
        judgement = facts.meets(patient, criterion)
        if (
            judgement.holds
            and not _is_dealt_with(patient, cause)
            and (answer is None or _is_newer(patient, criterion, answer))
        ):
            limits = tuple(part.limit.source for part in criterion.walk() if part.limit and _holds(patient, part))
            text = f"{', '.join(judgement.because)}: {cause.text}"
            yield Remedy(cause=word, text=text, sources=(cause.source, *limits), is_stated=False)


def _is_local(cause: Cause) -> bool:
    """Whether it is looked for in conditions of a single nerve or root alone."""
    return bool(cause.only_in) and set(cause.only_in).isdisjoint(rule().conditions)


def _is_dealt_with(patient: Patient, cause: Cause) -> bool:
    return cause.unless is not None and _holds(patient, cause.unless)


def _holds(patient: Patient, part: Criterion) -> bool:
    return facts.meets(patient, part).holds is True


def _is_newer(patient: Patient, criterion: Criterion, answer: Fact) -> bool:
    """Whether something that shows the cause was found after somebody answered."""
    days = [fact.on for id in criterion.facts() if (fact := facts.known(patient, id)) is not None]
    return answer.on is not None and any(day is not None and day > answer.on for day in days)
