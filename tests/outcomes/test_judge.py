"""Did it help? Patients before and after, the verdict of each rule, and both sides of every limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound.outcomes import Change, ChangeKind, Estimand, Lasted, Level, Standing, judge
from unwound.record import UnwoundError

START = date(2026, 3, 2)
LATER = START + timedelta(days=42)
WEEK = (7.0, 8.0, 7.0, 6.0, 7.0, 7.0, 7.0)


def before(**known: object) -> Standing:
    return Standing(**{"on": START, "pain": WEEK, **known})  # type: ignore[arg-type]


def after(**known: object) -> Standing:
    return Standing(**{"on": LATER, "pain": (3.0,) * 7, **known})  # type: ignore[arg-type]


def test_pain_from_seven_to_three_is_substantial_by_percent_and_by_points() -> None:
    outcome = judge(before(), after())
    assert outcome.level == Level.SUBSTANTIAL
    assert outcome.by_points == Level.SUBSTANTIAL
    assert outcome.responder.holds is True
    assert outcome.change_percent == pytest.approx(57.142857, abs=1e-4)
    assert outcome.because == ("pain 7 before, 3 after: 57.1 % less",)
    assert outcome.estimand == Estimand.ALL


@pytest.mark.parametrize(
    ("first", "last", "level"),
    [
        (7.0, 6.3, Level.MINIMAL), (7.0, 6.301, Level.NONE), (7.0, 4.9, Level.MODERATE), (7.0, 4.901, Level.MINIMAL),
        (7.0, 3.5, Level.SUBSTANTIAL), (7.0, 3.501, Level.MODERATE), (7.0, 7.0, Level.NONE), (7.0, 7.699, Level.NONE),
        (7.0, 7.7, Level.WORSE), (4.0, 2.8, Level.MODERATE), (3.99, 2.0, Level.CANNOT_TELL),
        (0.0, 0.0, Level.CANNOT_TELL),        (4.0, 0.0, Level.SUBSTANTIAL), (10.0, 8.0, Level.MINIMAL),
    ],
)  # fmt: skip
def test_each_limit_of_pain_from_both_sides(first: float, last: float, level: Level) -> None:
    assert judge(before(pain=(first,)), after(pain=(last,))).level == level


def test_two_points_from_ten_are_moderate_by_points_only_and_both_are_shown() -> None:
    outcome = judge(before(pain=(10,)), after(pain=(8,)))
    assert (outcome.level, outcome.by_points) == (Level.MINIMAL, Level.MODERATE)
    assert outcome.responder.holds is False


@pytest.mark.parametrize(("missing", "asked"), [("before", "pain.before"), ("after", "pain.after")])
def test_a_missing_score_is_cannot_tell_and_is_asked(missing: str, asked: str) -> None:
    pain = {
        "before": before(),
        "after": after(),
        missing: replace(before() if missing == "before" else after(), pain=()),
    }
    outcome = judge(pain["before"], pain["after"])
    assert outcome.level == outcome.by_points == Level.CANNOT_TELL
    assert outcome.responder.holds is None
    assert asked in outcome.ask


def test_worst_pain_is_not_compared_with_average_pain() -> None:
    outcome = judge(before(pain_kind="worst"), after())
    assert outcome.level == Level.CANNOT_TELL
    assert outcome.change_percent is None
    assert outcome.because == ("worst pain before, average pain after: not compared",)


@pytest.mark.parametrize(("pgic", "holds"), [(1, True), (2, True), (3, False), (4, False), (7, False), (None, None)])
def test_much_improved_is_the_patients_own_response(pgic: int | None, holds: bool | None) -> None:
    assert judge(before(), after(scores={} if pgic is None else {"pgic": pgic})).patient_says.holds is holds


@pytest.mark.parametrize(
    ("first", "last", "holds"),
    [
        ({"bpi_interference": 6}, {"bpi_interference": 5}, True),
        ({"bpi_interference": 6}, {"bpi_interference": 5.1}, False),
        ({"peg": 7}, {"peg": 4.9}, True),
        ({"peg": 7}, {"peg": 4.91}, False),
        ({"peg": 7, "bpi_interference": 6}, {"peg": 6, "bpi_interference": 5}, True),
        ({"peg": 4, "bpi_interference": 6}, {"peg": 6, "bpi_interference": 5}, None),
        ({"peg": 7}, {"bpi_interference": 1}, None),
        ({}, {}, None),
        ({"peg": 0}, {"peg": 0}, None),
    ],
)
def test_function_gains_what_matters_by_its_own_questionnaire(
    first: dict[str, float], last: dict[str, float], holds: bool | None
) -> None:
    assert judge(before(scores=first), after(scores=last)).function.holds is holds


@pytest.mark.parametrize(
    ("scale", "first", "last", "response", "remission"),
    [
        ("phq_9", 18, 9, True, False), ("phq_9", 18, 10, False, False), ("phq_9", 18, 4, True, True),
        ("phq_9", 18, 5, True, False), ("phq_9", 10, 5, True, False), ("phq_9", 9, 2, None, None),
        ("madrs", 32, 16, True, False), ("madrs", 32, 17, False, False), ("madrs", 32, 10, True, True),
        ("madrs", 32, 11, True, False), ("madrs", 20, 10, True, True), ("madrs", 19, 5, None, None),
    ],
)  # fmt: skip
def test_response_and_remission_of_mood(
    scale: str, first: float, last: float, response: bool | None, remission: bool | None
) -> None:
    outcome = judge(before(scores={scale: first}), after(scores={scale: last}))
    assert outcome.mood_response[scale].holds is response
    assert outcome.mood_remission[scale].holds is remission


@pytest.mark.parametrize(("last", "holds"), [(13, True), (14, False)])
def test_five_points_on_the_phq_9_mean_something(last: float, holds: bool) -> None:
    assert judge(before(scores={"phq_9": 18}), after(scores={"phq_9": last})).mood_change.holds is holds


@pytest.mark.parametrize(("last", "worse"), [(9, 0), (10, 1), (13, 1)])
def test_a_depression_that_came_is_never_silent(last: float, worse: int) -> None:
    assert len(judge(before(scores={"phq_9": 8}), after(scores={"phq_9": last})).worsened) == worse


def test_thoughts_of_death_come_first() -> None:
    assert judge(before(), after(phq9_item9=1)).urgent
    assert not judge(before(), after(phq9_item9=0)).urgent


@pytest.mark.parametrize(
    ("several", "lasted", "holds"),
    [
        (False, Lasted(21), True), (False, Lasted(0, 20), False), (False, Lasted(20, 30), None),
        (True, Lasted(42), True), (True, Lasted(0, 41), False), (True, Lasted(41), None),
        (None, Lasted(42), True), (None, Lasted(0, 20), False), (None, Lasted(21, 41), None), (True, None, None),
    ],
)  # fmt: skip
def test_success_of_the_consensus_needs_its_weeks(
    several: bool | None, lasted: Lasted | None, holds: bool | None
) -> None:
    same = {"peg": 6.0}
    outcome = judge(before(scores=same), after(scores=same), lasted=lasted, several=several)
    assert outcome.success.holds is holds


def test_a_gain_of_function_is_success_where_it_stands_long_enough_after_the_course() -> None:
    first, last = before(scores={"peg": 7}), after(pain=WEEK, scores={"peg": 4})
    assert judge(first, last, course_end=LATER - timedelta(days=42), several=True).success.holds is True
    assert judge(first, last, course_end=LATER - timedelta(days=41), several=True).success.holds is None
    assert judge(first, last, course_end=LATER - timedelta(days=21), several=False).success.holds is True


def test_without_relief_and_without_gain_it_is_no_success_however_long() -> None:
    same = {"peg": 6.0}
    assert judge(before(scores=same), after(pain=WEEK, scores=same), lasted=Lasted(50)).success.holds is False


CHANGED = (Change(START + timedelta(days=20), "amitriptyline", ChangeKind.RAISED),)


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ((), Level.SUBSTANTIAL),
        (CHANGED, Level.CANNOT_TELL),
        (None, Level.CANNOT_TELL),
        ((Change(START, "amitriptyline", ChangeKind.RAISED),), Level.SUBSTANTIAL),
        ((Change(LATER, "morphine", ChangeKind.RESCUE),), Level.CANNOT_TELL),
        ((Change(LATER + timedelta(days=1), "morphine", ChangeKind.RESCUE),), Level.SUBSTANTIAL),
    ],
)
def test_while_nothing_else_changed_answers_only_until_something_did(
    changes: tuple[Change, ...] | None, level: Level
) -> None:
    outcome = judge(before(), after(), estimand=Estimand.UNCHANGED, changes=changes)
    assert outcome.level == level
    assert judge(before(), after(), changes=changes).level == Level.SUBSTANTIAL
    assert ("changes" in outcome.ask) == (changes is None)


def test_lists_of_medicines_that_differ_are_a_change_whatever_was_recorded() -> None:
    first, last = before(medicines={"morphine": 60}), after(medicines={"morphine": 40})
    outcome = judge(first, last, estimand=Estimand.UNCHANGED, changes=())
    assert outcome.level == Level.CANNOT_TELL
    assert outcome.beside == ("Rescue and other changes: none recorded.", "morphine: 60 mg a day before, 40 after")


def test_sparing_of_medicines_is_told_for_each_and_unknown_doses_stay_unknown() -> None:
    first = before(medicines={"morphine": 60, "pregabalin": 300, "duloxetine": None})
    last = after(medicines={"morphine": 30, "duloxetine": 60, "tramadol": 100})
    less = {"morphine": True, "pregabalin": True, "duloxetine": None, "tramadol": False}
    assert judge(first, last).less == less
    assert judge(first, after()).less == dict.fromkeys(("morphine", "pregabalin", "duloxetine"))


@pytest.mark.parametrize(
    ("count", "chosen", "lines"), [(1, None, 3), (3, True, 3), (4, True, 2), (4, None, 2), (4, False, 1)]
)
def test_regression_to_the_mean_is_said_where_it_would_fool(count: int, chosen: bool | None, lines: int) -> None:
    assert len(judge(before(pain=(7,) * count), after(), chosen_by_pain=chosen).fooled) == lines
    assert judge(before(pain=(3,) * count), after(pain=(3,)), chosen_by_pain=chosen).fooled == ()


@pytest.mark.parametrize(
    "wrong",
    [{"pain": (11,)}, {"pain": (float("nan"),)}, {"pain": (True,)}, {"scores": {"peg": 11}}, {"phq9_item9": 4},
     {"scores": {"pgic": 0}}, {"scores": {"no such form": 1}},
     {"medicines": {"morphine": float("inf")}}, {"medicines": {"morphine": -5}}],
)  # fmt: skip
def test_what_no_scale_allows_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UnwoundError):
        before(**wrong)


def test_a_word_that_is_none_is_refused_not_read_as_the_other() -> None:
    with pytest.raises(UnwoundError, match="estimand"):
        judge(before(), after(), estimand="everything")  # type: ignore[arg-type]
    with pytest.raises(UnwoundError, match="none of started"):
        Change(START, "amitriptyline", "increased")  # type: ignore[arg-type]


def test_numbers_of_numpy_are_numbers() -> None:
    assert judge(before(pain=tuple(np.array([7, 8]))), after(pain=(np.float32(3),))).level == Level.SUBSTANTIAL


def test_days_out_of_order_are_refused() -> None:
    with pytest.raises(UnwoundError, match=r"after \(\d+ [A-Z][a-z]+ \d{4}\) must be later"):
        judge(after(), before())
    with pytest.raises(UnwoundError, match="not between"):
        judge(before(), after(), course_end=LATER + timedelta(days=1))
    with pytest.raises(UnwoundError, match="no span"):
        Lasted(5, 4)


scores = st.integers(0, 100).map(lambda tenths: tenths / 10)


@given(scores, scores, scores)
def test_less_pain_after_is_never_judged_worse(first: float, last: float, lower: float) -> None:
    order = list(Level)
    levels = [judge(before(pain=(first,)), after(pain=(pain,))).level for pain in sorted((last, lower))]
    assert levels[0] == levels[1] == Level.CANNOT_TELL or order.index(levels[0]) >= order.index(levels[1])


@given(
    st.dictionaries(st.sampled_from(["peg", "bpi_interference", "phq_9", "pgic", "madrs"]), st.integers(1, 7)), scores
)
def test_what_becomes_known_never_turns_a_yes_into_a_no(known: dict[str, int], pain: float) -> None:
    """Three-valued: with the pain after unknown, whatever is certain stays so when it becomes known."""
    less = judge(before(scores=known), after(pain=(), scores=known), lasted=Lasted(60))
    more = judge(before(scores=known), after(pain=(pain,), scores=known), lasted=Lasted(60))
    for unknown, known_too in (
        (less.responder, more.responder),
        (less.success, more.success),
        (less.function, more.function),
    ):
        assert unknown.holds is None or unknown.holds is known_too.holds
