"""Bundles that nobody on this project wrote, with what a person found when reading them."""

import json
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from unwound import facts
from unwound.derive import derive
from unwound.exchange.fhir import Import, read_bundle
from unwound.record import UnwoundError

DATA = Path(__file__).parents[2].parent / "shared" / "testdata"
AS_OF = date(2026, 11, 21)
READABLE = [
    "ahrq/brenda_jackson_r4",
    "cds4cpm/mr_delta",
    "cds4cpm/mr_golf_bundle",
    "cds4cpm/ms_ellis",
    "cds4cpm/ms_hotel",
    "cds4cpm/sharon_decision",
    "synthea/Danae_Kshlerin",
    "synthea/Milan_Beatty",
    "synthea/Randolph_Wisoky",
    "synthea/Sherman_McGlynn",
]


def data(name: str) -> bytes:
    path = DATA / f"{name}.json"
    if not path.exists():
        pytest.skip(f"the shared test data are not here ({path.name})")
    return path.read_bytes()


@cache
def parsed(written: bytes, name: str) -> Import:
    return read_bundle(written, name, as_of=AS_OF)


def imported(name: str) -> Import:
    return parsed(data(name), name)


def says(one: Import, fact: str) -> tuple[object, str]:
    known = one.patient.facts[fact]
    return known.value, str(known.on)


@pytest.mark.parametrize("name", READABLE)
def test_it_is_read_and_every_entry_is_accounted_for(name: str) -> None:
    one = imported(name)
    facts.check(one.patient)
    facts.check(derive(one.patient))
    assert sum(count.total for count in one.counts.values()) == len(json.loads(data(name))["entry"])
    assert all(fact.origin for fact in one.patient.facts.values())
    assert all(trial.origin for trial in one.patient.trials)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ahrq/ben_jackson_dstu2", "this is FHIR DSTU2 or STU3 (a MedicationOrder resource was seen)"),
        ("cds4cpm/mypain-questionnaire", "a single resource («Questionnaire»), not a Bundle"),
    ],
)
def test_what_is_no_r4_bundle_is_refused_politely(name: str, words: str) -> None:
    with pytest.raises(UnwoundError) as refused:
        read_bundle(data(name), name, as_of=AS_OF)
    assert words in str(refused.value)


def test_brenda_jackson() -> None:
    one = imported("ahrq/brenda_jackson_r4")
    patient, trials = one.patient, {trial.therapy: trial for trial in one.patient.trials}
    assert (patient.name, patient.birth_date, patient.sex) == ("Brenda Jackson", date(1961, 1, 25), "female")
    assert says(one, "fibromyalgia_diagnosed")[0] is True
    assert says(one, "depression_diagnosed")[0] is True
    assert says(one, "peg_mean") == (5, "2023-01-25")
    assert says(one, "phq9_total") == (8, "2023-01-01")
    assert says(one, "pain_average_nrs") == (7, "2023-01-25")
    assert one.counts["MedicationRequest"].used == 33
    assert trials.keys() == {"oxycodone", "ibuprofen", "paracetamol", "duloxetine"}
    assert all((trial.top_dose, trial.ongoing, trial.days, trial.stopped) == (None,) * 4 for trial in trials.values())
    assert trials["oxycodone"].ordered == date(2021, 1, 31)
    assert "22 entries put together" in trials["oxycodone"].note
    assert {one.drug for one in patient.medications} >= {"oxycodone", "duloxetine", "chlordiazepoxide"}
    pegs = [form.items for form in patient.answers if form.instrument == "peg"]
    assert pegs == [(8, 6, 10), (8, 5, 8), (7, 5, 4)]
    assert one.counts["Procedure"].used == 0  # five referrals: nobody knows whether anything came of them
    assert derive(patient).value("takes_benzodiazepine") is True


def test_sharon_decision() -> None:
    one = imported("cds4cpm/sharon_decision")
    assert one.patient.name == "Sharon Decision"
    assert says(one, "fibromyalgia_diagnosed") == (True, "2013-04-05")
    assert says(one, "pain_descriptors") == (("stabbing", "burning", "tingling", "pins-and-needles"), "2022-04-10")
    assert "pain_average_nrs" not in one.patient.facts  # a scale of faces and words is no 0-10 number
    assert "pain_interferes_much" not in one.patient.facts  # «not at all» and «a little bit» were answered
    assert {trial.therapy for trial in one.patient.trials} == {"ibuprofen", "oxycodone", "paracetamol"}


def test_mr_delta_with_a_snomed_number_in_an_icd_system_and_misplaced_answers() -> None:
    one = imported("cds4cpm/mr_delta")
    assert says(one, "osteoarthritis_or_injury")[0] is True
    assert one.patient.birth_date is None
    assert [(problem.index, problem.resource.split("/")[0]) for problem in one.problems] == [
        (1, "Condition"),
        (2, "QuestionnaireResponse"),
    ]
    assert one.patient.answers == one.patient.medications == ()
    (trial,) = one.patient.trials  # named by its RxNorm code alone, and completed
    assert (trial.therapy, trial.ongoing, trial.purpose) == ("buprenorphine", False, None)


def test_ms_ellis() -> None:
    one = imported("cds4cpm/ms_ellis")
    assert says(one, "fibromyalgia_diagnosed")[0] is True
    assert one.counts["QuestionnaireResponse"].unreadable == 1


def test_ms_hotel_has_a_plaster_of_75_micrograms_an_hour() -> None:
    one = imported("cds4cpm/ms_hotel")
    (trial,), (medication,) = one.patient.trials, one.patient.medications
    assert (trial.therapy, trial.top_dose) == ("fentanyl", 1.8)
    assert (trial.start, trial.ongoing) == (date(2020, 8, 17), None)
    assert "listed as active, but its supply or period ended on" in trial.note
    assert (medication.drug, medication.dose_mg_per_day) == ("fentanyl", 1.8)


def test_mr_golf_changes_his_plaster_every_twelve_days_so_its_dose_is_not_known() -> None:
    one = imported("cds4cpm/mr_golf_bundle")
    trials = {trial.therapy: trial for trial in one.patient.trials}
    assert (trials["oxycodone"].top_dose, trials["oxycodone"].days) == (30, 120)
    assert trials["fentanyl"].top_dose is None
    assert one.patient.birth_date == date(1955, 9, 23)
    assert one.counts["Observation"].not_needed == 1  # a urine test for cannabis


def test_danae_has_neuropathy_due_to_diabetes() -> None:
    one = imported("synthea/Danae_Kshlerin")
    assert says(one, "polyneuropathy_diagnosed")[0] is True
    assert says(one, "diabetes")[0] is True
    assert says(one, "hba1c_percent") == (pytest.approx(6.02, abs=0.01), "2020-11-11")
    assert says(one, "systolic_mmhg") == (pytest.approx(111.8, abs=0.1), "2020-11-11")
    assert [medication.drug for medication in one.patient.medications] == ["metformin"]
    assert one.patient.trials == ()
    assert one.patient.jurisdiction == "US"


def test_milan_takes_fluoxetine_and_nobody_says_what_for() -> None:
    one = imported("synthea/Milan_Beatty")
    fluoxetine = next(trial for trial in one.patient.trials if trial.therapy == "fluoxetine")
    assert (fluoxetine.top_dose, fluoxetine.ongoing, fluoxetine.purpose) == (25, None, None)
    assert fluoxetine.rivals == ("depression",)
    assert says(one, "depression_diagnosed") == (True, "1993-01-09")


def test_randolph_has_died_and_had_heart_disease() -> None:
    one = imported("synthea/Randolph_Wisoky")
    assert says(one, "cardiovascular_risk_high")[0] is True
    assert any("has died (2006-05-08" in problem.reason for problem in one.problems)
    assert "takes_antihypertensive" not in one.patient.facts
    assert derive(one.patient).value("takes_antihypertensive") is None  # nothing is taken after death
    assert one.patient.medications == ()


def test_sherman_had_cisplatin_for_a_cancer_that_damages_nerves() -> None:
    one = imported("synthea/Sherman_McGlynn")
    assert says(one, "neurotoxic_chemotherapy")[0] is True
    assert says(one, "cancer")[0] is True
    assert says(one, "substance_use_active")[0] is True
    assert says(one, "egfr_ml_per_min") == (pytest.approx(19.2, abs=0.1), "2003-04-07")
    assert one.patient.medications == ()  # died in 2012
    assert {trial.ongoing for trial in one.patient.trials} == {False}
    assert one.counts["Observation"].unreadable == 4  # liver enzymes without their limits
    assert one.counts["MedicationRequest"].total == 99
