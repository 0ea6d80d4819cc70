"""A trial is a failure of this pain only if it overlapped it, was taken for it, and as prescribed: each at its edge."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tried import DAY, PAIN, delphi, failed, local, someone, steps, tried

from unwound import facts, pathway, therapies
from unwound.patient import Fact, Medication, Patient, Trial

YEAR_OF_PAIN = {"pain_duration_days": 365, "trials_confirmed": False}
ONSET = DAY - timedelta(365)


def unasked(*trials: Trial, medications: tuple[Medication, ...] = (), **known: Any) -> Patient:
    """Somebody about whose trials nobody has confirmed anything."""
    return someone(*trials, medications=medications, **known).not_knowing("trials_confirmed")


def entry(patient: Patient) -> therapies.Entry:
    (only,) = therapies.ledger(patient).entries
    return only


# --- before this pain


def test_a_trial_that_ended_the_day_before_the_pain_began_says_nothing_and_one_that_ended_on_it_does() -> None:
    before = failed("nortriptyline", start=date(2019, 1, 1), end=ONSET - timedelta(1))
    assert entry(unasked(before, **PAIN | YEAR_OF_PAIN)).verdict == "not-this-pain"
    assert "ended 1 day before this pain began" in entry(unasked(before, **YEAR_OF_PAIN)).because[0]
    on_the_day = failed("nortriptyline", start=date(2019, 1, 1), end=ONSET)
    assert entry(unasked(on_the_day, **YEAR_OF_PAIN)).verdict == "inadequate", "it overlapped, for no day of the pain"


@pytest.mark.parametrize(("days_of_pain", "verdict"), [(42, "failed-adequate"), (41, "inadequate")])
def test_only_the_days_within_this_pain_make_a_trial_adequate(days_of_pain: int, verdict: str) -> None:
    end = ONSET + timedelta(days_of_pain)
    long = failed("nortriptyline", days=2000, days_at_top=1900, start=end - timedelta(2000), end=end)
    assert entry(unasked(long, **YEAR_OF_PAIN)).verdict == verdict


def test_opioids_of_ten_years_are_no_failure_for_a_pain_of_one_day() -> None:
    opioid = tried("morphine", days=3650, relief_percent=0, ongoing=True, adherent=True)
    assert entry(unasked(opioid, pain_duration_days=1)).verdict == "ongoing"
    assert "this pain was there for 1 of them (28 needed)" in " ".join(
        entry(unasked(opioid, pain_duration_days=1)).because
    )
    assert entry(unasked(opioid, pain_duration_days=28)).verdict == "failed-adequate"


def test_the_duration_of_the_pain_counts_back_from_its_own_date() -> None:
    trial = failed("duloxetine", start=date(2026, 1, 1), end=date(2026, 4, 11))
    patient = unasked(trial)
    asked_then = Fact(value=100.0, on=date(2026, 4, 30))
    dated = patient.model_copy(update={"facts": {**patient.facts, "pain_duration_days": asked_then}})
    assert entry(dated).verdict == "failed-adequate"
    assert entry(unasked(trial, pain_duration_days=100)).verdict == "not-this-pain"


def test_what_was_not_tolerated_before_this_pain_is_said_and_closes_its_step() -> None:
    rash = tried("gabapentin", days=10, end=date(2020, 1, 1), stopped="side-effects", side_effects="rash")
    patient = unasked(rash, *THE_OTHER_TWO, **PAIN)
    of_gabapentin = therapies.ledger(patient).of("gabapentin")[0]
    assert of_gabapentin.verdict == "intolerant"
    assert of_gabapentin.because[0] == "stopped because of side effects: rash"
    assert any("before this pain began" in reason for reason in of_gabapentin.because)
    assert "gabapentin" not in steps(patient)
    assert local(patient) is True, "the class is not available, like one that is ruled out"
    assert delphi(patient) is False, "the Delphi rule counts trials of this pain"


THE_OTHER_TWO = (failed("nortriptyline", end=DAY), failed("duloxetine", end=DAY))


def test_an_earlier_relief_does_not_keep_a_class_open_and_its_medicine_is_offered_as_new() -> None:
    then = tried("pregabalin", relief_percent=60, days=90, start=date(2019, 1, 1), end=date(2019, 4, 1))
    patient = unasked(then, failed("gabapentin", end=DAY), *THE_OTHER_TWO, **PAIN)
    assert local(patient) is True
    offered = steps(unasked(then, **PAIN))
    assert "taken before" in offered["pregabalin"].why
    assert "gabapentin" in offered


def test_a_medicine_of_long_ago_that_is_taken_again_is_a_new_trial() -> None:
    then = failed("gabapentin", start=date(2019, 1, 1), end=date(2019, 7, 20))
    again = therapies.judged(unasked(then, medications=(Medication(drug="gabapentin"),), **PAIN))
    assert sorted(judged.verdict for _, judged in again) == ["cannot-tell", "not-this-pain"]


# --- what is unknown is asked, and nothing that is certain or impossible


def test_an_undated_trial_counts_once_it_is_dated_or_confirmed() -> None:
    undated = failed("duloxetine")
    open_one = entry(unasked(undated, **PAIN))
    assert (open_one.verdict, open_one.says) == ("cannot-tell", "failed, if taken for this pain")
    assert (open_one.counts, open_one.possible) == (None, True)
    assert set(open_one.ask) == {"trials_confirmed", "trial.duloxetine.dates"}
    assert entry(someone(undated, **PAIN)).verdict == "failed-adequate"
    assert entry(unasked(failed("duloxetine", end=DAY - timedelta(5)), **PAIN)).verdict == "failed-adequate"


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({"ongoing": True, "stopped": None}, ()),
        ({"end": DAY}, ()),
        ({"start": ONSET}, ()),
        ({"start": ONSET - timedelta(1)}, ("trials_confirmed", "trial.duloxetine.dates")),
        ({"start": ONSET - timedelta(300), "days": 329}, ()),
        ({"top_dose": 20, "stopped": "other", "dose_limited_by_side_effects": False}, ()),
        ({"relief_percent": 60, "stopped": "other"}, ()),
    ],
)
def test_dates_are_asked_only_where_they_could_decide(fields: dict[str, Any], asked: tuple[str, ...]) -> None:
    trial = failed("duloxetine", days=fields.pop("days", None), days_at_top=50, **fields)
    assert entry(unasked(trial, pain_duration_days=365)).ask == asked


def test_where_the_pain_has_no_duration_that_is_asked() -> None:
    ended = failed("duloxetine", start=date(2025, 1, 1), end=date(2025, 7, 1))
    assert entry(unasked(ended)).ask == ("trials_confirmed", "pain_duration_days")


def test_unknown_adherence_is_never_adequate_and_one_confirmation_settles_every_trial() -> None:
    doubtful = [failed(id, end=DAY, adherent=None) for id in ("nortriptyline", "duloxetine", "gabapentin")]
    ledger = therapies.ledger(unasked(*doubtful, **PAIN))
    assert {each.says for each in ledger.entries} == {"failed, if taken as prescribed"}
    assert {each.ask for each in ledger.entries} == {("trials_confirmed",)}
    assert ledger.refractory_local.holds is None
    assert ledger.refractory_local.because[0] == "Local working rule: certain 0, possible 3 of 3 classes"
    assert local(someone(*doubtful, **PAIN)) is True
    reopened = therapies.ledger(someone(*doubtful, **PAIN | {"trials_confirmed": False}))
    assert {each.ask for each in reopened.entries} == {
        ("trial.nortriptyline.adherent",), ("trial.duloxetine.adherent",), ("trial.gabapentin.adherent",)
    }  # fmt: skip


def test_a_confirmation_does_not_outweigh_what_is_recorded_nor_cover_what_began_after_it() -> None:
    assert entry(someone(failed("duloxetine", adherent=False))).verdict == "inadequate"
    long_ago = failed("duloxetine", start=date(2019, 1, 1), end=date(2019, 7, 1))
    assert entry(someone(long_ago, **PAIN)).verdict == "not-this-pain"
    later = unasked(failed("duloxetine", start=date(2026, 1, 1), end=DAY, adherent=None), **PAIN)
    confirmed_before = Fact(value=True, on=date(2025, 12, 31))
    patient = later.model_copy(update={"facts": {**later.facts, "trials_confirmed": confirmed_before}})
    assert entry(patient).ask == ("trial.duloxetine.adherent",)


def test_each_trial_can_be_confirmed_by_itself_and_the_others_stay_open() -> None:
    undated = {"start": None, "end": None}
    one = failed("gabapentin", adherent=True, in_this_pain=True, **undated)
    other = failed("duloxetine", adherent=None, **undated)
    ledger = therapies.ledger(unasked(one, other, pain_duration_days=365))
    assert {each.therapy: (each.counts, each.possible) for each in ledger.entries} == {
        "gabapentin": (True, True),
        "duloxetine": (None, True),
    }


def test_what_is_said_of_one_trial_is_outweighed_by_its_dates() -> None:
    before = failed("nortriptyline", start=date(2019, 1, 1), end=date(2019, 6, 1), in_this_pain=True)
    assert entry(unasked(before, **YEAR_OF_PAIN)).verdict == "not-this-pain"
    within = failed("nortriptyline", start=ONSET, end=DAY, in_this_pain=False, adherent=True)
    assert entry(unasked(within, **YEAR_OF_PAIN)).verdict == "failed-adequate"


def test_a_trial_that_is_said_to_lie_before_this_pain_is_no_failure_of_it_even_if_all_are_confirmed() -> None:
    earlier = failed("gabapentin", start=None, end=None, in_this_pain=False)
    for known in ({}, {"trials_confirmed": True}):
        assert entry(unasked(earlier, pain_duration_days=365, **known)).verdict == "not-this-pain"


def test_the_verdict_names_the_confirmation_that_could_settle_it() -> None:
    doubtful = [failed(id, end=DAY, adherent=None) for id in ("nortriptyline", "duloxetine", "gabapentin")]
    known = CRPS | PAIN
    decision = pathway.review(unasked(*doubtful, **known)).candidacy
    assert any("one confirmation could settle it" in reason for reason in decision.because)
    assert "trials_confirmed" in decision.ask


CRPS: dict[str, Any] = {
    "pain_distribution": ("regional-limb",),
    "crps_after_limb_event": True,
    "crps_disproportionate": True,
    "crps_no_better_diagnosis": True,
    "crps_major_nerve_lesion": False,
    **{f"crps_symptom_{kind}": True for kind in ("sensory", "vasomotor", "sudomotor", "motor")},
    **{f"crps_sign_{kind}": True for kind in ("sensory", "vasomotor", "sudomotor", "motor")},
}


def test_a_relief_that_is_not_known_keeps_its_class_open_whatever_else_failed_in_it() -> None:
    unknown = tried("pregabalin", top_dose=75, days=20, end=DAY, stopped="other")
    patient = unasked(unknown, failed("gabapentin", end=DAY), *THE_OTHER_TWO, **PAIN)
    assert local(patient) is None
    assert "trial.pregabalin.relief_percent" in therapies.ledger(patient).refractory_local.ask


def test_what_was_not_tolerated_for_depression_is_not_offered_for_pain() -> None:
    patient = unasked(tried("duloxetine", purpose="depression", stopped="side-effects", side_effects="hepatitis"))
    assert entry(patient).verdict == "intolerant"
    assert "taken for depression" in entry(patient).because
    assert "duloxetine" not in steps(patient)


# --- law: forgetting any field of any trial adds no failure, no refractoriness

WORDS = ("therapy", "pains", "note", "origin", "side_effects", "prescribed_for", "pain_then", "rivals")
FIELDS = [name for name in Trial.model_fields if name not in WORDS]


@st.composite
def whole_trials(draw: st.DrawFn) -> Trial:
    """A trial of which everything is known, and nothing contradicts anything."""
    ongoing = draw(st.booleans())
    start = DAY - timedelta(draw(st.sampled_from([3000, 700, 366, 120, 40, 20])))
    most = (DAY - start).days
    days = most if ongoing else draw(st.integers(0, most))
    relief = draw(st.sampled_from([-10, 0, 29, 30, 60]))
    ends = ["side-effects", "other", *(["no-effect"] if relief < 30 else [])]
    return Trial(
        therapy=draw(st.sampled_from(["gabapentin", "pregabalin", "duloxetine", "nortriptyline", "amitriptyline"])),
        purpose=draw(st.sampled_from(["pain", "pain", "pain", "depression"])),
        top_dose=draw(st.sampled_from([10, 60, 75, 300, 900, 1800])),
        days=days,
        days_at_top=draw(st.integers(0, days)),
        start=start,
        end=None if ongoing else start + timedelta(days),
        ongoing=ongoing,
        relief_percent=relief,
        stopped=None if ongoing else draw(st.sampled_from(ends)),
        dose_limited_by_side_effects=draw(st.booleans()),
        adherent=draw(st.sampled_from([True, True, True, False])),
        in_this_pain=True if start >= DAY - timedelta(30) else None,
    )


def forget(trial: Trial, field: str) -> Trial:
    return trial.model_copy(update={field: None})


def counted(patient: Patient) -> int:
    return sum(1 for each in therapies.ledger(patient).entries if each.counts)


@pytest.mark.thorough
@settings(max_examples=300)
@given(st.data())
def test_forgetting_a_field_of_a_trial_never_adds_a_failure_or_refractoriness(data: st.DataObject) -> None:
    whole = data.draw(st.lists(whole_trials(), min_size=1, max_size=4))
    gaps = data.draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.sampled_from(FIELDS)), max_size=6))
    for place, field in gaps:
        whole[place] = forget(whole[place], field)
    place, field = data.draw(st.tuples(st.integers(0, len(whole) - 1), st.sampled_from(FIELDS)))
    assume(getattr(whole[place], field) is not None)
    fewer = [forget(trial, field) if at == place else trial for at, trial in enumerate(whole)]
    known = {"pain_duration_days": 365, "pain_average_nrs": 8, "pain_interferes_much": True, "crcl_ml_per_min": 90}
    before, after = unasked(*whole, **known), unasked(*fewer, **known)
    assert counted(after) <= counted(before), (whole, field)
    assert not (local(after) and not local(before)), (whole, field)
    assert not (delphi(after) and not delphi(before)), (whole, field)


@pytest.mark.thorough
@settings(max_examples=150)
@given(st.data())
def test_forgetting_how_long_the_pain_has_been_or_the_kidneys_never_adds_a_failure(data: st.DataObject) -> None:
    whole = data.draw(st.lists(whole_trials(), min_size=1, max_size=4))
    clearance = data.draw(st.sampled_from([10, 25, 40, 90]))
    patient = unasked(*whole, pain_duration_days=data.draw(st.sampled_from([30, 100, 365])), crcl_ml_per_min=clearance)
    patient = patient.model_copy(update={"jurisdiction": "US"})
    facts.check(patient)
    for fact in ("pain_duration_days", "crcl_ml_per_min"):
        assert counted(patient.not_knowing(fact)) <= counted(patient), fact


@pytest.mark.parametrize(
    ("therapy", "usual", "slip"),
    [("gabapentin", 3600, 6000), ("amitriptyline", 150, 250), ("venlafaxine", 225, 375), ("tramadol", 400, 500)],
)
def test_a_dose_above_the_highest_usual_one_counts_only_once_it_is_confirmed(
    therapy: str, usual: float, slip: float
) -> None:
    """600 mg typed as 6,000 would be an adequate trial; 3,600 is one."""
    sure = {"purpose": "pain", "adherent": True, "end": DAY}
    typed = unasked(failed(therapy, top_dose=slip, **sure), **PAIN)
    doubtful = entry(typed)
    assert doubtful.verdict == "cannot-tell"
    assert "more than the highest usual dose" in " ".join(doubtful.because)
    assert "trials_confirmed" in doubtful.ask
    assert entry(typed.knowing(trials_confirmed=True)).verdict == "failed-adequate"
    assert f"trial.{therapy}.top_dose" in entry(typed.knowing(trials_confirmed=False)).ask
    assert entry(unasked(failed(therapy, top_dose=usual, **sure), **PAIN)).verdict == "failed-adequate"
