"""Measurements in FHIR R4: units, the newest, what is not in force."""

from typing import Any

import pytest
from bundle_builder import (
    LOINC,
    SNOMED,
    concept,
    observation,
    read,
    reasons,
    value,
)

from unwound.exchange.fhir import observations
from unwound.exchange.fhir.shapes import codings


@pytest.mark.parametrize(
    ("code", "number", "unit", "fact", "expected"),
    [
        ("29463-7", 70, "kg", "weight_kg", 70),
        ("29463-7", 70000, "g", "weight_kg", 70),
        ("29463-7", 154.3236, "[lb_av]", "weight_kg", 70),
        ("29463-7", 70, "stone", "weight_kg", None),
        ("29463-7", 70, None, "weight_kg", None),
        ("29463-7", 7000, "kg", "weight_kg", None),
        ("8302-2", 1.7, "m", "height_cm", 170),
        ("8302-2", 67, "in", "height_cm", 170.18),
        ("2160-0", 88.4, "umol/L", "creatinine_mg_per_dl", 1.0),
        ("2160-0", 88.4, "µmol/L", "creatinine_mg_per_dl", 1.0),
        ("2160-0", 1.0, "mg/dL", "creatinine_mg_per_dl", 1.0),
        ("2160-0", 1.0, "mmol/L", "creatinine_mg_per_dl", None),
        ("4548-4", 53, "mmol/mol", "hba1c_percent", 7.0),
        ("4548-4", 7, "%", "hba1c_percent", 7),
        ("98979-8", 60, "mL/min/{1.73_m2}", "egfr_ml_per_min", 60),
        ("33914-3", 60, "mL/min", "egfr_ml_per_min", 60),
        ("8867-4", 70, "beats/min", "heart_rate_per_min", 70),
        ("59408-5", 0.97, "1", "spo2_percent", 97),
        ("72514-3", 6, "{score}", "pain_average_nrs", 6),
        ("72514-3", 6, None, "pain_average_nrs", 6),
        ("72514-3", 11, "{score}", "pain_average_nrs", None),
        ("72514-3", 6, "kg", "pain_average_nrs", None),
        ("91147-9", 5.3, None, "peg_mean", 5.3),
        ("44261-6", 27, None, "phq9_total", 27),
        ("44261-6", 28, None, "phq9_total", None),
    ],
)
def test_a_measurement_is_in_the_facts_unit_or_refused(
    code: str, number: float, unit: str | None, fact: str, expected: float | None
) -> None:
    imported = read(observation(code, number, unit))
    assert value(imported, fact) == (None if expected is None else pytest.approx(expected, rel=2e-3))
    assert bool(imported.problems) == (expected is None)
    assert imported.counts["Observation"].unreadable == (expected is None)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"valueQuantity": {"value": 90, "comparator": "<=", "unit": "mL/min/{1.73_m2}"}}, "only a bound (<= 90)"),
        ({"dataAbsentReason": {"text": "not performed"}}, "has no number («not performed»)"),
        ({"valueString": "normal"}, "has no number («normal»)"),
        ({"valueInteger": 90}, "has no unit (90)"),
        ({"valueQuantity": {"value": True, "unit": "mL/min"}}, "has no number"),
        ({}, "has no number"),
    ],
)
def test_a_value_that_is_no_number_is_told(fields: dict[str, Any], words: str) -> None:
    imported = read(observation("98979-8", **fields))
    assert words in reasons(imported)
    assert reasons(imported).startswith("eGFR ")
    assert imported.patient.facts == {}


@pytest.mark.parametrize("fields", [{"valueInteger": 6}, {"valueString": "6"}, {"valueDecimal": 6.0}])
def test_a_score_may_come_as_a_plain_number(fields: dict[str, Any]) -> None:
    assert value(read(observation("72514-3", **fields)), "pain_average_nrs") == 6


def test_the_newest_measurement_counts_whatever_the_order() -> None:
    old, new = observation("29463-7", 80, "kg", on="2020"), observation("29463-7", 70, "kg", on="2026-01-02T08:00:00Z")
    undated = {**observation("29463-7", 60, "kg"), "effectiveDateTime": None}
    for order in ((old, new, undated), (undated, new, old)):
        assert value(read(*order), "weight_kg") == 70


def test_of_one_day_the_later_hour_counts() -> None:
    early = observation("29463-7", 80, "kg", on="2026-01-02T08:00:00+01:00")
    late = observation("29463-7", 70, "kg", on="2026-01-02T08:00:00Z")
    assert value(read(late, early), "weight_kg") == 70


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled", "registered"])
def test_a_measurement_that_is_not_in_force_is_not_used(status: str) -> None:
    imported = read({**observation("29463-7", 70, "kg"), "status": status})
    assert imported.patient.facts == {}
    assert imported.counts["Observation"].not_needed == 1


@pytest.mark.parametrize("panel", ["85354-9", "55284-4"])
def test_a_blood_pressure_panel_gives_both_pressures(panel: str) -> None:
    parts = [
        {"code": concept(LOINC, code), "valueQuantity": {"value": mmhg, "unit": "mm[Hg]"}}
        for code, mmhg in (("8480-6", 172), ("8462-4", 98))
    ]
    imported = read(observation(panel, component=parts))
    assert (value(imported, "systolic_mmhg"), value(imported, "diastolic_mmhg")) == (172, 98)


def test_one_unreadable_pressure_does_not_lose_the_other() -> None:
    parts = [
        {"code": concept(LOINC, "8480-6"), "valueQuantity": {"value": 172, "unit": "mm[Hg]"}},
        {"code": concept(LOINC, "8462-4"), "valueQuantity": {"unit": "mm[Hg]"}},
    ]
    imported = read(observation("85354-9", component=parts))
    assert (value(imported, "systolic_mmhg"), value(imported, "diastolic_mmhg")) == (172, None)
    assert "diastolic blood pressure has no number" in reasons(imported)
    assert imported.counts["Observation"].used == 1


def test_liver_values_are_multiples_of_the_limit_printed_beside_them() -> None:
    limit = [{"high": {"value": 40, "unit": "U/L"}}]
    alt = observation("1742-6", 60, "U/L", referenceRange=limit)
    ast = observation("1920-8", 120, "U/L", referenceRange=limit)
    assert value(read(alt, ast), "alt_times_uln") == value(read(ast, alt), "alt_times_uln") == 3
    bare = read(observation("1742-6", 60, "U/L"))
    assert value(bare, "alt_times_uln") is None
    assert "without its upper limit of normal" in reasons(bare)


def test_a_pregnancy_may_be_answered_in_words() -> None:
    yes, no = (observation("82810-3", valueCodeableConcept=concept(SNOMED, code)) for code in ("77386006", "60001007"))
    assert value(read(yes), "pregnant") is True
    assert value(read(no), "pregnant") is False


@pytest.mark.parametrize("code", sorted(observations._known() | observations._only_said()))
def test_no_result_that_is_read_or_named_is_passed_over_by_its_code(code: str) -> None:
    for name in (LOINC, SNOMED):
        assert observations._may_bear(tuple(codings(concept(name, code))))


@pytest.mark.parametrize(
    ("system", "code", "bears"),
    [
        (SNOMED, "128200000", True),  # a complex regional pain syndrome that stands as a result
        (LOINC, "11778-8", True),  # the estimated day of birth
        (LOINC, "29308-4", True),  # «which problem?», answered by a diagnosis
        (LOINC, "2345-7", False),  # glucose
        (SNOMED, "195662009", False),  # a viral sore throat
    ],
)
def test_what_may_bear_on_something_is_told_by_the_code(system: str, code: str, bears: bool) -> None:
    assert observations._may_bear(tuple(codings(concept(system, code)))) is bears
