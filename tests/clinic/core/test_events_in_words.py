"""The log says what somebody did in words: no name of an event as a program writes it reaches a reader."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_clinic import House

import unwound_clinic
from unwound_clinic.administration import event_words
from unwound_clinic.models import AuditEvent

CODE = re.compile(r"\b[a-z]+(?:[._][a-z]+)+\b|\{|\}|\[|\]|'")


def names() -> Iterator[str]:
    """Every name of an event that stands in the code."""
    for file in Path(unwound_clinic.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            called = isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called == "audit_event":
                yield from (
                    part.value
                    for argument in node.args[1:2]
                    for part in ast.walk(argument)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                )


def test_every_event_of_the_code_is_said_in_words() -> None:
    known = set(names())
    assert len(known) > 100
    assert not {name: event_words.in_words(name) for name in known if CODE.search(event_words.in_words(name))}


def test_words_are_only_for_events_that_there_are() -> None:
    """A name that changes in the code would leave its words behind."""
    files = set(Path(unwound_clinic.__file__).parent.rglob("*.py")) - {Path(event_words.__file__)}
    written = "".join(file.read_text("utf-8") for file in files)
    made = ("session.", "follow-up.", "bill.", "interfaces.")  # put together there from a kind
    lost = {name for name in event_words.WORDS if f'"{name}"' not in written}
    assert not {name for name in lost if not name.startswith(made)}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("{'what': 'drawn', 'lot': 'K-1', 'mg': '200', 'note': ''}", "what drawn, lot K-1, mg 200"),
        ("[1, 2]", "1, 2"),
        ("2026-10-02 10:15:33.310137+00:00", "2 Oct 2026 10:15 UTC"),
        ("2026-12-15T10:15:20.239454+00:00", "15 Dec 2026 10:15 UTC"),
        ("2026-02-30", "2026-02-30"),
        ("False", "no"),
        ("{'sure': True}", "sure yes"),
        ("['fact weight_kg', 'spo2_percent']", "fact weight kg, spo2 percent"),
        ("ketamine_single_80_mg", "ketamine single 80 mg"),
        ("lab_result.pdf from a_b@clinic.example", "lab_result.pdf from a_b@clinic.example"),
        ("{not a table", "{not a table"),
        ("{[]}", "{[]}"),
        ("{1, 2}", "{1, 2}"),
        ("(5)", "(5)"),
        ("1 2 3", "1 2 3"),
    ],
)
def test_a_detail_is_said_in_words_and_none_is_lost(value: str, words: str) -> None:
    event = AuditEvent(action="session.drug-drawn", detail={"told_by": value, "rows": [["entry", "1", "0c"]]})
    assert list(event_words.details(event)) == [("told by", words)]


@pytest.mark.django_db
def test_the_auditor_reads_words_and_finds_the_name_by_its_title(house: House) -> None:
    house.client("nurse").get(f"/patients/{house.patient.pk}/")
    page = house.client("auditor").get("/audit/").content.decode()
    assert '<td title="view">looked at</td>' in page
    assert ">view.list<" not in page
