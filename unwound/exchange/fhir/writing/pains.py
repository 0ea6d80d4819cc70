"""Several pains: a Condition each, to which its facts point."""

from __future__ import annotations

from unwound.exchange.fhir.writing.words import Resource, category, day, extensions, id_of, present, resource, status
from unwound.patient import Pain


def pain(known: Pain, patient: str) -> Resource:
    """One of several pains, by its name."""
    return resource(
        "Condition",
        "pain",
        id_of(patient, "pain", known.name),
        patient,
        extension=extensions(side=known.side, to_treat=known.to_treat),
        clinicalStatus=status("condition-clinical", "active"),
        verificationStatus=status("condition-ver-status", "confirmed"),
        category=category("condition-category", "problem-list-item"),
        code={"text": known.name},
        bodySite=[present({"text": known.site})] if known.site else None,
        onsetDateTime=day(known.since),
    )
