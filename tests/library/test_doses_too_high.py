"""What is taken above the patient's own ceiling is said, and what is kept is kept below it."""

from __future__ import annotations

from datetime import date

import pytest

from unwound import pathway, therapies
from unwound.patient import Medication, Patient, Trial

DAY = date(2026, 11, 21)
WEAK = Patient(as_of=DAY, birth_date=date(1960, 1, 1), jurisdiction="UK").knowing(crcl_ml_per_min=20)


def taking(drug: str, mg: float | None, patient: Patient = WEAK) -> Patient:
    return patient.with_checked(medications=(Medication(drug=drug, dose_mg_per_day=mg),))


def said(patient: Patient) -> tuple[str, ...]:
    return next((f.because for f in pathway.review(patient).findings if f.id == "dose_above_ceiling"), ())


@pytest.mark.parametrize(("mg", "is_said"), [(150, False), (151, True)])
def test_a_dose_above_what_the_kidneys_allow_is_a_finding_that_decides_nothing(mg: float, is_said: bool) -> None:
    patient = taking("Lyrica", mg)
    assert bool(said(patient)) is is_said
    assert pathway.decide(patient).verdict == pathway.review(patient).candidacy.verdict
    if is_said:
        assert said(patient) == ("pregabalin 151 mg/day: ceiling 150 mg/day at creatinine clearance 20 mL/min",)


def test_a_dose_within_the_name_and_that_of_a_trial_that_goes_on_count() -> None:
    assert said(taking("pregabalin 300 mg twice a day", None))
    trial = Trial(therapy="pregabalin", top_dose=300, ongoing=True)
    assert said(WEAK.with_checked(trials=(trial,)))
    assert not said(WEAK.with_checked(trials=(trial.with_checked(ongoing=False),)))
    assert not said(taking("pregabalin", 75, WEAK.with_checked(trials=(trial,)))), "the list knows the dose of today"


@pytest.mark.parametrize(
    "patient",
    [
        taking("pregabalin", 300, Patient(as_of=DAY)),
        taking("pregabalin", None),
        taking("amlodipine", 300),
        taking("tramadol + paracetamol", 500),
    ],
)
def test_an_unknown_kidney_dose_or_mixture_claims_nothing(patient: Patient) -> None:
    assert therapies.too_high(patient) == ()


def test_what_helps_is_continued_below_the_ceiling() -> None:
    helped = Trial(therapy="pregabalin", top_dose=300, days=60, days_at_top=40, relief_percent=50, adherent=True)
    shingles = WEAK.knowing(
        shingles_in_pain_area=True,
        pain_duration_days=400,
        pain_began_in_plausible_time=True,
        pain_distribution=("dermatomal",),
        allodynia_in_area=True,
        pain_average_nrs=7,
    )
    review = pathway.review(shingles.with_checked(trials=(helped.with_checked(start=date(2026, 8, 1), ongoing=True),)))
    (step,) = [step for step in review.next_steps if step.therapy == "pregabalin"]
    assert step.why.endswith("continue or restart it, at most 150 mg/day")


FIFTY = Patient(as_of=DAY, birth_date=date(1960, 1, 1), jurisdiction="UK").knowing(crcl_ml_per_min=50)


@pytest.mark.parametrize(("evening", "is_said"), [(75, False), (76, True)])
def test_rows_of_one_drug_are_added(evening: float, is_said: bool) -> None:
    rows = (
        Medication(drug="pregabalin 75 mg", dose_mg_per_day=225),
        Medication(drug="Lyrica", dose_mg_per_day=evening),
    )
    because = said(FIFTY.with_checked(medications=rows))
    assert bool(because) is is_said
    if is_said:
        assert because == ("pregabalin 301 mg/day: ceiling 300 mg/day at creatinine clearance 50 mL/min",)


def test_a_row_without_a_dose_does_not_hide_the_trial_that_goes_on() -> None:
    trial = Trial(therapy="pregabalin", top_dose=450, ongoing=True)
    assert said(taking("pregabalin", None, FIFTY.with_checked(trials=(trial,))))


@pytest.mark.parametrize("patient", [taking("pregabalin", 151), taking("pregabalin", 150), Patient(as_of=DAY)])
def test_a_decision_has_the_findings_of_the_review(patient: Patient) -> None:
    assert pathway.decide(patient).findings == pathway.review(patient).findings


@pytest.mark.parametrize(
    ("mg", "schedule"),
    [
        (450, "lower to at most 150 mg/day"),
        (150, "no change while the pain stays as it is, at most 150 mg/day"),
    ],
)
def test_what_helps_above_the_ceiling_is_lowered_not_left(mg: float, schedule: str) -> None:
    helped = Trial(
        therapy="pregabalin",
        top_dose=mg,
        days=60,
        days_at_top=40,
        relief_percent=60,
        adherent=True,
        start=date(2026, 8, 1),
        ongoing=True,
    )
    patient = taking("pregabalin", mg, WEAK.knowing(pain_average_nrs=2)).with_checked(trials=(helped,))
    (step,) = [step for step in pathway.review(patient).next_steps if step.therapy == "pregabalin"]
    assert step.schedule == schedule
