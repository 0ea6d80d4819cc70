"""Doses as columns give what doses as records give: own times, steady states, and bodies that change over time."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound.pharmacology import models
from unwound.pharmacology.buildup import build_up
from unwound.pharmacology.dosing import Dose, DoseColumns, columns_of, repeat
from unwound.pharmacology.models import Array
from unwound.pharmacology.population import draw
from unwound.pharmacology.simulation import Curve, of_one, simulate
from unwound.pharmacology.solver.timeline import Look
from unwound.pharmacology.subjects import Changing, Subjects
from unwound.record import UnwoundError

SITES = {"quick": 6.8, "slow": 0.0026}
N = 3


def stacked(curve: Curve) -> Array:
    return np.stack([*curve.concentrations.values(), *curve.sites.values()])


def off(got: Array, expected: Array) -> float:
    return float((np.abs(got - expected) / np.maximum(expected.max(axis=-1, keepdims=True), 1e-9)).max())


def drawn(seed: int, *, doses: int = 4, every: float = 0.0) -> tuple[DoseColumns, Array]:
    """Own schedules of boluses and infusions, some shorter than others, and own times."""
    numbers = np.random.default_rng(seed)
    shape = (N, doses)
    lasting = numbers.uniform(0, 6, shape) * (numbers.random(shape) > 0.4)
    first = np.arange(doses) == 0
    return DoseColumns(
        time_h=np.round(numbers.uniform(0, 40, shape), 2),
        amount_mg=numbers.uniform(1, 50, shape) * ((numbers.random(shape) > 0.2) | first),
        duration_h=lasting,
        steady_h=np.where(first, every, 0.0),
    ), np.sort(numbers.uniform(0, 60, (N, 15)), axis=1)


def one_by_one(doses: DoseColumns, subjects: Changing, id: str, times: Array) -> Array:
    """The same by the timeline of one person at a time."""
    result = []
    for row in range(N):
        eta = None if subjects.eta is None else subjects.eta[row]
        looks = [Look(time_h=time) for time in np.broadcast_to(times, (N, times.shape[-1]))[row].tolist()]
        ends = subjects.ends_h[row if len(subjects.ends_h) > 1 else 0].tolist()
        periods = Subjects(subjects.weight_kg[row], eta)
        result.append(stacked(of_one(doses.schedule(row), periods, ends, id, looks, sites=SITES)))
    return np.concatenate(result, axis=1)


@pytest.mark.parametrize("id", models.models())
@settings(max_examples=6)
@given(seed=st.integers(0, 10_000))
def test_bodies_that_change_are_the_same_many_at_once_as_one_by_one(id: str, seed: int) -> None:
    doses, times = drawn(seed)
    numbers, varying = np.random.default_rng(seed), len(models.model(id).variability.parameters)
    subjects = Changing(
        weight_kg=numbers.uniform(50, 90, (N, 3)),
        ends_h=np.sort(numbers.choice([0.0, 12.0, 24.0, 31.5, 70.0], (N, 2)), axis=1),
        eta=numbers.normal(0, 0.3, (N, 3, varying)) if varying else None,
    )
    got = stacked(simulate(doses, subjects, id, times, sites=SITES))
    assert off(got, one_by_one(doses, subjects, id, times)) < 1e-9


@pytest.mark.parametrize("id", models.models())
@settings(max_examples=6)
@given(seed=st.integers(0, 10_000), every=st.sampled_from([0.0, 8.0, 24.0]))
def test_columns_are_schedules_and_a_steady_state_is_that_of_one_person(id: str, seed: int, every: float) -> None:
    doses, times = drawn(seed, every=every)
    people = draw(id, N, seed, weight_kg=(70.0, 15.0, 40.0, 120.0))
    got = stacked(simulate(doses, people, id, times, sites=SITES))
    eta = None if people.eta is None else people.eta[:, None]
    alone = Changing(weight_kg=people.weight_kg[:, None], ends_h=np.zeros((1, 0)), eta=eta)
    assert off(got, one_by_one(doses, alone, id, times)) < 1e-9
    if not every:
        hours = np.arange(0.5, 50.0)
        schedules = [doses.schedule(row) for row in range(N)]
        same = simulate(columns_of(schedules), people, id, hours, sites=SITES)
        assert off(stacked(same), stacked(simulate(schedules, people, id, hours, sites=SITES))) < 1e-12


def test_an_infusion_that_runs_into_its_next_time_is_still_a_steady_state() -> None:
    dose = Dose(time_h=2, amount_mg=10, duration_h=30, steady_h=24)
    hours, people = np.arange(48.0), Subjects(np.array([50.0, 90.0]))
    longer = simulate(columns_of([[dose]]), people, "otto_2021", hours).plasma
    by_hand = simulate(
        repeat(Dose(time_h=2 - 24 * 40, amount_mg=10, duration_h=30), 24, 41), people, "otto_2021", hours
    )
    assert off(longer[:, 2:], by_hand.plasma[:, 2:]) < 1e-9
    assert longer[:, :2].max() == 0, "before its time the dose is not there"


def test_a_short_infusion_for_ever_settles_at_its_mean_rate_over_clearance() -> None:
    dose = Dose(time_h=0, amount_mg=12, duration_h=2, steady_h=12)
    hours = np.linspace(0, 12, 4001)
    one = Subjects(np.array([70.0]))
    curve = simulate([dose], one, "kamp_2020", hours).plasma[0]
    clearance = models.model("kamp_2020").parameters["CL"].value
    again = simulate(
        [dose, Dose(time_h=12, amount_mg=12, duration_h=2)], Subjects(np.array([70.0])), "kamp_2020", [12.0]
    )
    assert np.trapezoid(curve, hours) == pytest.approx(12 / clearance * 1000, rel=1e-5)
    assert again.plasma[0, 0] == pytest.approx(curve[0], rel=1e-12), "the next dose finds what this one found"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"amount_mg": np.array([[-1.0]])}, "amount_mg of subject 0, dose 0 is negative"),
        ({"time_h": np.array([[np.nan]])}, "time_h of subject 0, dose 0 is not a number"),
        ({"duration_h": np.ones((3, 2))}, "differ in shape|schedules for"),
        ({"route": "nose"}, "no route «nose»"),
    ],
)
def test_columns_that_cannot_be_are_refused(changed: dict[str, object], says: str) -> None:
    columns: dict[str, Any] = {"time_h": np.zeros((1, 1)), "amount_mg": np.ones((1, 1)), **changed}
    people = Subjects(np.array([70.0, 80.0]))
    with pytest.raises(UnwoundError, match=says):
        _ = simulate(DoseColumns(**columns), people, "otto_2021", [1.0])


def test_own_times_have_a_row_each_and_increase() -> None:
    doses = DoseColumns(time_h=np.zeros((1, 1)), amount_mg=np.ones((1, 1)))
    people = Subjects(np.array([70.0, 80.0]))
    for times in (np.ones((3, 2)), np.array([[1.0, 2.0], [2.0, 1.0]]), np.array([[1.0, np.nan], [1.0, 2.0]])):
        with pytest.raises(UnwoundError, match="times_h"):
            simulate(doses, people, "otto_2021", times)


@pytest.mark.thorough
def test_relief_without_its_stated_error_is_the_same_relief() -> None:
    doses, people = [Dose(time_h=0, amount_mg=80, duration_h=4)], Subjects(np.array([50.0, 90.0]))
    hours, kind = np.arange(0.0, 48.0, 3.0), {"half_life_h": 261.6, "half_ng_per_ml": 10.5, "hill": 1.5}
    stated, quick = (
        build_up(doses, people, "otto_2021", hours, stated_error=stated, **kind) for stated in (True, False)
    )
    assert (stated.effect == quick.effect).all()
    assert np.isnan(quick.error).all()
    assert (stated.error < 1e-4).all()
