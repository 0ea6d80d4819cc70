"""The second indication: ketamine for depression is decided by itself, beside the pain and never mixed with it."""

from datetime import date
from functools import cache
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from whole_patients import STORIES

from unwound import candidacy, catalogue, depression, derive, evidence, facts, pathway, protocols
from unwound.candidacy import Verdict
from unwound.depression import Example
from unwound.exchange import case_file
from unwound.patient import Fact, Patient, Trial
from unwound.report import differences, terminal
from unwound.report.as_json import as_json
from unwound.report.page import page

DAY = date(2026, 11, 21)
RULE = catalogue.load_rule("depression", depression.Knowledge)
CLEAR: dict[str, Any] = {
    **dict.fromkeys(
        [
            "hypertension", "hypertension_uncontrolled", "cardiovascular_disease_poorly_controlled",
            "cardiovascular_risk_high", "conduction_defect", "myocardial_infarction_recent",
            "aneurysm_or_vascular_malformation", "stroke_history", "intracranial_pressure_raised",
            "intraocular_pressure_raised", "glaucoma_narrow_angle", "thyrotoxicosis", "porphyria", "seizure_disorder",
            "liver_disease_chronic", "alcohol_substantial", "bladder_symptoms", "lung_disease_severe", "sleep_apnoea",
            "psychosis_active", "psychosis_history", "mania_active_or_recent", "delirium_or_dementia",
            "substance_use_active", "substance_use_history", "ketamine_misuse_history", "ketamine_hypersensitivity",
            "prior_ketamine_liver_injury", "suicidal_thoughts_now", "suicidal_behaviour_3_months", "pregnant",
            "pregnancy_possible", "breastfeeding",
        ],
        False,
    ),
    "liver_impairment": "none",
    "systolic_mmhg": 122.0,
    "diastolic_mmhg": 76.0,
    "heart_rate_per_min": 72.0,
    "spo2_percent": 98.0,
    "respiratory_rate_per_min": 14.0,
    "phq9_item9": 0.0,
}  # fmt: skip
"""Nothing that forbids ketamine, and nothing urgent."""
RESISTANT: dict[str, Any] = {
    "depression_diagnosed": True, "phq9_total": 19.0, "depression_episode_days": 500.0, "bipolar_disorder": False,
    "psychiatric_care": True, "antidepressants_failed": 2.0,
}  # fmt: skip


def patient(*trials: Trial, **known: Any) -> Patient:
    born = date(1980, 1, 15)
    entered = {id: Fact(value=value) for id, value in {**CLEAR, **known}.items()}
    return derive.stated_today(Patient(as_of=DAY, birth_date=born, trials=trials, facts=entered))


def decided(*trials: Trial, **known: Any) -> depression.Depression:
    decision = pathway.review(patient(*trials, **known)).depression
    assert decision is not None
    return decision


@cache
def story(id: str) -> Patient:
    return case_file.read_case(STORIES[id].read_bytes(), id).patient


@pytest.mark.parametrize("example", RULE.examples, ids=lambda example: example.name)
def test_every_example_is_decided_as_a_psychiatrist_would(example: Example) -> None:
    known = patient(*example.trials, **example.facts)
    facts.check(known)
    decision = pathway.review(known).depression
    if example.expect == "not-in-play":
        assert decision is None
        return
    assert decision is not None
    assert (decision.verdict, decision.urgent) == (example.expect, example.urgent), decision.because
    assert set(example.asks) <= set(decision.ask)
    assert decision.because


def test_the_examples_reach_every_verdict() -> None:
    assert {example.expect for example in RULE.examples} == {*Verdict, "not-in-play"}
    assert len(RULE.examples) >= 20


def test_a_score_nobody_followed_up_asks_for_the_diagnosis_alone() -> None:
    assert decided(phq9_total=15.0).ask == ("depression_diagnosed",)


def test_a_patient_without_depression_is_asked_nothing_more() -> None:
    review = pathway.review(patient(phq9_total=4.0, pain_average_nrs=7.0))
    assert review.depression is None
    assert as_json(review, ())["depression"] is None
    asked = {ask.fact for ask in review.asks}
    assert asked.isdisjoint({"bipolar_disorder", "psychiatric_care", "antidepressants_failed"})


@pytest.mark.parametrize(("score", "verdict"), [(10.0, "candidate"), (9.0, "not-refractory")])
def test_the_cut_off_of_the_phq_9_is_the_boundary(score: float, verdict: str) -> None:
    assert decided(**{**RESISTANT, "phq9_total": score}).verdict == verdict


@pytest.mark.parametrize(("count", "verdict"), [(2.0, "candidate"), (1.0, "not-refractory"), (0.0, "first-line-first")])
def test_two_failures_are_resistance(count: float, verdict: str) -> None:
    assert decided(**{**RESISTANT, "antidepressants_failed": count}).verdict == verdict


def test_the_pain_does_not_decide_the_mood_nor_the_mood_the_pain() -> None:
    alone = pathway.review(story("depression_and_crps"))
    happy = pathway.review(story("depression_and_crps").knowing(depression_diagnosed=False, phq9_total=2.0))
    assert alone.candidacy.verdict == happy.candidacy.verdict == "candidate"
    painless = pathway.review(story("depression_and_crps").knowing(pain_average_nrs=0.0, crps_disproportionate=False))
    assert painless.candidacy.verdict != "candidate"
    assert alone.depression is not None
    assert painless.depression is not None
    assert painless.depression.verdict == alone.depression.verdict == "candidate"


def test_where_both_hold_each_course_is_named_and_what_is_not_known_is_said() -> None:
    decision = pathway.review(story("depression_and_crps")).depression
    assert decision is not None
    assert decision.together == RULE.together["both"]
    said = " ".join(text.text for text in decision.together)
    assert "two consents" in said
    assert "Not known" in said
    assert decision.plain_words[-1] == candidacy.plain_words("depression")["both"][0]


def test_a_course_for_one_of_them_is_no_treatment_of_the_other() -> None:
    assert decided(**RESISTANT).together == RULE.together["mood-only"]
    pain_only = pathway.review(story("depression_and_crps").knowing(bipolar_disorder=True)).depression
    assert pain_only is not None
    assert pain_only.together == RULE.together["pain-only"]


def test_bipolar_depression_goes_to_a_specialist() -> None:
    decision = decided(**{**RESISTANT, "bipolar_disorder": True})
    assert decision.options == RULE.options["bipolar"]
    assert decision.because == ("has a bipolar disorder",)
    assert "specialist" in " ".join(decision.plain_words)


def test_psychotic_depression_goes_to_psychiatry() -> None:
    decision = decided(**RESISTANT, psychosis_active=True)
    assert decision.options == RULE.options["psychotic"]
    assert "psychiatrist today" in " ".join(decision.plain_words)


@pytest.mark.parametrize(
    "risk",
    [
        {"phq9_item9": 1.0},
        {"suicidal_thoughts_now": True},
        {"suicidal_plan_or_intent": True},
        {"suicidal_behaviour_3_months": True},
    ],
)
def test_suicidality_is_urgent_and_ketamine_is_not_its_answer(risk: dict[str, Any]) -> None:
    decision = decided(**RESISTANT, **risk)
    assert (decision.verdict, decision.urgent) == ("not-a-candidate", True)
    assert decision.plain_words == candidacy.plain_words("depression")["urgent"]
    assert "no evidence that ketamine prevents suicide" in decision.suicide[0].text


def test_that_it_prevents_no_suicide_is_said_with_every_verdict_and_to_a_candidate_in_plain_words() -> None:
    assert all(decided(**{**RESISTANT, "antidepressants_failed": count}).suicide for count in (0.0, 1.0, 2.0))
    assert "does not keep anyone safe from suicide" in " ".join(decided(**RESISTANT).plain_words)


def test_a_red_flag_of_the_pain_comes_first_for_the_mood_too_but_one_nobody_asked_about_does_not_wait() -> None:
    cauda = {"back_or_leg_pain": True, "saddle_numbness_new": True}
    assert decided(**RESISTANT, **cauda).urgent
    assert decided(**RESISTANT, back_or_leg_pain=True).verdict == "candidate"


def test_what_forbids_it_for_pain_forbids_it_for_mood() -> None:
    for stop in ("pregnant", "prior_ketamine_liver_injury", "aneurysm_or_vascular_malformation"):
        review = pathway.review(patient(**RESISTANT, **{stop: True}))
        assert review.depression is not None
        stops = {reason for reason in review.candidacy.because if reason in review.depression.because}
        assert stops, stop


def test_the_course_is_one_for_mood() -> None:
    assert protocols.protocol(decided(**RESISTANT).course).aim == "depression"


def test_every_verdict_has_plain_words_and_none_promises() -> None:
    words = candidacy.plain_words("depression")
    assert {str(verdict) for verdict in Verdict} <= words.keys()
    for sentence in (sentence for sentences in words.values() for sentence in sentences):
        assert not any(promise in sentence.lower() for promise in ("will help", "cure", "guarantee"))


def test_every_source_is_named_and_stands_in_the_catalogue() -> None:
    for citation in evidence.citations(RULE):
        assert evidence.study(citation.source)


known_facts = st.fixed_dictionaries(
    {},
    optional={
        "depression_diagnosed": st.booleans(),
        "phq9_total": st.integers(0, 27).map(float),
        "depression_episode_days": st.integers(0, 900).map(float),
        "bipolar_disorder": st.booleans(),
        "psychiatric_care": st.booleans(),
        "antidepressants_failed": st.integers(0, 4).map(float),
        "psychosis_active": st.booleans(),
        "phq9_item9": st.integers(0, 3).map(float),
    },
)
trials = st.builds(
    Trial,
    therapy=st.sampled_from(["sertraline", "venlafaxine", "mirtazapine", "ketamine"]),
    purpose=st.sampled_from(["depression", "pain", None]),
    top_dose=st.sampled_from([None, 20.0, 300.0]),
    days_at_top=st.sampled_from([None, 10.0, 60.0]),
    end=st.sampled_from([None, date(2026, 9, 1), date(2020, 1, 1)]),
    relief_percent=st.sampled_from([None, 10.0, 80.0]),
    adherent=st.sampled_from([None, True, False]),
)


@given(known_facts, st.lists(trials, max_size=3), st.data())
def test_forgetting_a_fact_or_a_field_of_a_trial_never_makes_a_candidate(
    known: dict[str, Any], tried: list[Trial], data: st.DataObject
) -> None:
    base = patient(*tried, **{**RESISTANT, **known})
    before = pathway.review(base).depression
    if before is None or before.verdict == "candidate":
        return
    fewer = [base.not_knowing(id) for id in ({**RESISTANT, **known})]
    for place, trial in enumerate(tried):
        for field in ("purpose", "top_dose", "days_at_top", "end", "relief_percent", "adherent"):
            changed = trial.model_copy(update={field: None})
            fewer.append(base.model_copy(update={"trials": (*tried[:place], changed, *tried[place + 1 :])}))
    after = pathway.review(data.draw(st.sampled_from(fewer))).depression
    assert after is None or after.verdict != "candidate"


@given(known_facts, st.lists(trials, max_size=3))
def test_an_open_verdict_always_says_what_to_ask_and_a_clear_one_why(known: dict[str, Any], tried: list[Trial]) -> None:
    decision = pathway.review(patient(*tried, **known)).depression
    if decision is None:
        return
    assert decision.because
    assert decision.plain_words
    assert (decision.verdict == "cannot-tell") <= bool(decision.ask)


def test_the_terminal_the_page_and_the_json_say_it() -> None:
    review = pathway.review(story("depression_and_crps"))
    console = Console(width=100, record=True, file=StringIO())
    terminal.show(review, console, full=True)
    text = console.export_text()
    assert "DEPRESSION: KETAMINE MAY BE CONSIDERED" in text
    html = page(review)
    assert "Depression: Ketamine may be considered" in html
    assert "prevents suicide" in html
    json = as_json(review, ())
    assert json["depression"]["verdict"] == "candidate"
    assert json["candidacy"]["verdict"] == "candidate"
    assert json["depression"]["course"] == "depression_ketamine_40_min"


def test_an_older_signed_review_without_this_decision_is_compared() -> None:
    now = as_json(pathway.review(story("depression_and_crps")), ())
    before = {key: part for key, part in now.items() if key != "depression"}
    assert differences.between(before, now) == (
        "For depression the verdict was «not decided» and is now «Ketamine may be considered».",
    )
