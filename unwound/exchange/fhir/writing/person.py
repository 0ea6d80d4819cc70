"""Patient: who it is, and whose limits apply."""

from __future__ import annotations

from collections.abc import Sequence

from unwound.exchange.fhir.writing.words import Resource, day, extensions, present, profile
from unwound.patient import Patient

BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"


def person(patient: Patient, id: str, *, family: str = "", given: str = "", numbers: Sequence[str] = ()) -> Resource:
    """The Patient resource. The sex is that at birth and stands as such: `gender` is administrative, and not known."""
    at_birth = [{"url": BIRTH_SEX, "valueCode": patient.sex.value[0].upper()}] if patient.sex else []
    name = present({"text": patient.name, "family": family, "given": [given] if given else []})
    return {
        "resourceType": "Patient",
        "id": id,
        "meta": {"profile": [profile("patient")]},
        **present(
            {
                "extension": [*at_birth, *extensions(jurisdiction=patient.jurisdiction, own_id=patient.id)],
                "identifier": [{"value": number} for number in numbers if number],
                "name": [name] if name else [],
                "gender": "unknown",
                "birthDate": day(patient.birth_date),
            }
        ),
    }
