"""A letter as FHIR R4: a bundle of its patient and of a DocumentReference that carries the PDF."""

from __future__ import annotations

import hashlib
import uuid
from base64 import b64encode
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from unwound.exchange.fhir.tables import tables

LOINC = "http://loinc.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter that was written: what it is, the PDF, by whom and when, and about whom."""

    kind: str
    """As in `documents` of `data/rules/fhir.toml`."""
    title: str
    pdf: bytes
    author: str
    site: str
    written_at: datetime
    family_name: str
    given_name: str
    birth_date: date | None = None
    sex: str = ""
    """`female` or `male`; empty where it is not known."""
    number: str = ""
    """The patient's record number at the site."""


def bundle(letter: Letter) -> dict[str, Any]:
    """The letter as a FHIR R4 Bundle (a collection); the same letter always gives the same. KeyError: unknown kind."""
    about = [letter.number, letter.family_name, letter.given_name, str(letter.birth_date), letter.site]
    patient, address = _address("\n".join(about).encode()), _address(letter.pdf)
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": letter.written_at.isoformat(timespec="seconds"),
        "entry": [
            {"fullUrl": patient, "resource": _patient(letter)},
            {"fullUrl": address, "resource": document(letter, patient)},
        ],
    }


def _patient(letter: Letter) -> dict[str, Any]:
    details = {
        "identifier": [{"value": letter.number, "assigner": {"display": letter.site}}] if letter.number else None,
        "gender": letter.sex or None,
        "birthDate": letter.birth_date.isoformat() if letter.birth_date else None,
    }
    return {
        "resourceType": "Patient",
        "name": [{"family": letter.family_name, "given": [letter.given_name]}],
        **{name: value for name, value in details.items() if value is not None},
    }


def document(letter: Letter, patient: str) -> dict[str, Any]:
    """The letter as a DocumentReference; `patient` is the reference to its Patient."""
    kind = tables().documents[letter.kind]
    at = letter.written_at.isoformat(timespec="seconds")
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "docStatus": "final",
        "type": {"coding": [{"system": LOINC, "code": kind.loinc, "display": kind.display}], "text": letter.title},
        "subject": {"reference": patient},
        "date": at,
        "author": [{"display": letter.author}],
        "custodian": {"display": letter.site},
        "content": [
            {
                "attachment": {
                    "contentType": "application/pdf",
                    "language": "en",
                    "data": b64encode(letter.pdf).decode(),
                    "size": len(letter.pdf),
                    "hash": b64encode(hashlib.sha1(letter.pdf, usedforsecurity=False).digest()).decode(),
                    "title": letter.title,
                    "creation": at,
                }
            }
        ],
    }


def _address(content: bytes) -> str:
    """A name of its own for a resource, drawn from what it holds."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, hashlib.sha256(content).hexdigest())}"
