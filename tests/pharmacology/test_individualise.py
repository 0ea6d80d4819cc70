"""One patient from the crowd: the fit finds whom the observations came from, and its uncertainty is honest."""

import numpy as np
import pytest
from scipy import stats

from unwound.catalogue import Cited
from unwound.pharmacology import individualise as module
from unwound.pharmacology import models, population
from unwound.pharmacology.dosing import Dose, repeat
from unwound.pharmacology.individualise import Fit, Observation, forecast, individualise
from unwound.pharmacology.models import Model, Residual, Variability
from unwound.pharmacology.simulation import simulate
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError

KAMP = models.model("kamp_2020")
COVARIANCE = ((0.09, 0.03, 0.0), (0.03, 0.12, 0.02), (0.0, 0.02, 0.06))
DOSES = repeat(Dose(time_h=0, amount_mg=80, duration_h=4), 24, 2)
TIMES = (1.0, 4.0, 5.0, 8.0, 23.0, 28.0, 30.0)


def number(value: float) -> Cited:
    return Cited(value=value, unit="", source="unwound_local", checked="unchecked")


def made(proportional: float | None = 0.15, additive: float | None = None) -> Model:
    residual = Residual(
        proportional=None if proportional is None else number(proportional),
        additive=None if additive is None else number(additive),
    )
    how = Variability(parameters=("CL", "V1", "Q3"), covariance=COVARIANCE, source="unwound_local")
    return KAMP.model_copy(update={"variability": how, "residual": {"plasma": residual}})


def measured(model: Model, eta: np.ndarray, stream: np.random.Generator | None = None) -> list[Observation]:
    """What this patient's blood would show, with the model's own error when a stream is given."""
    curve = simulate(DOSES, Subjects(np.array([70.0]), eta[None]), model, TIMES).plasma[0]
    if stream is not None:
        error = model.residual["plasma"]
        noise = stream.standard_normal((2, curve.size))
        assert error.proportional is not None
        if error.additive is None:
            curve = curve * np.exp(error.proportional.value * noise[0])
        else:
            curve = curve * (1 + error.proportional.value * noise[0]) + error.additive.value * noise[1]
    return [(time, "plasma", float(value)) for time, value in zip(TIMES, np.maximum(curve, 0), strict=True)]


def mahalanobis(fit: Fit, eta: np.ndarray) -> float:
    off = eta - fit.eta
    return float(off @ np.linalg.solve(fit.covariance, off))


@pytest.mark.parametrize("additive", [None, 0.001])
def test_nearly_exact_observations_give_the_patient_back(additive: float | None) -> None:
    eta = np.array([0.4, -0.3, 0.2])
    fit = individualise(measured(made(), eta), DOSES, 70, made(1e-3, additive))
    assert fit.converged
    np.testing.assert_allclose(fit.eta, eta, atol=2e-3)
    typical = models.parameters(KAMP, np.array([70.0]))
    assert fit.parameters["CL"].value == pytest.approx(typical["CL"][0] * np.exp(0.4), rel=2e-3)
    assert fit.parameters["CL"].low < fit.parameters["CL"].value < fit.parameters["CL"].high
    assert fit.parameters["CL"].typical == typical["CL"][0]


def test_useless_observations_give_the_population_back() -> None:
    fit = individualise([(5.0, "plasma", 200.0)], DOSES, 70, made(1e3))
    assert fit.converged
    np.testing.assert_allclose(fit.eta, 0, atol=1e-3)
    np.testing.assert_allclose(fit.covariance, COVARIANCE, atol=1e-3)
    assert "say little about CL, V1, Q3" in fit.because[-1]


def test_one_parameter_and_one_observation_against_a_fine_grid() -> None:
    how = Variability(parameters=("CL",), covariance=((0.09,),), source="unwound_local")
    model = made(0.2).model_copy(update={"variability": how})
    fit = individualise([(4.0, "plasma", 90.0)], DOSES, 70, model)
    eta = np.linspace(-2, 2, 40_001)[:, None]
    curve = simulate(DOSES, Subjects(np.full(len(eta), 70.0), eta), model, [4.0]).plasma[:, 0]
    lost = (np.log(90.0 / curve) / 0.2) ** 2 + eta[:, 0] ** 2 / 0.09
    assert fit.eta[0] == pytest.approx(eta[lost.argmin(), 0], abs=1e-4)
    assert fit.ofv == pytest.approx(lost.min(), rel=1e-6)
    weight = np.exp(-(lost - lost.min()) / 2)
    mean = np.average(eta[:, 0], weights=weight)
    assert fit.covariance[0, 0] == pytest.approx(np.average((eta[:, 0] - mean) ** 2, weights=weight), rel=0.05)


def test_neither_the_order_of_observations_nor_of_doses_matters() -> None:
    seen = measured(made(), np.array([0.4, -0.3, 0.2]))
    one, other = individualise(seen, DOSES, 70, made()), individualise(seen[::-1], DOSES[::-1], 70, made())
    np.testing.assert_allclose(one.eta, other.eta, atol=1e-5)
    np.testing.assert_allclose(one.covariance, other.covariance, atol=1e-5)


def test_a_covariance_without_full_rank_is_no_obstacle() -> None:
    how = Variability(parameters=("CL", "V1"), covariance=((0.09, 0.09), (0.09, 0.09)), source="unwound_local")
    model = made().model_copy(update={"variability": how})
    fit = individualise(measured(model, np.array([0.3, 0.3])), DOSES, 70, model)
    assert fit.converged
    assert fit.eta[0] == pytest.approx(fit.eta[1], abs=1e-9)
    assert fit.eta[0] == pytest.approx(0.3, abs=0.05)


def calibration(model: Model, n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Patients drawn from the prior, fitted from their own noisy blood: off in sd (n, varying), distance, covered."""
    drawn = population.draw(model, n, seed, weight_kg=70).eta
    assert drawn is not None
    stream = np.random.default_rng(seed)
    off, distance, covered = [], [], []
    for eta in drawn:
        fit = individualise(measured(model, eta, stream), DOSES, 70, model)
        assert fit.converged, eta
        off.append((eta - fit.eta) / np.sqrt(np.diag(fit.covariance)))
        distance.append(mahalanobis(fit, eta))
        true = models.parameters(model, np.array([70.0]), eta[None])
        covered.append([one.low <= true[name][0] <= one.high for name, one in fit.parameters.items()])
    return np.array(off), np.array(distance), np.array(covered)


@pytest.mark.parametrize("additive", [None, 3.0])
def test_calibration_on_simulated_patients(additive: float | None) -> None:
    off, distance, covered = calibration(made(0.15, additive), 60, 11)
    # Squared distances follow chi-squared with three degrees of freedom: mean 3, its standard error 0.32 here.
    assert 2.0 < distance.mean() < 4.0
    assert np.abs(off.mean(axis=0)).max() < 0.5
    assert 0.88 < covered.mean() <= 1


@pytest.mark.slow
@pytest.mark.parametrize("additive", [None, 3.0])
def test_calibration_on_many_simulated_patients(additive: float | None) -> None:
    off, distance, covered = calibration(made(0.15, additive), 1500, 12)
    np.testing.assert_allclose(covered.mean(axis=0), 0.95, atol=0.02)
    for column in off.T:
        assert stats.kstest(column, "norm").statistic < 0.06
    assert stats.kstest(distance, "chi2", args=(3,)).statistic < 0.06


def test_a_forecast_narrows_with_observations_and_holds_the_truth() -> None:
    model, eta, later = made(), np.array([0.4, -0.3, 0.2]), [28.0, 36.0, 48.0]
    seen = measured(model, eta)
    much, little = (forecast(individualise(some, DOSES, 70, model), DOSES, later) for some in (seen, seen[:1]))
    truth = simulate(DOSES, Subjects(np.array([70.0]), eta[None]), model, later).plasma[0]
    low, middle, high = much.concentrations["plasma"]
    assert (low < truth).all()
    assert (truth < high).all()
    assert (low < middle).all()
    assert (high - low < little.concentrations["plasma"][2] - little.concentrations["plasma"][0]).all()
    np.testing.assert_allclose(middle, much.best["plasma"], rtol=0.05)


def test_a_forecast_is_the_same_for_the_same_seed_and_knows_sites() -> None:
    fit = individualise(measured(made(), np.zeros(3)), DOSES, 70, made())
    one, same, other = (forecast(fit, DOSES, [5.0, 9.0], seed=s, sites={"slow": 0.01}) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.concentrations["slow"], same.concentrations["slow"])
    assert (one.concentrations["slow"] != other.concentrations["slow"]).all()
    np.testing.assert_array_equal(one.best["plasma"], simulate(DOSES, fit.subject, made(), [5.0, 9.0]).plasma[0])


@pytest.mark.parametrize(
    ("model", "seen", "told"),
    [
        (KAMP, [(1, "plasma", 100)], "how subjects differ is not known"),
        (made(None), [(1, "plasma", 100)], "does not state how far"),
        (made(0.0), [(1, "plasma", 100)], "does not state how far"),
        (made(), [(1, "plasma", -1)], "never negative"),
        (made(), [(1, "plasma", float("nan"))], "is not a number"),
        (made(), [(1, "plasma", "100")], "is not a number"),
        (made(), [(1, "plasma", True)], "is not a number"),
        (made(), [(float("inf"), "plasma", 1)], "is not a number"),
        (made(), [(1, "norketamine", 100)], "has no «norketamine»"),
        (made(), [(1, "plasma", 0)], "no additive error"),
        (made(), [(-1, "plasma", 0)], "after the first dose"),
        (made(), [(0, "plasma", 0)], "after the first dose"),
        (made(), [], "after the first dose"),
        (made(), [(-1, "plasma", 10), (1, "plasma", 100)], "is a dose missing"),
    ],
)
def test_refusals(model: Model, seen: list[Observation], told: str) -> None:
    with pytest.raises(UnwoundError, match=told):
        individualise(seen, DOSES, 70, model)


def test_no_dose_no_fit_and_no_weight_no_fit() -> None:
    with pytest.raises(UnwoundError, match="no dose"):
        individualise([(1, "plasma", 100)], (), 70, made())
    with pytest.raises(UnwoundError, match="weight"):
        individualise([(1, "plasma", 100)], DOSES, -70, made())


def test_a_zero_before_the_first_dose_is_left_out_and_said() -> None:
    seen = measured(made(), np.zeros(3))
    one, other = individualise(seen, DOSES, 70, made()), individualise([(-1, "plasma", 0), *seen], DOSES, 70, made())
    np.testing.assert_array_equal(one.eta, other.eta)
    assert any("left out" in sentence for sentence in other.because)


def test_a_search_without_a_top_says_so_and_forecasts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_top", lambda posterior, size: (np.zeros(size), False))
    fit = individualise(measured(made(), np.zeros(3)), DOSES, 70, made())
    assert not fit.converged
    assert "do not use" in fit.because[-1]
    with pytest.raises(UnwoundError, match="did not converge"):
        forecast(fit, DOSES, [1.0])


def test_every_model_of_the_library_fits_or_says_why_not() -> None:
    for id, known in models.models().items():
        seen = [(4.0, output, 100.0) for output in known.residual or {"plasma": None}]
        if known.variability.parameters and known.residual:
            assert individualise(seen, DOSES, 70, id).converged, id
        else:
            with pytest.raises(UnwoundError, match=r"not known|does not state"):
                individualise(seen, DOSES, 70, id)
