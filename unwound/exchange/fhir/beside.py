"""The coding beside the words: a dose after one more text, or why the two are not the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from unwound.exchange.fhir import directions
from unwound.exchange.fhir.direction_grammar import Amount
from unwound.exchange.fhir.directions import Said, quoted
from unwound.exchange.fhir.dose import AsNeeded, Conflict, Dose
from unwound.exchange.fhir.patches import patches_a_day
from unwound.exchange.fhir.products import Product
from unwound.exchange.fhir.shapes import Object
from unwound.exchange.fhir.unclear import Unclear

_SAYS_AS_NEEDED = ("asNeededBoolean", "asNeededCodeableConcept", "asNeeded", "asNeededFor")
_AS_NEEDED = "taken as needed: how much was taken is not known"


def refuse_as_needed(dosage: Object, readings: list[Said], dose: Dose) -> None:
    """«As needed», wherever it stands; where the coding orders a fixed dose, both are quoted."""
    text_of = next((each for each in readings if each.kind == "as-needed"), None)
    if is_as_needed(dosage, ()):
        raise AsNeeded(_AS_NEEDED, final=True)
    if text_of is None:
        return
    if dose.times is None and dose.mg_per_day is None:
        raise AsNeeded(f"{_AS_NEEDED} («{quoted(text_of.written)}»)", final=True)
    raise Conflict(f"{dose.says}, the words say «{quoted(text_of.written)}»: {_AS_NEEDED}", as_needed=True)


def is_as_needed(dosage: Object, readings: Sequence[Said]) -> bool:
    """Whether the coding or a text says «as needed»."""
    # Also as R5 has it, and where «true» is written as a text: what is plainly meant is never passed over.
    coded = any(dosage.get(key) not in (None, False, "", "false", [], {}) for key in _SAYS_AS_NEEDED)
    return coded or any(each.kind == "as-needed" for each in readings)


def beside(dose: Dose, reading: Said, medicine: Product) -> Dose:
    """The dose after one more text: filled in where the text knows more, unknown where it says something else.

    The branches are what a text can be: a condition, nothing about the dose, a whole reading, or a part of one.
    """
    known = dose.times is not None or dose.mg is not None or dose.mg_per_day is not None
    if reading.kind in ("range", "changes", "doubtful", "meals", "as-needed") or (
        reading.kind == "uneven" and not dose.is_uneven
    ):
        if known:
            raise Conflict(f"{dose.says}, the words say «{quoted(reading.written)}»: {directions.reason(reading)}")
        raise Unclear(reading.why_not, final=True)
    _refuse_less_at_most(dose, reading, medicine)
    if reading.takes and not (reading.left and not known):
        return _beside_takes(dose, reading, medicine)
    if reading.left and not known:
        return dose
    if reading.times is not None:
        return _beside_times(dose, reading)
    if reading.amount is not None:
        return _beside_amount(dose, reading, medicine)
    if (
        known
        and reading.kind == "not-read"
        and reading.speaks_of_dose
        and reading.most is None
        and reading.days is None
    ):
        raise Conflict(f"{dose.says}, the words say «{quoted(reading.written)}», which could not be read")
    return dose


def _contradicts(dose: Dose, reading: Said) -> Conflict:
    return Conflict(f"{dose.says}, the words say «{quoted(reading.written)}»: which of them was taken is not known")


def _beside_takes(dose: Dose, reading: Said, medicine: Product) -> Dose:
    """Beside a whole dose in words: the same a day, or the same times where the mass of one is not known."""
    masses = [directions.in_mg(amount, medicine.strength_mg, medicine.mg_per_ml) for amount, _ in reading.takes]
    times = sum(times for _, times in reading.takes)
    if any(each is None for each in masses):
        amount = next(a for (a, _), each in zip(reading.takes, masses, strict=True) if each is None)
        return _beside_unknown_mass(dose, reading, amount, times, medicine)
    total = sum((each or 0.0) * often for each, (_, often) in zip(masses, reading.takes, strict=True))
    if dose.mg_per_day is not None:
        if not math.isclose(total, dose.mg_per_day, rel_tol=1e-3):
            raise _contradicts(dose, reading)
        return dose
    single = masses[0] if len(reading.takes) == 1 else None
    if dose.times is not None and not math.isclose(times, dose.times, rel_tol=1e-3):
        raise _contradicts(dose, reading)
    if dose.mg is not None and not (single is not None and math.isclose(single, dose.mg, rel_tol=1e-3)):
        raise _contradicts(dose, reading)
    if medicine.ug_per_hour is not None:
        return dose
    return replace(dose, source=f"«{quoted(reading.written)}»", mg=single, times=times, mg_per_day=total, why="")


def _beside_unknown_mass(dose: Dose, reading: Said, amount: Amount, times: float, medicine: Product) -> Dose:
    """A dose in words without a mass: patches by their rate; else only the times can be compared."""
    if medicine.ug_per_hour is not None and len(reading.takes) == 1:
        patch = {"value": amount.pieces, "unit": "patch" if amount.piece in ("patch", "") else amount.piece}
        a_day = patches_a_day(patch, None, medicine, times)
        if dose.mg_per_day is not None and not math.isclose(a_day, dose.mg_per_day, rel_tol=1e-3):
            raise _contradicts(dose, reading)
        return replace(dose, source=f"«{quoted(reading.written)}»", times=times, mg_per_day=a_day, why="")
    if dose.mg is None and dose.mg_per_day is None:
        if dose.times is not None and not math.isclose(times, dose.times, rel_tol=1e-3):
            raise _contradicts(dose, reading)
        no_strength = amount.piece_mg is None and medicine.strength_mg is None and amount.pieces is not None
        why = medicine.why_no_strength if no_strength else directions.why_no_mass(amount, medicine.strength_mg)
        return replace(dose, times=times, why=why)
    has_mass = amount.beside_mg is not None or amount.piece_mg is not None
    if (has_mass and medicine.strength_mg is not None) or (
        dose.times is not None and not math.isclose(times, dose.times, rel_tol=1e-3)
    ):
        raise _contradicts(dose, reading)
    return dose


def _beside_times(dose: Dose, reading: Said) -> Dose:
    """Beside a frequency in words."""
    times = reading.times or 0.0
    if dose.times is not None:
        if not math.isclose(times, dose.times, rel_tol=1e-3):
            raise _contradicts(dose, reading)
        return dose
    if dose.mg_per_day is not None:
        return dose
    if dose.mg is None:
        return replace(dose, times=times)
    return replace(dose, times=times, mg_per_day=dose.mg * times, why="")


def _beside_amount(dose: Dose, reading: Said, medicine: Product) -> Dose:
    """Beside a dose in words that says nothing of how often: the dose, the daily dose, or only the strength."""
    amount = reading.amount or Amount()
    mg = directions.in_mg(amount, medicine.strength_mg, medicine.mg_per_ml)
    if mg is None:
        return dose
    same = [known for known in (dose.mg, dose.mg_per_day) if known is not None]
    if same:
        strength = [medicine.strength_mg] if medicine.strength_mg is not None and amount.mg is not None else []
        if not any(math.isclose(mg, known, rel_tol=1e-3) for known in (*same, *strength)):
            raise _contradicts(dose, reading)
        return dose
    if dose.times is None or (amount.mg is not None and medicine.strength_mg is not None):
        return dose  # «300 mg» alone may only repeat the strength
    return replace(dose, mg=mg, mg_per_day=mg * dose.times, why="")


def _refuse_less_at_most(dose: Dose, reading: Said, medicine: Product) -> None:
    """A maximum in words that is below the dose contradicts it; above it, words alone do not say which was taken."""
    if reading.most is None:
        return
    most = directions.in_mg(reading.most, medicine.strength_mg, medicine.mg_per_ml)
    if dose.mg_per_day is not None and (most is None or most < dose.mg_per_day * (1 - 1e-6)):
        raise _contradicts(dose, reading)
    if dose.mg_per_day is None and directions.read(reading.written, medicine.strength_mg).mg_per_day is None:
        raise Unclear(directions.read(reading.written, medicine.strength_mg).why_not, final=True)
