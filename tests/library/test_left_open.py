"""What a newer form leaves open is asked again: an older answer that reassured does so no longer, a warning stays."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from bundle_builder import Json, observation, read
from form_shapes import numbered, response
from hypothesis import given
from hypothesis import strategies as st

from unwound import derive, facts, instruments, pathway
from unwound.patient import Answers, Fact, Patient

DAY = date(2026, 11, 21)
BEFORE, SINCE = date(2026, 11, 10), date(2026, 11, 18)


def phq(*items: float | None, on: date | None = BEFORE) -> Answers:
    return Answers(instrument="phq_9", on=on, items=items)


def unread(form: str, on: date | None = SINCE) -> Answers:
    """A form of which nothing could be read."""
    return Answers(instrument=form, on=on)


def known(id: str, *forms: Answers, **entered: Fact) -> object:
    fact = facts.known(derive.derive(Patient(as_of=DAY, answers=forms, facts=entered)), id)
    return None if fact is None else fact.value


ZERO, RAISED = phq(*[0.0] * 9), phq(*[0.0] * 8, 2.0)


@pytest.mark.parametrize(
    ("newer", "holds"),
    [
        (unread("phq_9"), None),
        (unread("phq_9", on=BEFORE), 0.0),
        (unread("phq_9", on=date(2026, 11, 9)), 0.0),
        (unread("phq_9", on=None), 0.0),
        (unread("gad_7"), 0.0),
        (phq(*[1.0] * 8, on=SINCE), None),
        (phq(*[1.0] * 8, 7.0, on=SINCE), None),
        (phq(*[None] * 8, 0.0, on=SINCE), 0.0),
        (Answers(instrument="phq_9", on=SINCE, total=14), None),
        (Answers(instrument="phq_9", on=SINCE, total=0), 0.0),
    ],
)
def test_an_older_zero_for_thoughts_of_death_counts_unless_a_newer_form_leaves_it_open(
    newer: Answers, holds: float | None
) -> None:
    assert known("phq9_item9", ZERO, newer) == holds
    entered = Fact(value=0.0, on=BEFORE)
    assert known("phq9_item9", newer, phq9_item9=entered) == holds


def test_it_is_asked_again_and_then_the_answer_counts() -> None:
    review = pathway.review(Patient(as_of=DAY, answers=(ZERO, unread("phq_9"))))
    assert {"phq9_total", "suicidal_thoughts_now"} <= {ask.fact for ask in review.asks}
    assert "suicide_item_9" in {finding.id for finding in review.findings if not finding.holds}
    assert review.scores[-1].because == ("PHQ-9 has no score: nothing of it could be read",)
    assert known("phq9_item9", ZERO, unread("phq_9"), phq9_item9=Fact(value=0.0, on=DAY)) == 0.0


def test_thoughts_of_death_that_were_stated_go_on_warning() -> None:
    both = pathway.review(Patient(as_of=DAY, answers=(RAISED, unread("phq_9"))))
    alone = pathway.review(Patient(as_of=DAY, answers=(RAISED,)))
    assert {finding.id for finding in alone.red_flags} <= {finding.id for finding in both.red_flags}
    assert alone.red_flags


@pytest.mark.parametrize(
    ("form", "fact"),
    [("phq_9", "phq9_total"), ("gad_7", "gad7_total"), ("pain_nrs", "pain_average_nrs"), ("peg", "pain_average_nrs")],
)
def test_a_score_is_asked_again_after_a_form_that_could_not_be_read(form: str, fact: str) -> None:
    older = Fact(value=2.0, on=BEFORE)
    assert known(fact, **{fact: older}) == 2.0
    assert known(fact, unread(form), **{fact: older}) is None
    assert known(fact, unread(form), **{fact: Fact(value=2.0, on=SINCE)}) == 2.0


def test_an_older_no_to_thoughts_of_ending_life_is_open_after_a_screen_that_could_not_be_read() -> None:
    for value, after in ((False, None), (True, True)):
        older = Fact(value=value, on=BEFORE)
        assert known("suicidal_thoughts_now", unread("c_ssrs"), suicidal_thoughts_now=older) is after
        assert known("suicidal_thoughts_now", unread("c_ssrs", on=BEFORE), suicidal_thoughts_now=older) is value


def test_an_unfinished_form_leaves_the_older_total_standing() -> None:
    assert known("phq9_total", phq(*[2.0] * 9), phq(*[None] * 8, 1.0, on=SINCE)) == 18.0


days = st.integers(0, 20).map(lambda ago: DAY - timedelta(days=ago))
items = st.lists(st.sampled_from([None, 0.0, 1.0, 3.0]), max_size=9).map(tuple)
forms = st.builds(
    Answers, instrument=st.sampled_from(["phq_9", "c_ssrs", "pain_nrs"]), on=st.none() | days, items=items
)
entered = st.fixed_dictionaries(
    {},
    optional={
        "phq9_item9": st.builds(Fact, value=st.sampled_from([0.0, 2.0]), on=st.none() | days),
        "suicidal_thoughts_now": st.builds(Fact, value=st.booleans(), on=days),
    },
)


@given(st.lists(forms, max_size=4).map(tuple), entered)
def test_deriving_twice_changes_nothing_and_a_zero_is_never_older_than_a_form_that_leaves_it_open(
    filled: tuple[Answers, ...], stated: dict[str, Fact]
) -> None:
    once = derive.derive(Patient(as_of=DAY, answers=filled, facts=stated))
    assert derive.derive(once) == once
    zero = facts.known(once, "phq9_item9")
    if zero is not None:
        open_since = [form.on for form in filled if form.on and "phq9_item9" in instruments.leaves_open(form)]
        assert zero.on is not None
        assert all(zero.on >= day for day in open_since)


# ---- as a record of elsewhere brings it


def imported(*resources: Json) -> dict[str, object]:
    patient = derive.derive(read(*resources).patient)
    return {id: fact.value for id in patient.facts if (fact := facts.known(patient, id)) is not None}


def filled(values: list[int], links: list[str], on: str) -> Json:
    named = "http://example.org/Questionnaire/phq-9"
    return response(numbered(links, values), id=on, questionnaire=named, authored=on)


RIGHT, SHIFTED = [str(n) for n in range(1, 10)], [str(n) for n in range(2, 11)]


def test_a_form_in_doubt_opens_the_zero_of_an_older_one_and_not_of_a_newer_one() -> None:
    older, newer = "2026-11-10", "2026-11-18"
    assert imported(filled([0] * 9, RIGHT, older))["phq9_item9"] == 0
    both = imported(filled([0] * 9, RIGHT, older), filled([0] * 8 + [3], SHIFTED, newer))
    assert both.keys().isdisjoint({"phq9_item9", "phq9_total"})
    assert imported(filled([0] * 8 + [3], SHIFTED, older), filled([0] * 9, RIGHT, newer))["phq9_item9"] == 0


@pytest.mark.parametrize(
    ("fact", "known_code", "newer"),
    [
        ("phq9_item9", "44260-8", observation("44260-8", on="2026-11-18", id="new", valueString="refused")),
        ("phq9_total", "44261-6", observation("44261-6", 30, on="2026-11-18", id="new")),
        ("gad7_total", "70274-6", observation("70274-6", on="2026-11-18", id="new", valueString="see note")),
        ("pain_average_nrs", "72514-3", observation("72514-3", 11, "{score}", on="2026-11-18", id="new")),
        ("pain_average_nrs", "72514-3", observation("75261-8", on="2026-11-18", id="new", valueString="Severe")),
    ],
)
def test_a_newer_answer_that_cannot_be_read_opens_an_older_one(fact: str, known_code: str, newer: Json) -> None:
    older = observation(known_code, 0, on="2026-11-10", id="old")
    assert imported(older)[fact] == 0
    assert fact not in imported(older, newer)
    assert imported(older, {**newer, "effectiveDateTime": "2026-11-01"})[fact] == 0


def test_a_suicide_screen_that_is_not_read_opens_an_older_no() -> None:
    screen = response(numbered(["a"], [1]), id="new", questionnaire="http://loinc.org/q/93373-9", authored="2026-11-18")
    forms = read(screen).patient.answers
    assert [(form.instrument, form.on, form.items) for form in forms] == [("c_ssrs", SINCE, ())]
