"""A signed consent: Consent, with the text's digest as its source."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import date, datetime

from unwound.exchange.fhir.writing.words import BASE, TERMINOLOGY, Resource, day, id_of, resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A consent as it was signed, and whether it still stands."""

    key: str
    """What tells it from the patient's other consents."""
    protocol: str
    text_version: str
    text: str
    signed_by: str
    signed_at: datetime
    until: date
    stands: bool


def consent(signed: Signed, patient: str) -> Resource:
    """The Consent resource; the signed text goes with it."""
    return resource(
        "Consent",
        "consent",
        id_of(patient, "consent", signed.key),
        patient,
        status="active" if signed.stands else "inactive",
        scope={"coding": [{"system": f"{TERMINOLOGY}/consentscope", "code": "treatment"}]},
        category=[{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        dateTime=signed.signed_at.isoformat(timespec="seconds"),
        performer=[{"display": signed.signed_by}],
        policy=[{"uri": f"{BASE}/consent-text/{signed.text_version}"}],
        sourceAttachment=_attached(signed),
        provision={"period": {"end": day(signed.until)}},
    )


def _attached(signed: Signed) -> Resource:
    return {
        "contentType": "text/plain; charset=utf-8",
        "data": b64encode(signed.text.encode()).decode(),
        "title": f"{signed.protocol}, {signed.text_version}",
    }
