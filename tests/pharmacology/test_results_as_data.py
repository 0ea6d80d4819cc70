"""Curves, populations and fits are data like any other: equal, hashable, tables that others take as they are."""

from copy import deepcopy

import numpy as np
import pyarrow as pa
import pytest

from unwound.pharmacology import Curve, Dose, Subjects, dosing, effects, population, simulate, tables
from unwound.pharmacology.population import Summary

DOSES = [Dose(time_h=0, amount_mg=20, duration_h=1)]
TIMES = [0.5, 1.0, 30.0]
SITES = effects.sites_of("chronic_relief")


@pytest.fixture(scope="module")
def curve() -> Curve:
    return simulate(DOSES, Subjects(np.array([60.0, 80.0])), "otto_2021", TIMES, sites=SITES)


@pytest.fixture(scope="module")
def people() -> Summary:
    return population.population(DOSES, "kamp_2020", n=100, times_h=TIMES, weight_kg=70.0, seed=3)


def test_a_copy_is_equal_and_the_same_key_and_another_is_neither(curve: Curve, people: Summary) -> None:
    for result in (curve, people):
        again = deepcopy(result)
        assert again == result
        assert hash(again) == hash(result)
        assert len({again, result}) == 1
        assert result != "something else"
    assert simulate(DOSES, Subjects(np.array([60.0, 80.1])), "otto_2021", TIMES, sites=SITES) != curve


def test_zero_is_zero_whatever_its_sign_and_nothing_equals_nothing() -> None:
    one, other = (simulate(DOSES, Subjects(np.array([70.0])), "otto_2021", [1.0]) for _ in range(2))
    for place, value in ((0, 0.0), (1, -0.0)):
        (one, other)[place].plasma[0, 0] = value
    assert one == other
    assert hash(one) == hash(other)
    one.plasma[0, 0] = other.plasma[0, 0] = np.nan
    assert one == other
    assert hash(one) == hash(other)


def test_others_take_it_as_arrow_with_units_and_whole_subjects(curve: Curve, people: Summary) -> None:
    taken = pa.table(curve)
    assert taken == curve.to_arrow() == tables.tidy(curve)
    assert taken.schema.field("subject").type == pa.int64()
    assert set(zip(taken["quantity"].to_pylist(), taken["unit"].to_pylist(), strict=True)) == {
        ("concentration_ng_per_ml", "ng/mL"),
        ("relief_fraction", "1"),
    }
    assert "h" in pa.table(people)["unit"].to_pylist()
    assert curve.to_dict()["time_h"] == [*TIMES, *TIMES]


def test_own_times_of_each_subject_stand_in_the_table() -> None:
    own = np.array([[1.0, 2.0], [3.0, 4.0]])
    doses = dosing.columns_of([DOSES, DOSES])
    curve = simulate(doses, Subjects(np.array([60.0, 80.0])), "otto_2021", own)
    wide = tables.wide(curve)
    assert wide["time_h"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert wide["subject"].tolist() == [0, 0, 1, 1]


def test_a_population_says_itself_in_a_line(people: Summary) -> None:
    assert repr(people).startswith("<Population of 100, racemic by kamp_2020: plasma")
    assert len(repr(people)) < 160
