"""Inputs varied: indices known in closed form, verdicts as shares, and every mistake in words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from unwound import catalogue, examples, pathway, protocols
from unwound.pharmacology import Subjects, simulate
from unwound.pharmacology.dosing import Dose
from unwound.record import UnwoundError
from unwound.sensitivity import Among, Between, Input, Sensitivity, vary

CRPS = examples.load("crps_after_wrist_fracture").patient


def test_the_indices_of_a_function_with_known_ones_are_found() -> None:
    """Ishigami and Homma 1990 with a = 7 and b = 0.1: by closed form 0.314, 0.442, 0 and 0.558, 0.442, 0.244."""
    around = Between(low=-math.pi, high=math.pi)
    found = vary(
        lambda x, y, z: math.sin(x) + 7 * math.sin(y) ** 2 + 0.1 * z**4 * math.sin(x),
        {"x": around, "y": around, "z": around},
        n=2048,
    )
    first, total = zip(*((one.first, one.total) for one in found.indices), strict=True)
    assert first == pytest.approx((0.314, 0.442, 0.0), abs=0.03)
    assert total == pytest.approx((0.558, 0.442, 0.244), abs=0.03)
    for one in found.indices:
        assert one.first_interval[0] < one.first < one.first_interval[1]
        assert one.total_interval[1] - one.total_interval[0] < 0.2


@pytest.mark.thorough
def test_distributions_and_choices_spread_as_they_should() -> None:
    found = vary(lambda a, b: {"a": a, "b": b}, {"a": norm(70, 12), "b": Among(values=(1, 2, 4))}, n=1024)
    a, b = found.spread
    assert (a.mean, a.low, a.high) == pytest.approx((70, 70 - 1.645 * 12, 70 + 1.645 * 12), abs=1)
    assert b.mean == pytest.approx(7 / 3, abs=0.05)
    assert {(one.outcome, one.input): round(one.total) for one in found.indices} == {
        ("a", "a"): 1, ("a", "b"): 0, ("b", "a"): 0, ("b", "b"): 1
    }  # fmt: skip
    assert [one.at for one in found.alone if (one.outcome, one.input) == ("b", "b")] == ["1", "2", "4"]


@pytest.fixture(scope="module")
def decided() -> Sensitivity:
    asked: dict[str, Input] = {
        "pain_average_nrs": Between(low=7, high=9),
        "pregnant": Among(values=(False, True, None)),
    }
    return vary(lambda **facts: pathway.review(CRPS.knowing(**facts)), asked, n=8, steps=2)


def test_verdicts_are_shares_that_make_up_the_whole(decided: Sensitivity) -> None:
    assert sum(one.mean for one in decided.spread) == pytest.approx(1)
    came = {(one.input, one.at): one.outcome for one in decided.alone if one.value}
    assert came["pregnant", "True"] == "verdict not-a-candidate"
    assert came["pregnant", "not known"] == "verdict cannot-tell"
    assert came["pregnant", "False"] == "verdict candidate"
    assert decided.data_fingerprint == catalogue.fingerprint()
    assert "Wren" not in repr(decided) + decided._repr_html_()


def test_the_same_set_of_inputs_is_computed_once() -> None:
    calls = list[tuple[float, float]]()

    def product(a: float, b: float) -> float:
        calls.append((a, b))
        return a * b

    found = vary(product, dict.fromkeys("ab", Among(values=(0, 1))))
    assert len(calls) == len(set(calls)) == found.runs == 4


def test_a_plan_that_is_refused_has_no_amount_and_that_is_said() -> None:
    def planned(weight_kg: float, pregnant: bool) -> object:
        who = CRPS.knowing(weight_kg=weight_kg, pregnant=pregnant)
        return protocols.plan("ketamine_40_min", who, concentration_mg_per_ml=1)

    found = vary(planned, {"weight_kg": Among(values=(60, 80)), "pregnant": Among(values=(False, True))}, n=8)
    amount = next(one for one in found.spread if one.outcome == "total_mg")
    assert amount.without > 0
    assert any(note.startswith("total_mg: no index, for ") for note in found.notes)
    assert {one.value for one in found.alone if one.outcome == "total_mg" and one.at == "True"} == {None}


def test_a_curve_gives_peaks_and_areas_and_the_result_is_a_tidy_table() -> None:
    def level(weight_kg: float) -> object:
        return simulate(
            [Dose(time_h=0, amount_mg=20)], Subjects(np.array([weight_kg])), "clements_1981", [0.0, 1.0, 2.0]
        )

    found = vary(level, {"weight_kg": Between(low=50, high=100)}, n=8, steps=2)
    table = found.to_arrow()
    assert table.column_names == ["outcome", "input", "quantity", "at", "value"]
    assert table.to_pydict() == found.to_dict()
    alone = [one.value for one in found.alone if one.outcome == "plasma cmax_ng_per_ml"]
    assert alone[0] is not None
    assert alone[1] is not None
    assert alone[0] > alone[1] > 0
    assert {"alone", "mean", "first", "total low"} <= set(found.to_dict()["quantity"])
    assert found == vary(level, {"weight_kg": Between(low=50, high=100)}, n=8, steps=2)


RANGE = Between(low=1, high=2)


@pytest.mark.parametrize(
    ("inputs", "more", "said"),
    [
        ({}, {}, "at least one input"),
        ({"a": RANGE}, {"n": 100}, "a power of two is needed"),
        ({"a": RANGE}, {"steps": 1}, "at least 2 are needed"),
        ({"a": Between(low=2, high=1)}, {}, "a: low is below high"),
        ({"a": Between(low=1, high=math.inf)}, {}, "a: low is below high"),
        ({"a": Between(low=1, high=2, usual=3)}, {}, "usual between them"),
        ({"a": Among(values=(1,))}, {}, "a: at least two values"),
        ({"a": Among(values=(["x"], ["y"]))}, {}, "are a tuple"),
        ({"a": (1, 2)}, {}, "Between, Among or a distribution"),
        ({"b": RANGE}, {}, "the function is called with b"),
    ],
)
def test_what_cannot_be_varied_is_said(inputs: dict[str, Any], more: dict[str, int], said: str) -> None:
    with pytest.raises(UnwoundError, match=said):
        vary(lambda a: a, inputs, **more)


def test_an_error_of_one_run_names_its_inputs_and_a_result_of_no_kind_is_refused() -> None:
    with pytest.raises(UnwoundError, match=r"with pain_average_nrs = 10\.5: pain_average_nrs: "):
        vary(CRPS.knowing, {"pain_average_nrs": Between(low=10.5, high=12)}, n=2)
    with pytest.raises(UnwoundError, match="numbers by name, not str"):
        vary(lambda a: "x", {"a": RANGE}, n=2)
