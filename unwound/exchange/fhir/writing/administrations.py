"""What an infusion gave: MedicationAdministration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from unwound.exchange.fhir.writing.words import UCUM, Resource, id_of, present, resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Administered:
    """A session in which something ran in."""

    key: str
    """That of the session."""
    drug: str
    order: str
    """The key of its order."""
    start: datetime
    """When the infusion began, as charted."""
    end: datetime | None
    """When it stopped; not written where it is under way."""
    under_way: bool
    stopped: bool
    total_mg: float
    """As charted, up to now where it is under way."""
    by: str = ""


def administration(given: Administered, patient: str) -> Resource:
    """The whole dose of one session."""
    end = given.end.isoformat(timespec="seconds") if given.end and not given.under_way else None
    return resource(
        "MedicationAdministration",
        "administration",
        id_of(patient, "administration", given.key),
        patient,
        partOf=[{"reference": f"Procedure/{id_of(patient, 'infusion', given.key)}"}],
        status="in-progress" if given.under_way else "stopped" if given.stopped else "completed",
        medicationCodeableConcept={"text": given.drug},
        effectivePeriod=present({"start": given.start.isoformat(timespec="seconds"), "end": end}),
        performer=[{"actor": {"display": given.by}}] if given.by else None,
        request={"reference": f"MedicationRequest/{id_of(patient, 'order', given.order)}"},
        dosage={
            "text": "all that ran in, as charted" + (", up to now" if given.under_way else ""),
            "dose": {"value": round(given.total_mg, 3), "unit": "mg", "system": UCUM, "code": "mg"},
        },
    )
