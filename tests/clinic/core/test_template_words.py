"""What pages say by a filter or a tag instead of by conditions of their own."""

from __future__ import annotations

import html
from datetime import UTC, date
from types import SimpleNamespace
from typing import Any

import pytest
from django.template import Context, Template

from unwound.patient import Trial
from unwound_clinic.core import template_words as words
from unwound_clinic.record.pages.ledger import Line
from unwound_clinic.session import template_words as session_words
from unwound_clinic.session import words as session_lines


@pytest.mark.parametrize(
    ("state", "title", "address"),
    [
        ("scheduled", "Check in", "/sessions/7/check-in/"),
        ("checked-in", "Pre-infusion checks", "/sessions/7/start/"),
        ("ready", "Pre-infusion checks", "/sessions/7/start/"),
        ("infusing", "Infusion room", "/sessions/7/"),
        ("paused", "Infusion room", "/sessions/7/"),
        ("recovering", "Discharge", "/sessions/7/leave/"),
        ("discharged", "Record", "/sessions/7/record/"),
        ("aborted", "Record", "/sessions/7/record/"),
    ],
)
def test_a_session_goes_on_at_the_page_of_its_state(state: str, title: str, address: str) -> None:
    assert session_words.next_page(SimpleNamespace(state=state, pk=7)) == {"to": address, "title": title}


@pytest.mark.parametrize(
    ("state", "open_tabs"),
    [
        ("scheduled", []),
        ("checked-in", ["Pre-infusion checks", "Controlled drug"]),
        ("infusing", ["Controlled drug"]),
        ("recovering", ["Discharge", "Controlled drug"]),
        ("discharged", ["Controlled drug"]),
    ],
)
def test_a_session_has_the_tabs_that_are_open_in_its_state(state: str, open_tabs: list[str]) -> None:
    tabs = session_words.session_tabs(SimpleNamespace(state=state, pk=7, patient_id=3, plan_id=5), "room")["tabs"]
    titles = [tab["title"] for tab in tabs]
    assert titles == ["Infusion room", *open_tabs, "Record", "When to call", "Bed and time", "Order", "Patient"]


def test_each_state_has_a_shape() -> None:
    assert [session_words.state_mark(state) for state in ("infusing", "paused", "recovering", "ready")] == [
        "▶",
        "❚❚",
        "■",
        "○",
    ]


def test_an_answer_that_is_not_known_is_asked() -> None:
    assert [words.answer_class(holds) for holds in (True, False, None)] == ["good", "stop", "ask"]


def test_a_birth_date_stands_beside_a_name_also_when_nobody_knows_it() -> None:
    assert words.born(date(1980, 5, 3)) == "born 3 May 1980"
    assert words.born(None) == "date of birth not known"


def test_the_number_to_call_can_be_tapped_where_the_site_has_one() -> None:
    assert words.emergency_call(SimpleNamespace(emergency="911")) == '<a class="nowrap" href="tel:911">911</a>'
    assert words.emergency_call(SimpleNamespace(emergency="")) == "your local emergency number"
    assert words.emergency_call("") == "your local emergency number"


@pytest.mark.parametrize(
    ("told", "short"),
    [
        ({}, ("dose not known",)),
        ({"top_dose": 37.5, "note": "tired"}, ("37.50 mg/day", "tired")),
        ({"top_dose": 60.0, "start": date(2025, 8, 10)}, ("60 mg/day", "10 Aug 2025 to ?")),
        (
            {"side_effects": "dry", "end": date(2025, 8, 1)},
            ("dose not known", "? to 1 Aug 2025", "side effects: dry"),
        ),
    ],
)
def test_a_trial_in_short_leaves_out_what_nobody_told(told: dict[str, object], short: tuple[str, ...]) -> None:
    assert line(Trial(therapy="duloxetine", **told)).in_short == short  # type: ignore[arg-type]


def line(trial: Trial) -> Line:
    """A trial as the ledger shows it."""
    return Line(
        entry=None, title="", trial=trial, unit="mg/day", verdict="", because=(), ask=(), sources=(), checked="primary"
    )


@pytest.mark.parametrize(
    ("kind", "content", "line"),
    [
        ("today", {"weight_kg": 68.0, "rescue_checked": True}, "weight 68 kg, rescue drugs checked: yes"),
        ("leaving", {"padss": 10.0, "told_not_to_drive": False}, "PADSS 10, advised not to drive: no"),
        ("identity", {"identifiers": ["name", "birth-date"]}, "full name, date of birth"),
        (
            "drug",
            {"what": "drawn", "lot": "K-1", "drug": "ketamine", "mg": "100"},
            "ketamine, lot K-1: 100 mg drawn up",
        ),
    ],
)
def test_answers_identifiers_and_drug_steps_are_charted_in_words(
    kind: str, content: dict[str, object], line: str
) -> None:
    row: Any = SimpleNamespace(
        kind=kind, content=content, charted_as=None, session=SimpleNamespace(site=SimpleNamespace(zone=UTC))
    )
    assert session_lines.describe(row) == line


def test_sentences_with_their_sources_are_escaped_once() -> None:
    shown = Template("{{ because|sources_named }}").render(
        Context({"because": ["eGFR < 30 (cohen_2018)", "the patient's wish"]}, autoescape=True)
    )
    assert html.unescape(shown) == "eGFR < 30 (Cohen 2018); the patient's wish"
    assert "<" not in shown
    assert "&amp;" not in shown
