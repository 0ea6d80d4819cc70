"""Kidney, liver, age, inhibitors and inducers: what is known of the dose, and what is said to be not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from unwound.catalogue import CitedText, Frozen, Head, load_rule
from unwound.facts import Criterion, meets
from unwound.patient import Patient


class Modifier(Frozen):
    """One thing that could change the dose."""

    title: str
    when: Criterion
    known: CitedText
    not_known: str


class Modifiers(Head):
    """The file `rules/dose_modifiers.toml`."""

    modifiers: Mapping[str, Modifier]


@dataclass(frozen=True, slots=True, kw_only=True)
class Modified:
    """One of them for this patient: it holds, does not hold, or (None) is not known of them."""

    id: str
    title: str
    holds: bool | None
    because: tuple[str, ...]
    known: CitedText
    not_known: str


def modified(patient: Patient) -> tuple[Modified, ...]:
    """All of them but those that do not hold for this patient."""
    relevant = []
    for id, modifier in load_rule("dose_modifiers", Modifiers).modifiers.items():
        judged = meets(patient, modifier.when)
        if judged.holds is not False:
            relevant.append(
                Modified(
                    id=id,
                    title=modifier.title,
                    holds=judged.holds,
                    because=judged.because,
                    known=modifier.known,
                    not_known=modifier.not_known,
                )
            )
    return tuple(relevant)
