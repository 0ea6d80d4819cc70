"""Dosage: how much a day, from dose and timing where they are coded, else from the directions in words."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from unwound import drugs, units
from unwound.exchange.fhir import directions
from unwound.exchange.fhir.shapes import Object, codings, moment, number, obj, objects, text

_PER_DAY = {
    "QD": 1.0,
    "DAILY": 1.0,
    "OD": 1.0,
    "BID": 2.0,
    "BD": 2.0,
    "TID": 3.0,
    "TDS": 3.0,
    "QID": 4.0,
    "QDS": 4.0,
    "AM": 1.0,
    "PM": 1.0,
    "BED": 1.0,
    "HS": 1.0,
    "QHS": 1.0,
    "QAM": 1.0,
    "QPM": 1.0,
    "QOD": 0.5,
    "Q1H": 24.0,
    "Q2H": 12.0,
    "Q3H": 8.0,
    "Q4H": 6.0,
    "Q6H": 4.0,
    "Q8H": 3.0,
    "Q12H": 2.0,
    "Q24H": 1.0,
    "WK": 1 / 7,
}
_PIECES = re.compile(
    r"\{?(?:tablets?|tabs?|tbl|capsules?|caps?|pills?|patch(?:es)?|ptch|plasters?|sachets?|each|ea|unit|dose)\}?s?|1",
    re.IGNORECASE,
)
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*(mg|mcg|ug|µg|microgram)s?\s*/\s*(?:hr|h|hour)\b", re.IGNORECASE)
_WORN = re.compile(r"(?<![\d.])(\d+)\s*HR\b", re.IGNORECASE)
_CONCENTRATION = re.compile(r"(\d+(?:\.\d+)?)\s*(mg|g)\s*/\s*(\d+(?:\.\d+)?)?\s*ml\b", re.IGNORECASE)


class _Unknown(Exception):
    """Why the dose is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One stretch with one dose: mg a day or why that is not known, and its bounds where the dosage gives them."""

    mg_per_day: float | None = None
    why_not: str = ""
    start: date | None = None
    end: date | None = None
    days: float | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """The medicine as it is written, with the strength of one piece where that is known."""

    name: str
    strength_mg: float | None = None


def product(name: str, medication: Object) -> Product:
    """The product, with the strength its Medication resource or its name states."""
    parts = objects(medication.get("ingredient"))
    if len(parts) == 1:
        strength = obj(parts[0].get("strength"))
        mg = _in_mg(obj(strength.get("numerator")))
        per = obj(strength.get("denominator"))
        unit = text(per.get("code")) or text(per.get("unit"))
        if mg is not None and number(per.get("value")) in (1.0, None) and (not unit or _PIECES.fullmatch(unit)):
            return Product(name, mg)
    return Product(name, drugs.strength_mg(name))


def phases(dosages: Sequence[Object], medicine: Product) -> tuple[Phase, ...]:
    """The stretches of a prescription: usually one; several when numbered steps follow each other in time.

    Dosages that stand together (morning and night) are added.
    """
    if not dosages:
        return (Phase(why_not="no dose is given"),)
    ranks = [number(entry.get("sequence")) for entry in dosages]
    in_turn = len({rank for rank in ranks if rank is not None}) == len(dosages) > 1
    read = [_phase(entry, medicine) for entry in dosages]
    if in_turn:
        ordered = sorted(zip(ranks, read, strict=True), key=lambda pair: pair[0] or 0)
        return _following([phase for _, phase in ordered])
    return (read[0],) if len(read) == 1 else (_together(dosages, read),)


def _following(steps: list[Phase]) -> tuple[Phase, ...]:
    """Numbered steps: in turn when all but the last are bounded; otherwise nobody knows which one held."""
    if all(step.days is not None or step.end is not None for step in steps[:-1]):
        return tuple(steps)
    same = {step.mg_per_day for step in steps}
    return (steps[0],) if len(same) == 1 else (Phase(why_not="several dosages are given, without when each held"),)


def _together(dosages: Sequence[Object], read: list[Phase]) -> Phase:
    missing = next((phase for phase in read if phase.mg_per_day is None), None)
    if missing is not None:
        return missing
    if len({_slot(entry) for entry in dosages}) < len(dosages):
        return Phase(why_not="several dosages are given, and it is not clear whether they are to be added")
    total = sum(phase.mg_per_day for phase in read if phase.mg_per_day is not None)
    bounds = read[0]
    return Phase(mg_per_day=total, why_not="", start=bounds.start, end=bounds.end, days=bounds.days)


def _slot(dosage: Object) -> str:
    """The part of the day; dosages without one are all alike."""
    timing = obj(dosage.get("timing"))
    repeat = obj(timing.get("repeat"))
    return f"{repeat.get('when')}{repeat.get('timeOfDay')}{[coding.code for coding in codings(timing.get('code'))]}"


def _phase(dosage: Object, medicine: Product) -> Phase:
    repeat = obj(obj(dosage.get("timing")).get("repeat"))
    period = obj(repeat.get("boundsPeriod"))
    start, end = moment(period.get("start")), moment(period.get("end"))
    length = obj(repeat.get("boundsDuration"))
    value = number(length.get("value"))
    days = units.in_days(value, _unit(length)) if value is not None else None
    bounds = Phase(
        start=start.last if start else None, end=end.first if end else None, days=days if days and days > 0 else None
    )
    try:
        mg_per_day = round(_mg_per_day(dosage, medicine), 6)
        if not math.isfinite(mg_per_day):
            raise _Unknown("the dose is not a number")
        return replace(bounds, mg_per_day=mg_per_day)
    except _Unknown as reason:
        return replace(bounds, why_not=str(reason))


def _mg_per_day(dosage: Object, medicine: Product) -> float:
    if dosage.get("asNeededBoolean") is True or dosage.get("asNeededCodeableConcept"):
        raise _Unknown("taken as needed: how much was taken is not known")
    doses = objects(dosage.get("doseAndRate"))
    timing = obj(dosage.get("timing"))
    if doses and timing:
        times = _times_per_day(timing)
        return _patch(medicine, times) or _dose_mg(_ordered(doses), medicine) * times
    written = text(dosage.get("text")) or text(dosage.get("patientInstruction"))
    reading = directions.read(written, medicine.strength_mg)
    if reading.mg_per_day is None:
        raise _Unknown(reading.why_not)
    return reading.mg_per_day


def _ordered(doses: list[Object]) -> Object:
    """The ordered dose of several; the calculated one is how it came about."""
    return next((rate for rate in doses if any(c.code == "ordered" for c in codings(rate.get("type")))), doses[0])


def _dose_mg(dose: Object, medicine: Product) -> float:
    if "doseRange" in dose:
        low, high = (_amount_mg(obj(obj(dose.get("doseRange")).get(end)), medicine) for end in ("low", "high"))
        if low != high:
            raise _Unknown(f"a range was ordered ({low:g} to {high:g} mg each time): which dose was taken is not known")
        return low
    if "doseQuantity" not in dose:
        raise _Unknown("the dose is given as a rate" if any("rate" in key for key in dose) else "no dose is given")
    return _amount_mg(obj(dose.get("doseQuantity")), medicine)


def _amount_mg(quantity: Object, medicine: Product) -> float:
    """The amount of one dose in mg. The units a dose comes in, the surest first."""
    value, unit = number(quantity.get("value")), _unit(quantity)
    if value is None or value < 0:
        raise _Unknown("the dose is not a number")
    mass = _in_mg(quantity)
    if mass is not None:
        return mass
    if unit.lower() in ("ml", "milliliter", "millilitre") and (mg_per_ml := _mg_per_ml(medicine.name)):
        return value * mg_per_ml
    strength = medicine.strength_mg
    if strength is None:
        raise _Unknown("the strength of one piece is not known")
    if _PIECES.fullmatch(text(quantity.get("unit")) or unit):
        return value * strength
    if not unit and value < strength:
        return value * strength  # a bare number below the strength of one piece can only count pieces
    raise _Unknown(f"the unit of the dose is not clear ({value:g} {unit})".replace(" )", ")"))


def _times_per_day(timing: Object) -> float:
    """How often a day.

    The ways FHIR has of saying how often, the most exact first; a range is never read as its middle.
    """
    repeat = obj(timing.get("repeat"))
    if any(key in repeat for key in ("frequencyMax", "periodMax")):
        raise _Unknown("a range of times a day was ordered: how often it was taken is not known")
    slots = max(
        (len(moments) for key in ("when", "timeOfDay") if isinstance(moments := repeat.get(key), list)), default=0
    )
    weekdays = repeat.get("dayOfWeek")
    share = len(weekdays) / 7 if isinstance(weekdays, list) and weekdays else 1.0
    period = number(repeat.get("period"))
    days = units.in_days(period, text(repeat.get("periodUnit"))) if period else None
    if days:
        frequency = number(repeat.get("frequency")) or 1.0
        return max(frequency, slots) / days * share
    if slots:
        return slots * share
    coded = [_PER_DAY[code] for coding in codings(timing.get("code")) if (code := coding.code.upper()) in _PER_DAY]
    if coded:
        return coded[0] * share
    words = text(obj(timing.get("code")).get("text"))
    spoken = directions.read(f"1 mg {words}", None).mg_per_day if words else None
    if spoken is None:
        raise _Unknown("how often it was taken is not given")
    return spoken * share


def _patch(medicine: Product, times: float) -> float | None:
    """mg a day of a plaster that gives a rate for some hours; unknown when it is not changed in that time."""
    rate, worn = _RATE.search(medicine.name), _WORN.search(medicine.name)
    if rate is None:
        return None
    mg_per_h = units.in_mg(float(rate.group(1)), {"microgram": "ug"}.get(rate.group(2).lower(), rate.group(2).lower()))
    if worn is None or mg_per_h is None or times * float(worn.group(1)) < 24:
        raise _Unknown("the plaster is not worn without a break, or for how long is not known")
    return mg_per_h * 24


def _in_mg(quantity: Object) -> float | None:
    value = number(quantity.get("value"))
    for key in ("code", "unit"):
        mass = units.in_mg(value, text(quantity.get(key)).lower()) if value is not None else None
        if mass is not None:
            return mass
    return None


def _mg_per_ml(name: str) -> float | None:
    matches = _CONCENTRATION.findall(name)
    if len(matches) != 1:
        return None
    amount, unit, ml = matches[0]
    mg = units.in_mg(float(amount), unit.lower())
    return mg / float(ml or 1) if mg is not None and float(ml or 1) > 0 else None


def _unit(quantity: Object) -> str:
    return text(quantity.get("code")) or text(quantity.get("unit"))


def later(day: date | None, days: float | None) -> date | None:
    """The day so many days after; None where either is unknown or it lies beyond the calendar."""
    if day is None or days is None:
        return None
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None
