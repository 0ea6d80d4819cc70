"""The exact engine against a slow, obvious one: scipy's expm, stretch by stretch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from unwound.pharmacology import models, simulation
from unwound.pharmacology.dosing import Dose, infusion, repeat
from unwound.pharmacology.solver import general
from unwound.pharmacology.solver.general import Stretches
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError

speeds = st.floats(1e-4, 50.0)


def by_expm(matrix: np.ndarray, inputs: np.ndarray, stretches: Stretches) -> np.ndarray:
    """The state at the start of every stretch, one subject."""
    n, m = len(matrix), inputs.size
    state, told = np.zeros(n), []
    for k in range(stretches.length_h.size):
        state = state * (not stretches.reset[k]) + stretches.bolus_mg[k]
        told.append(state)
        whole = np.zeros((n + m, n + m))
        whole[:n, :n] = matrix
        whole[inputs, range(n, n + m)] = 1
        state = (expm(whole * stretches.length_h[k]) @ np.concatenate([state, stretches.rate_mg_per_h[k]]))[:n]
    return np.array(told)


@settings(max_examples=80)
@given(st.lists(speeds, min_size=6, max_size=6), st.lists(st.floats(0.001, 48), min_size=3, max_size=8), st.randoms())
def test_any_system_any_stretches(k: list[float], lengths: list[float], random: object) -> None:
    matrix = np.array(
        [[-(k[0] + k[1] + k[2]), k[3], 0, 0], [k[1], -k[3], 0, 0], [k[2], 0, -k[4], 0], [k[5], 0, 0, -k[5]]]
    )
    steps = len(lengths)
    stretches = Stretches(
        length_h=np.array(lengths),
        rate_mg_per_h=np.linspace(0, 20, steps)[:, None],
        bolus_mg=np.eye(steps, 4) * 10,
        reset=np.arange(steps) == 2,
        shown=np.arange(steps),
    )
    inputs = np.array([0])
    found = general.run(matrix[None], inputs, stretches, np.arange(4), steps)[0].T
    wanted = by_expm(matrix, inputs, stretches)
    assert np.allclose(found, wanted, rtol=1e-9, atol=1e-10 * wanted.max())
    assert (found >= 0).all()


@pytest.mark.parametrize("gap", [0.0, 1e-15, 1e-12, 1e-9, 1e-6, 1e-3])
def test_equal_and_nearly_equal_rate_constants_are_no_special_case(gap: float) -> None:
    """A closed form by partial fractions divides by this gap and gives NaN at zero."""
    k = 0.7
    matrix = np.array([[-k, 0.0], [k, -(k + gap)]])
    stretches = Stretches(
        length_h=np.array([3.0, 0.0]),
        rate_mg_per_h=np.zeros((2, 0)),
        bolus_mg=np.array([[100.0, 0], [0, 0]]),
        reset=np.zeros(2, bool),
        shown=np.array([-1, 0]),
    )
    found = general.run(matrix[None], np.array([], dtype=np.int64), stretches, np.array([1]), 1)[0, 0, 0]
    assert found == pytest.approx(100 * k * 3.0 * np.exp(-k * 3.0) * (1 - gap * 1.5), rel=max(1e-12, 2 * gap))


def test_a_long_tail_keeps_its_relative_accuracy() -> None:
    """Nothing is subtracted, so even what is left after many half-lives is right to the last digits."""
    stretches = Stretches(
        length_h=np.array([1000.0, 0.0]),
        rate_mg_per_h=np.zeros((2, 0)),
        bolus_mg=np.array([[1.0], [0]]),
        reset=np.zeros(2, bool),
        shown=np.array([-1, 0]),
    )
    found = general.run(np.array([[[-0.5]]]), np.array([], dtype=np.int64), stretches, np.array([0]), 1)[0, 0, 0]
    assert found == pytest.approx(np.exp(-500.0), rel=1e-11)


def test_an_infusion_that_changes_its_rate_is_the_sum_of_its_parts() -> None:
    one = Subjects(np.array([70.0]))
    times = np.linspace(0, 30, 61)
    titrated = [infusion(0, 10, 2), infusion(2, 25, 3), infusion(5, 5, 1)]
    whole = simulation.simulate(titrated, one, "kamp_2020", times).plasma
    parts = [simulation.simulate([dose], one, "kamp_2020", times).plasma for dose in titrated]
    assert np.allclose(whole, sum(parts), rtol=1e-12)


def test_a_value_at_a_bolus_and_at_a_reset_is_the_one_after_it() -> None:
    one = Subjects(np.array([70.0]))
    doses = [Dose(time_h=1, amount_mg=50), Dose(time_h=4, reset=True), Dose(time_h=6, amount_mg=50)]
    plasma = simulation.simulate(doses, one, "kamp_2020", [0, 1, 3, 4, 5, 6, 8]).plasma[0]
    assert plasma[0] == 0
    assert plasma[1] == pytest.approx(50 / 25 * 1000)
    assert plasma[3] == plasma[4] == 0
    assert plasma[5] == plasma[1]
    assert plasma[6] == pytest.approx(plasma[2])


def test_schedules_of_their_own_give_each_subject_what_it_would_have_alone() -> None:
    several = [repeat(infusion(0, 20, 4), 24, 3), [Dose(time_h=2.5, amount_mg=30)], [infusion(1, 5, 10)]]
    weights = np.array([50.0, 70.0, 110.0])
    times = np.array([0.5, 3.3, 24.0, 51.7])
    together = simulation.simulate(several, Subjects(weights), "kamp_2020", times, sites={"e": 6.8})
    for row, schedule in enumerate(several):
        alone = simulation.simulate(schedule, Subjects(weights[row : row + 1]), "kamp_2020", times, sites={"e": 6.8})
        assert np.array_equal(together.plasma[row], alone.plasma[0])
        assert np.array_equal(together.sites["e"][row], alone.sites["e"][0])


def test_bioavailability_shortens_an_infusion_by_rate_and_slows_one_by_duration() -> None:
    """NONMEM's meaning of rate and duration, which others get wrong."""
    half = models.Parameter(value=0.5, unit="1", source="unwound_local", checked="unchecked")
    kamp = models.model("kamp_2020")
    route = models.Route(compartment="central", bioavailability="F")
    made = kamp.model_copy(update={"parameters": {**kamp.parameters, "F": half}, "routes": {"iv": route}})
    one = Subjects(np.array([70.0]))
    times = np.arange(0, 12, 0.25)
    by_rate = simulation.simulate([infusion(0, 20, 4)], one, made, times).plasma
    by_time = simulation.simulate([Dose(time_h=0, amount_mg=80, duration_h=4)], one, made, times).plasma
    assert np.allclose(by_rate, simulation.simulate([infusion(0, 20, 2)], one, kamp, times).plasma)
    assert np.allclose(by_time, simulation.simulate([infusion(0, 10, 4)], one, kamp, times).plasma)


@pytest.mark.parametrize(
    ("weight", "doses", "times", "said"),
    [
        ([0.0], [Dose(time_h=0, amount_mg=1)], [1.0], "not a weight"),
        ([-70.0], [Dose(time_h=0, amount_mg=1)], [1.0], "not a weight"),
        ([float("nan")], [Dose(time_h=0, amount_mg=1)], [1.0], "not a weight"),
        ([70.0], [Dose(time_h=0, amount_mg=1, route="nasal")], [1.0], "no route «nasal»"),
        ([70.0], [Dose(time_h=0, amount_mg=1)], [2.0, 1.0], "must increase"),
        ([70.0], [Dose(time_h=0, amount_mg=1)], [], "hours is needed"),
        (
            [70.0, 80.0, 90.0],
            [[Dose(time_h=0, amount_mg=1)], [Dose(time_h=0, amount_mg=1)]],
            [1.0],
            "one for all is needed",
        ),
    ],
)
def test_what_cannot_be_simulated_is_said(weight: list[float], doses: list, times: list[float], said: str) -> None:
    with pytest.raises(UnwoundError, match=said):
        simulation.simulate(doses, Subjects(np.array(weight)), "kamp_2020", times)


def test_an_unknown_model_is_told_with_those_there_are() -> None:
    with pytest.raises(UnwoundError, match="kamp_2020"):
        simulation.simulate([Dose(time_h=0, amount_mg=1)], Subjects(np.array([70.0])), "camp", [1.0])
