"""What each type of resource is asked for by: `data/rules/fhir_search.toml`, and what every type has."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

from unwound.catalogue import Frozen, Head, Texts, load_rule

Kind = Literal["token", "string", "date", "reference", "uri"]


class Parameter(Frozen):
    """One search parameter: its name and kind in FHIR, and where the value stands."""

    name: str
    kind: Kind
    paths: Texts


class OfType(Frozen):
    """The parameters of a type, and the combinations that US Core says a server has to answer."""

    type: str
    parameters: tuple[Parameter, ...]
    shall: Texts = ()


class Search(Head):
    """`data/rules/fhir_search.toml`."""

    types: tuple[OfType, ...]


EVERY = (
    Parameter(name="_id", kind="token", paths=("id",)),
    Parameter(name="_lastUpdated", kind="date", paths=("meta.lastUpdated",)),
    Parameter(name="_profile", kind="uri", paths=("meta.profile",)),
)
"""What every type is asked for by."""


@cache
def _of_types() -> Mapping[str, OfType]:
    return {each.type: each for each in load_rule("fhir_search", Search).types}


def types() -> tuple[str, ...]:
    """The types that are searched."""
    return tuple(_of_types())


def shall(type: str) -> Texts:
    """Combinations that US Core 6.1 asks of every server, «patient+category»."""
    return _of_types()[type].shall


@cache
def of(type: str) -> Mapping[str, Parameter]:
    """The parameters of a type by name. KeyError: a type that is not searched."""
    return {each.name: each for each in (*EVERY, *_of_types()[type].parameters)}


def parameter(type: str, name: str) -> Parameter | None:
    """One parameter; None where the type has none of that name."""
    return of(type).get(name)
