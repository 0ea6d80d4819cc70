"""A letter: DocumentReference with its PDF."""

from __future__ import annotations

from unwound.exchange.fhir import letters
from unwound.exchange.fhir.letters import Letter
from unwound.exchange.fhir.writing.words import Resource, id_of, profile

NOTE = {
    "coding": [
        {"system": "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", "code": "clinical-note"}
    ]
}
"""What US Core calls a letter: its own list has no finer word."""


def document(letter: Letter, key: str, patient: str) -> Resource:
    """The letter as a document of the patient; `key` tells it from the others. KeyError: unknown kind."""
    made = letters.document(letter, f"Patient/{patient}")
    head = {"id": id_of(patient, "letter", key), "meta": {"profile": [profile("letter")]}}
    return {"resourceType": made.pop("resourceType"), **head, **made, "category": [NOTE]}
