"""Allergies as they are listed: AllergyIntolerance."""

from __future__ import annotations

from unwound.exchange.fhir.writing.words import Resource, id_of, resource, status


def allergy(written: str, patient: str, occurrence: int = 0) -> Resource:
    """One allergy as it is written, with what happened where that is part of it."""
    return resource(
        "AllergyIntolerance",
        "allergy",
        id_of(patient, "allergy", written, occurrence),
        patient,
        clinicalStatus=status("allergyintolerance-clinical", "active"),
        verificationStatus=status("allergyintolerance-verification", "confirmed"),
        code={"text": written},
    )
