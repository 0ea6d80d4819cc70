"""A pain diary: what it teaches about one patient's relief, and what it cannot."""

import numpy as np
import pytest

from unwound.pharmacology import diary, effects, models
from unwound.pharmacology.diary import Entry
from unwound.pharmacology.dosing import Dose, repeat
from unwound.pharmacology.simulation import simulate
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError

DOSES = (Dose(time_h=0, amount_mg=2000, duration_h=100),)
SOMEBODY = Subjects(np.array([70.0]))
DAYS = np.concatenate([np.arange(-14, 0), np.arange(5, 90)]) * 24.0


def kept(
    half_life_h: float, half: float, largest: float, spread: float = 0.0, seed: int = 0, baseline: float = 7.0
) -> list[Entry]:
    """The diary of a patient with these parameters, in whole points when there is a spread."""
    curve = simulate(DOSES, SOMEBODY, "kamp_2020", DAYS, sites={"slow": np.log(2) / half_life_h}).sites["slow"][0]
    reached = effects.esketamine(curve, "racemic")
    pain = baseline * (1 - largest * reached / (reached + half))
    if spread:
        pain = np.clip(np.round(pain + spread * np.random.default_rng(seed).standard_normal(pain.size)), 0, 10)
    return [(float(time), float(score)) for time, score in zip(DAYS, pain, strict=True)]


def test_a_long_diary_gives_the_patient_back() -> None:
    fit = diary.individualise(kept(300.0, 6.0, 0.8), DOSES, SOMEBODY, "kamp_2020")
    for name, true in {
        "half_life_h": 300.0,
        "half_ng_per_ml": 6.0,
        "largest_relief": 0.8,
        "baseline_pain": 7.0,
    }.items():
        one = fit.parameters[name]
        assert one.low <= true <= one.high, name
        assert one.value == pytest.approx(true, rel=0.15), name
    assert fit.weights.sum() == pytest.approx(1)


def test_a_patient_without_relief_teaches_nothing_about_its_speed() -> None:
    fit = diary.individualise(kept(300.0, 6.0, 0.0, spread=1.0), DOSES, SOMEBODY, "kamp_2020")
    assert fit.parameters["largest_relief"].high < 0.3
    life = fit.parameters["half_life_h"]
    assert life.value == pytest.approx(life.typical, rel=0.3)
    assert life.high / life.low > 2


def test_before_the_diary_stand_the_published_intervals() -> None:
    low, middle, high = diary.prior("half_ng_per_ml", np.array([0.025, 0.5, 0.975]))
    published = effects.half_effect("chronic_relief")
    assert middle == pytest.approx(published[0])
    assert high / low == pytest.approx(published[2] / published[1])


def test_a_diary_of_equal_scores_is_no_certainty() -> None:
    fit = diary.individualise([(float(t), 7.0) for t in DAYS[::12]], DOSES, SOMEBODY, "kamp_2020")
    assert np.isfinite(fit.weights).all()
    assert fit.parameters["largest_relief"].high > 0.01


def test_the_order_of_entries_does_not_matter() -> None:
    entries = kept(300.0, 6.0, 0.8, spread=1.0)
    one, other = (diary.individualise(some, DOSES, SOMEBODY, "kamp_2020") for some in (entries, entries[::-1]))
    np.testing.assert_array_equal(one.weights, other.weights)


def calibration(n: int, seed: int) -> np.ndarray:
    """Patients drawn from the prior: whether each interval held the truth, (n, unknowns)."""
    stream = np.random.default_rng(seed)
    held = []
    for number in range(n):
        true = {name: float(diary.prior(name, stream.random(1))[0]) for name in diary.GRID}
        entries = kept(*true.values(), spread=1.0, seed=seed + number, baseline=6.0)
        found = diary.individualise(entries, DOSES, SOMEBODY, "kamp_2020").parameters
        held.append([found[name].low <= value <= found[name].high for name, value in true.items()])
    return np.array(held)


def test_calibration_on_simulated_patients() -> None:
    assert calibration(25, 3).mean() > 0.85


def test_the_truth_lies_anywhere_in_the_posterior_alike() -> None:
    """Ranks of true values are uniform: too narrow a posterior piles them up at the ends, too wide a one midway."""
    stream = np.random.default_rng(5)
    ranks = []
    for number in range(60):
        true = {name: float(diary.prior(name, stream.random(1))[0]) for name in diary.GRID}
        entries = kept(*true.values(), spread=1.0, seed=900 + number, baseline=6.0)
        fit = diary.individualise(entries, DOSES, SOMEBODY, "kamp_2020")
        own = [fit.weights.sum(axis=tuple(other for other in range(3) if other != axis)) for axis in range(3)]
        ranks.append(
            [float(one[fit.nodes[name] < true[name]].sum()) for one, name in zip(own, diary.GRID, strict=True)]
        )
    told = np.array(ranks)
    # Of 60 uniform ranks the mean has a standard error of 0.037 and the standard deviation, 0.289, one of 0.017.
    assert np.abs(told.mean(axis=0) - 0.5).max() < 0.13
    assert np.abs(told.std(axis=0) - 0.289).max() < 0.035


@pytest.mark.slow
def test_calibration_on_many_simulated_patients() -> None:
    np.testing.assert_allclose(calibration(400, 4).mean(axis=0), 0.95, atol=0.035)


def test_a_forecast_holds_the_truth_and_fades() -> None:
    fit = diary.individualise(kept(300.0, 6.0, 0.8, spread=0.5), DOSES, SOMEBODY, "kamp_2020")
    later = np.array([100.0, 120.0, 180.0]) * 24
    told = diary.forecast(fit, DOSES, later)
    again = diary.forecast(fit, DOSES, later)
    np.testing.assert_array_equal(told.pain, again.pain)
    assert (np.diff(told.relief, axis=1) < 0).all()
    assert (np.diff(told.relief, axis=0) > 0).all()
    reached = effects.esketamine(
        simulate(DOSES, SOMEBODY, "kamp_2020", later, sites={"slow": np.log(2) / 300}).sites["slow"][0], "racemic"
    )
    truth = 0.8 * reached / (reached + 6)
    assert (told.relief[0] <= truth).all()
    assert (truth <= told.relief[-1]).all()
    with pytest.raises(UnwoundError, match="0 to 1"):
        diary.forecast(fit, DOSES, later, (2.0,))


def test_more_infusions_never_mean_less_relief() -> None:
    fit = diary.individualise(kept(300.0, 6.0, 0.8, spread=1.0), DOSES, SOMEBODY, "kamp_2020")
    later = np.arange(100, 160, 10) * 24.0
    once = diary.forecast(fit, DOSES, later)
    twice = diary.forecast(fit, (*DOSES, *repeat(Dose(time_h=2160, amount_mg=80, duration_h=4), 24, 3)), later)
    assert (twice.relief >= once.relief).all()


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ([(-1.0, 11.0)], "not between 0 and 10"),
        ([(-1.0, -1.0)], "not between 0 and 10"),
        ([(-1.0, float("nan"))], "not a number"),
        ([(-1.0, "7")], "not a number"),
        ([(t, 7.0) for t in range(1, 20)], "before the first dose and after"),
        ([(-t, 7.0) for t in range(1, 20)], "before the first dose and after"),
        ([(-1.0, 7.0), (1.0, 5.0)], "2 diary entries for 5 unknowns"),
    ],
)
def test_refusals(entries: list[Entry], told: str) -> None:
    with pytest.raises(UnwoundError, match=told):
        diary.individualise(entries, DOSES, SOMEBODY, "kamp_2020")


def test_one_patient_and_a_dose_are_needed() -> None:
    entries = kept(300.0, 6.0, 0.8)
    with pytest.raises(UnwoundError, match="one patient's"):
        diary.individualise(entries, DOSES, Subjects(np.array([70.0, 80.0])), "kamp_2020")
    with pytest.raises(UnwoundError, match="no dose"):
        diary.individualise(entries, (), SOMEBODY, "kamp_2020")


def test_every_model_is_known() -> None:
    for id in models.models():
        fit = diary.individualise(kept(300.0, 6.0, 0.8)[::8], DOSES, SOMEBODY, id)
        assert 0 <= fit.parameters["largest_relief"].low <= fit.parameters["largest_relief"].high <= 1
