"""A coded Quantity -> milligrams of the drug at one time, or why that is not known."""

from __future__ import annotations

import math

from unwound import units
from unwound.exchange.fhir import words
from unwound.exchange.fhir.products import Product, mass
from unwound.exchange.fhir.shapes import Object, number, text
from unwound.exchange.fhir.unclear import Unclear
from unwound.exchange.fhir.words import Token

_MOST_PIECES = 8.0
"""Of a number without a unit: more than so many pieces at once nobody orders, so it must be something else."""
_SPLIT = (0.25, 0.5, 0.75)
"""Shares of a piece that are taken: «5» of a 10 mg tablet is as likely half of one as five."""


def in_mg(quantity: Object, product: Product) -> float:
    """The amount in mg, by its code and its unit. Unclear where they contradict each other or neither is understood.

    A branch for each kind of unit a dose comes in, the surest first.
    """
    value = number(quantity.get("value"))
    if value is None or value < 0:
        raise Unclear("the dose is not a number")
    code, unit = text(quantity.get("code")), text(quantity.get("unit"))
    tokens = _tokens(code, unit)
    kinds = {token.sign for token in tokens}
    if len(kinds) > 1 or len({token.value for token in tokens if token.sign == "m"}) > 1:
        raise Unclear(f"its unit contradicts itself ({value:g} {code} and {value:g} {unit})", final=True)
    if kinds == {"m"}:
        return mass(quantity) or 0.0
    if kinds == {"v"}:
        if product.mg_per_ml is None:
            raise Unclear("the strength of the liquid is not known")
        return value * product.mg_per_ml
    if kinds == {"p"}:
        _refuse_another_form(tokens[0], product)
        return value * _strength(product)
    if code in ("", "1") and unit in ("", "1"):
        return value * _pieces(value, product, is_counted="1" in (code, unit))
    raise Unclear(f"the unit of the dose is not clear ({value:g} {unit or code})")


def is_patches(quantity: Object) -> bool:
    """Whether the quantity can be a number of patches: it says so, or says nothing."""
    code, unit = text(quantity.get("code")), text(quantity.get("unit"))
    tokens = _tokens(code, unit)
    return all(token.sign == "p" and token.text in ("patch", "other") for token in tokens) and (
        bool(tokens) or (code in ("", "1") and unit in ("", "1"))
    )


def in_ug_per_hour(quantity: Object) -> float | None:
    """A rate in µg an hour, as patches are ordered: {25 ug/h}; None where it is none."""
    value = number(quantity.get("value"))
    for key in ("code", "unit"):
        mass_unit, _, time = text(quantity.get(key)).lower().replace(" ", "").partition("/")
        mg = units.in_mg(1.0, mass_unit.replace("micrograms", "ug").replace("microgram", "ug"))
        if value is not None and mg is not None and time in ("h", "hr", "hour", "std", "uur", "heure"):
            return value * mg * 1000
    return None


def _tokens(code: str, unit: str) -> list[Token]:
    """What code and unit mean, each where it is understood; UCUM's «1» only counts."""
    written = [text for text in dict.fromkeys((code, unit)) if text and text != "1"]
    return [token for text in written if (token := words.unit(text)) is not None and token.sign in "pmv"]


def _refuse_another_form(unit: Token, product: Product) -> None:
    forms = words.pieces_in(product.name)
    swallowed = frozenset(("tablet", "capsule"))
    if (unit.text == "patch" and forms and forms <= swallowed) or (unit.text in swallowed and forms == {"patch"}):
        raise Unclear(
            f"the dose is given in units of a {unit.text}, the product is a {' or '.join(sorted(forms))}", final=True
        )


def _strength(product: Product) -> float:
    if product.strength_mg is None:
        raise Unclear(product.why_no_strength)
    return product.strength_mg


def _pieces(value: float, product: Product, *, is_counted: bool) -> float:
    """The strength of one piece, where a number without a unit can only count pieces.

    «1» of UCUM counts; a number without any unit may be milligrams, so a share of one piece is not taken for a count.
    """
    strength = _strength(product)
    if value > _MOST_PIECES or not (value * 2).is_integer():
        raise Unclear(f"the unit of the dose is not clear: {value:g} has none")
    if not is_counted and (value >= strength or any(math.isclose(value / strength, share) for share in _SPLIT)):
        raise Unclear(f"it is not clear whether {value:g} counts pieces or milligrams")
    return strength
