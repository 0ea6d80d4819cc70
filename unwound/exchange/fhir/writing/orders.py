"""An order of infusions: MedicationRequest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from unwound.exchange.fhir.writing.words import Resource, category, id_of, resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """An order as it was signed."""

    key: str
    drug: str
    title: str
    state: str
    """As FHIR's status of an order: `active`, `completed`, `cancelled`, `draft`."""
    ordered_by: str
    ordered_at: datetime
    directions: str


def order(ordered: Ordered, patient: str) -> Resource:
    """The order with its directions as words."""
    return resource(
        "MedicationRequest",
        "order",
        id_of(patient, "order", ordered.key),
        patient,
        status=ordered.state,
        intent="order",
        category=category("medicationrequest-category", "outpatient"),
        medicationCodeableConcept={"text": ordered.drug},
        authoredOn=ordered.ordered_at.isoformat(timespec="seconds"),
        requester={"display": ordered.ordered_by},
        dosageInstruction=[{"text": ordered.directions}] if ordered.directions else None,
        note=[{"text": ordered.title}],
    )
