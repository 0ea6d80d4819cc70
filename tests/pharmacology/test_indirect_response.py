"""Nonlinear slow effects by graded quadrature, against the differential equation solved step by step."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from unwound.pharmacology import models
from unwound.pharmacology.dosing import Dose, infusion
from unwound.pharmacology.models import Array
from unwound.pharmacology.simulation import simulate
from unwound.pharmacology.solver import indirect_response
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError

MODEL = "kamp_2020"
SEVENTY = Subjects(np.array([70.0]))
SCHEDULES: dict[str, tuple[list[Dose], list[float]]] = {
    "ten infusions of four hours": ([infusion(24.0 * day, 20, 4) for day in range(10)], [2, 4, 5, 60.5, 220, 240]),
    "a ramp and eleven weeks": ([infusion(0, 8, 24), infusion(24, 14, 24), infusion(48, 21, 52)], [50, 100, 268, 1948]),
    "boluses": ([Dose(time_h=0, amount_mg=30), Dose(time_h=24.3, amount_mg=30)], [0.1, 1, 3.7, 24.3, 30, 200]),
    "a push over a minute": (
        [
            Dose(time_h=0, amount_mg=35, duration_h=0.5),
            Dose(time_h=0, amount_mg=20),
            Dose(time_h=30, amount_mg=5, duration_h=1 / 60),
        ],
        [0.25, 0.6, 29, 31, 60],
    ),
}
SHAPES = {"section D": (261.6, 10.5, 1.5), "no steepness": (261.6, 10.5, 1.0), "quick and steep": (2.0, 100.0, 3.0)}


def plasma(doses: list[Dose], subjects: Subjects = SEVENTY) -> Callable[[Array], Array]:
    return lambda hours: simulate(doses, subjects, MODEL, hours).plasma


def stepped(doses: list[Dose], times: list[float], half_life_h: float, half: float, hill: float) -> Array:
    """The slow, obvious way: DOP853 on amounts and effect together, restarted at every change."""
    model = models.model(MODEL)
    found = models.parameters(model, SEVENTY.weight_kg)
    matrix = models.matrices(model, found)[0]
    place, factors = models.concentrations(model, found)["plasma"]
    rate = np.log(2) / half_life_h
    state, shown = np.zeros(len(matrix) + 1), {}
    moments = sorted({0.0, *times, *indirect_response.changes_of(doses).tolist()})
    for start, end in zip(moments, [*moments[1:], None], strict=True):
        state[place] += sum(dose.amount_mg for dose in doses if dose.time_h == start and not dose.duration_h)
        shown[start] = state[-1]
        if end is None:
            break
        into = np.zeros(len(matrix))
        into[place] = sum(dose.rate_mg_per_h for dose in doses if dose.time_h <= start < dose.end_h)

        def slope(_: float, y: Array, into: Array = into) -> Array:
            level = max(y[place] * factors[0], 0.0) ** hill
            return np.append(matrix @ y[:-1] + into, rate * (level / (half**hill + level) - y[-1]))

        state = solve_ivp(slope, (start, end), state, method="DOP853", rtol=1e-12, atol=1e-14).y[:, -1]
    return np.array([shown[time] for time in times])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", SCHEDULES)
def test_the_sum_is_the_solution_of_the_differential_equation(name: str, shape: str) -> None:
    (doses, times), (half_life, half, hill) = SCHEDULES[name], SHAPES[shape]
    found = indirect_response.solve(
        plasma(doses), times, indirect_response.changes_of(doses), half_life_h=half_life, half_ng_per_ml=half, hill=hill
    )
    expected = stepped(doses, times, half_life, half, hill)
    error = np.abs(found.effect[0] - expected).max() / expected.max()
    assert error <= 5e-7
    assert error <= found.error[0] + 1e-11, "the stated error is the larger one"
    assert found.error[0] <= 1e-5


def test_a_constant_concentration_is_approached_exponentially() -> None:
    times = np.array([0.0, 1.0, 10.0, 100.0])
    found = indirect_response.solve(
        lambda hours: np.full((1, hours.size), 30.0), times, [0.0], half_life_h=10, half_ng_per_ml=10, hill=2
    )
    np.testing.assert_allclose(found.effect[0], 0.9 * (1 - 0.5 ** (times / 10)), rtol=1e-12, atol=1e-15)


def test_more_output_times_change_nothing() -> None:
    doses = SCHEDULES["ten infusions of four hours"][0]
    few, many = np.array([100.0, 240.0]), np.arange(0.0, 240.5, 0.5)
    given = {"half_life_h": 261.6, "half_ng_per_ml": 10.5, "hill": 1.5}
    one, other = (
        indirect_response.solve(plasma(doses), times, indirect_response.changes_of(doses), **given).effect[0]
        for times in (few, many)
    )
    np.testing.assert_allclose(other[[200, 480]], one, rtol=1e-6)


def test_subjects_together_are_subjects_alone() -> None:
    doses, times = SCHEDULES["boluses"]
    given = {"half_life_h": 261.6, "half_ng_per_ml": 10.5, "hill": 1.5}
    changes, weights = indirect_response.changes_of(doses), [40.0, 120.0]
    both = indirect_response.solve(plasma(doses, Subjects(np.array(weights))), times, changes, **given)
    for row, weight in enumerate(weights):
        alone = indirect_response.solve(plasma(doses, Subjects(np.array([weight]))), times, changes, **given)
        np.testing.assert_allclose(both.effect[row], alone.effect[0], rtol=1e-13)
        assert both.error[row] == pytest.approx(alone.error[0], rel=1e-3)


def test_bad_input_is_said() -> None:
    def nothing(hours: Array) -> Array:
        return np.zeros((1, hours.size))

    with pytest.raises(UnwoundError, match="times_h"):
        indirect_response.grid([2.0, 1.0], [0.0], 10)
    with pytest.raises(UnwoundError, match="half_life_h"):
        indirect_response.grid([1.0], [0.0], 0)
    with pytest.raises(UnwoundError, match="hill"):
        indirect_response.solve(nothing, [1.0], [0.0], half_life_h=1, half_ng_per_ml=0)
    with pytest.raises(UnwoundError, match="nodes"):
        indirect_response.integrate(indirect_response.grid([1.0], [0.0], 1), np.zeros((1, 3)), 10.0)
