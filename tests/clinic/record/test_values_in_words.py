"""The history of an item shows what was written as it was written: only names of fields are put into words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from unwound_clinic.models import Entry
from unwound_clinic.record import import_words


def whole(kind: str, value: Any, key: str = "any") -> str:
    return import_words.whole(Entry(kind=kind, key=key, value=value, on=date(2026, 1, 2)))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("nausea, 5-10 min", "nausea, 5-10 min"),
        ("T4-T5", "T4-T5"),
        ("snake_case is what they wrote", "snake_case is what they wrote"),
        ("2026-01-01", "1 Jan 2026"),
        ("2026-02-30", "2026-02-30"),
        ("since 2026-01-01 or so", "since 2026-01-01 or so"),
        (["left", "T4-T5"], "left, T4-T5"),
        ({"top_dose": 5, "unit": "mg"}, "top dose 5, unit mg"),
        (True, "yes"),
        (0, "0"),
        (7.5, "7.5"),
    ],
)
def test_a_value_is_shown_as_it_was_written(typed: object, shown: str) -> None:
    assert whole("pain", {"name": "hand", "as_written": typed}) == f"name: hand; as written: {shown}"


def test_an_adverse_event_reads_as_one() -> None:
    value = {"what": "nausea, 5-10 min", "began": "2026-01-01", "serious": "no", "ended": None}
    assert whole("adverse", value) == "what: nausea, 5-10 min; began: 1 Jan 2026; serious: no"
    assert import_words.of_entry(Entry(kind="adverse", key="a", value=value)) == "nausea, 5-10 min"
    assert import_words.title("adverse", "3f2a") == "adverse event"


def test_none_of_these_names_the_items_that_were_read() -> None:
    value = {"answer": "none", "items": ["uncontrolled_hypertension", "unstable_angina"]}
    shown = whole("screened", value, "heart")
    assert shown.startswith("none of these: ")
    assert "_" not in shown
    assert "[" not in shown


def test_a_diary_is_shown_by_its_questions_and_answers() -> None:
    value = {
        "answers": {"mood": "low", "else": "cramps, 5-10 min"},
        "how": "link",
        "day": 1,
        "keys": [["fact", "x", ""]],
    }
    shown = whole("story", value, "diary-1-001")
    assert "How are you in yourself today?: Low" in shown.replace("??", "?")
    assert "cramps, 5-10 min" in shown
    assert "{" not in shown
    assert import_words.title("story", "diary-1-001") == "diary"


@pytest.mark.parametrize("key", ["", " ", "  peg"])
def test_a_form_without_a_name_still_has_a_title(key: str) -> None:
    assert import_words.title("answers", key).startswith("answers")
