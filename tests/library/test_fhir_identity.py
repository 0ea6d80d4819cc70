"""Who a record says its patient is, in every way in which it says so."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from unwound.exchange.fhir import Identity, read_bundle


def identity(full_url: str = "", **patient: Any) -> Identity:
    entry = {
        "resource": {"resourceType": "Patient", "id": "7", **patient},
        **({"fullUrl": full_url} if full_url else {}),
    }
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [entry]}
    return read_bundle(json.dumps(bundle), "r.json", as_of=date(2026, 1, 1)).identity


def test_every_name_and_number_counts() -> None:
    found = identity(
        name=[
            {"use": "official", "family": "Lang", "given": ["Anna", "Maria"]},
            {"use": "maiden", "text": "Anna Huber"},
            {"use": "anonymous"},
        ],
        identifier=[{"system": "urn:mrn", "value": "12345"}, {"type": {"text": "none"}}],
    )
    assert found.names == ("Anna Maria Lang", "Anna Huber")
    assert found.numbers == ("12345",)


@pytest.mark.parametrize(
    ("written", "born"),
    [
        ("1980-05-05", (date(1980, 5, 5), date(1980, 5, 5))),
        ("1980-05", (date(1980, 5, 1), date(1980, 5, 31))),
        ("1980", (date(1980, 1, 1), date(1980, 12, 31))),
        ("5 May 1980", None),
        (None, None),
    ],
)
def test_a_birth_date_is_every_day_that_it_can_be(written: str | None, born: tuple[date, date] | None) -> None:
    assert identity(birthDate=written).born == born


@pytest.mark.parametrize(
    ("full_url", "address"),
    [
        ("https://hospital.example/fhir/Patient/7", "https://hospital.example/fhir/Patient/7"),
        ("urn:uuid:1", "Patient/7"),
        ("", "Patient/7"),
    ],
)
def test_its_server_is_part_of_the_address_where_it_is_named(full_url: str, address: str) -> None:
    assert identity(full_url).address == address
