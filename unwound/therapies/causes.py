"""Causes of a neuropathy that can still be treated: while one is there, treating it is the first step of the ladder."""

from __future__ import annotations

from collections.abc import Mapping

from unwound import facts
from unwound.catalogue import CitedText, Head, Texts, load_rule
from unwound.patient import Patient


class TreatableCauses(Head):
    """`data/rules/treatable_causes.toml`: each cause with what treats it, and the conditions where it is asked for."""

    fact: str
    conditions: Texts
    causes: Mapping[str, CitedText]


def rule() -> TreatableCauses:
    """The causes with what treats each."""
    return load_rule("treatable_causes", TreatableCauses)


def treatable(patient: Patient) -> tuple[CitedText, ...]:
    """What treats the causes that are known and still there; one whose day is not known counts."""
    known = facts.known(patient, rule().fact, undated=True)
    words = known.value if known is not None and isinstance(known.value, tuple) else ()
    return tuple(rule().causes[word] for word in words if word in rule().causes)


def asked(patient: Patient, conditions: tuple[str, ...]) -> tuple[str, ...]:
    """The question for such a cause, where a condition is plausible that has them and nobody has asked."""
    concerns = not set(rule().conditions).isdisjoint(conditions)
    return (rule().fact,) if concerns and facts.known(patient, rule().fact) is None else ()
