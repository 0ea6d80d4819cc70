"""The summary back into the hospital's record, as a DocumentReference, where the token allows it."""

from __future__ import annotations

import base64
from datetime import datetime

import httpx2

from unwound.record import UnwoundError
from unwound_clinic.interfaces.smart.login import TIMEOUT_S, Token


class SendingError(UnwoundError):
    """The hospital's server did not take the document; the message says what it said."""


def send(fhir: str, token: Token, html: str, at: datetime) -> str:
    """Sends the summary; the address that the server gave it. SendingError where it did not take it."""
    if not token.may_send:
        raise SendingError("the hospital's server gave no leave to write a document: nothing was sent")
    document = {
        "resourceType": "DocumentReference",
        "status": "current",
        "docStatus": "preliminary",
        "type": {"coding": [{"system": "http://loinc.org", "code": "11488-4", "display": "Consult note"}]},
        "subject": {"reference": f"Patient/{token.patient}"},
        "date": at.isoformat(),
        "description": "Assessment of neuropathic pain by Unwound: advice, decided on by nobody yet",
        "content": [
            {"attachment": {"contentType": "text/html", "data": base64.b64encode(html.encode()).decode()}}
        ],
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {token.access}", "Content-Type": "application/fhir+json"}
    try:
        with httpx2.Client(timeout=TIMEOUT_S) as client:
            answer = client.post(f"{fhir}/DocumentReference", json=document, headers=headers)
    except httpx2.HTTPError as reason:
        raise SendingError(
            f"no answer ({type(reason).__name__}): whether the document arrived is not known; look in the record"
        ) from None
    if answer.status_code not in (200, 201):
        raise SendingError(f"the hospital's server did not take the document (HTTP {answer.status_code})")
    return str(answer.headers.get("Location", ""))
