"""Relief that outlasts the drug: the empirical curve holds its trials, the hypothesis is labelled and held to them."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound import plots
from unwound.mechanism import knowledge, slow
from unwound.plots.saving import drawn
from unwound.plots.slowing import SlowCourse
from unwound.record import UnwoundError

FOUR_DAYS, TEN_DAYS, FIVE_DAYS, HALF_AN_HOUR = range(4)


@cache
def courses() -> tuple[SlowCourse, ...]:
    return plots.slow_courses(70.0)


def test_the_empirical_curve_keeps_four_days_for_a_week_and_not_for_eleven() -> None:
    assert courses()[FOUR_DAYS].at("empirical", 7) >= 0.6
    assert courses()[FOUR_DAYS].at("empirical", 77) <= 0.1


@pytest.mark.parametrize("way", ["empirical", "hypothesis", "by_the_cell"])
def test_half_an_hour_leaves_next_to_nothing(way: str) -> None:
    assert courses()[HALF_AN_HOUR].at(way, 7) <= 0.1


def test_the_hypothesis_ranks_the_trials_as_the_empirical_curve_does() -> None:
    for days in (7, 28):
        assert courses()[FOUR_DAYS].at("hypothesis", days) > courses()[TEN_DAYS].at("hypothesis", days)
        assert courses()[TEN_DAYS].at("hypothesis", days) > courses()[HALF_AN_HOUR].at("hypothesis", days)


def test_one_time_constant_for_fall_and_recovery_does_not_explain_four_days() -> None:
    """Why the hypothesis needs two: with 15.7 days for both, the half-life of the empirical curve, it has a fifth."""
    times = np.arange(0, 101.0)
    both = slow.homeostatic(times, np.full(times.size, 0.77), falls_in_days=15.7, recovers_in_days=15.7)
    assert both[-1] == pytest.approx(0.18, abs=0.02)
    assert slow.homeostatic(times, np.full(times.size, 0.77))[-1] > 0.55


@pytest.mark.thorough
def test_the_block_that_the_cell_has_is_too_little_and_the_picture_says_so() -> None:
    assert courses()[FOUR_DAYS].at("by_the_cell", 7) < 0.5 * courses()[FOUR_DAYS].at("hypothesis", 7)
    spec = plots.slow_layer(courses()).to_dict()
    assert any("too little to explain the trials" in line for line in spec["title"]["subtitle"])
    assert any("a hypothesis" in line for line in spec["title"]["subtitle"])
    assert "A model, not anybody's spinal cord." in spec["title"]["subtitle"]
    assert "not anybody&#x27;s spinal cord" in drawn(plots.slow_layer(courses()))


def test_every_trial_says_what_was_seen_and_where() -> None:
    assert [trial.seen.source for trial in knowledge.mechanism(knowledge.SLOW).trials] == [
        "sigtermans_2009",
        "schwartzman_2009",
        "goldberg_2010",
        "noppers_2011_fibromyalgia",
    ]


def by_small_steps(times: Any, held: Any, falls_h: float, recovers_h: float) -> float:
    """The same by Euler's way, a thousandth of an hour at a time."""
    relief, step = 0.0, 0.01
    for k in range(len(times) - 1):
        aim = (held[k] + held[k + 1]) / 2
        for _ in range(round((times[k + 1] - times[k]) / step)):
            relief += step * (aim - relief) / (falls_h if aim > relief else recovers_h)
    return relief


@pytest.mark.parametrize("held", [[0.8] * 9, [0.8, 0.8, 0.8, 0, 0, 0, 0, 0, 0], [0, 1, 0, 1, 0, 1, 0, 1, 0]])
def test_it_is_what_small_steps_give(held: list[float]) -> None:
    times = np.arange(9) * 6.0
    assert slow.homeostatic(times, held)[-1] == pytest.approx(by_small_steps(times, held, 60, 720), rel=1e-3)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
@settings(max_examples=50)
def test_relief_lies_between_nothing_and_the_most_that_was_held(held: list[float]) -> None:
    relief = slow.homeostatic(np.arange(len(held)) * 12.0, held)
    assert relief[0] == 0
    assert np.all((relief >= 0) & (relief <= max(held) + 1e-12))


@given(st.lists(st.floats(0, 0.5), min_size=3, max_size=20), st.floats(0, 0.5))
@settings(max_examples=50)
def test_more_held_never_gives_less_relief(held: list[float], more: float) -> None:
    times = np.arange(len(held)) * 12.0
    assert np.all(slow.homeostatic(times, np.array(held) + more) >= slow.homeostatic(times, held) - 1e-12)


@pytest.mark.parametrize(
    ("times", "held", "says"),
    [
        ([0, 1, 1], [0, 0, 0], "in order"),
        ([1, 0], [0, 0], "in order"),
        ([0, float("nan")], [0, 0], "in order"),
        ([0], [0], "two moments or more"),
        ([0, 1], [0], "same length"),
        ([0, 1], [0, 1.01], "from 0 to 1"),
        ([0, 1], [0, float("nan")], "from 0 to 1"),
    ],
)
def test_what_cannot_be_solved_is_refused(times: list[float], held: list[float], says: str) -> None:
    with pytest.raises(UnwoundError, match=says):
        slow.homeostatic(times, held)


@pytest.mark.parametrize("days", [0.0, -1.0, float("inf"), float("nan")])
def test_a_time_constant_is_above_zero(days: float) -> None:
    with pytest.raises(UnwoundError, match=r"in days .*: a number above 0 is needed"):
        slow.homeostatic([0, 1], [0, 0], falls_in_days=days)


@pytest.mark.parametrize("amount", [-0.1, float("nan"), float("inf")])
def test_a_concentration_is_a_number_from_nothing_up(amount: float) -> None:
    with pytest.raises(UnwoundError, match="from 0 up"):
        slow.drive([amount])


@pytest.mark.parametrize("wrong", ["ab", ["a", "b"], [None, {}]])
def test_words_are_no_numbers(wrong: Any) -> None:
    with pytest.raises(UnwoundError, match="a list of numbers is needed"):
        slow.drive(wrong)
    with pytest.raises(UnwoundError, match=r"times .*: a list of numbers is needed"):
        slow.homeostatic(wrong, [0, 1])


@pytest.mark.parametrize("half", [0, "x", -1, True])
def test_the_half_is_above_zero(half: Any) -> None:
    with pytest.raises(UnwoundError, match=r"half .*: a number above 0 is needed"):
        slow.drive([0.0], half_um=half)
