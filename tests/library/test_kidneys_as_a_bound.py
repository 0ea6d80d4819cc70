"""A renal function that a laboratory reports as a bound settles what every number within it would settle."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from bundle_builder import observation, read, reasons
from hypothesis import given
from hypothesis import strategies as st

from unwound import therapies
from unwound.patient import Fact, Patient
from unwound.report import glance
from unwound.terms import Jurisdiction
from unwound.therapies import doses
from unwound.therapies.doses import Ceiling

DAY, OLD = date(2026, 11, 21), date(2026, 10, 1)
AT_LEAST, BELOW = "egfr_at_least_ml_per_min", "egfr_below_ml_per_min"


def knowing(country: str | None = None, **numbers: float) -> Patient:
    facts = {id: Fact(value=value, on=DAY) for id, value in numbers.items()}
    return Patient(as_of=DAY, jurisdiction=country, facts=facts)


def ceiling(patient: Patient, therapy: str) -> Ceiling:
    return doses.ceiling(patient, doses.kidneys(patient), therapy)


@pytest.mark.parametrize(
    ("therapy", "country", "bound", "value", "unknown"),
    [
        ("gabapentin", "US", {AT_LEAST: 60}, float("inf"), False),
        ("gabapentin", "UK", {AT_LEAST: 60}, float("inf"), True),  # its first limit is at 80
        ("gabapentin", "UK", {AT_LEAST: 90}, float("inf"), False),
        ("pregabalin", "UK", {AT_LEAST: 60}, float("inf"), False),
        ("pregabalin", "UK", {AT_LEAST: 59}, float("inf"), True),
        ("pregabalin", "UK", {BELOW: 15}, 75, False),
        ("pregabalin", "UK", {BELOW: 16}, 150, True),
        ("duloxetine", "US", {BELOW: 15}, 0, False),
        ("gabapentin", "US", {BELOW: 15}, 300, True),  # below 15 in proportion: only a number settles it
        ("tramadol", "US", {AT_LEAST: 30}, float("inf"), False),
    ],
)
def test_a_bound_settles_what_lies_outside_of_it_and_leaves_the_rest_open(
    therapy: str, country: str, bound: dict[str, float], value: float, unknown: bool
) -> None:
    renal = doses._renal(therapy, country, (), doses.kidneys(knowing(country, **bound)))
    assert (renal.value, renal.unknown) == (value, unknown)
    assert bool(renal.ask) is unknown


bounds = st.tuples(st.integers(0, 120), st.integers(1, 130)).map(sorted)


@given(
    st.sampled_from([id for id, therapy in therapies.therapies().items() if therapy.renal]),
    st.sampled_from([*Jurisdiction, None]),
    bounds,
    st.data(),
)
def test_a_bound_says_nothing_that_a_number_within_it_would_deny(
    therapy: str, country: str | None, between: list[int], data: st.DataObject
) -> None:
    low, high = between[0], max(between[1], between[0] + 1)
    known = {AT_LEAST: float(low)} if low else {}
    bound = ceiling(knowing(country, **known, **{BELOW: float(high)}), therapy)
    number = data.draw(st.integers(max(low, 1), max(high - 1, 1)).map(float))
    exact = ceiling(knowing(country, egfr_ml_per_min=number), therapy)
    assert exact.value <= bound.value
    if not bound.unknown:
        assert (exact.value, exact.start, exact.avoid) == (bound.value, bound.start, bound.avoid)


def test_of_a_number_and_a_bound_the_newer_counts_and_of_one_day_the_number() -> None:
    def of(number_on: date, bound_on: date) -> str:
        number, bound = Fact(value=45.0, on=number_on), Fact(value=60.0, on=bound_on)
        return doses.kidneys(Patient(as_of=DAY, facts={"egfr_ml_per_min": number, AT_LEAST: bound})).text

    assert of(OLD, DAY).startswith("eGFR at least 60, reported as a bound")
    assert of(DAY, OLD).startswith("eGFR 45")
    assert of(DAY, DAY).startswith("eGFR 45")


def test_bounds_that_exclude_each_other_and_old_ones_settle_nothing() -> None:
    assert doses.kidneys(knowing(**{AT_LEAST: 60, BELOW: 60})).text == ""
    stale = Patient(as_of=DAY, facts={AT_LEAST: Fact(value=60.0, on=date(2026, 8, 1))})
    assert doses.kidneys(stale).at_least == 0


UNIT = "mL/min/{1.73_m2}"


@pytest.mark.parametrize(
    ("fields", "fact", "value"),
    [
        ({"valueQuantity": {"value": 60, "comparator": ">", "unit": UNIT}}, AT_LEAST, 60),
        ({"valueQuantity": {"value": 90, "comparator": ">=", "unit": UNIT}}, AT_LEAST, 90),
        ({"valueQuantity": {"value": 15, "comparator": "<", "unit": UNIT}}, BELOW, 15),
        ({"valueString": ">60"}, AT_LEAST, 60),
        ({"valueString": "≥ 90 mL/min/1.73m2"}, AT_LEAST, 90),
        ({"valueString": "> or = 60"}, AT_LEAST, 60),
        ({"valueString": "Greater than 60"}, AT_LEAST, 60),
        ({"valueString": "<15"}, BELOW, 15),
    ],
)
def test_a_bound_is_read_as_one(fields: dict[str, Any], fact: str, value: float) -> None:
    imported = read(observation("98979-8", on="2026-11-20", **fields))
    assert {id: known.value for id, known in imported.patient.facts.items()} == {fact: value}
    assert imported.problems == ()
    (kidneys,) = (line.text for line in glance.glance(imported.patient) if line.label == "Kidneys")
    assert kidneys.startswith(f"eGFR {'at least' if fact == AT_LEAST else 'below'} {value} mL/min")


@pytest.mark.parametrize(
    "fields",
    [
        {"valueQuantity": {"value": 60, "comparator": ">"}},
        {"valueQuantity": {"value": 1, "comparator": ">", "unit": "mL/s"}},
        {"valueString": ">1"},
        {"valueString": "not above 60"},
        {"valueString": "60 to 90"},
        {"valueString": "stage above 3"},
    ],
)
def test_what_may_be_no_bound_in_this_unit_is_said_and_not_used(fields: dict[str, Any]) -> None:
    imported = read(observation("98979-8", on="2026-11-20", **fields))
    assert imported.patient.facts == {}
    assert reasons(imported).startswith("eGFR ")
