"""A measured value in the unit the vocabulary uses."""

from __future__ import annotations

import re

from unwound import facts, vocabulary
from unwound.exchange.fhir.chart import Unreadable
from unwound.exchange.fhir.shapes import Object, codings, name, number, obj, objects, status, text
from unwound.exchange.fhir.tables import tables
from unwound.exchange.names import quoted

_OF = re.compile(
    r"(?:\{?(?:score|points?|pts)\}?)?\s*(?:/|of|out of|von|van|sur|de)\s*"
    r"\{?(?P<highest>\d{1,3})\}?(?:\s*(?:points?|pts))?"
)
"""A unit that only tells the highest number of points: «/27», «of 27», «{score}/27»."""
_WITHOUT = frozenset(("", "1", "{score}", "score", "{points}", "points", "{pts}", "{number}", "[score]", "{nominal}"))


def value_of(holder: Object, id: str) -> float:
    """The number an Observation or component holds, in the unit of the fact. Unreadable says what is wrong with it."""
    quantity = holder.get("valueQuantity")
    if isinstance(quantity, dict):
        return in_unit_of(id, quantity)
    for key in ("valueInteger", "valueDecimal", "valueString"):
        plain = number(holder.get(key))
        if plain is not None:
            return _plain(id, plain)
    coded = ordinal(holder.get("valueCodeableConcept"))
    if coded is None:
        coded = _called(holder.get("valueCodeableConcept"))
    if coded is not None:
        return _plain(id, coded)
    absent = holder.get("dataAbsentReason")
    reason = status(absent) or name(absent) or text(holder.get("valueString"))
    raise Unreadable("has no number" + (f" ({quoted(reason)})" if reason else ""))


def bound_of(holder: Object, id: str) -> tuple[str, float] | None:
    """The fact that holds the bound which is reported instead of a number («>60»), and its value; None for no bound."""
    bound = tables().bounds.get(id)
    if bound is None:
        return None
    quantity, sign = obj(holder.get("valueQuantity")), text(obj(holder.get("valueQuantity")).get("comparator"))
    if not sign and (written := _BOUND.fullmatch(text(holder.get("valueString")))) is not None:
        sign, quantity = " ".join(written["sign"].lower().split()), {"value": written["value"], "unit": written["unit"]}
    fact = bound.at_least if sign in bound.at_least_words else bound.below if sign in bound.below_words else ""
    value = number(quantity.get("value"))
    if not fact or value is None:
        return None
    has_unit = text(quantity.get("unit")) or text(quantity.get("code"))
    if not has_unit and "valueString" in holder and value >= bound.plainly_from:
        return fact, value
    return fact, in_unit_of(id, {key: quantity[key] for key in quantity if key != "comparator"})


_BOUND = re.compile(
    r"(?P<sign>[<>=≥≤]+(?: or =)?|[A-Za-z][A-Za-z ]*?)\s*(?P<value>\d{1,3}(?:\.\d{1,2})?)\s*(?P<unit>\D.*)?"
)


def in_unit_of(id: str, quantity: Object) -> float:
    """A Quantity as a number in the unit of the fact.

    A branch for each reason why a number cannot be used, reported as such.
    """
    value, comparator = number(quantity.get("value")), text(quantity.get("comparator"))
    if value is None:
        raise Unreadable("has no number")
    if comparator:
        raise Unreadable(f"is only a bound ({comparator} {value:g}); enter the number if it is known")
    written = [unit for key in ("code", "unit") if (unit := text(quantity.get(key)))]
    for unit in written or [""]:
        converted = _converted(id, value, unit)
        if converted is not None:
            return converted
    unit = written[-1] if written else ""
    wanted = facts.vocabulary()[id].unit or "a number"
    if not unit:
        raise Unreadable(f"has no unit ({value:g}); {wanted} is needed")
    if _is_bare(wanted):
        raise Unreadable(f"is {value:g} {quoted(unit)}; a plain number {wanted} is needed")
    raise Unreadable(f"is in {quoted(unit)}, which cannot be converted into {wanted}")


def _converted(id: str, value: float, unit: str) -> float | None:
    wanted = facts.vocabulary()[id].unit
    bare = _is_bare(wanted)
    if bare and _is_points(unit, facts.vocabulary()[id].max):
        return value
    return vocabulary.in_unit_of(id, value, unit) if unit and not bare else None


def _is_bare(unit: str) -> bool:
    """Whether the fact is a score: «of 27», without a unit that could be another."""
    return not unit or unit.startswith("of ")


def _plain(id: str, value: float) -> float:
    if _is_bare(facts.vocabulary()[id].unit):
        return value
    raise Unreadable(f"has no unit ({value:g}); {facts.vocabulary()[id].unit} is needed")


def ordinals(concept: object) -> frozenset[float]:
    """The scores that a coded answer carries in itself, as ordinal value or weight."""
    listed = objects(obj(concept).get("coding")) or objects(concept)
    values = {
        number(extension.get(key))
        for entry in listed
        for extension in objects(entry.get("extension"))
        if text(extension.get("url")).rsplit("/", 1)[-1] in ("ordinalValue", "itemWeight")
        for key in ("valueDecimal", "valueInteger")
    }
    return frozenset(value for value in values if value is not None)


def ordinal(concept: object) -> float | None:
    """The score that a coded answer carries in itself: the ordinal value, or a code that is a number."""
    scores = ordinals(concept)
    if scores:
        return next(iter(scores)) if len(scores) == 1 else None
    codes = [coding.code for coding in codings(concept) if not coding.system]
    return number(codes[0]) if len(codes) == 1 and len(codes[0]) <= 3 else None


def _called(concept: object) -> float | None:
    """The number that a coded answer is called, where that is all its name: «6» of a pain score in LOINC's answers."""
    called = {written.strip() for written in (text(obj(concept).get("text")), *(c.display for c in codings(concept)))}
    numbers = {number(written) for written in called if written}
    return next(iter(numbers)) if len(numbers) == 1 else None


def is_score_unit(quantity: Object, highest: float) -> bool:
    """Whether a Quantity is a score: without a unit, or in points of this highest number («/27», «of 27»)."""
    written = [unit for key in ("code", "unit") if (unit := text(quantity.get(key)))]
    return not written or any(_is_points(unit, highest) for unit in written)


def _is_points(unit: str, highest: float | None) -> bool:
    """Whether a unit only says that something is counted in points, of the right number of them."""
    bare = unit.strip().lower()
    if bare in _WITHOUT:
        return True
    match = _OF.fullmatch(bare)
    return match is not None and highest is not None and float(match["highest"]) == highest


def multiple_of_upper_limit(observation: Object) -> float:
    """How many times the upper limit of normal a value is. Unreadable without a limit in the same unit.

    The branches see to it that value and limit have one unit.
    """
    quantity = obj(observation.get("valueQuantity"))
    value = number(quantity.get("value"))
    if value is None or quantity.get("comparator"):
        raise Unreadable("has no number")
    unit = text(quantity.get("unit")) or text(quantity.get("code"))
    for limits in objects(observation.get("referenceRange")):
        high = obj(limits.get("high"))
        limit = number(high.get("value"))
        if limit and limit > 0 and (text(high.get("unit")) or text(high.get("code")) or unit) == unit:
            return value / limit
    raise Unreadable(f"comes without its upper limit of normal ({value:g} {unit})")
