"""Of what kind a number is for whoever searches: vital sign, laboratory, or an answer; and its unit as a code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from unwound.catalogue import Head, Texts, load_rule


class Written(Head):
    """`data/rules/fhir_written.toml`."""

    vital_signs: Texts
    """LOINC codes."""
    laboratory: Texts
    """LOINC codes."""
    ucum: Mapping[str, str]
    """A unit as we write it -> its code in UCUM."""


@cache
def written() -> Written:
    """The lists, read once."""
    return load_rule("fhir_written", Written)


def kind_of(loinc: Iterable[str]) -> str:
    """The category of an observation with these codes; what has none of either list was asked: a survey."""
    codes = set(loinc)
    if codes & set(written().vital_signs):
        return "vital-signs"
    return "laboratory" if codes & set(written().laboratory) else "survey"


def ucum(unit: str) -> str:
    """The code of a unit; empty where UCUM has none for it."""
    return written().ucum.get(unit, "")
