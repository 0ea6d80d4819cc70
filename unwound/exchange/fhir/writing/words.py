"""What every resource that we write shares: its id, its profile, our extensions and codes.

`BASE` is a name, not an address: nothing is there to be opened, and nobody else can own it (RFC 6761).
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

Resource = dict[str, Any]
MOST_BEFORE = 23
"""Characters of a patient's id before the forty that are drawn: an id has 64 at most."""

BASE = "https://unwound.invalid/fhir"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"


def profile(kind: str) -> str:
    """The profile that marks a resource as one of ours: «fact», «trial»."""
    return f"{BASE}/StructureDefinition/{kind}"


def system(kind: str) -> str:
    """A code system of ours: «fact», «choice/liver_impairment»."""
    return f"{BASE}/CodeSystem/{kind}"


def id_of(patient: str, *parts: object) -> str:
    """An id that is the same each time, drawn from what the resource is about; valid in FHIR whatever the parts are.

    It begins with the id of the patient where there is room, so that whoever is asked for it knows whose it is.
    """
    drawn = hashlib.sha256("\x1f".join([patient, *map(str, parts)]).encode()).hexdigest()[:40]
    return f"{patient}.{drawn}" if len(patient) <= MOST_BEFORE else drawn


def patient_of(id: str) -> str:
    """The patient with whose id an id begins; empty where it begins with none."""
    return id.rpartition(".")[0]


def resource(type: str, kind: str, id: str, patient: str, **elements: Any) -> Resource:
    """A resource of one patient with its profile; elements without a value are left out."""
    about = "patient" if type in ("AllergyIntolerance", "Consent") else "subject"
    head = {"resourceType": type, "id": id, "meta": {"profile": [profile(kind)]}}
    return {**head, **present({about: {"reference": f"Patient/{patient}"}, **elements})}


def present(elements: dict[str, Any]) -> Resource:
    """The elements that have a value: FHIR knows no empty ones."""
    return {name: value for name, value in elements.items() if value is not None and value not in ("", [], {}, ())}


def coded(system: str, code: str, display: str = "", text: str = "") -> Resource:
    """A CodeableConcept of one code."""
    return present({"coding": [present({"system": system, "code": code, "display": display})], "text": text})


def status(list: str, code: str) -> Resource:
    """A status that FHIR keeps as a concept of its own terminology."""
    return {"coding": [{"system": f"{TERMINOLOGY}/{list}", "code": code}]}


def category(list: str, code: str) -> list[Resource]:
    """A category of FHIR's own terminology, as the list of one that such an element is."""
    return [{"coding": [{"system": f"{TERMINOLOGY}/{list}", "code": code}]}]


def extension(name: str, value: object) -> Resource | None:
    """One extension of ours; None for an unknown value."""
    if value is None or value == "":
        return None
    kind = {bool: "valueBoolean", float: "valueDecimal", int: "valueInteger", date: "valueDate"}.get(type(value))
    plain = value.isoformat() if isinstance(value, date) else str(value) if kind is None else value
    return {"url": f"{BASE}/StructureDefinition/{name}", kind or "valueString": plain}


def extensions(**values: object) -> list[Resource]:
    """Extensions of ours, several of a name where the value is a tuple; unknown ones are left out."""
    each = (
        (name, item) for name, value in values.items() for item in (value if isinstance(value, tuple) else (value,))
    )
    return [made for name, item in each if (made := extension(name.replace("_", "-"), item)) is not None]


def day(on: date | None) -> str | None:
    """A date as FHIR writes it."""
    return on.isoformat() if on else None


def a_day(value: float, unit: str) -> Resource:
    """So much in a day, as a Ratio."""
    return per(value, unit, "day", "d")


def per(value: float, unit: str, time: str, code: str) -> Resource:
    """So much in one unit of time, as a Ratio."""
    return {
        "numerator": present({"value": value, "unit": unit}),
        "denominator": {"value": 1, "unit": time, "system": UCUM, "code": code},
    }
