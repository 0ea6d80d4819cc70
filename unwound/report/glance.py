"""The patient at a glance: pain, kidneys, pressure, weight, medicines and allergies, each as far as it is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

from unwound import facts, record
from unwound.patient import Fact, Medication, Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One line about the patient: what it is about, and how it stands."""

    label: str
    text: str


NOT_KNOWN = "not known"


def glance(patient: Patient) -> tuple[Glance, ...]:
    """The lines in their order; nothing is left out because it is not known."""
    return (
        Glance(label="Pain", text=_pain(patient)),
        Glance(label="Kidneys", text=_kidneys(patient)),
        Glance(label="Blood pressure", text=_pressure(patient)),
        Glance(label="Weight", text=_value(patient, "weight_kg")),
        Glance(label="Medicines", text=_medicines(patient)),
        Glance(label="Allergies", text="; ".join(patient.allergies) or "none recorded"),
    )


def _pain(patient: Patient) -> str:
    strength = _value(patient, "pain_average_nrs")
    average = strength if strength == NOT_KNOWN else f"{strength} on average"
    days = facts.number(patient, "pain_duration_days")
    return average if days is None else f"{average}, for {_length(days)}"


def _length(days: float) -> str:
    """A duration as a clinician says it: days below two months, months below two years, then years."""
    for unit, length in (("year", 365.25), ("month", 30.44)):
        if days >= 2 * length:
            return f"{math.floor(days / length)} {unit}s"
    return f"{days:g} {'day' if days == 1 else 'days'}"


def _kidneys(patient: Patient) -> str:
    for id, name in (("crcl_ml_per_min", "creatinine clearance"), ("egfr_ml_per_min", "eGFR")):
        text = _value(patient, id)
        if text != NOT_KNOWN:
            return f"{name} {text}"
    bounds = (("egfr_at_least_ml_per_min", "at least"), ("egfr_below_ml_per_min", "below"))
    known = [f"{word} {text}" for id, word in bounds if (text := _value(patient, id)) != NOT_KNOWN]
    return f"eGFR {' and '.join(known)}" if known else NOT_KNOWN


def _pressure(patient: Patient) -> str:
    upper, lower = patient.facts.get("systolic_mmhg"), patient.facts.get("diastolic_mmhg")
    if upper is None or lower is None:
        return NOT_KNOWN
    return f"{_number(upper)}/{_number(lower)} mmHg{_day(patient, 'systolic_mmhg', upper)}"


def _value(patient: Patient, id: str) -> str:
    fact = patient.facts.get(id)
    if fact is None:
        return NOT_KNOWN
    return f"{_number(fact)} {facts.vocabulary()[id].unit}{_day(patient, id, fact)}"


def _number(fact: Fact) -> str:
    return f"{round(fact.value, 1):g}" if isinstance(fact.value, int | float) else str(fact.value)


def _day(patient: Patient, id: str, fact: Fact) -> str:
    """Its day; and that it does not count, where it is too old, has no day, or something contradicts it."""
    day = record.day(fact.on) if fact.on else "no day recorded"
    if facts.known(patient, id) is not None:
        return f" ({day})" if fact.on else ""
    return f" ({day}; {'contradicted' if fact.doubt else 'to be measured again'})"


def _medicines(patient: Patient) -> str:
    listed = "; ".join(_medicine(medication) for medication in patient.medications) or "none recorded"
    complete = patient.value("medication_list_complete") is True
    return listed if complete else f"{listed} (whether the list is complete is not known)"


def _medicine(medication: Medication) -> str:
    if medication.dose_mg_per_day is not None:
        return f"{medication.drug} {medication.dose_mg_per_day:g} mg/day"
    if medication.dose_ug_per_hour is not None:
        return f"{medication.drug} {medication.dose_ug_per_hour:g} µg/h"
    return medication.drug
