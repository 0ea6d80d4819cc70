"""Dated scores as standings: what counts as before, what as after, and what is too old for either."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from unwound.outcomes import Level, Score, after, as_diary, before, judge
from unwound.record import UnwoundError

START, END = date(2026, 3, 2), date(2026, 3, 6)


def pain(day: date, value: float) -> Score:
    return Score(on=day, what="pain", value=value)


@pytest.mark.parametrize(("ago", "counts"), [(0, True), (27, True), (28, False)])
def test_pain_of_four_weeks_is_the_pain_before(ago: int, counts: bool) -> None:
    known = before([pain(START - timedelta(days=ago), 7)], START)
    assert known.pain == ((7,) if counts else ())


@pytest.mark.parametrize(("ago", "counts"), [(0, True), (6, True), (7, False)])
def test_pain_of_one_week_is_the_pain_after(ago: int, counts: bool) -> None:
    on = END + timedelta(days=30)
    assert after([pain(on - timedelta(days=ago), 3)], on, END).pain == ((3,) if counts else ())


def test_what_was_written_during_the_course_is_neither() -> None:
    during = [pain(START + timedelta(days=2), 1), pain(END, 1)]
    assert before(during, START).pain == ()
    assert after(during, END + timedelta(days=2), END).pain == ()


def test_of_a_questionnaire_the_latest_counts_and_not_too_old_a_one() -> None:
    forms = [Score(on=START - timedelta(days=days), what="phq_9", value=value) for days, value in ((91, 20), (30, 15))]
    assert before(forms, START).scores == {"phq_9": 15}
    assert before(forms[:1], START).scores == {}


def test_a_whole_way_from_scores_to_a_level() -> None:
    on = END + timedelta(days=28)
    scores = [*(pain(START - timedelta(days=days), 8) for days in range(4)), pain(on, 4)]
    outcome = judge(before(scores, START), after(scores, on, END), course_end=END)
    assert outcome.level == Level.SUBSTANTIAL


def test_a_diary_ends_before_the_next_course_and_holds_the_mean_of_a_day() -> None:
    scores = [pain(END + timedelta(days=1), 2), pain(END + timedelta(days=1), 4), pain(END + timedelta(days=9), 5)]
    assert as_diary(scores, END) == ((1, 3), (9, 5))
    assert as_diary(scores, END, END + timedelta(days=9)) == ((1, 3),)


@pytest.mark.parametrize("value", [11, -1, float("nan"), True])
def test_what_no_scale_allows_is_refused(value: float) -> None:
    with pytest.raises(UnwoundError, match="pain on 2026-03-02"):
        pain(START, value)
    with pytest.raises(UnwoundError, match="not after the end"):
        after([], END, END)
