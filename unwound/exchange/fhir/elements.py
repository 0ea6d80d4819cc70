"""Every element of a resource is used, is never needed, or is named as not read: `data/rules/fhir_elements.toml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from unwound.catalogue import Frozen, Head, Texts, load_rule
from unwound.exchange.fhir.shapes import Object

_DEEPEST = 40
CLINICAL = frozenset(
    (
        *("AllergyIntolerance", "Condition", "DiagnosticReport", "Observation", "Procedure", "QuestionnaireResponse"),
        *("MedicationAdministration", "MedicationDispense", "MedicationRequest", "MedicationStatement"),
    )
)
"""The types of resource about a patient that a review reads."""


class Resource(Frozen):
    """The elements of one type of resource that are used, and those that are never needed, with why."""

    type: str
    used: Texts
    never: Mapping[str, str] = {}


class Inside(Frozen):
    """The keys of concepts, quantities, periods and the like."""

    keys: Texts


class Elements(Head):
    """`data/rules/fhir_elements.toml`."""

    never: Mapping[str, str]
    """Types of resources that are never needed, with why."""
    called: Mapping[str, tuple[str, str]]
    """Types of resources as people call them: one, many."""
    extensions: Mapping[str, str]
    """The last part of the address of an extension that needs no reading, with why."""
    anywhere: Mapping[str, str]
    """Keys of any resource that need no reading, with why."""
    inside: Inside
    resources: tuple[Resource, ...]


@cache
def elements() -> Elements:
    """The lists, read once."""
    return load_rule("fhir_elements", Elements)


def many(type: str) -> str:
    """What resources of a type are called: «diagnoses»; the type itself where no word is listed."""
    called = elements().called.get(type)
    return called[1] if called else f"{type} resources"


Tree = dict[str, Any]
"""Key -> what is listed below it; None where all below it is listed."""


def not_read(resource: Object) -> Iterator[tuple[str, object]]:
    """Place and value of every element that is in neither list: («MedicationRequest.priority», "routine")."""
    type = resource.get("resourceType")
    tree = _trees().get(type) if isinstance(type, str) else None
    if tree is not None:
        yield from _below(resource, tree, str(type), 0)


def has_modifier(node: object, depth: int = 0) -> bool:
    """Whether a modifierExtension stands anywhere in it: then nothing of it may be used as if it were not there."""
    if isinstance(node, dict):
        if node.get("modifierExtension"):
            return True
        nodes = node.values()
    elif isinstance(node, list):
        nodes = node  # type: ignore[assignment]
    else:
        return False
    return depth < _DEEPEST and any(has_modifier(inner, depth + 1) for inner in nodes if isinstance(inner, dict | list))


def _below(node: Object, tree: Tree, place: str, depth: int) -> Iterator[tuple[str, object]]:
    # An element may be unlisted, of no matter, read whole or read part by part, and it may stand alone or in a list.
    if not node.keys() <= tree.keys():
        for key in node.keys() - tree.keys():
            yield from _unlisted(key, node[key], place)
    for key, inner in node.items():
        if not isinstance(inner, dict | list) or (below := tree.get(key, _NEVER)) is _NEVER:
            continue
        for part in inner if isinstance(inner, list) else (inner,):
            if not isinstance(part, dict):
                continue
            if below is None:
                if not _is_plain(part, depth + 1):
                    yield from _inside(part, f"{place}.{key}", depth + 1)
            else:
                yield from _below(part, below, f"{place}.{key}", depth + 1)


def _is_plain(node: Object, depth: int) -> bool:
    """Whether nothing but own keys stands in it: so it is nearly always, and this is told quickly."""
    own = _own_keys()
    for key, inner in node.items():
        if key not in own and key[:5] != "value":
            return False
        if isinstance(inner, dict):
            if depth >= _DEEPEST or not _is_plain(inner, depth + 1):
                return False
        elif isinstance(inner, list):
            for part in inner:
                if isinstance(part, dict) and (depth >= _DEEPEST or not _is_plain(part, depth + 1)):
                    return False
    return True


def _inside(node: Object, place: str, depth: int) -> Iterator[tuple[str, object]]:
    """What stands in a concept, a quantity and the like that is none of their own keys."""
    own = _own_keys()
    for key, inner in node.items():
        if key not in own and key[:5] != "value":
            yield from _unlisted(key, inner, place)
        elif isinstance(inner, dict | list) and depth < _DEEPEST:
            for part in inner if isinstance(inner, list) else (inner,):
                if isinstance(part, dict):
                    yield from _inside(part, f"{place}.{key}", depth + 1)


def _unlisted(key: str, value: object, place: str) -> Iterator[tuple[str, object]]:
    """An element that no list has; an extension only where its address is not listed."""
    if key == "extension":
        for extension in value if isinstance(value, list) else ():
            address = extension.get("url") if isinstance(extension, dict) else ""
            if not (isinstance(address, str) and address.rsplit("/", 1)[-1] in elements().extensions):
                yield f"{place}.extension", address
    elif value not in (None, "", [], {}):
        yield f"{place}.{key}", value


class _Never:
    pass


_NEVER = _Never()


@cache
def _own_keys() -> frozenset[str]:
    return frozenset(elements().inside.keys)


@cache
def _trees() -> Mapping[str, Tree]:
    trees = {}
    for resource in elements().resources:
        tree: Tree = dict.fromkeys(elements().anywhere, _NEVER)
        for place in resource.used:
            _plant(tree, place, None)
        for place in resource.never:
            _plant(tree, place, _NEVER)
        trees[resource.type] = tree
    return trees


def _plant(tree: Tree, place: str, leaf: object) -> None:
    *above, last = place.split(".")
    for key in above:
        tree = tree.setdefault(key, {})
    tree[last] = leaf
