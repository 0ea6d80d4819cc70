"""A day of a course: Procedure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from unwound.exchange.fhir.writing.words import Resource, coded, id_of, present, resource, system


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A session that was given, or is under way, or was not."""

    key: str
    course: str
    day: int
    state: str
    """As FHIR's status of a procedure: `preparation`, `in-progress`, `completed`, `stopped`, `not-done`."""
    start: datetime | None
    """When the infusion began; None where nothing ran in (yet): the resource then has no period."""
    end: datetime | None
    provider: str = ""
    order: str = ""
    """The key of its order."""


def infusion(given: Given, patient: str) -> Resource:
    """The session as a procedure; what was charted in it is in the clinic's own tables."""
    begun = given.start.isoformat(timespec="seconds") if given.start else None
    end = given.end.isoformat(timespec="seconds") if given.end else None
    return resource(
        "Procedure",
        "infusion",
        id_of(patient, "infusion", given.key),
        patient,
        basedOn=[{"reference": f"MedicationRequest/{id_of(patient, 'order', given.order)}"}] if given.order else None,
        status=given.state,
        code=coded(system("course"), given.course, text=f"infusion, day {given.day} of {given.course}"),
        performedPeriod=present({"start": begun, "end": end}) if begun else None,
        performer=[{"actor": {"display": given.provider}}] if given.provider else None,
    )
