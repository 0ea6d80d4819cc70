"""Invented people in any number, each as FHIR resources: diagnoses, medicines and measurements drawn from what is read.

The same person can be written as rows of OMOP tables (`tables.py`): nothing here is what only one of the two can hold.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from unwound import diagnoses

Json = dict[str, Any]
AS_OF = date(2026, 11, 21)
SNOMED, RXNORM, LOINC, UCUM = (
    "http://snomed.info/sct", "http://www.nlm.nih.gov/research/umls/rxnorm", "http://loinc.org",
    "http://unitsofmeasure.org",
)  # fmt: skip
PAINFUL = ("193184006", "128200000", "4208009", "2177002", "128196005", "31681005", "230572002")
MEDICINES = (
    ("310430", "gabapentin 100 MG Oral Capsule", 9), ("310431", "gabapentin 300 MG Oral Capsule", 9),
    ("476152", "pregabalin 150 MG Oral Capsule", 3), ("596934", "duloxetine 60 MG Delayed Release Oral Capsule", 2),
    ("856845", "amitriptyline hydrochloride 50 MG Oral Tablet", 2), ("849574", "naproxen 500 MG Oral Tablet", 2),
    ("835603", "tramadol hydrochloride 50 MG Oral Tablet", 6), ("314076", "lisinopril 10 MG Oral Tablet", 1),
    ("860975", "metformin hydrochloride 500 MG Extended Release Oral Tablet", 4),
)  # fmt: skip
MEASURED = (
    ("8480-6", "Systolic blood pressure", "mm[Hg]", 95, 195), ("8462-4", "Diastolic blood pressure", "mm[Hg]", 55, 115),
    ("29463-7", "Body weight", "kg", 45, 130), ("8302-2", "Body height", "cm", 150, 195),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 0.5, 3.0),
    ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 4.5, 11),
    ("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported", "{score}", 0, 10),
    ("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 10, 200),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Diagnosis:
    code: str
    name: str
    on: date


@dataclass(frozen=True, slots=True)
class Taken:
    code: str
    name: str
    start: date
    days: int
    a_day: int


@dataclass(frozen=True, slots=True)
class Measured:
    code: str
    name: str
    value: float
    unit: str
    on: date


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    sex: str
    born: date
    diagnoses: tuple[Diagnosis, ...]
    taken: tuple[Taken, ...]
    measured: tuple[Measured, ...]


@cache
def _codes() -> tuple[str, ...]:
    return tuple(sorted(code for one in diagnoses._sets() if one.system == "SNOMED CT" for code in one.codes))


def people(number: int, *, painful: float = 0.5, seed: int = 7) -> Iterator[Person]:
    """So many of them, always the same; this share has a diagnosis of neuropathic pain or of what causes it."""
    for id in range(1, number + 1):
        yield _person(id, Random(seed * 1_000_003 + id), painful)


def _person(id: int, random: Random, painful: float) -> Person:
    def day(most: int) -> date:
        return AS_OF - timedelta(days=random.randrange(1, most))

    has_pain = random.random() < painful
    codes = [*random.sample(PAINFUL, random.choice((1, 1, 2))), *random.sample(_codes(), random.randrange(3))]
    drawn = codes if has_pain else []
    known = [Diagnosis(code, f"Diagnosis {code}", day(3000)) for code in (*drawn, "195662009", "444814009")]
    taken = [
        Taken(code, name, day(2000), random.choice((14, 28, 90)), random.randint(1, most))
        for code, name, most in random.sample(MEDICINES, random.randrange(5) if has_pain else random.randrange(2))
    ]
    measured = [
        Measured(
            code,
            name,
            round(random.uniform(low, high), 0 if high > 20 or unit == "{score}" else 1),
            unit,
            day(40 if unit == "{score}" else 400),
        )
        for code, name, unit, low, high in MEASURED
        if random.random() < (0.7 if has_pain else 0.4)
    ]
    return Person(
        id, random.choice(("male", "female")), AS_OF - timedelta(days=random.randrange(6600, 32000)),
        tuple(known), tuple(taken), tuple(measured),
    )  # fmt: skip


def _concept(system: str, code: str, name: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": name}]}


def resources(person: Person) -> Iterator[Json]:
    """The person as FHIR R4."""
    subject = {"reference": f"Patient/{person.id}"}
    yield {"resourceType": "Patient", "id": str(person.id), "gender": person.sex, "birthDate": str(person.born)}
    for number, one in enumerate(person.diagnoses):
        yield {
            "resourceType": "Condition", "id": f"c{person.id}-{number}", "subject": subject,
            "code": _concept(SNOMED, one.code, one.name), "onsetDateTime": str(one.on),
        }  # fmt: skip
    for number, taken in enumerate(person.taken):
        yield {
            "resourceType": "MedicationDispense", "id": f"m{person.id}-{number}", "status": "completed",
            "subject": subject, "medicationCodeableConcept": _concept(RXNORM, taken.code, taken.name),
            "whenHandedOver": str(taken.start), "quantity": {"value": taken.a_day * taken.days},
            "daysSupply": {"value": taken.days, "code": "d", "system": UCUM, "unit": "days"},
        }  # fmt: skip
    for number, measured in enumerate(person.measured):
        yield {
            "resourceType": "Observation", "id": f"o{person.id}-{number}", "status": "final", "subject": subject,
            "code": _concept(LOINC, measured.code, measured.name), "effectiveDateTime": str(measured.on),
            "valueQuantity": {
                "value": measured.value, "unit": measured.unit, "system": UCUM, "code": measured.unit
            },
        }  # fmt: skip


def bundle(person: Person) -> Json:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources(person)]}


def as_bundles(folder: Path, everybody: Iterable[Person]) -> Path:
    """A folder with a bundle for each."""
    folder.mkdir(parents=True, exist_ok=True)
    for person in everybody:
        (folder / f"{person.id:05}.json").write_text(json.dumps(bundle(person)), encoding="utf-8")
    return folder


def as_export(folder: Path, everybody: Iterable[Person], *, packed: bool = False) -> Path:
    """A folder with a file for each type of resource, a resource a line, as a bulk export has them."""
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Any] = {}
    for person in everybody:
        for one in resources(person):
            kind = one["resourceType"]
            if kind not in files:
                place = folder / f"{kind}.ndjson{'.gz' if packed else ''}"
                files[kind] = gzip.open(place, "wt", 1) if packed else place.open("w")  # noqa: SIM115
            files[kind].write(json.dumps(one) + "\n")
    for file in files.values():
        file.close()
    return folder
