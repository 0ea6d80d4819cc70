"""The medicine of a prescription: what a piece, a millilitre or an hour of its patch holds, and how it is given."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from unwound import drugs, routes, units
from unwound.exchange.fhir import words
from unwound.exchange.fhir.shapes import NOTHING, Object, all_names, codings, number, obj, objects, text
from unwound.routes import Way

_CONCENTRATION = re.compile(
    r"(?<![\d.,])(\d+(?:[.,]\d+)?)\s*(mg|mcg|ug|µg|μg|g)\s*(?:/|per|pro|par|in|por)\s*(\d+(?:[.,]\d+)?)?\s*ml\b",
    re.IGNORECASE,
)
_WORN = re.compile(
    r"(?<![\d./,])(\d+)[\s-]*(HR|hours?|h|std|stunden|uur|heures|horas|days?|tage|dagen|jours|días)\b", re.I
)
_HOUR = re.compile(r"(?:/|per|pro|par|por|an)\s*\d*\s*(?:hr|hours?|h|std|stunde|uur|heure|hora)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """The medicine as it is written, with the strength of one piece (mg), of its liquid, and the rate of its patch."""

    name: str
    strength_mg: float | None = None
    mg_per_ml: float | None = None
    ug_per_hour: float | None = None
    worn_hours: tuple[float, ...] = ()
    """For how long one patch is made to be worn, in hours; several where several are made."""
    form: Way | None = None
    """How it is given, where its name or its dose form says so."""
    way: Way | None = None
    """The same, or the skin where only a strength in percent says it."""
    why_no_strength: str = "the strength of one piece is not known"


def product(name: str, medication: Object) -> Product:
    """The product, with what its Medication resource or its name states."""
    return _described(name, medication) if medication else _named(name)


@lru_cache(maxsize=4096)
def _named(name: str) -> Product:
    """What a name alone says; a record orders the same medicine many times."""
    return _described(name, NOTHING)


def _described(name: str, medication: Object) -> Product:
    strength, per_ml, rate = _of_ingredient(medication, name)
    rate = rate if rate is not None else drugs.ug_per_hour(name)
    form = _form(name, medication.get("form"))
    percent = routes.is_percent(name)
    return Product(
        name=name,
        strength_mg=None if percent else strength if strength is not None else drugs.strength_mg(name),
        mg_per_ml=per_ml if per_ml is not None else _concentration(name),
        ug_per_hour=rate,
        worn_hours=_worn(name, rate),
        form=form,
        way=form or routes.of_product(name),
        why_no_strength=_why_no_strength(name, percent=percent),
    )


def _why_no_strength(name: str, *, percent: bool) -> str:
    if percent:
        return "its strength is a share of the product, whose mass is no mass of drug"
    if drugs.is_pair(name):
        return "its name gives two strengths, and not which is whose"
    if drugs.is_doubtful(name):
        return f"its strength can be read in two ways («{name}»)"
    return "the strength of one piece is not known"


def _of_ingredient(medication: Object, name: str) -> tuple[float | None, float | None, float | None]:
    """mg in a piece, mg in a millilitre, µg in an hour: of the only ingredient, or of the one that the product is."""
    parts = objects(medication.get("ingredient"))
    if len(parts) > 1:
        parts = [part for part in parts if _is_main(part, name)]
    if len(parts) != 1:
        return None, None, None
    strength = obj(parts[0].get("strength"))
    mg, per = mass(obj(strength.get("numerator"))), obj(strength.get("denominator"))
    value, unit = number(per.get("value")), text(per.get("unit")) or text(per.get("code"))
    if mg is None or (value is not None and value <= 0):
        return None, None, None
    token = words.unit(unit) if unit else None
    if token is not None and token.sign == "v":
        return None, mg / (value or 1.0), None
    if unit.lower() in ("h", "hr", "hour"):
        return None, None, mg * 1000 / (value or 1.0)
    is_one_piece = value in (1.0, None) and (not unit or unit == "1" or (token is not None and token.sign == "p"))
    return (mg if is_one_piece else None), None, None


def _is_main(part: Object, name: str) -> bool:
    """Whether an ingredient is the drug that the product counts as: the oxycodone of «Targin 10mg/5mg»."""
    drug = drugs.recognise(text=name)
    return drug is not None and drug == drugs.recognise(text=all_names(part.get("itemCodeableConcept")))


def mass(quantity: Object) -> float | None:
    """A quantity in mg, by its code or its unit; None where neither is a mass."""
    value = number(quantity.get("value"))
    for key in ("code", "unit"):
        unit = text(quantity.get(key))
        token = words.unit(unit) if unit else None
        mg = units.in_mg(1.0, unit.lower())
        if value is not None and (mg is not None or (token is not None and token.sign == "m")):
            return value * (mg if mg is not None else token.value if token is not None else 0.0)
    return None


def _form(name: str, form: object) -> Way | None:
    """By name or dose form; a local one is believed rather than another."""
    coded = next((way for coding in codings(form) if (way := routes.by_code(coding.code))), None)
    stated = [way for way in (routes.by_form(name), routes.by_form(all_names(form)), coded) if way is not None]
    return next((way for way in stated if not way.whole_body), stated[0] if stated else None)


def _concentration(name: str) -> float | None:
    matches = _CONCENTRATION.findall(name)
    if len(matches) != 1:
        return None
    amount, unit, ml = (part.replace(",", ".") for part in matches[0])
    mg = units.in_mg(float(amount), unit.lower().replace("μ", "µ"))
    return mg / float(ml or 1) if mg is not None and float(ml or 1) > 0 else None


def _worn(name: str, rate: float | None) -> tuple[float, ...]:
    """For how long the patch is worn: as its name says, else as patches of this drug and rate are made."""
    if rate is None:
        return ()
    stated = {
        float(count) * (24.0 if unit.lower()[0] in "dtj" else 1.0)
        for count, unit in _WORN.findall(_HOUR.sub(" ", name))
    }
    return tuple(stated) if len(stated) == 1 else routes.worn_hours(drugs.recognise(text=name) or "", rate)
