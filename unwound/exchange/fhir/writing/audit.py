"""An event of a log of accesses: AuditEvent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from unwound.exchange.fhir.writing.words import Resource, id_of, present, profile, system


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """Who did or viewed what of a patient's record, and when."""

    key: str
    action: str
    """The clinic's own word: «view.assessment»."""
    only_looked: bool
    at: datetime
    who: str
    site: str


def logged(event: Logged, patient: str) -> Resource:
    """The event; what of the record it concerned beyond the patient stays in the clinic's own log."""
    return {
        "resourceType": "AuditEvent",
        "id": id_of(patient, "audit", event.key),
        "meta": {"profile": [profile("audit")]},
        **present(
            {
                "type": {
                    "system": "http://dicom.nema.org/resources/ontology/DCM",
                    "code": "110110",
                    "display": "Patient Record",
                },
                "subtype": [{"system": system("action"), "code": event.action}],
                "action": "R" if event.only_looked else "",
                "recorded": event.at.isoformat(timespec="milliseconds"),
                "outcome": "0",
                "agent": [{"name": event.who, "requestor": True}],
                "source": {"observer": {"display": event.site}},
                "entity": [{"what": {"reference": f"Patient/{patient}"}}],
            }
        ),
    }
