"""A fit doubts its data: units, mistyped times and values, patients like nobody; what lay below the limit counts."""

import numpy as np
import pytest
from scipy.stats import norm

from unwound.pharmacology import individualise as module
from unwound.pharmacology import measured, models, sampling
from unwound.pharmacology.dosing import Dose, repeat
from unwound.pharmacology.individualise import Below, forecast, individualise
from unwound.pharmacology.simulation import simulate
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError

OTTO = models.model("otto_2021")
FOUR_HOURS = repeat(Dose(time_h=0, amount_mg=80, duration_h=4), 24, 3)
SEEN = [(4.0, "plasma", 124.0), (28.0, "plasma", 128.0), (30.0, "plasma", 31.0)]
SIZES = np.sqrt(np.diag(np.array(OTTO.variability.covariance)))


def test_a_patient_as_the_model_says_is_not_doubted_and_every_observation_stands_beside_its_fit() -> None:
    fit = individualise(SEEN, FOUR_HOURS, 70, OTTO)
    assert fit.usable
    assert fit.doubts == ()
    assert [(each.time_h, each.ng_per_ml) for each in fit.seen] == [(4, 124), (28, 128), (30, 31)]
    typical = simulate(FOUR_HOURS, Subjects(np.array([70.0])), OTTO, [4.0, 28.0, 30.0]).plasma[0]
    own = simulate(FOUR_HOURS, fit.subject, OTTO, [4.0, 28.0, 30.0]).plasma[0]
    for each, general, fitted in zip(fit.seen, typical, own, strict=True):
        assert each.typical_ng_per_ml == pytest.approx(general)
        assert each.fitted_ng_per_ml == pytest.approx(fitted)
        assert each.weighted_residual == pytest.approx(np.log(each.ng_per_ml / fitted) / 0.236)


@pytest.mark.parametrize(("value", "unit"), [(0.124, "µg/mL or mg/L"), (124_000.0, "ng/L")])
def test_a_unit_a_thousandfold_wrong_is_asked_and_nothing_is_forecast(value: float, unit: str) -> None:
    fit = individualise([(4.0, "plasma", value)], FOUR_HOURS, 70, OTTO)
    assert not fit.usable
    assert "doubtful" in repr(fit)
    assert any(unit in doubt for doubt in fit.doubts)
    with pytest.raises(UnwoundError, match="doubts its data"):
        forecast(fit, FOUR_HOURS, [50.0])
    assert forecast(fit, FOUR_HOURS, [50.0], draws=10, despite_doubts=True).times_h == [50.0]


def test_one_slip_of_a_thousand_among_good_samples_is_named_by_its_own_value() -> None:
    fit = individualise([*SEEN, (52.0, "plasma", 0.125)], FOUR_HOURS, 70, OTTO)
    assert any("0.125 at 52 h" in doubt and "µg/mL" in doubt for doubt in fit.doubts)


def test_a_mistyped_time_is_named() -> None:
    fit = individualise([*SEEN, (23.9, "plasma", 118.0)], FOUR_HOURS, 70, OTTO)  # taken at the end of an infusion
    assert any("118 ng/mL at 23.9 h" in doubt and "mistyped" in doubt for doubt in fit.doubts)


def test_a_patient_like_nobody_is_doubted_by_the_parameter() -> None:
    eta = np.array([0.0, 5.0 * SIZES[1], 0.0, 0.0])
    curve = simulate(FOUR_HOURS, Subjects(np.array([70.0]), eta[None]), OTTO, [4.0, 8.0, 28.0, 32.0, 52.0]).plasma[0]
    fit = individualise([(t, "plasma", float(v)) for t, v in zip([4, 8, 28, 32, 52], curve, strict=True)],
                        FOUR_HOURS, 70, OTTO)  # fmt: skip
    assert any(doubt.startswith("CL lies") and "above the typical" in doubt for doubt in fit.doubts)


@pytest.mark.thorough
def test_few_true_patients_are_doubted() -> None:
    """Of a hundred people as the model says, each with four noisy samples, none is doubted (elsewhere perhaps one)."""
    stream = np.random.default_rng(20261201)
    etas = stream.multivariate_normal(np.zeros(4), np.array(OTTO.variability.covariance), 100)
    times = [2.0, 4.0, 6.0, 28.0]
    curves = simulate(FOUR_HOURS, Subjects(np.full(100, 70.0), etas), OTTO, times).plasma
    noisy = curves * np.exp(0.236 * stream.standard_normal(curves.shape))
    doubted = 0
    for row in noisy:
        rows = [(time, "plasma", float(value)) for time, value in zip(times, row, strict=True)]
        doubted += bool(individualise(rows, FOUR_HOURS, 70, OTTO).doubts)
    assert doubted <= 1


def test_what_lay_below_the_limit_counts_by_the_share_below_it() -> None:
    """The likelihood of one censored sample, written out."""
    posterior_of = module._misfit
    one = measured._of_output("plasma", [(23.0, Below(2.0))], np.array([23.0]), OTTO)
    expected = np.array([[0.5], [2.0], [8.0]])
    by_hand = [-norm.logcdf(np.log(2.0 / level) / 0.236) for level in (0.5, 2.0, 8.0)]
    assert posterior_of(one, expected) == pytest.approx(by_hand)


def test_leaving_out_what_was_below_the_limit_slows_the_clearance_and_counting_it_does_not() -> None:
    eta = np.array([0.0, 0.35, 0.0, 0.0])
    times = [4.0, 9.0, 12.0, 20.0]
    curve = simulate(FOUR_HOURS, Subjects(np.array([70.0]), eta[None]), OTTO, times).plasma[0]
    limit = 9.0
    above = [(t, "plasma", float(v)) for t, v in zip(times, curve, strict=True) if v >= limit]
    below = [(t, "plasma", Below(limit)) for t, v in zip(times, curve, strict=True) if v < limit]
    assert below
    without = individualise(above, FOUR_HOURS, 70, OTTO).parameters["CL"].value
    counted = individualise([*above, *below], FOUR_HOURS, 70, OTTO).parameters["CL"].value
    true = models.parameters(OTTO, np.array([70.0]), eta[None])["CL"][0]
    assert without < counted < true * 1.02


def test_a_sample_far_above_a_limit_it_lay_below_is_doubted() -> None:
    fit = individualise([*SEEN, (4.5, "plasma", Below(1.0))], FOUR_HOURS, 70, OTTO)
    assert any("below 1 ng/mL at 4.5 h" in doubt for doubt in fit.doubts)


def test_a_sample_at_the_moment_of_a_later_bolus_is_asked_and_either_side_is_read() -> None:
    doses = [Dose(time_h=0, amount_mg=20), Dose(time_h=24, amount_mg=20)]
    with pytest.raises(UnwoundError, match="before or after it"):
        individualise([(24.0, "plasma", 0.607)], doses, 70, OTTO)
    trough = individualise([(23.99, "plasma", 0.607)], doses, 70, OTTO)
    assert trough.usable
    assert trough.parameters["V1"].value == pytest.approx(133, rel=0.5)


@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan")])
def test_a_limit_that_is_none_is_refused(limit: float) -> None:
    with pytest.raises(UnwoundError):
        individualise([(4.0, "plasma", Below(limit))], FOUR_HOURS, 70, OTTO)


# --- which sample would teach most ---


def test_the_sample_that_teaches_most_is_the_one_that_leaves_least_uncertainty_by_brute_force() -> None:
    """Each candidate is added to the fit as it was expected: the determinant of what is left says the same order."""
    fit = individualise(SEEN[:1], FOUR_HOURS, 70, OTTO)
    candidates = [2.0, 4.5, 6.0, 10.0, 23.0]
    ranked = sampling.next_samples(fit, FOUR_HOURS, candidates)
    left = {}
    for sample in ranked:
        again = individualise([*SEEN[:1], (sample.time_h, "plasma", sample.expected_ng_per_ml)], FOUR_HOURS, 70, OTTO)
        left[sample.time_h] = np.linalg.slogdet(again.covariance)[1]
    assert sorted(left, key=left.get) == [sample.time_h for sample in ranked]  # type: ignore[arg-type]
    gained = np.linalg.slogdet(fit.covariance)[1] - left[ranked[0].time_h]
    assert ranked[0].information_nats == pytest.approx(gained / 2, rel=0.05)


def test_before_any_sample_the_spread_between_people_counts() -> None:
    ranked = sampling.next_samples("otto_2021", FOUR_HOURS, [0.0, 4.0, 12.0], 70, outputs=("plasma", "norketamine"))
    assert {sample.time_h for sample in ranked} == {4.0, 12.0}  # before the dose there is nothing to measure
    assert all(sample.information_nats > 0 for sample in ranked)
    about_metabolite = next(sample for sample in ranked if sample.output == "norketamine")
    about_drug = next(sample for sample in ranked if sample.output == "plasma")
    assert about_metabolite.uncertainty["CLnk"] < about_drug.uncertainty["CLnk"]


def test_no_sample_is_planned_where_nothing_can_be_learnt() -> None:
    doubtful = individualise([(4.0, "plasma", 0.124)], FOUR_HOURS, 70, OTTO)
    with pytest.raises(UnwoundError, match="doubts its data"):
        sampling.next_samples(doubtful, FOUR_HOURS, [5.0])
    with pytest.raises(UnwoundError, match="how subjects differ"):
        sampling.next_samples("kamp_2020", FOUR_HOURS, [5.0], 70)
    with pytest.raises(UnwoundError, match="weight_kg"):
        sampling.next_samples(OTTO, FOUR_HOURS, [5.0])
