"""The numbers and equations of the mechanism, each with its source; nothing numerical stands in the code.

Numbers that were fitted here say so (`fitted`), what they were fitted to stands under `targets`, and both are printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from pydantic import model_validator

from unwound.catalogue import Cited, CitedText, Frozen, Head, find, load
from unwound.record import UnwoundError
from unwound.terms import Drug

CELL, GATE, TRAIN, SLOW = "wide_dynamic_range", "touch_gate", "experiments", "slow_layer"


class Quantity(Cited):
    """A number of a model; `fitted` is true where it was searched for here and not read anywhere."""

    means: str
    fitted: bool = False


class Equation(Frozen):
    """One line of a model: what changes, and how, in the names of its quantities."""

    of: str
    reads: str


class Target(Frozen):
    """What the fitted numbers had to reproduce."""

    what: str
    wanted: Cited
    obtained: float
    """What the ensemble gives now, as a mean; a test holds it to that."""


class Trial(Frozen):
    """A published course that a slow layer has to explain: a protocol, or a single infusion, and what was seen."""

    title: str
    drug: Drug
    protocol: str = ""
    dose: Cited | None = None
    """In mg/kg, where it is no protocol."""
    hours: Cited | None = None
    seen: CitedText

    @model_validator(mode="after")
    def _has_its_doses(self) -> Trial:
        if bool(self.protocol) == bool(self.dose and self.hours):
            raise ValueError("a trial has either a protocol, or a dose and its hours")
        return self


class Mechanism(Head):
    """One file of `data/mechanisms`: what the model is and is not, its equations and its numbers."""

    what_it_is: CitedText
    standing: tuple[CitedText, ...] = ()
    """What is established, what is contested and what is a hypothesis."""
    equations: tuple[Equation, ...] = ()
    quantities: Mapping[str, Quantity]
    how_fitted: CitedText | None = None
    targets: tuple[Target, ...] = ()
    trials: tuple[Trial, ...] = ()

    @model_validator(mode="after")
    def _fitted_says_how(self) -> Mechanism:
        if any(entry.fitted for entry in self.quantities.values()) and not (self.how_fitted and self.targets):
            raise ValueError("fitted quantities need `how_fitted` and `targets`")
        return self


def mechanisms() -> Mapping[str, Mechanism]:
    """Every file by its id."""
    return load("mechanisms", Mechanism)


def mechanism(id: str) -> Mechanism:
    """One file. UnwoundError, naming those there are, when there is none of that name."""
    return find("mechanisms", Mechanism, id, "mechanism")


def value(id: str, name: str) -> float:
    """One number of one file."""
    return mechanism(id).quantities[name].value


def given(name: str, asked: float | None) -> float:
    """What was asked of an experiment, or its default. UnwoundError, with the range, for what lies outside it."""
    entry = mechanism(TRAIN).quantities[name]
    if asked is None:
        return entry.value
    says = name.replace("_", " ")
    if isinstance(asked, bool) or not isinstance(asked, int | float | np.number):
        raise UnwoundError(f"{says} «{asked}»: a number is needed")
    if entry.low is None or entry.high is None or not entry.low <= asked <= entry.high:
        unit = "" if entry.unit == "1" else f" {entry.unit}"
        raise UnwoundError(f"{says} {asked:g}: {entry.means}, from {entry.low:g} to {entry.high:g}{unit}")
    return float(asked)


def whole(name: str, asked: int | None) -> int:
    """The same for what is counted."""
    number = given(name, asked)
    if number != int(number):
        raise UnwoundError(f"{name.replace('_', ' ')} {number:g}: a whole number is needed")
    return int(number)


def switch(name: str, asked: bool) -> bool:
    """True or false as asked. UnwoundError for words and numbers: «no» would count as yes."""
    if not isinstance(asked, bool | np.bool_):
        raise UnwoundError(f"{name.replace('_', ' ')} «{asked}»: true or false is needed")
    return bool(asked)


def row_of(name: str, asked: Iterable[float]) -> tuple[float, ...]:
    """Several numbers of one quantity. UnwoundError for what is no list of any, and for each that is out of range."""
    if isinstance(asked, str) or not isinstance(asked, Iterable):
        raise UnwoundError(f"{name.replace('_', ' ')} «{asked}»: a list of numbers is needed")
    return tuple(given(name, entry) for entry in asked)
