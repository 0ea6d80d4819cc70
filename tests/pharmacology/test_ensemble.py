"""The same doses by every model of the drug: the band that a plan carries, against the solver and by its laws."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound.pharmacology import ensemble, models
from unwound.pharmacology.dosing import Dose, infusion
from unwound.pharmacology.ensemble import Body, hours_above, predict
from unwound.pharmacology.landmarks import landmarks
from unwound.pharmacology.simulation import simulate
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError
from unwound.terms import Drug

FIVE_DAYS = tuple(infusion(24.0 * day, 20.0 + 5 * day, 24.0) for day in range(5))
weights = st.floats(30, 200)
amounts, moments, lengths = st.floats(0.5, 300), st.floats(0, 100), st.floats(0.1, 60)
doses = st.lists(
    st.one_of(
        st.builds(Dose, time_h=moments, amount_mg=amounts),
        st.builds(infusion, moments, st.floats(0.5, 60), lengths),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=12)
@given(doses, weights)
def test_without_kernels_every_model_gives_what_the_solver_gives(given: list[Dose], kg: float) -> None:
    times = np.array([0.3, 2.0, 9.0, 31.0, 101.0, 170.0])
    for id, model in models.models().items():
        slow = simulate(given, Subjects(np.array([kg])), id, times).plasma[0]
        assert Body.of(model, kg).at(given, times) == pytest.approx(slow, rel=1e-7, abs=1e-7 * slow.max())


@settings(max_examples=12)
@given(doses, doses, weights)
def test_superposition_two_schedules_together_are_their_sum(one: list[Dose], other: list[Dose], kg: float) -> None:
    times = np.linspace(0, 170, 40)
    body = Body.of(models.model("kamp_2020"), kg)
    assert body.at([*one, *other], times) == pytest.approx(body.at(one, times) + body.at(other, times))


@settings(max_examples=12)
@given(doses, weights, st.floats(0.1, 10))
def test_twice_the_dose_is_twice_the_peak_and_the_order_of_rows_is_nothing(
    given: list[Dose], kg: float, factor: float
) -> None:
    plain, turned = predict(given, "racemic", kg), predict(given[::-1], "racemic", kg)
    more = predict([replace(dose, amount_mg=dose.amount_mg * factor) for dose in given], "racemic", kg)
    assert turned.highest.peak_ng_per_ml == pytest.approx(plain.highest.peak_ng_per_ml)
    assert more.highest.peak_ng_per_ml == pytest.approx(factor * plain.highest.peak_ng_per_ml)


def test_five_days_at_40_kg_reach_872_by_clements_and_833_by_kamp() -> None:
    band = predict(FIVE_DAYS, "racemic", 40)
    peaks = {one.model: round(one.peak_ng_per_ml) for one in band.models}
    assert (peaks["clements_1981"], peaks["kamp_2020"], peaks["hijazi_2003"]) == (872, 833, 463)
    assert (band.highest.model, band.highest.sampling) == ("clements_1981", "venous")
    assert band.peak_ng_per_ml == pytest.approx((463, 872), abs=0.5)
    assert band.highest.plateau_ng_per_ml == pytest.approx(40 / (0.654 * 122.654 * 40 / 70) * 1000)


def test_forty_minutes_reach_no_plateau() -> None:
    band = predict([infusion(0, 42, 2 / 3)], "racemic", 70)
    assert all(one.plateau_ng_per_ml is None for one in band.models)
    assert all(one.peak_h == pytest.approx(2 / 3) for one in band.models)


def test_a_model_of_children_is_shown_and_never_the_highest() -> None:
    band = predict([infusion(0, 42, 2 / 3)], "racemic", 70)
    assert band.models[0].model == "herd_2007"
    assert band.highest.model == "kamp_2020"


def test_the_drugs_have_their_own_models() -> None:
    for drug in ("racemic", "esketamine"):
        named = {one.model for one in predict(FIVE_DAYS, drug, 70).models}
        assert named == {id for id, model in models.models().items() if model.drug == drug}


def test_hours_above_a_concentration_agree_with_a_minute_by_minute_count() -> None:
    band = predict(FIVE_DAYS, "racemic", 40)
    minutes = np.arange(0, 200 * 60) / 60
    level = simulate(FIVE_DAYS, Subjects(np.array([40.0])), "clements_1981", minutes).plasma[0]
    for name, mark in landmarks("racemic").items():
        counted = (level > mark.from_ng_per_ml).sum() / 60
        assert band.highest.hours_above[name] == pytest.approx(counted, abs=0.05)


def test_hours_above_by_hand() -> None:
    up_and_down = np.array([0.0, 10.0, 0.0])
    assert hours_above(np.array([0.0, 1.0, 2.0]), up_and_down, 5.0) == 1.0
    assert hours_above(np.array([0.0, 1.0, 2.0]), up_and_down, 10.0) == 0.0


@pytest.mark.parametrize("bad", [[], [Dose(time_h=0, amount_mg=0)]])
def test_nothing_is_predicted_from_nothing(bad: list[Dose]) -> None:
    with pytest.raises(UnwoundError, match="no dose"):
        predict(bad, "racemic", 70)


def test_resets_are_refused() -> None:
    with pytest.raises(UnwoundError, match="without a reset"):
        predict([Dose(time_h=0, amount_mg=1, reset=True)], Drug.ESKETAMINE, 70)


def test_the_same_plan_is_worked_out_once() -> None:
    ensemble._predict.cache_clear()
    assert predict(FIVE_DAYS, "racemic", 41) is predict(FIVE_DAYS, "racemic", 41)
