"""What a search of FHIR R4 finds, by its kinds, prefixes and modifiers, each a step to either side."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from unwound.exchange.fhir import searching
from unwound.exchange.fhir.searching import SearchError

NOW = datetime(2026, 12, 1, tzinfo=UTC)
OBSERVATION = {
    "resourceType": "Observation",
    "id": "7.a",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7", "display": "Body weight"}], "text": "weight"},
    "subject": {"reference": "Patient/7"},
    "effectiveDateTime": "2026-03-15",
}
PATIENT = {"resourceType": "Patient", "id": "7", "name": [{"family": "Testcase-Müller", "given": ["Ana"]}]}
PROCEDURE = {"resourceType": "Procedure", "performedPeriod": {"start": "2026-03-10T08:00:00Z"}}


def holds(resource: dict[str, Any], name: str, value: str) -> bool:
    return searching.read(resource["resourceType"], [(name, value)], "https://here/fhir").holds(resource, NOW)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("2026", True), ("2026-03", True), ("2026-03-15", True), ("2026-03-14", False), ("2026-03-16", False),
        ("2026-03-15T12:00:00Z", False), ("gt2026-03-14", True), ("gt2026-03-15", False), ("ge2026-03-15", True),
        ("ge2026-03-16", False), ("lt2026-03-16", True), ("lt2026-03-15", False), ("le2026-03-15", True),
        ("le2026-03-14", False), ("sa2026-03-14", True), ("sa2026-03-15", False), ("eb2026-03-16", True),
        ("eb2026-03-15", False), ("ne2026-03-15", False), ("ne2026-03-14", True), ("2026-03-14,2026-03-15", True),
        ("ap2026-03-20", True), ("ap2024-01-01", False), ("ge2026-03-15T23:59:59+00:00", True),
        ("ge2026-03-15T22:00:00 00:00", True),
    ],
)  # fmt: skip
def test_a_day_is_found_by_its_date(value: str, found: bool) -> None:
    assert holds(OBSERVATION, "date", value) is found


def test_a_period_that_is_open_reaches_on_and_is_never_wholly_within_a_day() -> None:
    assert holds(PROCEDURE, "date", "ge2030-01-01")
    assert not holds(PROCEDURE, "date", "2026-03-10")
    assert holds(PROCEDURE, "date", "lt2026-03-11")
    assert not holds(PROCEDURE, "date", "lt2026-03-10")


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("code", "29463-7", True), ("code", "http://loinc.org|29463-7", True), ("code", "http://loinc.org|", True),
        ("code", "|29463-7", False), ("code", "http://snomed.info/sct|29463-7", False), ("code", "29463", False),
        ("code", "8302-2,29463-7", True), ("code:not", "29463-7", False), ("code:not", "8302-2", True),
        ("code:text", "body", True), ("code:text", "WEI", True), ("code:text", "eight", False),
        ("status", "final", True), ("focus:missing", "true", True), ("focus:missing", "false", False),
        ("patient", "7", True), ("patient", "Patient/7", True), ("subject:Patient", "7", True),
        ("patient", "77", False),
        ("patient", "https://here/fhir/Patient/7", True), ("patient", "https://there/fhir/Patient/7", False),
        ("_id", "7.a", True), ("_id", "7.A", False),
    ],
)  # fmt: skip
def test_codes_and_references_are_compared_whole(name: str, value: str, found: bool) -> None:
    assert holds(OBSERVATION, name, value) is found


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("name", "testcase-mu", True), ("name", "ana", True), ("family", "Müller", False),
        ("family:contains", "muller", True),
        ("family:exact", "testcase-müller", False), ("family:exact", "Testcase-Müller", True), ("given", "an", True),
        ("given", "b,AN", True),
    ],
)  # fmt: skip
def test_names_are_found_by_their_beginning_without_case_or_accents(name: str, value: str, found: bool) -> None:
    assert holds(PATIENT, name, value) is found


def test_a_comma_that_is_escaped_is_part_of_the_value() -> None:
    assert holds({**PATIENT, "name": [{"family": "Testcase, the"}]}, "family:exact", "Testcase\\, the")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date", "yesterday"), ("date", "2026-13-01"), ("date", "2026-02-30"), ("date", "ge"),
        ("date:contains", "2026"),
        ("code:in", "x"), ("focus:missing", "perhaps"), ("code", ","), ("code", ",".join("a" * 201)),
        ("date", "٢٠٢٦"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SearchError, match=name.partition(":")[0]):
        holds(OBSERVATION, name, value)


def test_what_a_type_is_not_asked_for_by_is_named() -> None:
    asked = searching.read("Patient", [("colour", "red"), ("code", "x"), ("name", "")])
    assert (asked.unknown, asked.conditions) == (("colour", "code"), ())


def test_the_combinations_of_us_core_are_of_parameters_that_there_are() -> None:
    for type in searching.types():
        for both in searching.shall(type):
            assert all(searching.parameter(type, name) for name in both.split("+")), (type, both)
