"""No dose that is printed lies above what this patient may have; under age none is printed at all."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tried import DAY, failed, someone, steps, tried

from unwound import derive, pathway, therapies
from unwound.candidacy import Verdict
from unwound.conditions import conditions, plausible
from unwound.patient import Patient, Trial
from unwound.report.as_json import as_json
from unwound.therapies import doses

DOSE = re.compile(r"(\d+(?:\.\d+)?) mg/day")
DIABETIC = "painful_diabetic_polyneuropathy"
LADDERS = {id: condition.ladder for id, condition in conditions().items() if condition.ladder}
DRUGS = sorted(id for id, therapy in therapies.therapies().items() if therapy.dosing.start)
GROWN = {"age_years": 50, "falls_history": False, "liver_impairment": "none", "liver_disease_chronic": False}

bodies = st.fixed_dictionaries(
    {},
    optional={
        "age_years": st.integers(18, 100),
        "creatinine_mg_per_dl": st.floats(0.3, 15),
        "weight_kg": st.floats(35, 180),
        "crcl_ml_per_min": st.one_of(st.floats(1, 160), st.integers(1, 160)),
        "dialysis": st.booleans(),
        "falls_history": st.booleans(),
        "liver_impairment": st.sampled_from(["none", "mild", "moderate", "severe"]),
        "liver_disease_chronic": st.booleans(),
        "cardiovascular_risk_high": st.booleans(),
    },
)
places = st.sampled_from([None, "UK", "US"])
pains = st.sampled_from([(), (DIABETIC,), ("trigeminal_neuralgia",), ("crps_1",)])


def ceiling_of(patient: Patient, therapy: str, *pains: str) -> float:
    return doses.ceiling(patient, doses.kidneys(patient), therapy, pains).value


def printed(text: str) -> list[float]:
    return [float(number) for number in DOSE.findall(text)]


@settings(max_examples=150)
@given(known=bodies, place=places, pains=pains)
def test_no_dose_of_the_ladder_is_above_the_patients_own_ceiling(
    known: dict[str, Any], place: str | None, pains: tuple[str, ...]
) -> None:
    patient = derive.derive(someone(jurisdiction=place, **known))
    for ladder in (None, *(LADDERS[name] for name in pains if name in LADDERS)):
        for step in steps(patient, *pains, ladder=ladder).values():
            for dose in printed(f"{step.why} {step.schedule}"):
                assert dose <= ceiling_of(patient, step.therapy, *pains), (step.therapy, step.schedule)


@settings(max_examples=150)
@given(known=bodies, place=places, pains=pains, therapy=st.sampled_from(DRUGS))
def test_every_step_fits_between_start_and_target(
    known: dict[str, Any], place: str | None, pains: tuple[str, ...], therapy: str
) -> None:
    patient = derive.derive(someone(jurisdiction=place, **known))
    ceiling = doses.ceiling(patient, doses.kidneys(patient), therapy, pains)
    numbers = doses.titration(therapies.therapies()[therapy], ceiling)
    assert numbers.start is not None
    assert numbers.start <= numbers.maximum <= ceiling.value
    if numbers.target is not None:
        assert numbers.target <= numbers.maximum
        assert numbers.start + (numbers.step or 0) <= max(numbers.target, numbers.start)


@settings(max_examples=60)
@given(known=bodies, place=places, pains=pains, therapy=st.sampled_from(DRUGS), dose=st.floats(1, 4000))
def test_a_trial_that_goes_on_is_never_to_be_raised_above_the_ceiling(
    known: dict[str, Any], place: str | None, pains: tuple[str, ...], therapy: str, dose: float
) -> None:
    now = tried(therapy, top_dose=dose, days=20, days_at_top=20, ongoing=True)
    patient = derive.derive(someone(now, jurisdiction=place, **known))
    entries = therapies.ledger(patient, pains)
    for step in therapies.next_steps(patient, entries, conditions=pains, ladder=None):
        raised = re.search(r"raise to (\d+(?:\.\d+)?) ", step.why)
        if raised:
            assert float(raised[1]) <= ceiling_of(patient, step.therapy, *pains)


@settings(max_examples=12)
@given(known=bodies, place=places)
def test_no_door_prints_a_dose_above_the_ceiling(known: dict[str, Any], place: str | None) -> None:
    neuropathy = {"diabetes": True, "pain_average_nrs": 7, "pain_duration_days": 400}
    review = pathway.review(someone(jurisdiction=place, **(neuropathy | known)))
    treated = plausible(review.grades)
    for change in review.would_change:
        # What several facts together would change is another patient: only single facts leave the body as it is.
        if len(change.flips) == 1 and change.flips[0].fact.startswith("trial."):
            (flip,) = change.flips
            for dose in printed(flip.then):
                assert dose <= ceiling_of(review.patient, flip.fact.split(".")[1], *treated), flip
    page = json.loads(json.dumps(as_json(review)))
    for step in page["next_steps"]:
        for dose in printed(f"{step['why']} {step['schedule']}"):
            assert dose <= ceiling_of(review.patient, step["therapy"], *treated)


@pytest.mark.parametrize(
    ("place", "clearance", "most"),
    [
        ("US", 60, 3600),
        ("US", 59, 1400),
        ("US", 29, 700),
        ("US", 15, 700),
        ("US", 14.9, 298),
        ("US", 7.6, 152),
        ("UK", 80, 3600),
        ("UK", 79, 1800),
        ("UK", 49, 900),
        ("UK", 29, 600),
        ("UK", 7.5, 150),
        (None, 7.5, 150),
    ],
)
def test_gabapentin_by_clearance_as_the_tables_have_it(place: str | None, clearance: float, most: float) -> None:
    schedule = steps(someone(jurisdiction=place, crcl_ml_per_min=clearance, **GROWN))["gabapentin"].schedule
    assert f"at most {most:g} mg/day" in schedule


@pytest.mark.parametrize(("clearance", "most"), [(60, 300), (59, 150), (30, 150), (29, 75), (15, 75), (14, 50)])
def test_pregabalin_in_diabetic_neuropathy_by_clearance(clearance: float, most: float) -> None:
    patient = someone(jurisdiction="US", crcl_ml_per_min=clearance, **GROWN)
    assert f"at most {most:g} mg/day" in steps(patient, DIABETIC)["pregabalin"].schedule


def test_oxcarbazepine_below_thirty_starts_at_half_of_the_labels_start_and_rises_weekly() -> None:
    ladder = LADDERS["trigeminal_neuralgia"]
    weak = steps(someone(crcl_ml_per_min=29, **GROWN), "trigeminal_neuralgia", ladder=ladder)["oxcarbazepine"].schedule
    good = steps(someone(crcl_ml_per_min=30, **GROWN), "trigeminal_neuralgia", ladder=ladder)["oxcarbazepine"].schedule
    assert weak.startswith(
        "start 300 mg/day; raise by 300 mg/day every 7 days as tolerated, to 900 mg/day; at most 1800"
    )
    assert "every 3 days" in good


def test_a_trial_of_pregabalin_in_diabetic_neuropathy_is_judged_by_its_own_ceiling() -> None:
    patient = someone(failed("pregabalin", top_dose=75), jurisdiction="US", crcl_ml_per_min=27, **GROWN)
    (entry,) = therapies.ledger(patient, (DIABETIC,)).entries
    assert entry.verdict == "failed-adequate"
    (elsewhere,) = therapies.ledger(patient, ("crps_1",)).entries
    assert elsewhere.verdict == "inadequate"


@pytest.mark.parametrize("years", [3, 10, 17])
def test_a_child_gets_no_adult_schedule_and_no_adult_trial(years: float) -> None:
    trial = Trial(therapy="gabapentin", top_dose=300, days=20, days_at_top=20, ongoing=True)
    review = pathway.review(someone(trial, age_years=years, pain_average_nrs=8, pain_duration_days=200))
    assert review.next_steps
    for step in review.next_steps:
        assert not re.search(r"\d+(?:\.\d+)? mg", f"{step.why} {step.schedule}"), step
        if step.group in ("drug", "opioid", "topical", "combination"):
            assert step.line == "unsuitable" or "paediatric pain service" in step.schedule
    assert not [flip for change in review.would_change for flip in change.flips if flip.fact.startswith("trial.")]


def test_at_eighteen_the_schedule_is_back() -> None:
    assert (
        "start 300 mg/day"
        in steps(someone(age_years=18, crcl_ml_per_min=90, falls_history=False))["gabapentin"].schedule
    )
    assert "the age is not known" in steps(someone())["gabapentin"].schedule


def test_the_old_and_those_who_fall_start_low() -> None:
    for known in ({"age_years": 84}, {"age_years": 40, "falls_history": True}):
        old = steps(someone(crcl_ml_per_min=100, **known))
        for id, start in (("gabapentin", 100), ("pregabalin", 75), ("amitriptyline", 10), ("nortriptyline", 10)):
            assert old[id].schedule.startswith(f"start {start} mg/day"), old[id].schedule


def test_what_would_change_asks_for_the_days_of_the_rule_that_decides() -> None:
    three = tuple(failed(id) for id in ("nortriptyline", "duloxetine"))
    crps = Patient(as_of=DAY, birth_date=date(1976, 1, 1), trials=three, jurisdiction="US").knowing(
        pain_average_nrs=8, pain_duration_days=400, crcl_ml_per_min=100
    )
    review = pathway.review(crps)
    assert review.candidacy.verdict != Verdict.CANDIDATE
    for flip in (flip for change in review.would_change for flip in change.flips if "gabapentin" in flip.fact):
        assert "for 35 days" in flip.then or "for 90 days" in flip.then
