"""In which order questions are put: as a pain physician goes round, groups as one question."""

from __future__ import annotations

from datetime import date

import letters
import pytest

from unwound import cautions, facts, pathway, questions
from unwound.candidacy import Verdict
from unwound.pathway import Review
from unwound.patient import Ask, Patient, Trial

DAY = date(2026, 11, 21)


def reviewed(name: str) -> Review:
    return pathway.review(letters.read(name).case.patient)


@pytest.mark.parametrize("name", letters.NAMES)
def test_every_open_question_is_put_once_and_nothing_else(name: str) -> None:
    review = reviewed(name)
    put = [fact for inquiry in review.to_ask for fact in inquiry.facts]
    assert sorted(put) == sorted(ask.fact for ask in review.asks)


@pytest.mark.parametrize("name", letters.NAMES)
def test_what_could_decide_comes_before_what_cannot(name: str) -> None:
    review = reviewed(name)
    if review.candidacy.verdict == Verdict.CANNOT_TELL:
        decides = [inquiry.decides for inquiry in review.to_ask]
        assert decides == sorted(decides, reverse=True)


@pytest.mark.parametrize("name", letters.NAMES)
def test_where_the_rest_is_decided_the_red_flags_that_nobody_asked_about_come_first(name: str) -> None:
    review = reviewed(name)
    unasked = {
        fact
        for finding in review.findings
        if finding.kind in cautions.URGENT and not finding.holds
        for fact in finding.ask
    }
    if review.candidacy.verdict != Verdict.CANNOT_TELL:
        dangerous = [not unasked.isdisjoint(inquiry.facts) for inquiry in review.to_ask]
        assert dangerous == sorted(dangerous, reverse=True)


def test_the_first_five_go_round_area_signs_treatments_dangers_and_mood() -> None:
    subjects = [inquiry.subject for inquiry in reviewed("crps_ankle_student").to_ask[:5]]
    assert subjects == [subject.title for subject in questions.order().subjects[:5]]


def test_a_group_is_about_what_most_of_its_items_are_about() -> None:
    head = ("stroke_history", "intracranial_pressure_raised", "intraocular_pressure_raised")
    trial = "trial.gabapentin.top_dose"
    asks = [Ask(id, questions.in_words(id), ("x",)) for id in (*head, trial)]
    first, second = questions.in_order(asks, head)
    assert (first.facts, first.subject) == ((trial,), "Treatments tried")
    assert (second.facts, second.subject) == (head, "What is dangerous, or forbids ketamine")


@pytest.mark.parametrize(("treatment", "place"), [("gabapentin", 0), ("physical_therapy", 2)])
def test_what_is_no_medicine_waits_a_round(treatment: str, place: int) -> None:
    ids = (f"trial.{treatment}.relief_percent", "bladder_symptoms", "systolic_mmhg", "sleep_apnoea")
    asks = [Ask(id, questions.in_words(id), ("x",)) for id in ids]
    order = [inquiry.facts[0] for inquiry in questions.in_order(asks, ids)]
    assert order.index(ids[0]) == place


def test_a_blood_pressure_is_one_question() -> None:
    asks = [Ask(id, facts.vocabulary()[id].ask, ("x",)) for id in ("systolic_mmhg", "diastolic_mmhg")]
    (inquiry,) = questions.in_order(asks, ())
    assert inquiry.facts == ("systolic_mmhg", "diastolic_mmhg")
    assert inquiry.question == "What is the blood pressure?"


def test_of_a_group_with_one_open_item_that_item_is_asked() -> None:
    (inquiry,) = questions.in_order([Ask("conduction_defect", questions.in_words("conduction_defect"), ("x",))], ())
    assert inquiry.group == ""
    assert inquiry.question.startswith("Is there a conduction defect")


def test_what_is_not_known_of_one_trial_is_asked_together_and_of_several_the_same_once() -> None:
    ids = ("trial.gabapentin.top_dose", "trial.gabapentin.days", "trial.duloxetine.days", "trial.baclofen.days")
    inquiries = questions.in_order([Ask(id, questions.in_words(id), ("x",)) for id in ids], ())
    assert [inquiry.facts for inquiry in inquiries] == [ids[:2], ids[2:]]
    assert inquiries[1].question == "For how many days was each of duloxetine and baclofen taken in all?"


def test_one_confirmation_stands_for_the_purposes_and_dates_that_it_settles() -> None:
    trials = tuple(Trial(therapy=id, purpose=None) for id in ("gabapentin", "duloxetine"))
    review = pathway.review(Patient(as_of=DAY, trials=trials))
    (confirming,) = [inquiry for inquiry in review.to_ask if "trials_confirmed" in inquiry.facts]
    assert confirming.question == questions.in_words("trials_confirmed")
    assert not [one for one in review.to_ask if one is not confirming and any(f.endswith(".dates") for f in one.facts)]


def test_every_file_of_the_vocabulary_belongs_to_a_subject() -> None:
    assert {file for subject in questions.order().subjects for file in subject.files} == set(facts.groups())
