"""Groups of questions answered with «none of these»: an Observation each, with the items that were read."""

from __future__ import annotations

from unwound.exchange.fhir.writing.words import Resource, category, coded, day, id_of, resource, system
from unwound.patient import Screened


def screened(known: Screened, patient: str, occurrence: int = 0) -> Resource:
    """One group: none of its items, or none of those that were read, is the case."""
    return resource(
        "Observation",
        "screened",
        id_of(patient, "screened", known.group, occurrence),
        patient,
        status="final",
        category=category("observation-category", "survey"),
        code=coded(system("group"), known.group, text=f"asked together: {known.group.replace('_', ' ')}"),
        effectiveDateTime=day(known.on),
        performer=[{"display": known.by}] if known.by else None,
        valueString="none of these",
        component=[{"code": coded(system("fact"), item), "valueBoolean": False} for item in known.items],
    )
