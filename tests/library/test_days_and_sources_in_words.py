"""A day and a source stand in a sentence as a reader calls them: «28 Nov 2026», «Cohen 2018»."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound import evidence, facts, record
from unwound.patient import Fact
from unwound.report import differences
from unwound.session import signs as vital_signs

CODE = re.compile(r"[a-z0-9]+_[a-z0-9]+")


@given(st.dates())
def test_a_day_is_read_one_way_in_every_country(day: date) -> None:
    words = record.day(day)
    assert re.fullmatch(r"\d{1,2} [A-Z][a-z]{2} \d{1,4}", words)
    assert record.day(day) != record.day(day + timedelta(1)) if day < date.max else True


def test_a_fact_says_its_day_in_words() -> None:
    pressure = Fact(value=172.0, on=date(2026, 11, 20))
    assert facts.says("systolic_mmhg", pressure) == "systolic blood pressure 172 mmHg (20 Nov 2026)"


@pytest.mark.parametrize(
    ("id", "words"),
    [
        ("cohen_2018", "Cohen 2018"),
        ("oconnor_2009", "O'Connor 2009"),
        ("van_doorn_2023", "van Doorn 2023"),
        ("unwound_local", "Rules of this project"),
        ("label_duloxetine_us", "US prescribing information for duloxetine"),
        ("westsuffolk_ladder", "Ladder for neuropathic pain of the West Suffolk health services (2020)"),
    ],
)
def test_what_a_source_is_called(id: str, words: str) -> None:
    assert evidence.short(id) == words


def test_no_source_is_called_by_a_code() -> None:
    codes = {id: evidence.short(id) for id in evidence.studies()}
    assert not {id: words for id, words in codes.items() if CODE.search(words) or not words[:1].isalnum()}


def test_a_value_on_a_scale_that_ends_in_a_number_is_set_apart() -> None:
    """«pain now, 0 to 10 5» may be read as 105."""
    for sign in vital_signs.signs().values():
        if sign.title[-1:].isdigit():
            assert f"{sign.title[-1]}: 5" in sign.says(5.0)


def test_a_review_kept_with_other_days_differs_by_nothing_else() -> None:
    def side(reason: str) -> dict[str, object]:
        return {"because": [reason]}

    assert differences._days_in_words(side("average pain 8 of 10 (2026-11-28)")) == side(
        "average pain 8 of 10 (28 Nov 2026)"
    )
    assert differences._days_in_words(side("version 2026-11-28")) == side("version 2026-11-28")
    never = side("fell (2026-02-30), again (0000-01-01)")
    assert differences._days_in_words(never) == never, "what is no day stays as somebody typed it"


def test_stored_days_within_a_text_are_written_as_people_write_them() -> None:
    note = "a break of 9 days from 2026-05-03 to 2026-05-12; lot 2026-05-03-7, 2026-02-30, 12026-05-03"
    assert record.days_in_words(note) == (
        "a break of 9 days from 3 May 2026 to 12 May 2026; lot 2026-05-03-7, 2026-02-30, 12026-05-03"
    )
