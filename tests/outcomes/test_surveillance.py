"""What is due after a course until it is recorded: liver tests on the days of the course, the bladder asked about."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound.outcomes.again import LIVER
from unwound.outcomes.surveillance import BLADDER, Watched, due

START = date(2026, 3, 2)


def day(number: int) -> date:
    """Day 1 is that of the first dose."""
    return START + timedelta(days=number - 1)


def long(*, over: bool = True) -> Watched:
    """Five days with tests before it, on days 3 and 5, and a week after."""
    return Watched(start=START, last=day(5), over=over, liver_days=(1, 3, 5, 12))


def facts(courses: list[Watched], today: date, **done: date) -> dict[str, date]:
    known = {LIVER: [done["liver"]] if "liver" in done else [], BLADDER: [done["bladder"]] if "bladder" in done else []}
    return {one.fact: one.on for one in due(courses, known, today)}


@pytest.mark.parametrize(
    ("today", "due_on"), [(2, None), (3, day(3)), (4, day(3)), (5, day(5)), (11, day(5)), (12, day(12))]
)
def test_liver_tests_are_due_on_the_days_of_the_course(today: int, due_on: date | None) -> None:
    assert facts([long()], day(today)).get(LIVER) == due_on


@pytest.mark.parametrize(("tested", "still"), [(10, True), (11, False), (12, False), (14, False), (16, True)])
def test_a_test_counts_from_the_day_before_on_and_not_one_of_tomorrow(tested: int, still: bool) -> None:
    assert (LIVER in facts([long()], day(15), liver=day(tested))) is still


@pytest.mark.parametrize(("today", "is_due"), [(32, False), (33, True)])
def test_the_bladder_is_asked_about_four_weeks_after_the_last_infusion(today: int, is_due: bool) -> None:
    assert (BLADDER in facts([long()], day(today))) is is_due
    assert BLADDER not in facts([long(over=False)], day(today)), "more infusions are to come"
    assert BLADDER not in facts([long()], day(today), bladder=day(today))


@pytest.mark.parametrize(("gap_days", "is_due"), [(83, True), (84, False)])
def test_a_short_infusion_soon_after_another_has_liver_tests_after_it(gap_days: int, is_due: bool) -> None:
    first = Watched(start=START, last=START, over=True)
    again = START + timedelta(days=gap_days)
    second = Watched(start=again, last=again, over=True)
    assert (LIVER in facts([first, second], again + timedelta(days=7))) is is_due
    assert LIVER not in facts([first, second], again + timedelta(days=6))


def test_after_a_year_nothing_is_asked_any_more() -> None:
    assert facts([long()], START + timedelta(days=364)) != {}
    assert facts([long()], START + timedelta(days=365)) == {}


@given(st.integers(0, 400), st.integers(0, 400))
def test_what_was_done_today_is_not_due_today(today: int, more: int) -> None:
    on = START + timedelta(days=today)
    second = Watched(start=START + timedelta(days=more), last=START + timedelta(days=more + 2), over=True)
    assert facts([long(), second], on, liver=on, bladder=on) == {}
