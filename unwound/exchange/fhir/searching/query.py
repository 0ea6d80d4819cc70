"""What was asked: conditions that all have to hold, and what was not understood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from unwound.exchange.fhir.searching import values
from unwound.exchange.fhir.searching.parameters import Parameter, of
from unwound.record import UnwoundError

Resource = dict[str, Any]
MODIFIERS = {
    "token": ("missing", "not", "text"),
    "string": ("missing", "exact", "contains"),
    "date": ("missing",),
    "reference": ("missing",),
    "uri": ("missing", "below"),
}
MOST_VALUES = 200
_COMMA = re.compile(r"(?<!\\),")
_ESCAPED = re.compile(r"\\([,|$\\])")


class SearchError(UnwoundError):
    """A search that cannot be answered: the message names the parameter and what is allowed."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One parameter with the values of which any will do."""

    parameter: Parameter
    modifier: str
    wanted: tuple[str, ...]

    def holds(self, resource: Resource, now: datetime) -> bool:
        """Whether the resource is what was asked for; `now` is for «approximately»."""
        stored = [value for path in self.parameter.paths for value in values.at(resource, path)]
        if self.modifier == "missing":
            return (not stored) == (self.wanted[0] == "true")
        any_of = any(self._is(value, wanted, now) for value in stored for wanted in self.wanted)
        return not any_of if self.modifier == "not" else any_of

    def _is(self, value: Any, wanted: str, now: datetime) -> bool:
        kind = self.parameter.kind
        if kind == "token":
            return values.called(value, wanted) if self.modifier == "text" else values.token(value, wanted)
        if kind == "string":
            return values.string(value, wanted, self.modifier)
        if kind == "date":
            return values.date(value, wanted, now)
        if kind == "reference":
            return values.reference(value, wanted)
        return str(value).startswith(wanted) if self.modifier == "below" else value == wanted


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as it was understood."""

    conditions: tuple[Condition, ...]
    unknown: tuple[str, ...]
    """Names of parameters that the type does not have, as they were written."""

    def holds(self, resource: Resource, now: datetime) -> bool:
        """Whether all conditions hold."""
        return all(condition.holds(resource, now) for condition in self.conditions)

    def of(self, *names: str) -> tuple[str, ...] | None:
        """The values of the first condition on one of these, without modifier; None where nobody asked for it."""
        for condition in self.conditions:
            if condition.parameter.name in names and not condition.modifier:
                return condition.wanted
        return None


def read(type: str, asked: Iterable[tuple[str, str]], base: str = "") -> Asked:
    """What was asked of a type; a reference under `base`, our own address, is one of ours.

    SearchError for a value or a modifier that does not fit. KeyError: a type that is not searched.
    """
    known, conditions, unknown = of(type), list[Condition](), list[str]()
    for written, value in asked:
        name, _, modifier = written.partition(":")
        parameter = known.get(name)
        if parameter is None:
            unknown.append(written[:80])
        elif value != "":  # FHIR: an empty parameter is ignored
            conditions.append(_condition(parameter, modifier, value, base))
    return Asked(tuple(conditions), tuple(unknown))


def _condition(parameter: Parameter, modifier: str, value: str, base: str) -> Condition:
    name, kind = parameter.name, parameter.kind
    if kind == "reference" and modifier[:1].isupper():  # «patient:Patient=7» is «patient=Patient/7»
        value, modifier = ",".join(f"{modifier}/{text}" for text in _COMMA.split(value)), ""
    if modifier and modifier not in MODIFIERS[kind]:
        raise SearchError(f"{name}:{modifier[:40]}: of modifiers, {name} has {', '.join(MODIFIERS[kind])}")
    wanted = tuple(_ESCAPED.sub(r"\1", text) for text in _COMMA.split(value) if text)
    if not wanted or len(wanted) > MOST_VALUES:
        raise SearchError(f"{name}: between one and {MOST_VALUES} values are needed")
    if modifier == "missing":
        if wanted not in (("true",), ("false",)):
            raise SearchError(f"{name}:missing is true or false, not «{value[:40]}»")
    elif kind == "date":
        for text in wanted:
            if values.span(values.apart(text)[1]) is None:
                raise SearchError(
                    f"{name}: «{text[:40]}» is no date; the form is ge2026-01-31, or a time with its zone"
                )
    elif kind == "reference":
        wanted = tuple(text.removeprefix(f"{base}/") if base else text for text in wanted)
    return Condition(parameter, modifier, wanted)


def references(resource: Resource, parameter: Parameter) -> Iterator[str]:
    """What a reference parameter of a resource points to: «Patient/7»."""
    for path in parameter.paths:
        for value in values.at(resource, path):
            if isinstance(value, dict) and isinstance(value.get("reference"), str):
                yield value["reference"]
