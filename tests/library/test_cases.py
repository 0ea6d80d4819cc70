"""Whole patients, each a story: what a review says of them is what a clinician stated beforehand."""

import copy
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from expectations import CHECKS, differences
from whole_patients import STORIES

from unwound import cautions, derive, facts, mood, pathway
from unwound.candidacy import Verdict
from unwound.catalogue import files
from unwound.exchange import case_file
from unwound.exchange.case_file import Case
from unwound.patient import Patient, Trial
from unwound.report import as_json

CASES = sorted(STORIES)
EXAMPLES = sorted(path for path in (Path(pathway.__file__).parent / "examples").glob("*.toml"))
VERDICTS = set(Verdict)


@cache
def case(id: str) -> Case:
    return case_file.read_case(STORIES[id].read_bytes(), f"{id}.toml")


@cache
def reviewed(id: str) -> dict[str, Any]:
    """The review as JSON; what would change the verdict is worked out where the story states it."""
    review = pathway.review(case(id).patient)
    return as_json.as_json(review, None if "changes" in case(id).expect else ())


@pytest.mark.parametrize("id", CASES)
def test_the_review_says_what_the_story_expects(id: str) -> None:
    assert differences(case(id).expect, reviewed(id)) == []


def asked(part: object) -> Iterator[str]:
    """Every id that any part of a review asks for, however deep."""
    if is_dataclass(part):
        for field in fields(part):
            value = getattr(part, field.name)
            yield from value if field.name == "ask" else asked(value)
    elif isinstance(part, tuple):
        for one in part:
            yield from asked(one)


def is_known(id: str) -> bool:
    """A fact of the vocabulary, a field of a trial, or what mood asks of an antidepressant."""
    of_a_trial = id.startswith("trial.") and id.rpartition(".")[2] in {*Trial.model_fields, "dates"}
    return id in facts.vocabulary() or of_a_trial or mood.question(id) is not None


@pytest.mark.parametrize("id", CASES)
def test_whatever_a_review_asks_is_an_id_and_never_a_sentence(id: str) -> None:
    assert [one for one in asked(pathway.review(case(id).patient)) if not is_known(one)] == []


def test_the_stories_ask_for_facts_for_trials_and_for_mood() -> None:
    every = {one.split(".")[0] for id in CASES for one in asked(pathway.review(case(id).patient)) if "." in one}
    assert every == {"trial", "mood"}


@pytest.mark.parametrize("id", CASES)
def test_every_story_is_told_and_every_name_is_synthetic(id: str) -> None:
    assert len(case(id).story.split()) >= 25
    assert case(id).patient.name.startswith("Testcase ")


@pytest.mark.parametrize("id", CASES)
def test_the_age_in_the_story_is_the_age_on_the_day(id: str) -> None:
    told = re.search(r"(\d+)-year-old", case(id).story)
    assert told is None or float(told.group(1)) == facts.number(derive.derive(case(id).patient), "age_years")


def test_nobody_is_told_of_twice() -> None:
    for field in ("id", "name"):
        written = [getattr(case(id).patient, field) for id in CASES]
        assert len(set(written)) == len(written)


def test_the_patients_reach_every_verdict_and_every_strength_of_evidence() -> None:
    assert len(CASES) >= 34
    assert {reviewed(id)["candidacy"]["verdict"] for id in CASES} == VERDICTS
    evidence = [reviewed(id)["candidacy"]["evidence"] for id in CASES]
    assert {one["strength"] for one in evidence if one} == {"moderate", "weak", "very-weak", "none-found", "against"}


def test_the_patients_meet_every_grade_every_verdict_on_a_trial_and_every_level_of_a_finding() -> None:
    levels = {one["level"] for id in CASES for one in reviewed(id)["grades"]}
    assert levels == {"none", "possible", "probable", "definite", "cannot-determine"}
    verdicts = {one["verdict"] for id in CASES for one in reviewed(id)["ledger"]}
    assert verdicts == {
        "responded",
        "failed-adequate",
        "intolerant",
        "inadequate",
        "ongoing",
        "cannot-tell",
        "not-this-pain",
    }
    assert {one["level"] for id in CASES for one in reviewed(id)["findings"]} == {"stop", "ask", "note"}


def test_the_patients_meet_every_condition_that_is_known() -> None:
    met = {one["condition"] for id in CASES for one in reviewed(id)["grades"]}
    assert met == {path.stem for path in files() if path.parent.name == "conditions"}


def test_the_examples_that_are_shipped_are_reviewed_without_a_mistake_in_their_facts() -> None:
    assert len(EXAMPLES) >= 3
    for path in EXAMPLES:
        example = case_file.read_case(path.read_bytes(), path.name)
        assert as_json.as_json(pathway.review(example.patient))["candidacy"]["verdict"] in VERDICTS


@pytest.mark.parametrize("id", CASES)
def test_facts_trials_and_medicines_in_another_order_are_judged_the_same(id: str) -> None:
    patient = case(id).patient
    turned = patient.model_copy(
        update={
            "facts": dict(reversed(list(patient.facts.items()))),
            "trials": patient.trials[::-1],
            "medications": patient.medications[::-1],
        }
    )
    told, again = pathway.review(patient), pathway.review(turned)
    for part in ("grades", "flags", "findings", "ledger", "next_steps", "mood", "candidacy", "asks"):
        assert getattr(again, part) == getattr(told, part), part


def _verdict(patient: Patient) -> str:
    return pathway.review(patient).candidacy.verdict


def _stopping_facts() -> list[str]:
    """The yes/no facts of which a «yes» by itself forbids ketamine, unless something clears it."""
    stops = (one for one in cautions.cautions().values() if one.kind == "contraindication" and one.level == "stop")
    return sorted(
        fact for one in stops if one.when for fact in (one.when.yes, *(part.yes for part in one.when.any)) if fact
    )


@pytest.mark.parametrize("id", [id for id in CASES if case(id).expect["candidacy"] == "candidate"])
def test_a_candidate_has_nothing_open_and_stops_being_one_when_a_contraindication_is_found_or_forgotten(
    id: str,
) -> None:
    patient = case(id).patient
    assert reviewed(id)["candidacy"]["ask"] == []
    assert len(_stopping_facts()) >= 10
    for fact in _stopping_facts():
        assert _verdict(patient.knowing(**{fact: True})) == "not-a-candidate", fact
        known_again = fact == "pregnant" and patient.value("pregnancy_possible") is False
        forgettable = fact in patient.facts and not known_again
        assert not forgettable or _verdict(patient.not_knowing(fact)) == "cannot-tell", fact


# --- the comparison itself notices


def _expecting(id: str, **changed: Any) -> list[str]:
    expect = copy.deepcopy(dict(case(id).expect)) | changed
    return differences({key: value for key, value in expect.items() if value is not None}, reviewed(id))


@pytest.mark.parametrize(
    ("id", "changed", "said"),
    [
        ("crps_three_classes_failed", {"verdikt": "candidate"}, "«verdikt» is no word of [expect]"),
        ("crps_three_classes_failed", {"candidacy": "cannot-tell"}, "candidacy: expected 'cannot-tell'"),
        ("crps_three_classes_failed", {"candidacy": None}, "does not state «candidacy»"),
        ("crps_three_classes_failed", {"grades": {}}, "unstated grade: crps_1 is definite"),
        ("crps_three_classes_failed", {"grades": {"crps_2": "definite"}}, "grades.crps_2: expected 'definite'"),
        ("crps_three_classes_failed", {"ledger": None}, "does not state «ledger»"),
        ("crps_three_classes_failed", {"ledger": {"gabapentin": "responded"}}, "ledger.gabapentin: expected"),
        ("crps_three_classes_failed", {"ledger": {}}, "ledger.duloxetine: expected ['unstated']"),
        ("crps_three_classes_failed", {"flags": {"crps": "unknown"}}, "flags.crps: expected 'unknown', found 'yes'"),
        ("crps_three_classes_failed", {"refractory_local": "no"}, "refractory_local: expected 'no', found 'yes'"),
        ("crps_three_classes_failed", {"condition": "crps_2"}, "condition: expected 'crps_2', found 'crps_1'"),
        ("crps_three_classes_failed", {"strength": "weak"}, "strength: expected 'weak', found 'moderate'"),
        ("crps_three_classes_failed", {"views": ["nobody_1999"]}, "views: nobody_1999 is not shown"),
        ("crps_three_classes_failed", {"says": ["a promise"]}, "says: «a promise» stands nowhere"),
        ("crps_three_classes_failed", {"before": ["pregnancy"]}, "before: pregnancy is not named"),
        ("crps_gabapentin_900", {"first_steps": ["lidocaine_plaster"]}, "step lidocaine_plaster: expected 'first'"),
        ("crps_gabapentin_900", {"not_offered": ["gabapentin"]}, "not_offered: gabapentin is offered"),
        ("crps_gabapentin_900", {"changes": ["falls_history"]}, "changes: falls_history is not shown"),
        ("crps_pregnancy_unknown", {"asks": ["dialysis"]}, "asks: dialysis is not asked"),
        ("crps_pregnancy_unknown", {"asks_not": ["pregnant"]}, "asks_not: pregnant is asked"),
        ("crps_uncontrolled_hypertension", {"findings": {}}, "unstated stop: blood_pressure_uncontrolled"),
        ("sciatica_saddle_numbness", {"red_flags": None, "findings": {}}, "unstated stop: cauda_equina"),
        ("sciatica_saddle_numbness", {"red_flags": None}, "red_flags: expected [], found ['cauda_equina']"),
        ("depression_and_crps", {"mood": {"treatment_resistant": "no"}}, "mood.treatment_resistant: expected 'no'"),
        ("depression_and_crps", {"mood": {"severity": "mild"}}, "mood.severity: expected 'mild'"),
        ("depression_and_crps", {"mood_ledger": {"sertraline": "responded"}}, "mood_ledger.sertraline: expected"),
    ],
)
def test_a_statement_that_is_wrong_or_lacking_is_noticed(id: str, changed: dict[str, Any], said: str) -> None:
    assert any(said in one for one in _expecting(id, **changed)), _expecting(id, **changed)


def test_every_word_of_expect_is_used_by_somebody() -> None:
    assert {key for id in CASES for key in case(id).expect} == set(CHECKS)
