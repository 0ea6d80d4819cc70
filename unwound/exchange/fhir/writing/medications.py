"""Medicines taken now: MedicationStatement."""

from __future__ import annotations

from unwound.exchange.fhir.writing.words import Resource, id_of, per, resource
from unwound.patient import Medication


def medication(known: Medication, patient: str, occurrence: int = 0) -> Resource:
    """One medicine taken now, with its dose a day or its rate where known."""
    rates = [
        per(value, unit, time, code)
        for value, unit, time, code in (
            (known.dose_mg_per_day, "mg", "day", "d"),
            (known.dose_ug_per_hour, "ug", "hour", "h"),
        )
        if value is not None
    ]
    return resource(
        "MedicationStatement",
        "medication",
        id_of(patient, "medication", known.drug, occurrence),
        patient,
        status="active",
        medicationCodeableConcept={"text": known.drug},
        dosage=[{"doseAndRate": [{"rateRatio": rate}]} for rate in rates],
    )
