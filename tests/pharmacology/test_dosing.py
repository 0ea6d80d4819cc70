"""Doses as they are ordered: amount, rate and duration agree, repeats keep the total, nonsense is refused."""

from dataclasses import FrozenInstanceError
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound.pharmacology.dosing import Dose, infusion, most_in_an_hour, repeat, total_mg
from unwound.record import UnwoundError

hours = st.floats(-1000, 10_000)
rates = st.floats(0.001, 1000)
lengths = st.floats(0.001, 1000)


@given(hours, rates, lengths)
def test_an_infusion_by_its_rate_holds_rate_times_duration(time: float, rate: float, lasts: float) -> None:
    dose = infusion(time, rate, lasts)
    assert dose.by_rate
    assert dose.rate_mg_per_h == pytest.approx(rate)
    assert dose.amount_mg == pytest.approx(rate * lasts)
    assert dose.end_h == time + lasts


def test_a_bolus_has_no_duration_and_ends_when_it_begins() -> None:
    dose = Dose(time_h=3, amount_mg=35)
    assert dose.end_h == 3
    assert dose.rate_mg_per_h == float("inf")
    assert not dose.by_rate


@given(rates, st.floats(0.1, 100), st.integers(0, 40))
def test_repeats_keep_dose_and_distance(amount: float, every: float, times: int) -> None:
    given_doses = repeat(Dose(time_h=2, amount_mg=amount, duration_h=1), every, times)
    assert len(given_doses) == times
    assert total_mg(given_doses) == pytest.approx(times * amount)
    assert all(later.time_h - one.time_h == pytest.approx(every) for one, later in pairwise(given_doses))
    assert {(dose.amount_mg, dose.duration_h) for dose in given_doses} <= {(amount, 1)}


def test_one_dose_needs_no_interval_and_two_do() -> None:
    assert repeat(Dose(time_h=0, amount_mg=1), 0, 1) == (Dose(time_h=0, amount_mg=1),)
    for every in (0.0, -24.0, float("nan")):
        with pytest.raises(UnwoundError, match="interval above zero"):
            repeat(Dose(time_h=0, amount_mg=1), every, 2)


@pytest.mark.parametrize("field", ["time_h", "amount_mg", "duration_h"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_refused_by_name(field: str, value: float) -> None:
    with pytest.raises(UnwoundError, match=f"{field} .* is not a number"):
        Dose(**{"time_h": 0.0, field: value})


@pytest.mark.parametrize(("amount", "lasts"), [(-1e-9, 1), (1, -1e-9)])
def test_nothing_negative_is_given_and_a_time_may_be_negative(amount: float, lasts: float) -> None:
    with pytest.raises(UnwoundError, match="never negative"):
        Dose(time_h=0, amount_mg=amount, duration_h=lasts)
    assert Dose(time_h=-5, amount_mg=0, duration_h=0).time_h == -5


def test_a_dose_once_made_stays_as_it_is() -> None:
    with pytest.raises(FrozenInstanceError):
        Dose(time_h=0, amount_mg=1).amount_mg = 2  # type: ignore[misc]


quarters = st.integers(-40, 400).map(lambda quarter: quarter / 4)
some = st.lists(
    st.builds(
        Dose,
        time_h=quarters,
        amount_mg=st.floats(0.1, 500),
        duration_h=st.integers(0, 40).map(lambda quarter: quarter / 4),
    ),
    min_size=1,
    max_size=6,
)


@given(some)
def test_the_most_in_an_hour_is_what_counting_every_quarter_finds(doses: list[Dose]) -> None:
    """All edges lie on quarters, so the largest window begins on one."""

    def within(dose: Dose, begin: float) -> float:
        if not dose.duration_h:
            return dose.amount_mg * (begin <= dose.time_h <= begin + 1)
        return dose.rate_mg_per_h * max(0.0, min(dose.end_h, begin + 1) - max(dose.time_h, begin))

    counted = {begin: sum(within(dose, begin) for dose in doses) for begin in (row / 4 for row in range(-60, 500))}
    most, begin = most_in_an_hour(doses)
    assert most == pytest.approx(max(counted.values()))
    assert most == pytest.approx(counted[begin])


def test_the_most_in_an_hour_of_a_long_infusion_is_its_rate_and_of_a_short_one_its_amount() -> None:
    assert most_in_an_hour([infusion(0, 22.2, 100)])[0] == pytest.approx(22.2)
    assert most_in_an_hour([Dose(time_h=5, amount_mg=35, duration_h=40 / 60)]) == pytest.approx((35, 5))
    assert most_in_an_hour([infusion(2, 22.2, 100), Dose(time_h=200, amount_mg=5)])[1] == 2
    assert most_in_an_hour(
        [Dose(time_h=5, amount_mg=35), Dose(time_h=6, amount_mg=35), Dose(time_h=7.01, amount_mg=35)]
    )[0] == pytest.approx(70)
    assert most_in_an_hour([Dose(time_h=3, reset=True)]) == (0, 0)


@pytest.mark.parametrize(("rate", "hours"), [("20", 4), (20, "4"), (20.0, "4"), (None, 4), (20.0, [4])])
def test_words_and_lists_are_no_infusion(rate: Any, hours: Any) -> None:
    with pytest.raises(UnwoundError, match=r"not a number|mg/h and hours are needed"):
        infusion(0, rate, hours)
    with pytest.raises(UnwoundError, match=r"time_h 0 is not a number|mg/h and hours"):
        infusion("0", rate, hours)  # type: ignore[arg-type]
