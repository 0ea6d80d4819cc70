"""Opioids: one trial however many there are, and their sum in morphine equivalents, for risk only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tried import DAY, failed, someone, tried

from unwound import cautions, derive, opioids, therapies
from unwound.patient import Medication, Patient

FACTORS = opioids.factors()


def taking(*medications: Medication) -> Patient:
    return Patient(as_of=DAY, medications=medications)


def levels(patient: Patient) -> dict[str, str]:
    return {finding.id: finding.level for finding in cautions.screen(derive.derive(patient))}


@pytest.mark.parametrize("example", FACTORS.examples, ids=lambda example: example.name)
def test_every_example_has_its_sum(example: opioids.Example) -> None:
    summed = opioids.morphine_equivalents(taking(*example.medications))
    assert (summed.mg_per_day, summed.complete) == (pytest.approx(example.mg_per_day), example.complete)


def test_the_sum_says_that_it_is_for_risk_and_never_for_conversion() -> None:
    summed = opioids.morphine_equivalents(taking(Medication(drug="morphine", dose_mg_per_day=60)))
    assert "never to choose the dose of another opioid" in summed.use
    assert summed.sources == ("cdc_2022",)


@pytest.mark.parametrize(("mg", "arises"), [(50.0, True), (49.0, False)])
def test_a_high_dose_is_noted_from_its_limit_and_asks_about_hyperalgesia(mg: float, arises: bool) -> None:
    found = levels(taking(Medication(drug="morphine", dose_mg_per_day=mg)))
    assert ("opioid_dose_high" in found) is arises
    assert ("opioid_hyperalgesia_unasked" in found) is arises


def test_more_pain_at_more_dose_is_hyperalgesia_until_excluded() -> None:
    high = taking(Medication(drug="morphine", dose_mg_per_day=300))
    (asked,) = (each for each in cautions.screen(derive.derive(high)) if each.id == "opioid_hyperalgesia_unasked")
    assert asked.ask == ("opioid_dose_raised_pain_worse",)
    assert "opioid_hyperalgesia" in levels(high.knowing(opioid_dose_raised_pain_worse=True))
    excluded = levels(high.knowing(opioid_dose_raised_pain_worse=False))
    assert not [id for id in excluded if id.startswith("opioid_hyperalgesia")]


def test_an_unknown_dose_is_asked_only_where_the_rest_is_not_high_already() -> None:
    oxycodone, morphine = Medication(drug="oxycodone"), Medication(drug="morphine", dose_mg_per_day=60)
    assert "opioid_dose_unknown" in levels(taking(oxycodone))
    assert "opioid_dose_unknown" not in levels(taking(oxycodone, morphine))
    assert "opioid_dose_high" in levels(taking(oxycodone, morphine))
    assert "opioid_dose_unknown" not in levels(taking(Medication(drug="gabapentin")))


def test_a_trial_that_goes_on_gives_the_dose_of_its_opioid_where_the_list_gives_none() -> None:
    morphine = tried("morphine", top_dose=120, ongoing=True)
    for patient in (someone(morphine), someone(morphine, medications=(Medication(drug="morphine"),))):
        summed = opioids.morphine_equivalents(patient)
        assert (summed.mg_per_day, summed.complete, summed.opioids) == (120, True, ("morphine",))
        assert "opioid_dose_unknown" not in levels(patient)
        assert "opioid_dose_high" in levels(patient)
    listed = someone(morphine, medications=(Medication(drug="morphine", dose_mg_per_day=40),))
    assert opioids.morphine_equivalents(listed).mg_per_day == 40


def test_a_trial_that_has_no_dose_or_has_ended_gives_none() -> None:
    unknown = someone(tried("morphine", top_dose=None, ongoing=True))
    assert opioids.morphine_equivalents(unknown).unknown == ("morphine",)
    ended = someone(tried("morphine", top_dose=120, ongoing=False), medications=(Medication(drug="morphine"),))
    assert opioids.morphine_equivalents(ended).unknown == ("morphine",)


@given(st.lists(st.sampled_from(sorted(FACTORS.mg_per_day)), max_size=4), st.floats(0, 500))
def test_another_opioid_never_lowers_the_sum(names: list[str], mg: float) -> None:
    some = [Medication(drug=name, dose_mg_per_day=mg) for name in names]
    more = Medication(drug="morphine", dose_mg_per_day=mg)
    fewer = opioids.morphine_equivalents(taking(*some)).mg_per_day
    assert opioids.morphine_equivalents(taking(*some, more)).mg_per_day >= fewer


# --- one trial


def test_a_trial_of_strong_opioids_and_three_that_are_taken_now_are_one_row() -> None:
    now = tuple(Medication(drug=name) for name in ("morphine", "oxycodone", "fentanyl 25 µg/h patch"))
    (entry,) = therapies.ledger(someone(tried("strong_opioids", relief_percent=0), medications=now)).entries
    assert (entry.therapy, entry.title) == ("strong_opioids", "Strong opioids")


def test_several_opioids_taken_now_are_one_row_and_two_tried_are_one_failure() -> None:
    now = tuple(Medication(drug=name) for name in ("morphine", "oxycodone"))
    (entry,) = therapies.ledger(someone(medications=now)).entries
    assert (entry.therapy, entry.verdict) == ("strong_opioids", "cannot-tell")
    two = someone(tried("morphine", days=90, relief_percent=0), tried("oxycodone", days=90, relief_percent=0))
    (both,) = therapies.ledger(two).entries
    assert (both.title, both.counts) == ("Strong opioids (morphine, oxycodone)", True)
    assert therapies.ledger(two).delphi_counts.certain == 1


def test_a_medicine_taken_now_is_the_trial_of_its_therapy_and_no_other() -> None:
    now = (Medication(drug="Gralise 600 mg"), Medication(drug="Horizant"))
    (entry,) = therapies.ledger(someone(failed("gabapentin"), medications=now)).entries
    assert entry.verdict == "failed-adequate"


def test_one_opioid_keeps_its_own_milligrams() -> None:
    ((case, _),) = therapies.judged(someone(tried("oxycodone", top_dose=80)))
    assert case.unit == "mg/day"


@pytest.mark.parametrize(
    ("listed_mg", "asks"), [((200.0,), False), ((199.0,), True), ((50.0, 150.0), False), ((), True)]
)
def test_the_dose_of_a_trial_that_goes_on_is_not_asked_where_the_list_shows_enough(
    listed_mg: tuple[float, ...], asks: bool
) -> None:
    now = tuple(Medication(drug="tramadol", dose_mg_per_day=mg) for mg in listed_mg)
    (entry,) = therapies.ledger(someone(tried("tramadol", top_dose=None, ongoing=True), medications=now)).entries
    assert ("trial.tramadol.top_dose" in entry.ask) is asks


def test_two_forms_of_one_opioid_are_taken_in_their_sum() -> None:
    now = (Medication(drug="tramadol", dose_mg_per_day=100), Medication(drug="tramadol SR", dose_mg_per_day=200))
    ((case, _),) = therapies.judged(someone(medications=now))
    assert case.trial.top_dose == 300


def test_milligrams_of_a_plaster_are_no_number_of_plasters() -> None:
    now = (Medication(drug="lidocaine 5% medicated plaster", dose_mg_per_day=700),)
    ((case, _),) = therapies.judged(someone(medications=now))
    assert (case.unit, case.trial.top_dose) == ("plasters/day", None)
