"""«None of these»: one answer for a system, weaker than a single one, and never for what is asked singly."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from whole_patients import STORIES

from unwound import derive, facts, pathway, screens
from unwound.candidacy import Verdict
from unwound.cautions import CautionLevel
from unwound.exchange import case_file
from unwound.patient import Medication, Patient, Screened
from unwound.record import UnwoundError

DAY = date(2026, 11, 21)
HEART = Screened(group="heart", on=DAY, by="Nurse Synthetic")


def asked(*groups: str, **known: object) -> Patient:
    answers = tuple(Screened(group=group, on=DAY) for group in groups)
    return Patient(as_of=DAY, screened=answers).knowing(**known)


def test_none_of_these_answers_every_item_of_the_group_and_nothing_else() -> None:
    known = derive.derive(asked("heart"))
    answered = {item.fact for item in screens.screens()["heart"].items}
    assert {id for id, fact in known.facts.items() if fact.value is False} == answered
    assert known.facts["conduction_defect"].on == DAY


def test_who_asked_stands_beside_each_answer() -> None:
    known = derive.derive(Patient(as_of=DAY, screened=(HEART,)))
    assert known.facts["conduction_defect"].origin == "derived: none of these: heart, asked by Nurse Synthetic"


def test_a_group_that_nobody_asked_stays_unknown() -> None:
    assert derive.derive(asked("heart")).value("psychosis_active") is None


def test_a_single_answer_is_stronger_and_reopens_the_rest_of_the_group() -> None:
    review = pathway.review(asked("heart", conduction_defect=True))
    assert review.patient.value("conduction_defect") is True
    assert review.patient.value("aneurysm_or_vascular_malformation") is None
    (finding,) = [finding for finding in review.findings if finding.id == "screened_heart"]
    assert finding.level == CautionLevel.ASK
    assert "conduction defect" in finding.because[0]
    assert "aneurysm_or_vascular_malformation" in finding.ask


def test_what_the_medicines_say_against_it_reopens_the_group() -> None:
    patient = asked("nerve_illnesses").model_copy(update={"medications": (Medication(drug="insulin glargine"),)})
    known = derive.derive(patient)
    assert facts.known(known, "diabetes") is None
    assert facts.known(known, "hiv") is None


def test_an_answer_to_one_item_that_agrees_changes_nothing() -> None:
    known = derive.derive(asked("heart", conduction_defect=False))
    assert known.value("aneurysm_or_vascular_malformation") is False


def test_the_groups_settle_no_vital_sign_no_pregnancy_no_allergy_and_no_thought_of_death() -> None:
    singly = {id for id, question in facts.vocabulary().items() if question.singly}
    assert singly == {
        "suicidal_thoughts_now",
        "suicidal_thoughts_today",
        "suicidal_plan_or_intent",
        "suicidal_behaviour_3_months",
        "pregnant",
        "ketamine_hypersensitivity",
    }
    for screen in screens.screens().values():
        assert singly.isdisjoint(item.fact for item in screen.items)
        assert all(facts.vocabulary()[item.fact].type in ("yes-no", "choice") for item in screen.items)


def test_a_group_with_what_is_asked_singly_or_with_too_many_items_is_no_group() -> None:
    heart = screens.screens()["heart"].model_dump()
    item = {"fact": "pregnant", "settles": False, "patient": "pregnant"}
    with pytest.raises(ValidationError, match="pregnant is asked singly"):
        screens.Screen(**{**heart, "items": [item]})
    with pytest.raises(ValidationError, match="at most 8 items"):
        screens.Screen(**{**heart, "items": heart["items"] * 2})


def test_every_item_stands_in_one_group_only() -> None:
    items = [item.fact for screen in screens.screens().values() for item in screen.items]
    assert len(items) == len(set(items))


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('heart = "some"', 'screened.heart: "none" is the only answer to a group, not «some»'),
        ('hart = "none"', "screened: there is no group «hart»"),
        ("heart = { on = 2026-11-20 }", 'screened.heart: "none" is the only answer'),
        ('heart = { answer = "none", when = 2026-11-20 }', "«screened.heart.when» is not a field"),
        ('heart = { answer = "none", on = 2026-12-20 }', "after the day of the review"),
    ],
)
def test_an_answer_that_is_none_of_a_group_is_refused_by_name(written: str, message: str) -> None:
    text = f'title = "x"\nas_of = 2026-11-21\n[screened]\n{written}\n'
    with pytest.raises(UnwoundError) as refused:
        case_file.read_case(text, "x.toml")
    assert message in str(refused.value)


def test_a_case_keeps_the_day_and_who_asked() -> None:
    patient = Patient(as_of=DAY, screened=(HEART, Screened(group="mind", on=DAY)))
    case = case_file.Case("Asked", "", patient)
    written = case_file.write_case(case)
    assert 'heart = { answer = "none", on = 2026-11-21, by = "Nurse Synthetic" }' in written
    assert case_file.read_case(written, "x.toml") == case


def test_none_of_the_others_is_said_of_what_was_read_and_of_nothing_else() -> None:
    others = ("conduction_defect", "myocardial_infarction_recent")
    answer = Screened(group="heart", on=DAY, items=others)
    known = derive.derive(Patient(as_of=DAY, screened=(answer,)).knowing(hypertension=True))
    assert (known.value("hypertension"), *(known.value(item) for item in others)) == (True, False, False)
    assert known.value("aneurysm_or_vascular_malformation") is None
    assert not list(screens.reopened(known))


def test_none_of_the_others_is_reopened_by_one_of_the_others() -> None:
    answer = Screened(group="heart", on=DAY, items=("conduction_defect", "myocardial_infarction_recent"))
    known = derive.derive(Patient(as_of=DAY, screened=(answer,)).knowing(hypertension=True, conduction_defect=True))
    assert known.value("myocardial_infarction_recent") is None


def test_a_case_keeps_what_it_was_said_of_and_refuses_what_the_group_does_not_ask() -> None:
    answer = Screened(group="heart", on=DAY, items=("conduction_defect",))
    case = case_file.Case("Asked", "", Patient(as_of=DAY, screened=(answer,)))
    written = case_file.write_case(case)
    assert case_file.read_case(written, "x.toml") == case
    with pytest.raises(UnwoundError, match=r"screened.heart.items: «porphyria» is not asked in this group"):
        case_file.read_case(written.replace("conduction_defect", "porphyria"), "x.toml")


# --- laws


@settings(max_examples=40)
@given(st.sampled_from(sorted(STORIES)), st.sampled_from(sorted(screens.screens())))
def test_a_group_that_is_forgotten_never_makes_a_candidate_and_never_clears(story: str, group: str) -> None:
    patient = case_file.read_case(STORIES[story].read_text(), story).patient
    without = patient.not_knowing(*(item.fact for item in screens.screens()[group].items if item.fact in patient.facts))
    answered = without.model_copy(update={"screened": (Screened(group=group, on=patient.as_of),)})
    forgotten, screened = pathway.review(without).candidacy, pathway.review(answered).candidacy
    assert (forgotten.verdict == Verdict.CANDIDATE) <= (screened.verdict == Verdict.CANDIDATE)
    for before, after in zip(forgotten.gates[:2], screened.gates[:2], strict=True):
        assert (before.judgement.holds is True) <= (after.judgement.holds is True)


@settings(max_examples=40)
@given(st.sampled_from(sorted(STORIES)), st.sampled_from(sorted(screens.screens())))
def test_whatever_is_known_otherwise_outweighs_a_group(story: str, group: str) -> None:
    patient = case_file.read_case(STORIES[story].read_text(), story).patient
    plain = derive.derive(patient)
    answered = derive.derive(patient.model_copy(update={"screened": (Screened(group=group, on=patient.as_of),)}))
    for id, fact in plain.facts.items():
        if not fact.doubt:
            assert answered.facts[id].value == fact.value, id
