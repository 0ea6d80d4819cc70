"""An old review beside a new one: nothing differs, or it is said what."""

from __future__ import annotations

import copy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from unwound import pathway
from unwound.exchange import case_file
from unwound.patient import Patient, Trial
from unwound.report.as_json import as_json
from unwound.report.differences import Part, between, parts

WHY = "What made it so"
EXAMPLE = Path(__file__).parents[2] / "unwound" / "examples" / "crps_after_wrist_fracture.toml"


def patient() -> Patient:
    return case_file.read_case(EXAMPLE.read_bytes(), EXAMPLE.name).patient


def shown(one: Patient) -> dict[str, Any]:
    return as_json(pathway.review(one), ())


def told(differing: tuple[Part, ...]) -> dict[str, tuple[str, ...]]:
    return {part.title: part.lines for part in differing}


def test_the_same_review_has_no_difference() -> None:
    assert between(shown(patient()), shown(patient())) == ()


def test_a_changed_verdict_is_said_first_and_in_words() -> None:
    found = between(shown(patient()), shown(patient().knowing(pregnant=True)))
    assert "is now «Not a candidate today»" in found[0]
    assert any(one.startswith("New finding (stop)") for one in found)


def test_a_lost_trial_is_told_by_its_name() -> None:
    fewer = patient().model_copy(update={"trials": patient().trials[1:]})
    found = between(shown(patient()), shown(fewer))
    title = shown(patient())["ledger"]
    gone = {one["title"] for one in title} - {one["title"] for one in shown(fewer)["ledger"]}
    assert any(f"{name}: was " in one and "is now «not judged»" in one for name in gone for one in found)


def test_a_new_trial_of_an_unknown_medicine_is_told_as_well() -> None:
    more = patient().model_copy(update={"trials": (*patient().trials, Trial(therapy="magic tea"))})
    assert "magic tea: was «not judged», is now «not yet determined»." in between(shown(patient()), shown(more))


@pytest.mark.parametrize("key", ["reason", "action"])
def test_a_finding_that_is_worded_otherwise_is_told(key: str) -> None:
    before = shown(patient().knowing(pregnant=True))
    now = copy.deepcopy(before)
    now["findings"][0][key] = "other words"
    assert between(before, now) == (f"Reason or advice of 1 finding: {now['findings'][0]['title']}.",)


def test_another_limit_is_more_than_other_words_and_is_told_in_numbers() -> None:
    before = shown(patient().knowing(systolic_mmhg=190))
    now = copy.deepcopy(before)
    finding = next(one for one in now["findings"] if one["boundary"])
    was, finding["boundary"] = finding["boundary"], "above 1 mmHg"
    assert between(before, now) == (f"{finding['title']}: its limit was «{was}» and is now «above 1 mmHg».",)


def test_what_made_a_verdict_so_is_told_with_its_reason_and_what_is_asked() -> None:
    known = shown(patient())
    stopped = told(parts(known, shown(patient().knowing(pregnant=True))))
    assert any("contraindications" in line and "is now answered no: Pregnancy" in line for line in stopped[WHY])
    asked = told(parts(known, shown(patient().knowing(pregnant=None))))
    assert any("until it is asked: Could the patient become or be pregnant?" in line for line in asked[WHY])


FIVE = (
    "Clear of anything urgent?",
    "Clear of anything that forbids ketamine?",
    "Is it neuropathic pain or CRPS?",
    "Has enough been tried?",
    "Does the evidence leave room for ketamine here?",
)


def asked_as_five(one: Patient) -> dict[str, Any]:
    """The review as it was signed when severity, first line and refractoriness were one question."""
    old = copy.deepcopy(shown(one))
    gates = old["candidacy"]["gates"]
    del gates[4:6]
    for question, gate in zip(FIVE, gates, strict=True):
        gate["question"] = question
    return old


def test_five_earlier_questions_are_compared_with_those_that_took_their_place() -> None:
    assert between(asked_as_five(patient()), shown(patient())) == ()


def test_no_earlier_question_is_taken_for_its_neighbour() -> None:
    untried = patient().model_copy(update={"trials": ()})
    lines = told(parts(asked_as_five(patient()), shown(untried)))[WHY]
    assert lines[0] == "«Has enough been tried?» was answered yes; it is now asked as 3 questions."
    assert lines[1].startswith("«Is every first-line treatment behind the patient?» is answered no: ")
    assert not any("severe" in line or "evidence allow" in line for line in lines)


def test_a_question_that_nobody_asks_any_more_is_told() -> None:
    before = shown(patient())
    before["candidacy"]["gates"].append({"question": "Is it Tuesday?", "holds": True, "because": [], "ask": []})
    assert between(before, shown(patient())) == ("«Is it Tuesday?» was answered yes and is no longer asked.",)


def test_other_evidence_for_the_condition_is_told() -> None:
    before = shown(patient())
    now = copy.deepcopy(before)
    now["candidacy"]["evidence"]["strength"] = "against"
    assert between(before, now) == ("The strength of the evidence was moderate and is now against.",)


def test_nobody_in_view_at_all_compares_as_well() -> None:
    nothing = shown(Patient(as_of=date(2026, 11, 21)))
    assert between(nothing, nothing) == ()
    assert between(nothing, shown(patient()))
