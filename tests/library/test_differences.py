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
from unwound.report.differences import between

EXAMPLE = Path(__file__).parents[2] / "unwound" / "examples" / "crps_after_wrist_fracture.toml"


def patient() -> Patient:
    return case_file.read_case(EXAMPLE.read_bytes(), EXAMPLE.name).patient


def shown(one: Patient) -> dict[str, Any]:
    return as_json(pathway.review(one), ())


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


@pytest.mark.parametrize("key", ["reason", "action", "boundary"])
def test_a_finding_that_is_worded_otherwise_is_told(key: str) -> None:
    before = shown(patient().knowing(pregnant=True))
    now = copy.deepcopy(before)
    now["findings"][0][key] = "other words"
    assert between(before, now) == (f"{now['findings'][0]['title']}: its reason, limit or advice has been reworded.",)


def test_other_evidence_for_the_condition_is_told() -> None:
    before = shown(patient())
    now = copy.deepcopy(before)
    now["candidacy"]["evidence"]["strength"] = "against"
    assert between(before, now) == ("The strength of the evidence was moderate and is now against.",)


def test_nobody_in_view_at_all_compares_as_well() -> None:
    nothing = shown(Patient(as_of=date(2026, 11, 21)))
    assert between(nothing, nothing) == ()
    assert between(nothing, shown(patient()))
