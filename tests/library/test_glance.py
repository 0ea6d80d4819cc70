"""The patient at a glance: what is not known, too old or contradicted is said, never left out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from unwound.patient import Fact, Medication, Patient
from unwound.report.glance import glance

DAY = date(2026, 11, 21)


def at_a_glance(patient: Patient) -> dict[str, str]:
    return {line.label: line.text for line in glance(patient)}


def with_facts(**facts: Fact) -> Patient:
    return Patient(as_of=DAY, facts=facts)


def test_of_somebody_unknown_every_line_says_so() -> None:
    lines = at_a_glance(Patient(as_of=DAY))
    assert [lines[label] for label in ("Pain", "Kidneys", "Blood pressure", "Weight")] == ["not known"] * 4
    assert lines["Medicines"] == "none recorded (whether the list is complete is not known)"
    assert lines["Allergies"] == "none recorded"


@pytest.mark.parametrize(
    ("days", "words"),
    [(1, "1 day"), (60, "60 days"), (61, "2 months"), (730, "23 months"), (731, "2 years"), (4000, "10 years")],
)
def test_how_long_it_has_hurt(days: int, words: str) -> None:
    patient = with_facts(pain_average_nrs=Fact(value=7.0, on=DAY), pain_duration_days=Fact(value=days, on=DAY))
    assert at_a_glance(patient)["Pain"] == f"7 of 10 (21 Nov 2026) on average, for {words}"


def test_a_pressure_too_old_or_without_a_day_is_to_be_measured_again() -> None:
    def pressure(on: date | None) -> str:
        patient = with_facts(systolic_mmhg=Fact(value=142.0, on=on), diastolic_mmhg=Fact(value=88.0, on=on))
        return at_a_glance(patient)["Blood pressure"]

    assert pressure(DAY - timedelta(30)) == "142/88 mmHg (22 Oct 2026)"
    assert pressure(DAY - timedelta(31)) == "142/88 mmHg (21 Oct 2026; to be measured again)"
    assert pressure(None) == "142/88 mmHg (no day recorded; to be measured again)"


def test_medicines_have_their_doses_and_allergies_their_words() -> None:
    patient = Patient(
        as_of=DAY,
        medications=(
            Medication(drug="bisoprolol", dose_mg_per_day=5),
            Medication(drug="fentanyl", dose_ug_per_hour=25),
            Medication(drug="a tea"),
        ),
        allergies=("penicillin: rash",),
    ).knowing(medication_list_complete=True)
    lines = at_a_glance(patient)
    assert lines["Medicines"] == "bisoprolol 5 mg/day; fentanyl 25 µg/h; a tea"
    assert lines["Allergies"] == "penicillin: rash"
