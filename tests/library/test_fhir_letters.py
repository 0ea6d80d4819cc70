"""A letter as FHIR R4: it has what the standard requires, the PDF comes out as it went in, our reader reads it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from unwound.exchange import fhir
from unwound.exchange.fhir import letters
from unwound.exchange.fhir.letters import Letter
from unwound.exchange.fhir.tables import tables

PDF = b"%PDF-1.7 " + bytes(range(256))
WRITTEN = datetime(2026, 11, 21, 9, 30, 5, tzinfo=UTC)
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
KINDS = ("referral", "reply", "medical-necessity", "summary", "plain")


def letter(kind: str = "summary", **changed: Any) -> Letter:
    given = {
        "title": "Summary", "pdf": PDF, "author": "Dr Example", "site": "First Site", "written_at": WRITTEN,
        "family_name": "Testcase", "given_name": "One", "birth_date": date(1980, 5, 5), "sex": "female",
        "number": "D-001",
    }  # fmt: skip
    return Letter(kind=kind, **{**given, **changed})


def parts(of: Letter) -> tuple[dict[str, Any], dict[str, Any]]:
    first, second = letters.bundle(of)["entry"]
    return first["resource"], second["resource"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_letter_has_what_fhir_r4_requires_and_a_loinc_type(kind: str) -> None:
    made = letters.bundle(letter(kind))
    assert (made["resourceType"], made["type"]) == ("Bundle", "collection")
    patient, document = parts(letter(kind))
    assert document["resourceType"] == "DocumentReference"
    assert document["status"] in ("current", "superseded", "entered-in-error")
    assert document["docStatus"] in ("preliminary", "final", "amended", "entered-in-error")
    assert INSTANT.fullmatch(document["date"])
    (coding,) = document["type"]["coding"]
    assert coding["system"] == "http://loinc.org"
    assert re.fullmatch(r"\d{4,5}-\d", coding["code"])
    assert tables().documents[kind].checked != "primary", "no code was read at LOINC itself"
    assert document["subject"]["reference"] == made["entry"][0]["fullUrl"]
    assert patient["gender"] in ("male", "female", "other", "unknown")
    assert len({one["fullUrl"] for one in made["entry"]}) == 2


def test_the_pdf_comes_out_as_it_went_in_with_its_size_and_hash() -> None:
    attachment = parts(letter())[1]["content"][0]["attachment"]
    assert base64.b64decode(attachment["data"]) == PDF
    assert attachment["size"] == len(PDF)
    assert base64.b64decode(attachment["hash"]) == hashlib.sha1(PDF, usedforsecurity=False).digest()


def test_our_own_reader_finds_the_patient_and_leaves_nothing_unreadable() -> None:
    read = fhir.read_bundle(json.dumps(letters.bundle(letter())), "letter", as_of=date(2026, 11, 21))
    assert (read.patient.name, read.patient.birth_date, read.patient.sex) == (
        "One Testcase",
        date(1980, 5, 5),
        "female",
    )
    assert sum(one.unreadable for one in read.counts.values()) == 0


def test_what_is_not_known_is_left_out_and_never_empty() -> None:
    patient, _ = parts(letter(birth_date=None, sex="", number=""))
    assert set(patient) == {"resourceType", "name"}


def test_the_same_letter_gives_the_same_bundle_and_another_person_another_address() -> None:
    assert letters.bundle(letter()) == letters.bundle(letter())
    one, other = (letters.bundle(letter(number=number))["entry"][0]["fullUrl"] for number in ("D-001", "D-002"))
    assert one != other


def test_a_kind_of_letter_without_a_type_is_refused() -> None:
    with pytest.raises(KeyError):
        letters.bundle(letter("postcard"))
