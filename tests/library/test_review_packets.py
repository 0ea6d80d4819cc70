"""A file as a reviewer reads it: all of it, what disagrees side by side; and a review is of one text."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import copied_data
import pytest

from unwound import catalogue
from unwound.catalogue import OF_THE_REVIEW
from unwound.record import UnwoundError
from unwound.report import packet as packets

ONE_OF_EACH = [(kind, ids[0]) for kind in catalogue.kinds() if kind != "evidence" for ids in [catalogue.ids(kind)]]
DEAR = [("conditions", "crps_1"), ("therapies", "pregabalin"), ("protocols", "crps_ketamine_10_days"),
        ("rules", "candidacy"), ("frequencies", "crps_esketamine_relief")]  # fmt: skip


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in leaves(part)]
    if isinstance(value, list):
        return [leaf for part in value for leaf in leaves(part)]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [catalogue.plain(value) if isinstance(value, float) else str(value)]


@pytest.mark.parametrize(
    ("kind", "id"), sorted({*ONE_OF_EACH, *(one for one in DEAR if one[1] in catalogue.ids(one[0]))})
)
def test_nothing_that_a_file_says_is_missing_from_its_packet(kind: str, id: str) -> None:
    table = tomllib.loads(catalogue.content(kind, id).decode("utf-8"))
    shown = packets.text(packets.packet(kind, id))
    body = {key: part for key, part in table.items() if key not in (*OF_THE_REVIEW, "examples")}
    marks = {"primary", "secondary", "other-use", "unchecked", "1", ""}
    missing = [leaf for leaf in leaves(body) if leaf not in shown and leaf not in marks]
    assert not missing


def test_views_that_differ_stand_side_by_side_and_are_not_weighed() -> None:
    lines = packets.packet("conditions", "crps_1").disagreements
    assert [line.partition(":")[0] for line in lines] == ["supports", "weak"]
    assert "connolly_2015 (2015)" in lines[1]


def test_a_treatment_that_leads_a_ladder_and_is_advised_against_there_is_said() -> None:
    (line,) = packets.packet("therapies", "pregabalin").disagreements
    assert line.startswith("first line of post_stroke_pain")


def test_editions_that_print_other_numbers_are_said() -> None:
    said = {"effects": {"finnerup_2015": {"nnt": {"value": 7.7, "low": 6.5, "high": 9.4}},
                        "soliman_2025": {"nnt": {"value": 8.9, "low": 7.4, "high": 11.1}}}}  # fmt: skip
    assert list(packets._editions(said, "")) == [
        "effects.nnt: 7.7 (6.5 to 9.4) (finnerup_2015); 8.9 (7.4 to 11.1) (soliman_2025)"
    ]


def test_what_changed_is_said_field_by_field_and_a_new_date_is_no_change() -> None:
    now = catalogue.content("therapies", "pregabalin")
    before = now.replace(b"start = { value = 150", b"start = { value = 75", 1)
    (change,) = packets.packet("therapies", "pregabalin", before=before).changes or ()
    assert (change.field, change.before, change.now) == ("dosing.start.value", "75", "150")
    dated = now.replace(b"2027-11-21", b"2028-11-21")
    assert packets.packet("therapies", "pregabalin", before=dated).changes == ()
    assert catalogue.body_digest(dated) == catalogue.body_digest(now) != catalogue.body_digest(before)
    with pytest.raises(UnwoundError, match="not readable as TOML"):
        packets.packet("therapies", "pregabalin", before=b"title =")


def test_a_file_is_found_by_its_name_and_a_source_is_read_and_not_reviewed() -> None:
    assert packets.named("pregabalin") == ("therapies", "pregabalin")
    for id, says in (
        ("crps_1", "several files: conditions/crps_1"),
        ("cohen_2018", "a source"),
        ("nothing", "no know"),
    ):
        with pytest.raises(UnwoundError, match=says):
            packets.named(id)


ASK = """
import json
from unwound import catalogue, checking
print(json.dumps([catalogue.review_line(), [str(fault) for fault in checking.faults("therapies", "pregabalin")]]))
"""


@pytest.mark.thorough
def test_a_review_holds_for_the_text_that_was_reviewed_and_for_no_other(tmp_path: Path) -> None:
    data = copied_data.copy(tmp_path)
    file = copied_data.file(data, "therapies", "pregabalin")
    digest = packets.packet("therapies", "pregabalin").digest
    head = packets.head(digest, reviewer='Dr "Testcase" Reviewer', licence="GMC 0", on=date(2026, 12, 1))
    copied_data.change(file, 'status  = "draft"', head)
    line, faults = copied_data.ask(data, ASK)
    assert (line, faults) == (f"1 of {len(catalogue.to_review())} knowledge files reviewed by a clinician.", [])
    copied_data.change(file, "start = { value = 150", "start = { value = 300")
    line, faults = copied_data.ask(data, ASK)
    assert line.startswith("0 of ")
    assert "was changed since" in faults[0]


@pytest.mark.thorough
def test_a_draft_that_names_a_reviewer_is_a_fault(tmp_path: Path) -> None:
    data = copied_data.copy(tmp_path)
    file = copied_data.file(data, "therapies", "pregabalin")
    copied_data.change(file, 'status  = "draft"', 'status = "draft"\nreviewer = "Dr Testcase"')
    assert "a draft names no reviewer" in copied_data.ask(data, ASK)[1][0]


@pytest.mark.parametrize(("name", "licence"), [("", "GMC 0"), ("Dr Testcase", " "), ("Dr\nTestcase", "GMC 0")])
def test_nobody_signs_without_a_name_and_a_licence(name: str, licence: str) -> None:
    with pytest.raises(UnwoundError):
        packets.head("0", reviewer=name, licence=licence, on=date(2026, 12, 1))


def test_the_page_is_one_file_with_a_box_for_every_statement() -> None:
    page = packets.html(packets.packet("therapies", "pregabalin"))
    assert "http" not in page.partition("</head>")[0]
    assert page.count("☐") > 40
