"""Populations: the same people for the same seed, whoever counts them and however."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound.pharmacology import models, population
from unwound.pharmacology.dosing import Dose, repeat
from unwound.pharmacology.models import Model, Variability
from unwound.pharmacology.population import BLOCK, Summary
from unwound.pharmacology.simulation import simulate
from unwound.pharmacology.solver import counting
from unwound.pharmacology.solver.exposure import exposure
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError

KAMP = models.model("kamp_2020")
COVARIANCE = ((0.09, 0.03, 0.0), (0.03, 0.12, 0.02), (0.0, 0.02, 0.06))
DOSES = repeat(Dose(time_h=0, amount_mg=80, duration_h=4), 24, 2)
TIMES = np.arange(0.0, 49.0, 2.0)


def varied(covariance: tuple[tuple[float, ...], ...] = COVARIANCE) -> Model:
    return KAMP.model_copy(
        update={
            "variability": Variability(parameters=("CL", "V1", "Q3"), covariance=covariance, source="unwound_local")
        }
    )


def run(n: int = 300, seed: int = 1, **more: object) -> Summary:
    given = {"times_h": TIMES, "weight_kg": (70, 15, 40, 120), "sites": {"slow": 0.01}, "above_ng_per_ml": (50.0,)}
    return population.population(DOSES, varied(), n=n, seed=seed, **{**given, **more})  # type: ignore[arg-type]


def same(one: Summary, other: Summary) -> None:
    assert one.tidy().drop_columns("value") == other.tidy().drop_columns("value")
    np.testing.assert_array_equal(one.tidy()["value"].to_numpy(), other.tidy()["value"].to_numpy())


@settings(max_examples=30)
@given(st.integers(0, 2 * BLOCK), st.integers(1, BLOCK + 5), st.integers(0, 2**63 - 1))
def test_any_stretch_of_a_population_is_the_same_people(first: int, n: int, seed: int) -> None:
    weight = (70.0, 15.0, 40.0, 120.0)
    whole = population.draw(varied(), first + n, seed, weight_kg=weight)
    part = population.draw(varied(), n, seed, weight_kg=weight, first=first)
    assert whole.eta is not None
    assert part.eta is not None
    np.testing.assert_array_equal(part.weight_kg, whole.weight_kg[first:])
    np.testing.assert_array_equal(part.eta, whole.eta[first:])


def test_deviations_have_the_covariance_of_the_model_and_weights_their_bounds() -> None:
    drawn = population.draw(varied(), 200_000, 3, weight_kg=(70, 15, 40, 80))
    assert drawn.eta is not None
    np.testing.assert_allclose(np.cov(drawn.eta.T), COVARIANCE, atol=2e-3)
    np.testing.assert_allclose(drawn.eta.mean(axis=0), 0, atol=3e-3)
    assert 40 <= drawn.weight_kg.min() < 41
    assert 79 < drawn.weight_kg.max() <= 80
    assert abs(np.corrcoef(drawn.weight_kg, drawn.eta[:, 0])[0, 1]) < 0.01


def test_two_seeds_and_two_blocks_are_different_people() -> None:
    one, other = (population.draw(varied(), 2 * BLOCK, seed, weight_kg=70).eta for seed in (1, 2))
    assert one is not None
    assert other is not None
    assert not (one == other).any()
    assert not (one[:BLOCK] == one[BLOCK:]).any()


def test_a_seed_means_the_same_people_in_every_release() -> None:
    drawn = population.draw(varied(), 2, 1, weight_kg=(70, 15, 40, 120), first=BLOCK - 1)
    np.testing.assert_allclose(drawn.weight_kg, [82.95620842, 50.44374317], rtol=1e-8)
    assert drawn.eta is not None
    np.testing.assert_allclose(
        drawn.eta, [[0.02603691, -0.48977363, -0.23604072], [-0.17381584, -0.33793517, 0.14156154]], rtol=1e-6
    )


def test_a_singular_covariance_is_drawn_too() -> None:
    drawn = population.draw(varied(((0.1, 0.1, 0.0), (0.1, 0.1, 0.0), (0.0, 0.0, 0.0))), 100, 1, weight_kg=70)
    assert drawn.eta is not None
    np.testing.assert_allclose(drawn.eta[:, 0], drawn.eta[:, 1], atol=1e-12)
    np.testing.assert_array_equal(drawn.eta[:, 2], 0)


def test_one_subject_without_variability_is_the_typical_subject() -> None:
    told = population.population(DOSES, KAMP, n=1, seed=5, times_h=TIMES, weight_kg=70)
    typical = simulate(DOSES, Subjects(np.array([70.0])), KAMP, TIMES)
    for row in told.concentrations["plasma"]:
        np.testing.assert_array_equal(row, typical.plasma[0])


def test_kept_quantiles_are_those_of_the_curves() -> None:
    told = run(each=True)
    subjects = population.draw(varied(), 300, 1, weight_kg=(70, 15, 40, 120))
    curve = simulate(DOSES, subjects, varied(), TIMES, sites={"slow": 0.01})
    np.testing.assert_array_equal(told.concentrations["plasma"], np.quantile(curve.plasma, [0.05, 0.5, 0.95], axis=0))
    np.testing.assert_array_equal(told.each["slow cmax_ng_per_ml"], curve.sites["slow"].max(axis=1))
    np.testing.assert_allclose(told.each["plasma auc_ng_h_per_ml"], np.trapezoid(curve.plasma, TIMES, axis=1))
    assert told.relative_error == 0


@pytest.mark.parametrize("columns", [7, 1000])
def test_counting_comes_as_near_as_it_says(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = run(1000, each=True)
    monkeypatch.setattr(population, "COLUMNS", columns)
    monkeypatch.setattr(population, "KEPT_BYTES", 0)
    counted = run(1000, each=True)
    assert 0 < counted.relative_error <= 1e-6
    np.testing.assert_allclose(
        counted.tidy()["value"].to_numpy(), kept.tidy()["value"].to_numpy(), rtol=counted.relative_error, atol=1e-10
    )
    for name, values in kept.each.items():
        np.testing.assert_array_equal(counted.each[name], values)


@pytest.mark.parametrize("kept", [0, population.KEPT_BYTES])
def test_neither_chunk_nor_order_changes_anything(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(population, "KEPT_BYTES", kept)
    same(run(chunk=300), run(chunk=7))


@settings(max_examples=60)
@given(
    st.lists(st.floats(0, 1e8), min_size=1, max_size=40),
    st.lists(st.floats(0, 1), min_size=1, max_size=5),
)
def test_ranks_of_any_values_in_any_order(values: list[float], wanted: list[float]) -> None:
    column = np.array(values)[:, None]
    column[column < counting.SMALLEST] = 0
    shuffled = column[np.random.default_rng(len(values)).permutation(len(column))]
    counts = counting.nothing(1)
    counting.count([column], counts)
    search = counting.choose(counts, np.array(wanted), len(values))
    within = counting.nothing_within(search.bins)
    counting.count_within([shuffled], search.bins, within)
    expected = np.quantile(column, wanted, axis=0)
    np.testing.assert_allclose(
        counting.quantiles(search, within),
        expected,
        rtol=counting.RELATIVE_ERROR * (1 + 1e-6),
        atol=1e-300,
    )


def test_permuting_the_weights_permutes_nothing_else() -> None:
    weights = np.linspace(40, 120, 60)
    plain = {"n": 60, "seed": 1, "times_h": TIMES}
    one = population.population(DOSES, KAMP, weight_kg=weights, **plain)  # type: ignore[arg-type]
    other = population.population(DOSES, KAMP, weight_kg=weights[::-1], **plain)  # type: ignore[arg-type]
    np.testing.assert_allclose(one.concentrations["plasma"], other.concentrations["plasma"], rtol=1e-14)


def test_hours_above_a_level_are_those_between_the_crossings() -> None:
    curve = np.array([[0.0, 10.0, 10.0, 0.0], [5.0, 5.0, 5.0, 5.0], [0.0, 0.0, 0.0, 0.0]])
    told = exposure(curve, np.array([0.0, 2.0, 3.0, 7.0]), np.array([5.0, 0.0]))
    np.testing.assert_allclose(told[:, 3], [1 + 1 + 2, 0, 0])
    np.testing.assert_allclose(told[:, 4], [7, 7, 0])
    np.testing.assert_allclose(told[:, :3], [[10, 2, 10 + 10 + 20], [5, 0, 35], [0, 0, 0]])


@pytest.mark.parametrize("id", sorted(models.models()))
def test_every_model_of_the_library_has_a_population(id: str) -> None:
    told = population.population(DOSES, id, n=40, seed=1, times_h=TIMES, weight_kg=70)
    assert set(told.concentrations) == set(models.model(id).outputs)
    for low, middle, high in told.concentrations.values():
        assert (low <= middle).all()
        assert (middle <= high).all()
    differs = told.cmax_ng_per_ml["plasma"][2] > told.cmax_ng_per_ml["plasma"][0]
    assert differs == bool(models.model(id).variability.parameters)


def test_doses_by_the_kilogram() -> None:
    by_weight = population.population(
        per_kg, KAMP, n=3, seed=1, times_h=TIMES, weight_kg=np.array([50.0, 70.0, 90.0]), quantiles=(0, 1)
    )
    # Volumes and clearance of this model rise in step with weight: a dose by the kilogram gives all the same.
    np.testing.assert_allclose(*by_weight.concentrations["plasma"], rtol=1e-12)


def per_kg(weight_kg: float) -> tuple[Dose, ...]:
    return (Dose(time_h=0, amount_mg=0.5 * weight_kg, duration_h=2),)


def test_the_tidy_table_has_a_row_a_value_and_progress_ends_at_the_total() -> None:
    calls: list[tuple[int, int]] = []
    told = run(100, chunk=30, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(30, 100), (60, 100), (90, 100), (100, 100)]
    table = told.tidy()
    assert table.num_rows == 2 * 3 * (TIMES.size + 3 + 1)
    assert set(table["output"].to_pylist()) == {"plasma", "slow"}
    for name, axes in told.axes.items():
        for array in getattr(told, name).values():
            assert array.ndim == len(axes)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"n": 0}, "at least one subject"),
        ({"seed": -1}, "a seed is a whole number of 0 or more and below 2\\^63, not -1"),
        ({"weight_kg": 0}, "not a weight"),
        ({"weight_kg": (70, 0, 40, 120)}, "sd above 0"),
        ({"weight_kg": (70, 1, 400, 500)}, "leave nobody"),
        ({"weight_kg": np.array([70.0, 71.0])}, "2 weights for 300"),
        ({"quantiles": (0.5, 1.5)}, "0 to 1"),
        ({"above_ng_per_ml": (-1,)}, "levels"),
        ({"times_h": [2, 1]}, "increase"),
        ({"chunk": 0}, "chunk"),
        ({"cluster": "tcp://127.0.0.1:1"}, "no dask scheduler"),
    ],
)
def test_bad_input_is_told(wrong: dict[str, object], told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unwound.pharmacology.solver.runner.PATIENCE", "1s")
    with pytest.raises(UnwoundError, match=told):
        run(**wrong)  # type: ignore[arg-type]


def local_cluster(**how: object) -> Any:
    """A cluster on this machine; dask is loaded only where one is needed."""
    from distributed import LocalCluster

    return LocalCluster(**how)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with local_cluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0", protocol="tcp"
    ) as here:
        yield here


def test_a_cluster_gives_the_same_numbers(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(population, "KEPT_BYTES", 0)
    monkeypatch.setattr("unwound.pharmacology.solver.runner.TASK", 2)
    calls: list[tuple[int, int]] = []
    far = run(500, chunk=50, each=True, cluster=cluster.scheduler_address, progress=lambda *one: calls.append(one))
    near = run(500, chunk=50, each=True)
    same(far, near)
    for name, values in near.each.items():
        np.testing.assert_array_equal(far.each[name], values)
    assert calls[-1] == (1000, 1000)


def test_a_cluster_gives_the_same_numbers_when_curves_are_kept(cluster: Any) -> None:
    weights = np.linspace(40, 120, 300)
    same(run(weight_kg=weights, cluster=cluster.scheduler_address, chunk=10), run(weight_kg=weights))


def test_a_scheduler_lost_on_the_way_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unwound.pharmacology.solver.runner.TASK", 1)
    with (
        local_cluster(n_workers=1, processes=False, dashboard_address=None, protocol="tcp") as here,
        pytest.raises(UnwoundError, match=r"lost during the run: start the run again$"),
    ):
        run(500, chunk=10, cluster=here.scheduler_address, progress=lambda done, total: here.close())


@pytest.mark.slow
def test_a_killed_worker_costs_only_its_tasks() -> None:
    times = np.arange(0.0, 241.0)
    plain = run(100_000, times_h=times)
    with local_cluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as here:
        killed = []

        def kill(done: int, total: int) -> None:
            if not killed:
                worker = next(iter(here.workers.values()))
                killed.append(worker.pid)
                os.kill(worker.pid, signal.SIGKILL)

        far = run(100_000, times_h=times, cluster=here.scheduler_address, progress=kill)
    assert killed
    same(far, plain)


A_MILLION = """
from pathlib import Path
import numpy as np
from unwound.pharmacology import population
from unwound.pharmacology.dosing import Dose, repeat

population.population(
    repeat(Dose(time_h=0, amount_mg=80, duration_h=4), 24, 10),
    "otto_2021",
    n=1_000_000,
    seed=1,
    times_h=np.arange(0.0, 241.0),
    weight_kg=(70, 15, 40, 120),
)
status = Path("/proc/self/status").read_text().split()  # a child's ru_maxrss starts at what its parent had
print(int(status[status.index("VmHWM:") + 1]) / 1000)
"""


@pytest.mark.slow
def test_the_quantiles_of_a_million_fit_in_400_mb() -> None:
    """In a process of its own: what the tests themselves have loaded does not count."""
    done = subprocess.run([sys.executable, "-c", A_MILLION], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 400
