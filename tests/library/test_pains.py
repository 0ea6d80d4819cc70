"""Several pains of one person: each graded by itself, trials for the one that is treated, red flags over all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whole_patients import STORIES

from unwound import derive, pains, pathway
from unwound.candidacy import Verdict
from unwound.exchange import case_file
from unwound.pathway import Review
from unwound.patient import Answers, Fact, Pain, Patient, Trial
from unwound.terms import TrialVerdict
from unwound.vocabulary import FactError, belongs_to_one_pain

DAY = date(2026, 11, 21)
FEET = {
    "pain_distribution": ("distal-symmetric",),
    "distribution_fits_nervous_system": True,
    "pain_began_in_plausible_time": True,
    "sensory_loss_in_area": True,
    "test_nerve_conduction": "abnormal",
    "pain_average_nrs": 5.0,
}
LEG = {"pain_distribution": ("radicular-leg",), "root_lesion_history": True, "pain_average_nrs": 7.0}


def pain(name: str, known: dict[str, object], **fields: object) -> Pain:
    return Pain(
        name=name, facts={id: {"value": value, "on": date(2026, 11, 1)} for id, value in known.items()}, **fields
    )


def feet_and_leg(**fields: object) -> Patient:
    two = (pain("feet", FEET, side="both", since=date(2022, 5, 1)), pain("right leg", LEG, side="right"))
    return Patient(as_of=DAY, facts={"diabetes": {"value": True}}, pains=two, **fields)


def levels(review: Review) -> dict[str, str]:
    return {grade.condition: grade.level for grade in review.grades}


def treating(patient: Patient, name: str) -> Patient:
    chosen = tuple(one.model_copy(update={"to_treat": one.name == name}) for one in patient.pains)
    return patient.model_copy(update={"pains": chosen})


def test_the_signs_of_numb_feet_do_not_make_an_old_disc_a_definite_sciatica() -> None:
    review = pathway.review(treating(feet_and_leg(), "right leg"))
    assert levels(review)["lumbosacral_radiculopathy"] not in ("definite", "probable")
    (feet,) = review.other_pains
    assert {grade.condition: grade.level for grade in feet.grades}["painful_diabetic_polyneuropathy"] == "definite"


def test_the_decision_is_about_the_pain_to_be_treated() -> None:
    review = pathway.review(treating(feet_and_leg(), "feet"))
    assert review.candidacy.indication == "painful_diabetic_polyneuropathy"
    assert review.patient.value("pain_average_nrs") == 5
    assert pains.TO_TREAT not in [ask.fact for ask in review.asks]


def test_which_pain_is_to_be_treated_is_asked_and_until_then_the_strongest_leads() -> None:
    review = pathway.review(feet_and_leg())
    assert review.patient.seen_pain == "right leg"
    assert pains.TO_TREAT in review.candidacy.ask
    assert review.candidacy.verdict != Verdict.CANDIDATE


def test_the_duration_follows_from_the_day_on_which_the_pain_began() -> None:
    review = pathway.review(treating(feet_and_leg(), "feet"))
    assert review.patient.value("pain_duration_days") == (DAY - date(2022, 5, 1)).days


@pytest.mark.parametrize(
    ("taken_for", "counts"),
    [(("feet",), True), (("right leg",), False), ((), None), (("feet", "right leg"), True)],
)
def test_a_trial_is_a_trial_of_the_pain_it_was_taken_for(taken_for: tuple[str, ...], counts: bool | None) -> None:
    adequate = Trial(
        therapy="gabapentin", top_dose=2400, days=120, days_at_top=90, start=date(2025, 1, 1), end=date(2025, 5, 1),
        relief_percent=10, adherent=True, stopped="no-effect", ongoing=False, pains=taken_for,
    )  # fmt: skip
    known = {"diabetes": {"value": True}, "age_years": {"value": 60.0}, "crcl_ml_per_min": {"value": 90.0}}
    patient = treating(feet_and_leg(trials=(adequate,)), "feet").model_copy(update={"facts": known})
    (entry,) = [entry for entry in pathway.review(patient).ledger.entries if entry.therapy == "gabapentin"]
    expected = {True: TrialVerdict.FAILED_ADEQUATE, False: TrialVerdict.NOT_THIS_PAIN, None: TrialVerdict.CANNOT_TELL}
    assert entry.verdict == expected[counts], entry.says


def test_a_form_about_pain_counts_for_the_pain_it_names_and_is_asked_about_otherwise() -> None:
    forms = (
        Answers(instrument="pain_nrs", on=DAY, total=9, pain="feet"),
        Answers(instrument="peg", on=DAY, items=(3, 3, 3)),
        Answers(instrument="phq_9", on=DAY, items=(0,) * 9),
    )
    review = pathway.review(treating(feet_and_leg(answers=forms), "feet"))
    assert review.patient.value("pain_average_nrs") == 9
    assert [score.instrument for score in review.scores] == ["pain_nrs", "phq_9"]
    assert "pain.form.peg" in review.candidacy.ask
    assert "Which pain is the form «PEG» about?" in [ask.question for ask in review.asks]


def test_a_red_flag_of_a_pain_that_is_not_treated_comes_first_all_the_same() -> None:
    back = pain("back", {"pain_distribution": ("joint-or-muscle",)})
    face = pain("face", {"pain_distribution": ("trigeminal",), "pain_average_nrs": 8.0}, to_treat=True)
    alone = pathway.review(Patient(as_of=DAY, pains=(face,)))
    both = pathway.review(Patient(as_of=DAY, pains=(face, back)))
    gained = set(both.candidacy.not_asked) - set(alone.candidacy.not_asked)
    assert any(title.endswith("(back)") for title in gained), gained
    urgent = Patient(as_of=DAY, pains=(face, back)).knowing(
        saddle_numbness_new=True, back_or_leg_pain=True, bladder_or_bowel_change_new=True
    )
    assert pathway.review(urgent).candidacy.urgent


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"facts": {"pain_average_nrs": {"value": 5.0}}}, "facts.pain_average_nrs: this belongs to one pain"),
        ({"facts": {"root_lesion_history": {"value": True}}}, "facts.root_lesion_history: this stands under a pain"),
        (
            {"trials": (Trial(therapy="gabapentin", pains=("feeet",)),)},
            "no pain is called «feeet»; did you mean «feet»?",
        ),
        ({"answers": (Answers(instrument="peg", pain="arm"),)}, "answers[1].pain: no pain is called «arm»"),
    ],
)
def test_what_would_be_read_of_the_wrong_pain_is_refused(fields: dict[str, object], named: str) -> None:
    with pytest.raises(FactError) as refused:
        feet_and_leg().model_copy(update=fields)
    assert named in str(refused.value)


def test_names_are_told_apart_one_pain_is_treated_and_the_weight_is_nobodys_pain() -> None:
    with pytest.raises(FactError, match="two of them are called «foot»"):
        Patient(as_of=DAY, pains=(Pain(name="foot"), Pain(name="foot")))
    with pytest.raises(FactError, match="one pain at a time"):
        Patient(as_of=DAY, pains=(Pain(name="foot", to_treat=True), Pain(name="hand", to_treat=True)))
    with pytest.raises(FactError, match="weight_kg: this is about the person"):
        pain("foot", {"weight_kg": 70.0})
    with pytest.raises(FactError, match="after the day of the review"):
        Patient(as_of=DAY, pains=(Pain(name="foot", since=date(2027, 1, 1)),))


def test_a_case_with_two_pains_is_written_and_read_again_as_it_was() -> None:
    patient = feet_and_leg(trials=(Trial(therapy="gabapentin", pains=("feet",)),), answers=(
        Answers(instrument="peg", items=(3, 3, 3), pain="feet"),
    ))  # fmt: skip
    case = case_file.Case("Two pains", "", patient)
    assert case_file.read_case(case_file.write_case(case), "two.toml") == case


# --- laws


def split(patient: Patient) -> tuple[dict[str, Fact], dict[str, Fact]]:
    """The facts of the person, and those that are one pain's alone."""
    own = {id: fact for id, fact in patient.facts.items() if belongs_to_one_pain(id)}
    return {id: fact for id, fact in patient.facts.items() if id not in own}, own


def stories() -> list[str]:
    """Whole patients with a single pain."""
    return sorted(id for id, path in STORIES.items() if "[[pains]]" not in path.read_text())


@settings(max_examples=40)
@given(st.sampled_from(stories()))
def test_a_single_pain_means_the_same_wherever_its_facts_stand(story: str) -> None:
    patient = case_file.read_case(STORIES[story].read_text(), story).patient
    person, own = split(patient)
    moved = patient.with_checked(facts=person).model_copy(update={"pains": (Pain(name="it", facts=own),)})
    plain, named = pathway.review(patient), pathway.review(moved)
    assert named.patient.facts == plain.patient.facts
    assert replace(named, patient=plain.patient) == plain


@settings(max_examples=25)
@given(st.sampled_from(stories()), st.sampled_from(stories()))
def test_each_pain_is_graded_as_if_it_were_the_only_one_and_what_is_urgent_in_either_is_urgent(
    story: str, beside: str
) -> None:
    patient = case_file.read_case(STORIES[story].read_text(), story).patient
    other = case_file.read_case(STORIES[beside].read_text(), beside).patient
    person, own = split(patient)
    _, others = split(other)
    two = (Pain(name="it", facts=own, to_treat=True), Pain(name="other", facts=others))
    trials = tuple(trial.with_checked(pains=("it",)) for trial in patient.trials)
    forms = tuple(form.with_checked(pain="it") for form in patient.answers)
    both = patient.with_checked(facts=person, trials=trials, answers=forms).model_copy(update={"pains": two})
    review, alone = pathway.review(both), pathway.review(patient)
    assert review.grades == alone.grades
    assert review.flags == alone.flags
    beside_alone = pathway.review(pains.seen(both, two[1]))
    assert review.other_pains[0].grades == beside_alone.grades
    urgent = {finding.id for finding in (*alone.red_flags, *beside_alone.red_flags)}
    assert {finding.id for finding in review.red_flags} == urgent
    stops = {finding.id for finding in alone.findings if finding.level == "stop"}
    assert stops <= {finding.id for finding in review.findings if finding.level == "stop"}


@settings(max_examples=15)
@given(st.sampled_from(stories()), st.data())
def test_what_is_decided_again_for_a_changed_fact_is_what_a_new_review_decides(story: str, data: st.DataObject) -> None:
    patient = case_file.read_case(STORIES[story].read_text(), story).patient
    person, own = split(patient)
    back = pain("back", {"pain_distribution": ("joint-or-muscle",)})
    two = (Pain(name="it", facts=own, to_treat=True), back)
    review = pathway.review(patient.with_checked(facts=person, answers=()).model_copy(update={"pains": two}))
    again = pathway.deciding_again(review.patient)
    for id in data.draw(st.lists(st.sampled_from(sorted(review.patient.facts)), max_size=5)):
        changed = review.patient.not_knowing(id)
        decision = pathway.review(changed).candidacy
        assert again(changed) == decision
        assert again.verdict(changed) == decision.verdict


def test_what_is_remembered_of_somebody_is_not_taken_for_another_whose_second_pain_is_elsewhere() -> None:
    """The face is in view in both; only the other pain differs, and in nothing but its place."""
    for place, is_asked in (("hand", None), ("low-back", True)):
        face = pain("face", {"pain_site": ("face",)}, to_treat=True)
        other = pain("other", {"pain_site": (place,)})
        known = derive.derive(Patient(as_of=DAY, pains=(face, other)))
        assert known.value("back_or_leg_pain") is is_asked


def test_a_patient_seen_with_one_pain_is_derived_as_before() -> None:
    patient = treating(feet_and_leg(), "feet")
    known = derive.derive(patient)
    assert derive.derive(known) == known
