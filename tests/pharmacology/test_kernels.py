"""The fast path gives what the general engine gives, coinciding constants and all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound import vector_math
from unwound.pharmacology import models, simulation
from unwound.pharmacology.buildup import build_up
from unwound.pharmacology.dosing import Dose, infusion
from unwound.pharmacology.models import Array, Model
from unwound.pharmacology.population import draw
from unwound.pharmacology.solver import concentrations, indirect_response, kernels, modes
from unwound.pharmacology.solver.records import Doses
from unwound.pharmacology.subjects import Subjects

SITES = {"quick": 6.8, "slow": 0.0026}
RELIEF = {"half_life_h": 261.6, "half_ng_per_ml": 10.5, "hill": 1.5}
moment = st.sampled_from([0.0, 1.0, 4.0, 24.0]) | st.integers(-200, 5000).map(lambda part: part / 100 + 0.0037)
lasting = st.sampled_from([0.0, 1e-12, 1e-3, 1.0, 4.0]) | st.integers(1, 3000).map(lambda part: part / 100)
dose = st.builds(Dose, time_h=moment, amount_mg=st.floats(0.1, 100), duration_h=lasting)
schedule = st.lists(dose, min_size=0, max_size=5)
hours = st.lists(st.integers(0, 5000), min_size=1, max_size=12, unique=True).map(lambda some: np.sort(some) / 100.0)
rate = st.sampled_from([0.3, 1.0, 3.0]) | st.floats(0.01, 20.0)


def generally(model: Model, doses: list[list[Dose]], subjects: Subjects, times: Array) -> Array:
    found = models.parameters(model, subjects.weight_kg, subjects.eta)
    return concentrations._generally(model, found, doses, times, SITES)


def quickly(model: Model, doses: list[list[Dose]], subjects: Subjects, times: Array) -> Array:
    given_doses = doses[0] if len(doses) == 1 else doses
    curve = simulation.simulate(given_doses, subjects, model, times, sites=SITES)
    return np.stack([*curve.concentrations.values(), *curve.sites.values()])


def off(got: Array, expected: Array) -> float:
    peak = expected.max(axis=2, keepdims=True)
    return float((np.abs(got - expected) / np.maximum(peak, 1e-9)).max())


@pytest.mark.parametrize("id", models.models())
@settings(max_examples=15)
@given(doses=schedule, times=hours, seed=st.integers(0, 1000))
def test_every_model_gives_what_the_general_engine_gives(id: str, doses: list[Dose], times: Array, seed: int) -> None:
    model = models.model(id)
    subjects = draw(model, 3, seed, weight_kg=(70.0, 15.0, 40.0, 150.0))
    assert off(quickly(model, [doses], subjects, times), generally(model, [doses], subjects, times)) < 1e-9


@settings(max_examples=40)
@given(doses=st.lists(schedule, min_size=3, max_size=3), times=hours, id=st.sampled_from(["kamp_2020", "otto_2021"]))
def test_so_do_schedules_that_differ_between_subjects(doses: list[list[Dose]], times: Array, id: str) -> None:
    model = models.model(id)
    subjects = draw(model, 3, 1, weight_kg=70.0)
    assert off(quickly(model, doses, subjects, times), generally(model, doses, subjects, times)) < 1e-9


def made(volume: float, rates: list[float]) -> Model:
    """Three compartments and a metabolite of two; the rates may coincide as they like."""
    names = ("out", "formed", "there", "back", "far", "home", "gone", "aside", "again")
    flows = [("c", ""), ("c", "m"), ("c", "p"), ("p", "c"), ("c", "q"), ("q", "c"), ("m", ""), ("m", "n"), ("n", "m")]
    known = models.model("kamp_2020")
    cited = next(iter(known.parameters.values())).model_dump()
    values = {name: cited | {"value": one, "weight_exponent": 0.0} for name, one in zip(names, rates, strict=True)}
    volumes = {name: {"volume": "v"} if name in "cm" else {} for name in "cpqmn"}
    changed = {
        "parameters": values | {"v": cited | {"value": volume, "weight_exponent": 0.0}},
        "compartments": volumes,
        "flows": [{"source": a, "to": b, "rate": name} for (a, b), name in zip(flows, names, strict=True)],
        "outputs": {"plasma": {"compartment": "c"}, "norketamine": {"compartment": "m"}},
        "routes": {"iv": {"compartment": "c"}},
        "variability": {}, "residual": {}, "derived": {},
    }  # fmt: skip
    return Model.model_validate(known.model_dump() | changed)


@settings(max_examples=60)
@given(rates=st.lists(rate, min_size=9, max_size=9), doses=schedule, times=hours)
def test_so_does_any_model_of_the_shape_whatever_rates_coincide(
    rates: list[float], doses: list[Dose], times: Array
) -> None:
    model, subjects = made(25.0, rates), Subjects(np.array([70.0]))
    assert modes.fits(model) == modes.Shape(0, (1, 2), 3, (4,))
    assert off(quickly(model, [doses], subjects, times), generally(model, [doses], subjects, times)) < 1e-9


def test_a_site_as_fast_as_a_mode_of_the_parent_is_no_division_by_zero() -> None:
    model, one = models.model("kamp_2020"), Subjects(np.array([70.0]))
    shape, found = modes.fits(model), models.parameters(model, one.weight_kg)
    assert shape is not None
    plasma = models.concentrations(model, found)["plasma"][1]
    own = modes.modes(shape, models.matrices(model, found), plasma, None, (), np.array([48.0])).rates[:3, 0]
    times = np.linspace(0, 48, 25)
    for nearly in (0.0, 1e-12, 1e-9, 1e-7, 1e-5, 1.1e-5, 1e-4):
        sites = {str(mode): float(k) for mode, k in enumerate(own * (1 + nearly))}
        got = simulation.simulate([infusion(0, 20, 4)], one, model, times, sites=sites)
        expected = concentrations._generally(model, found, [[infusion(0, 20, 4)]], times, sites)
        assert off(np.stack([got.plasma, *got.sites.values()]), expected) < 1e-9


def test_a_subject_is_the_same_to_the_last_bit_whoever_stands_beside() -> None:
    model = models.model("otto_2021")
    subjects = draw(model, 150, 3, weight_kg=(70.0, 15.0, 40.0, 150.0))
    assert subjects.eta is not None
    doses, times = [infusion(0, 20, 4), Dose(time_h=7.7, amount_mg=10)], np.arange(70.0)
    together = quickly(model, [doses], subjects, times)
    for row in (0, 95, 96, 149):
        alone = Subjects(subjects.weight_kg[row : row + 1], subjects.eta[row : row + 1])
        assert np.array_equal(quickly(model, [doses], alone, times)[:, 0], together[:, row])


def test_a_dose_a_moment_late_is_in_the_value_of_the_moment() -> None:
    model, one = models.model("otto_2021"), Subjects(np.array([70.0]))
    doses = [Dose(time_h=24.0 + 5e-10, amount_mg=30), Dose(time_h=30.0 - 5e-10, amount_mg=30)]
    times = np.array([24.0, 25.0, 30.0])
    assert off(quickly(model, [doses], one, times), generally(model, [doses], one, times)) < 1e-7


def test_each_subject_has_its_own_times_where_they_are_given() -> None:
    model, subjects = models.model("kamp_2020"), draw("kamp_2020", 70, 5, weight_kg=70.0)
    found = models.parameters(model, subjects.weight_kg, subjects.eta)
    rng = np.random.default_rng(2)
    times = np.sort(rng.uniform(0, 60, (70, 13)), axis=1)
    doses = Doses(
        rng.uniform(0, 50, (70, 3)), rng.uniform(0, 9, (70, 3)), rng.uniform(1, 90, (70, 3)), np.zeros((70, 0))
    )
    known = concentrations.in_modes(model, found, doses[0], 60.0, SITES)
    assert known is not None
    got = kernels.curves(known, times, doses)
    for row in range(0, 70, 23):
        one = Subjects(subjects.weight_kg[row : row + 1], None if subjects.eta is None else subjects.eta[row : row + 1])
        given = zip(doses[0][row], doses[2][row], doses[1][row], strict=True)
        schedule = [Dose(time_h=float(at), amount_mg=float(mg), duration_h=float(h)) for at, mg, h in given]
        assert off(got[:, row : row + 1], generally(model, [schedule], one, times[row])) < 1e-9


def test_the_own_exponential_and_logarithm_are_near_enough() -> None:
    x = np.linspace(-690, 690, 4001)
    assert max(abs(vector_math.exp(one) / np.exp(one) - 1) for one in x) < 1e-15
    assert max(abs(vector_math.log(one) - np.log(one)) for one in np.exp(x)) < 1e-12
    for y in -np.logspace(-20, 2, 500):
        p, q = vector_math.parts(y)
        assert abs(((p - 1) + p * q) / np.expm1(y) - 1) < 1e-15


def test_the_quick_exponentials_are_as_near_as_they_say() -> None:
    exponents = np.linspace(-900, 900, 701)
    assert max(abs(vector_math.near_exp2(y) / 2.0**y - 1) for y in exponents) < 1e-10
    shares = np.linspace(1e-6, 1, 301)
    assert max(abs(vector_math.near_settled(x) / (-np.expm1(-x) / x) - 1) for x in shares) < 1e-10
    assert vector_math.near_settled(0.0) == pytest.approx(1, abs=1e-10)


def test_models_of_the_common_shape_are_recognised_and_others_are_not() -> None:
    assert modes.fits(models.model("kamp_2020")) == modes.Shape(0, (1, 2), -1, ())
    assert modes.fits(models.model("domino_1982")) is not None, "rate constants instead of clearances"
    assert modes.fits(models.model("otto_2021")) is not None
    assert modes.fits(models.model("simons_2022")) is None
    assert modes.fits(models.model("perez_ruixo_2021")) is None


def test_resets_and_other_routes_are_left_to_the_general_engine() -> None:
    model = models.model("kamp_2020")
    found = models.parameters(model, np.array([70.0]))
    assert concentrations.into_central(model, found, [[Dose(time_h=0, amount_mg=10)]]) is not None
    assert (
        concentrations.into_central(model, found, [[Dose(time_h=0, amount_mg=10), Dose(time_h=5, reset=True)]]) is None
    )
    film = models.model("perez_ruixo_2021")
    found = models.parameters(film, np.array([70.0]))
    assert concentrations.into_central(film, found, [[Dose(time_h=0, amount_mg=10, route="nasal")]]) is None


@pytest.mark.parametrize("hill", [0.5, 1.0, 1.5, 1.4, 3.0, 6.0])
@settings(max_examples=5)
@given(doses=st.lists(dose, min_size=1, max_size=4), times=hours, seed=st.integers(0, 100))
def test_relief_for_many_is_the_plain_quadrature(hill: float, doses: list[Dose], times: Array, seed: int) -> None:
    subjects, shape = draw("kamp_2020", 3, seed, weight_kg=70.0), RELIEF | {"hill": hill}
    got = build_up(doses, subjects, "kamp_2020", times, **shape)
    plain = indirect_response.solve(
        lambda at: simulation.simulate(doses, subjects, "kamp_2020", at).plasma,
        times, indirect_response.changes_of(doses), **shape,
    )  # fmt: skip
    np.testing.assert_allclose(got.effect, plain.effect, rtol=1e-9, atol=1e-14)
    assert (got.error <= plain.error + 1e-9).all()


def test_relief_of_a_model_of_another_shape_is_there_too() -> None:
    one = Subjects(np.array([70.0]))
    got = build_up([infusion(0, 20, 4)], one, "simons_2022", [4.0, 100.0], **RELIEF)
    assert 0 < got.effect[0, 1] < 1
    assert got.error[0] < 1e-5
