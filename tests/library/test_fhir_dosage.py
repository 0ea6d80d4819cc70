"""Medicines in FHIR R4: how much a day, from quantities and from directions in words, or unknown."""

from typing import Any

import pytest
from bundle_builder import (
    RXNORM,
    concept,
    dosage,
    read,
    repeat,
    request,
    resource,
    trial_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound.exchange.fhir import directions

CAPSULE = "gabapentin 300 MG Oral Capsule"
ONE_CAPSULE = {"value": 1, "unit": "capsule"}
A_CAPSULE = dosage(1, "capsule", repeat(3))


@pytest.mark.parametrize(
    ("medicine", "told", "mg_per_day"),
    [
        (CAPSULE, dosage(1, "capsule", repeat(3)), 900),
        (CAPSULE, dosage(300, "mg", repeat(3)), 900),
        (CAPSULE, dosage(0.3, "g", repeat(3)), 900),
        (CAPSULE, dosage(2, "{capsule}", repeat(1, 8, "h")), 1800),
        (CAPSULE, dosage(1, None, repeat(1)), 300),
        (CAPSULE, dosage(300, None, repeat(1)), None),
        ("baclofen 1 MG Oral Tablet", dosage(1, None, repeat(1)), None),
        (CAPSULE, dosage(1, "capsule", repeat(1, 2, "d")), 150),
        (CAPSULE, dosage(1, "capsule", repeat(7, 1, "wk")), 300),
        (CAPSULE, dosage(1, "capsule", {"code": {"coding": [{"code": "TID"}]}}), 900),
        (CAPSULE, dosage(1, "capsule", {"code": {"text": "three times a day"}}), 900),
        (CAPSULE, dosage(1, "capsule", {"code": {"text": "with the moon"}}), None),
        (CAPSULE, dosage(1, "capsule", {"repeat": {"when": ["MORN", "NIGHT"]}}), 600),
        (CAPSULE, dosage(1, "capsule", {"repeat": {"timeOfDay": ["08:00:00", "14:00:00", "20:00:00"]}}), 900),
        (CAPSULE, dosage(7, "capsule", repeat(1, dayOfWeek=["mon"])), 300),
        (CAPSULE, dosage(1, "capsule", repeat(1, frequencyMax=3)), None),
        (CAPSULE, dosage(1, "capsule", repeat(3), asNeededBoolean=True), None),
        (CAPSULE, dosage(1, "capsule", repeat(3), asNeededBoolean=False), 900),
        (CAPSULE, dosage(1, "puff", repeat(3)), None),
        (CAPSULE, dosage(-1, "capsule", repeat(3)), None),
        (CAPSULE, dosage(1, "capsule", repeat(0, 0)), None),
        ("gabapentin", dosage(1, "capsule", repeat(3)), None),
        ("gabapentin 250 MG/5ML Oral Solution", dosage(6, "mL", repeat(3)), 900),
        ("72 HR Fentanyl 0.075 MG/HR Transdermal System", dosage(1, "patch", repeat(1, 3)), 1.8),
        ("72 HR Fentanyl 0.075 MG/HR Transdermal System", dosage(1, "patch", repeat(1, 4)), None),
        (CAPSULE, {"text": "1 capsule three times a day"}, 900),
        (CAPSULE, {"patientInstruction": "1 capsule three times a day"}, 900),
        (CAPSULE, {}, None),
    ],
)
def test_a_dose_is_mg_a_day_or_unknown(medicine: str, told: dict[str, Any], mg_per_day: float | None) -> None:
    trial = trial_of(request(medicine, authoredOn="2026-01-01", dosageInstruction=[told]))
    assert trial.top_dose == mg_per_day
    assert ("dose not known" in trial.note) == (mg_per_day is None)


@pytest.mark.parametrize(("low", "high", "mg_per_day"), [(1, 2, None), (2, 2, 1800)])
def test_a_range_is_a_dose_only_when_its_ends_are_the_same(low: float, high: float, mg_per_day: float | None) -> None:
    ends = {name: {"value": count, "unit": "capsule"} for name, count in (("low", low), ("high", high))}
    trial = trial_of(request(dosageInstruction=[{"timing": repeat(3), "doseAndRate": [{"doseRange": ends}]}]))
    assert trial.top_dose == mg_per_day
    assert ("300 to 600 mg each time" in trial.note) == (mg_per_day is None)


def test_morning_and_night_are_added_but_two_unexplained_dosages_are_not() -> None:
    parts = [dosage(1, "capsule", {"repeat": {"when": ["MORN"]}}), dosage(2, "capsule", {"repeat": {"when": ["HS"]}})]
    assert trial_of(request(dosageInstruction=parts)).top_dose == 900
    alike = [dosage(1, "capsule", repeat(1)), dosage(2, "capsule", repeat(1))]
    assert trial_of(request(dosageInstruction=alike)).top_dose is None


def test_steps_that_follow_each_other_give_the_top_dose_and_its_days() -> None:
    steps = [
        {"sequence": 1, **dosage(1, "capsule", repeat(1, boundsDuration={"value": 3, "unit": "d"}))},
        {"sequence": 2, **dosage(1, "capsule", repeat(2, boundsDuration={"value": 1, "unit": "wk"}))},
        {"sequence": 3, **dosage(1, "capsule", repeat(3, boundsDuration={"value": 20, "unit": "d"}))},
    ]
    trial = trial_of(request(authoredOn="2026-01-01", dosageInstruction=steps))
    assert (trial.top_dose, trial.days, trial.days_at_top) == (900, 30, 20)
    unbounded = [{"sequence": 1, **dosage(1, "capsule", repeat(1))}, {"sequence": 2, **dosage(1, "capsule", repeat(3))}]
    assert trial_of(request(authoredOn="2026-01-01", dosageInstruction=unbounded)).top_dose is None


@pytest.mark.parametrize(
    ("written", "strength", "mg_per_day"),
    [
        ("300 mg tid", None, 900),
        ("one tablet at bedtime", 25, 25),
        ("1 tab PO BID", 60, 120),
        ("take 1 capsule (300 mg total) by mouth 3 (three) times daily", 300, 900),
        ("Take 600 mg (2 capsules) by mouth three times daily", 300, 1800),
        ("Take 2 capsules (300 mg total) by mouth daily", 300, None),
        ("Take 2 capsules (300 mg) by mouth daily", None, None),
        ("1,200 mg 3 times a day", None, 3600),
        ("0.5 tablet once daily at bedtime", 25, 12.5),
        ("1/2 tablet daily", 50, 25),
        ("1 1/2 tablets daily", 50, 75),
        ("2 x 300 mg capsules three times daily", None, 1800),
        ("1 tablet in the morning, 1 tablet at noon and 2 tablets at night", 300, 1200),
        ("take one capsule every other day", 60, 30),
        ("1 tab q6h", 50, 200),
        ("take one capsule daily for 30 days", 60, 60),
        ("1 capsule in the morning and at bedtime", 60, 120),
        ("1 tablet twice a day and 2 tablets at bedtime", 300, None),
        ("1 cap nightly for 3 days, then 1 cap bid", 300, None),
        ("1 tablet daily, maximum 8 tablets", 60, None),
        ("1-2 tablets daily", 60, None),
        ("one or two tablets daily", 60, None),
        ("take 3 capsules daily in 3 divided doses", 300, 900),
        ("1 capsule on Mondays", 60, None),
        ("1 capsule daily, two weeks on, one week off", 60, None),
        ("2,5 mg daily", None, None),
        ("take as directed", 60, None),
        ("1 tablet daily prn", 60, None),
        ("apply 1 patch daily for 12 hours", None, None),
        ("take daily", 60, None),
        ("one tablet", 60, None),
        ("", 60, None),
    ],
)
def test_directions_are_read_without_remainder_or_not_at_all(
    written: str, strength: float | None, mg_per_day: float | None
) -> None:
    found = directions.read(written, strength)
    assert found.mg_per_day == mg_per_day
    assert bool(found.why_not) == (mg_per_day is None)


@given(st.integers(1, 4), st.integers(1, 4), st.sampled_from([25.0, 75.0, 300.0]))
def test_the_obvious_directions_multiply(count: int, times: int, strength: float) -> None:
    assert directions.read(f"take {count} capsules {times} times a day".replace("1 times", "once"), strength) == (
        directions.Reading(count * times * strength)
    )


@pytest.mark.thorough
@settings(max_examples=300)
@given(st.text(max_size=40), st.none() | st.floats(0.1, 1000))
def test_no_directions_raise_or_give_less_than_nothing(written: str, strength: float | None) -> None:
    found = directions.read(written, strength)
    assert found.mg_per_day is None or found.mg_per_day >= 0


def test_the_strength_may_stand_in_the_medication_resource() -> None:
    medication = resource(
        "Medication",
        "m",
        code={"text": "Gabapentin"},
        ingredient=[{"strength": {"numerator": {"value": 400, "unit": "mg"}, "denominator": ONE_CAPSULE}}],
    )
    apart = request(dosageInstruction=[A_CAPSULE], medicationReference={"reference": "Medication/m"})
    inside = request(dosageInstruction=[A_CAPSULE], medicationReference={"reference": "#m"}, contained=[medication])
    del apart["medicationCodeableConcept"], inside["medicationCodeableConcept"]
    imported = read(medication, apart)
    assert imported.patient.trials[0].top_dose == 1200
    assert imported.counts["Medication"].used == 1
    assert trial_of(inside).top_dose == 1200


def test_a_drug_may_be_known_by_its_code_alone() -> None:
    coded = request()
    coded["medicationCodeableConcept"] = concept(RXNORM, "25480")
    assert trial_of(coded).therapy == "gabapentin"
