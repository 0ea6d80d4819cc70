"""What was tried, and how adequately: every verdict on a trial, a slow second implementation, and laws."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tried import DAY, failed, someone, steps, tried, verdict

from unwound import therapies
from unwound.patient import Medication, Trial

# --- verdicts


def test_what_is_unknown_is_asked_by_name() -> None:
    (entry,) = therapies.ledger(someone(tried("gabapentin", stopped="other"))).entries
    assert entry.verdict == "cannot-tell"
    assert set(entry.ask) == {
        "trial.gabapentin.top_dose",
        "trial.gabapentin.days",
        "trial.gabapentin.days_at_top",
        "trial.gabapentin.relief_percent",
    }


def test_the_shortfall_is_told_as_a_clinician_would_say_it() -> None:
    (entry,) = therapies.ledger(someone(failed("gabapentin", top_dose=900), crcl_ml_per_min=100)).entries
    assert "reached 900 mg/day, 50 % of the 1800 mg/day that an adequate trial needs" in entry.because


def test_creatinine_is_asked_only_where_a_ceiling_could_make_the_dose_adequate() -> None:
    (could,) = therapies.ledger(someone(failed("pregabalin", top_dose=75))).entries
    (could_not,) = therapies.ledger(someone(failed("pregabalin", top_dose=74))).entries
    (no_limits,) = therapies.ledger(someone(failed("amitriptyline", top_dose=10))).entries
    assert (could.verdict, could.ask) == ("cannot-tell", ("creatinine_mg_per_dl",))
    assert (could_not.verdict, no_limits.verdict) == ("inadequate", "inadequate")
    assert "creatinine_mg_per_dl" not in (*could_not.ask, *no_limits.ask)


def test_with_creatinine_known_the_weight_is_asked() -> None:
    (entry,) = therapies.ledger(someone(failed("pregabalin", top_dose=75), creatinine_mg_per_dl=2.0)).entries
    assert entry.ask == ("weight_kg",)


def test_an_egfr_that_stands_in_says_so() -> None:
    (entry,) = therapies.ledger(someone(failed("pregabalin", top_dose=150), egfr_ml_per_min=25)).entries
    assert entry.verdict == "failed-adequate"
    assert any("eGFR 25 (the creatinine clearance is not known)" in reason for reason in entry.because)


def test_the_highest_tolerated_dose_counts_when_it_was_held_long_enough() -> None:
    limited = {"top_dose": 900, "dose_limited_by_side_effects": True}
    assert verdict(someone(failed("gabapentin", **limited))) == "failed-adequate"
    short = failed("gabapentin", days_at_top=13, **limited)
    assert verdict(someone(short, crcl_ml_per_min=120)) == "intolerant"
    assert verdict(someone(short)) == "cannot-tell", "900 mg may have been all that the kidneys allow"


def test_relief_that_could_not_be_borne_is_intolerance() -> None:
    assert verdict(someone(failed("nortriptyline", relief_percent=60, stopped="side-effects"))) == "intolerant"


def test_statements_that_contradict_each_other_are_asked_about() -> None:
    (entry,) = therapies.ledger(someone(failed("duloxetine", relief_percent=60))).entries
    assert entry.verdict == "cannot-tell"
    assert entry.ask == ("trial.duloxetine.stopped",)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"effect": "good"}, "responded"),
        ({"effect": "none"}, "failed-adequate"),
        ({"effect": "some"}, "cannot-tell"),
        ({"effect": "some", "relief_percent": 12}, "failed-adequate"),
    ],
)
def test_an_effect_in_words_is_read_where_no_percent_is_known(fields: dict[str, Any], expected: str) -> None:
    told = {"relief_percent": None, "stopped": "other"} | fields
    assert verdict(someone(failed("duloxetine", **told))) == expected


def test_days_follow_from_dates() -> None:
    ended = tried("duloxetine", top_dose=60, start=DAY - timedelta(28), end=DAY, days_at_top=20, relief_percent=0)
    assert verdict(someone(ended)) == "failed-adequate"
    goes_on = tried(
        "duloxetine", top_dose=60, start=DAY - timedelta(20), ongoing=True, days_at_top=14, relief_percent=0
    )
    assert verdict(someone(goes_on)) == "ongoing"


def test_a_trial_for_depression_is_no_trial_for_pain() -> None:
    assert therapies.ledger(someone(failed("amitriptyline", purpose="depression"))).entries == ()
    for_what = failed("amitriptyline", purpose=None)
    (entry,) = therapies.ledger(someone(for_what, trials_confirmed=False)).entries
    assert entry.verdict == "cannot-tell"
    assert "trial.amitriptyline.purpose" in entry.ask


def test_a_pain_medicine_on_the_list_without_a_trial_is_asked_about() -> None:
    patient = someone(medications=(Medication(drug="duloxetine 30 MG Oral Capsule"), Medication(drug="metformin")))
    (entry,) = therapies.ledger(patient).entries
    assert (entry.therapy, entry.verdict) == ("duloxetine", "cannot-tell")
    assert "still being taken" in entry.because


def test_a_trial_of_a_medicine_on_the_list_goes_on() -> None:
    low = tried("gabapentin", top_dose=100, days=10)
    assert verdict(someone(low)) == "inadequate"
    assert verdict(someone(low, medications=(Medication(drug="Neurontin 100 mg"),))) == "ongoing"


def test_of_several_trials_of_a_drug_the_best_counts_and_it_says_so() -> None:
    patient = someone(failed("duloxetine", top_dose=30), failed("duloxetine"))
    (entry,) = therapies.ledger(patient).entries
    assert entry.verdict == "failed-adequate"
    assert entry.because[0] == "the best of 2 trials counts; the others: trial not adequate"


def test_relief_that_was_later_lost_counts_as_it_was_last() -> None:
    helped = failed("duloxetine", relief_percent=60, stopped="other", start=date(2019, 1, 1), end=date(2019, 9, 1))
    lost = failed("duloxetine", start=date(2024, 1, 1), end=date(2024, 9, 1))
    assert verdict(someone(helped, lost)) == "failed-adequate"
    assert verdict(someone(helped, failed("duloxetine"))) == "responded"


def test_a_therapy_outside_the_catalogue_keeps_its_name() -> None:
    (entry,) = therapies.ledger(someone(tried("acupuncture", relief_percent=0, days=90))).entries
    assert (entry.therapy, entry.title, entry.drug_class) == ("acupuncture", "acupuncture", "other")
    assert entry.verdict == "cannot-tell"


@pytest.mark.parametrize(
    ("written", "id"),
    [
        ("Gabapentin 300 MG Oral Capsule", "gabapentin"),
        ("Lyrica", "pregabalin"),
        ("desipramine", "nortriptyline"),
        ("12 HR Oxycodone Hydrochloride 60 MG Extended Release Oral Tablet", "strong_opioids"),
        ("lidocaine 5 % patch", "lidocaine_plaster"),
        ("Spinal cord stimulation", "spinal_cord_stimulation"),
        ("physiotherapy", "physical_therapy"),
        ("ibuprofen", None),
        ("crystal healing", None),
    ],
)
def test_a_written_name_finds_its_therapy(written: str, id: str | None) -> None:
    assert therapies.therapy_of(written) == id


# --- a slow, obvious second implementation


def _obvious(trial: Trial, dose: float, days: float, at_dose: float) -> str:
    """The verdict on a trial with every field known but those that may be None, as a table of ifs."""
    relief = trial.relief_percent
    if relief is not None and relief >= 30 and trial.stopped == "no-effect":
        relief_known, helped = False, False
    elif relief is not None:
        relief_known, helped = True, relief >= 30
    elif trial.stopped == "no-effect":
        relief_known, helped = True, False
    else:
        relief_known, helped = False, False
    if relief_known and helped:
        return "intolerant" if trial.stopped == "side-effects" else "responded"
    checks: list[bool | None] = []
    if (trial.top_dose is not None and trial.top_dose >= dose) or trial.dose_limited_by_side_effects:
        checks.append(True)
    elif trial.top_dose is None:
        checks.append(None)
    else:
        checks.append(False)
    longest = max(trial.days or 0, trial.days_at_top or 0)
    checks.append(True if longest >= days else None if trial.days is None else False)
    if trial.days_at_top is not None:
        checks.append(trial.days_at_top >= at_dose)
    elif trial.days is not None and trial.days < at_dose:
        checks.append(False)
    else:
        checks.append(None)
    if trial.adherent is False:
        checks.append(False)
    adequate = False if False in checks else None if None in checks else True
    if adequate and relief_known:
        return "failed-adequate"
    if trial.stopped == "side-effects":
        return "intolerant"
    ongoing = False if trial.stopped else trial.ongoing
    small = trial.top_dose is None or trial.top_dose < dose
    if trial.dose_limited_by_side_effects and small and not ongoing:
        sure = relief_known and trial.top_dose is not None and ongoing is False
        return "intolerant" if sure else "cannot-tell"
    if adequate is False:
        return "ongoing" if ongoing else "inadequate"
    return "cannot-tell"


@st.composite
def trials_of(draw: st.DrawFn, therapy: str = "gabapentin") -> Trial:
    maybe = st.none()
    days = draw(maybe | st.integers(0, 100))
    at_top = draw(maybe | st.integers(0, 100 if days is None else days))
    return Trial(
        therapy=therapy,
        top_dose=draw(maybe | st.sampled_from([0, 100, 900, 1799, 1800, 3600])),
        days=days,
        days_at_top=at_top,
        relief_percent=draw(maybe | st.sampled_from([-20, 0, 29, 30, 60])),
        stopped=draw(st.sampled_from([None, "no-effect", "side-effects", "other"])),
        dose_limited_by_side_effects=draw(st.sampled_from([None, True, False])),
        adherent=draw(st.sampled_from([None, True, False])),
        ongoing=draw(st.sampled_from([None, True, False])),
    )


@pytest.mark.thorough
@settings(max_examples=400)
@given(trials_of())
def test_the_verdict_agrees_with_a_table_of_ifs(trial: Trial) -> None:
    assert verdict(someone(trial, crcl_ml_per_min=120)) == _obvious(trial, 1800, 35, 14)


# --- laws


@settings(max_examples=200)
@given(trials_of(), st.integers(0, 50), st.integers(0, 2000))
def test_more_days_or_a_higher_dose_never_make_an_adequate_failure_inadequate(trial: Trial, days: int, mg: int) -> None:
    if verdict(someone(trial, crcl_ml_per_min=120)) != "failed-adequate":
        return
    more = {
        "top_dose": None if trial.top_dose is None else trial.top_dose + mg,
        "days": None if trial.days is None else trial.days + days,
        "days_at_top": None if trial.days_at_top is None else trial.days_at_top + (days if trial.days else 0),
    }
    assert verdict(someone(trial.model_copy(update=more), crcl_ml_per_min=120)) == "failed-adequate"


@pytest.mark.parametrize("field", ["top_dose", "days_at_top", "relief_percent"])
def test_a_missing_field_never_yields_an_adequate_failure(field: str) -> None:
    whole = failed("gabapentin", stopped="other")
    assert verdict(someone(whole)) == "failed-adequate"
    assert verdict(someone(whole.model_copy(update={field: None}))) == "cannot-tell"


def test_unknown_days_are_settled_only_by_days_at_the_dose_that_suffice_alone() -> None:
    whole = failed("gabapentin").model_copy(update={"days": None})
    assert verdict(someone(whole.model_copy(update={"days_at_top": 35}))) == "failed-adequate"
    assert verdict(someone(whole.model_copy(update={"days_at_top": 34}))) == "cannot-tell"


@pytest.mark.thorough
@settings(max_examples=100)
@given(st.lists(st.sampled_from(list(therapies.therapies())).flatmap(trials_of), max_size=5), st.randoms())
def test_the_order_of_the_trials_does_not_matter(trials: list[Trial], shuffler: Any) -> None:
    shuffled = list(trials)
    shuffler.shuffle(shuffled)
    one, other = someone(*trials), someone(*shuffled)
    assert therapies.ledger(one) == therapies.ledger(other)
    assert steps(one) == steps(other)


@settings(max_examples=60)
@given(st.lists(st.sampled_from(list(therapies.therapies())).flatmap(trials_of), max_size=4), st.booleans())
def test_an_unrelated_fact_changes_nothing(trials: list[Trial], value: bool) -> None:
    patient = someone(*trials, pain_average_nrs=7)
    more = patient.knowing(escort_available=value, bladder_symptoms=value)
    assert therapies.ledger(patient) == therapies.ledger(more)
    assert steps(patient) == steps(more)


@pytest.mark.parametrize(("dose", "is_relied_on"), [(7200, True), (7201, False), (18000, False)])
def test_a_dose_that_may_be_a_slip_of_ten_is_asked_again(dose: float, is_relied_on: bool) -> None:
    """Twice the highest usual dose of gabapentin, 3,600 mg, is the bound."""
    (entry,) = therapies.ledger(someone(failed("gabapentin").model_copy(update={"top_dose": dose}))).entries
    assert entry.verdict == ("failed-adequate" if is_relied_on else "cannot-tell")
    assert is_relied_on or "more than 2 times the highest usual dose" in " ".join(entry.because)
    assert is_relied_on or "trial.gabapentin.top_dose" in entry.ask


@pytest.mark.parametrize(("dose", "is_relied_on"), [(7200, True), (7201, False)])
def test_nor_is_such_a_dose_on_the_list_of_medicines_relied_on(dose: float, is_relied_on: bool) -> None:
    goes_on = failed("gabapentin", end=None, ongoing=True, stopped=None).model_copy(update={"top_dose": None})
    listed = Medication(drug="gabapentin", dose_mg_per_day=dose)
    (entry,) = therapies.ledger(someone(goes_on, medications=(listed,))).entries
    assert ("trial.gabapentin.top_dose" in entry.ask) is not is_relied_on


def test_an_opioid_that_ended_does_not_speak_for_the_one_that_helps_now() -> None:
    """Oxycodone failed later than methadone began; methadone goes on and helps, and is named by itself."""
    dates = {"start": DAY - timedelta(days=90), "end": DAY - timedelta(days=30)}
    fell_short = failed("strong_opioids", **dates).model_copy(update={"therapy": "oxycodone"})
    helps = Trial(
        therapy="methadone",
        start=DAY - timedelta(days=200),
        relief_percent=60,
        ongoing=True,
        adherent=True,
        purpose="pain",
    )
    patient = someone(fell_short, helps, pain_average_nrs=3, pain_duration_days=900)
    ledger = therapies.ledger(patient)
    (entry,) = ledger.entries
    assert entry.verdict == "responded"
    assert entry.because[0].startswith("the best of 2 trials counts (methadone); the others: oxycodone failed")
    assert [each.title for each in therapies.keeping.helping(patient, ledger)] == ["Strong opioids (methadone)"]
