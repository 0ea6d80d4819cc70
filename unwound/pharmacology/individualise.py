"""One patient's own parameters from a few measured concentrations, and a forecast with bands.

Maximum a posteriori: the deviations that make the observations and the population's spread likeliest together.
Deviations are searched as independent standard normals (the root of the covariance takes them apart, singular or not);
their uncertainty is the curvature of the posterior at its top (Laplace).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_ndtr, ndtri

from unwound.pharmacology import models, simulation
from unwound.pharmacology.dosing import Schedule
from unwound.pharmacology.doubts import Seen, doubts
from unwound.pharmacology.measured import Below, Data, Measured, Observation, read
from unwound.pharmacology.models import Array, Model
from unwound.pharmacology.population import square_root
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError

__all__ = ["Bands", "Below", "Fit", "Interval", "Observation", "forecast", "individualise"]

STEP = 1e-4
"""Step of the difference quotients, in standard deviations of the population."""
STARTS = (0.0, 1.0, -1.0)
"""Where the search begins, all deviations alike."""
LEVEL = 0.95
LEARNT = 0.9
"""A posterior spread above this share of the population's means that the observations say little."""


@dataclass(frozen=True, slots=True)
class Interval:
    """One parameter: the patient's value, its 95 % interval, and the typical subject's value."""

    value: float
    low: float
    high: float
    typical: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The patient's deviations: `eta` (varying,), `covariance` (varying, varying), parameters by name.

    `ofv` is minus twice the log posterior without its constant. Where `converged` is False nothing here is to be used;
    where there are `doubts` the data are to be looked at first, and nothing is forecast. `seen` has every observation
    beside what the typical subject and the patient would have.
    """

    model: Model
    weight_kg: float
    eta: Array
    covariance: Array
    parameters: Mapping[str, Interval]
    ofv: float
    converged: bool
    because: tuple[str, ...]
    seen: tuple[Seen, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether the search ended and nothing makes the data doubtful."""
        return self.converged and not self.doubts

    def __repr__(self) -> str:
        """One line: the parameters found, or that they are not to be used."""
        values = ", ".join(f"{name} {fitted.value:.4g}" for name, fitted in self.parameters.items())
        shown = values + ("; doubtful" if self.doubts else "") if self.converged else "not converged"
        return f"<Fit of {self.model.title}, {self.weight_kg:g} kg: {shown}>"

    @property
    def subject(self) -> Subjects:
        """The patient as a subject to simulate."""
        return Subjects(np.array([self.weight_kg]), self.eta[None])


@dataclass(frozen=True, slots=True)
class Bands:
    """A forecast: output or site -> (quantile, time) in ng/mL over the posterior; `best` (time,) at its top."""

    times_h: Array
    probabilities: Array
    concentrations: Mapping[str, Array]
    best: Mapping[str, Array]


def individualise(observations: Sequence[Observation], doses: Schedule, weight_kg: float, model: Model | str) -> Fit:
    """The likeliest deviations of one patient, their uncertainty, and the parameters with 95 % intervals.

    `observations`: (hour, output, ng/mL), or `Below(limit)` in place of the number: it then counts by how likely a
    value under the limit is. A proportional error alone acts on logarithms; with an additive one both act on the
    concentration. UnwoundError for a model without variability or residual error, for values that cannot be
    concentrations, and when nothing was measured after the first dose.
    """
    loaded = models.model(model) if isinstance(model, str) else model
    if not loaded.variability.parameters:
        raise UnwoundError(f"{loaded.title}: how subjects differ is not known, so no single patient can be fitted")
    data, notes = read(observations, doses, loaded)
    root = square_root(loaded)
    posterior = _posterior(data, doses, float(weight_kg), loaded, root)
    top, converged = _top(posterior, len(root))
    curvature = _curvature(posterior, top)
    good = bool(np.isfinite(curvature).all() and np.linalg.eigvalsh(curvature).min() > 0)
    spread = np.linalg.inv(curvature) if good else np.eye(len(root))
    eta, covariance = root @ top, root @ spread @ root
    notes += _learnt(loaded, covariance) if converged and good else ("The search found no top: do not use this.",)
    seen = _seen(data, doses, float(weight_kg), loaded, eta)
    return Fit(
        model=loaded,
        weight_kg=float(weight_kg),
        eta=eta,
        covariance=covariance,
        parameters=_parameters(loaded, float(weight_kg), eta, covariance),
        ofv=float(2 * posterior(top[None])[0]),
        converged=converged and good,
        because=notes,
        seen=seen,
        doubts=doubts(loaded, eta, seen),
    )


def forecast(
    fit: Fit,
    doses: Schedule,
    times_h: Sequence[float] | Array,
    quantiles: Sequence[float] = (0.05, 0.5, 0.95),
    *,
    seed: int = 0,
    draws: int = 1000,
    sites: Mapping[str, float] | None = None,
    despite_doubts: bool = False,
) -> Bands:
    """What the patient's concentrations will be, over `draws` from the posterior; give past and coming doses.

    UnwoundError when the fit did not converge, when it doubts its data (unless `despite_doubts`), and for quantiles
    outside 0 to 1.
    """
    if not fit.converged:
        raise UnwoundError("a fit that did not converge forecasts nothing: check observations and doses")
    if fit.doubts and not despite_doubts:
        raise UnwoundError(f"a fit that doubts its data forecasts nothing: {' '.join(fit.doubts)}")
    wanted = np.asarray(quantiles, dtype=float)
    if not wanted.size or not ((wanted >= 0) & (wanted <= 1)).all():
        raise UnwoundError(f"quantiles: numbers from 0 to 1 are needed, not {list(quantiles)}")
    values, vectors = np.linalg.eigh(fit.covariance)
    normal = np.random.Generator(np.random.Philox(seed)).standard_normal((draws, len(values)))
    eta = fit.eta + normal @ (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    subjects = Subjects(np.full(draws + 1, fit.weight_kg), np.concatenate([fit.eta[None], eta]))
    curve = simulation.simulate(doses, subjects, fit.model, times_h, sites=sites)
    every = {**curve.concentrations, **curve.sites}
    return Bands(
        times_h=curve.times_h,
        probabilities=wanted,
        concentrations={name: np.quantile(curves[1:], wanted, axis=0) for name, curves in every.items()},
        best={name: curves[0] for name, curves in every.items()},
    )


def _posterior(data: Data, doses: Schedule, weight_kg: float, model: Model, root: Array) -> Callable[[Array], Array]:
    """Minus the log posterior of many points at once: (points, varying) -> (points,)."""

    def value(points: Array) -> Array:
        subjects = Subjects(np.full(len(points), weight_kg), points @ root)
        curve = simulation.simulate(doses, subjects, model, data.times_h)
        total: Array = 0.5 * (points**2).sum(axis=1)
        for measured in data.outputs:
            total = total + _misfit(measured, curve.concentrations[measured.output][:, measured.places])
        return total

    return value


def _misfit(measured: Measured, expected: Array) -> Array:
    """Minus the log likelihood without its constant, (points,); what lay below its limit by the share below it (M3)."""
    off = measured.off(expected)
    lost = 0.5 * off**2
    if measured.additive:
        lost = lost + 0.5 * np.log(measured.variance(expected))
    total: Array = np.where(measured.below, -log_ndtr(off), lost).sum(axis=1)
    return total


def _seen(data: Data, doses: Schedule, weight_kg: float, model: Model, eta: Array) -> tuple[Seen, ...]:
    """Every observation in the order of time, beside the typical subject and the patient."""
    subjects = Subjects(np.full(2, weight_kg), np.stack([np.zeros_like(eta), eta]))
    curve = simulation.simulate(doses, subjects, model, data.times_h)
    seen = []
    for measured in data.outputs:
        expected = curve.concentrations[measured.output][:, measured.places]
        off = measured.off(expected)
        seen += [
            Seen(
                time_h=float(data.times_h[place]),
                output=measured.output,
                ng_per_ml=float(measured.ng_per_ml[k]),
                below=bool(measured.below[k]),
                typical_ng_per_ml=float(expected[0, k]),
                fitted_ng_per_ml=float(expected[1, k]),
                weighted_residual=float(off[1, k]),
            )
            for k, place in enumerate(measured.places)
        ]
    return tuple(sorted(seen, key=lambda each: each.time_h))


def _top(posterior: Callable[[Array], Array], size: int) -> tuple[Array, bool]:
    """The best of several searches, and whether its slope is level there."""

    def both(point: Array) -> tuple[float, Array]:
        return float(posterior(point[None])[0]), _slope(posterior, point[None])[0]

    searches = [minimize(both, np.full(size, start), jac=True, method="BFGS") for start in STARTS]
    best = min(searches, key=lambda search: float(search.fun) if np.isfinite(search.fun) else math.inf)
    point: Array = best.x
    slope = _slope(posterior, point[None])[0]
    return point, bool(np.isfinite(best.fun) and np.abs(slope).max() < 1e-3 * max(1.0, abs(float(best.fun))))


def _slope(posterior: Callable[[Array], Array], points: Array) -> Array:
    """Central differences at many points at once: (points, varying)."""
    count, size = points.shape
    moved = points[:, None, None, :] + STEP * np.stack([np.eye(size), -np.eye(size)])[None]
    value = posterior(moved.reshape(-1, size)).reshape(count, 2, size)
    slope: Array = (value[:, 0] - value[:, 1]) / (2 * STEP)
    return slope


def _curvature(posterior: Callable[[Array], Array], point: Array) -> Array:
    """Second derivatives at the top, (varying, varying)."""
    step = 10 * STEP
    shifts = step * np.concatenate([np.eye(point.size), -np.eye(point.size)])
    slopes = _slope(posterior, point + shifts)
    curvature: Array = (slopes[: point.size] - slopes[point.size :]) / (2 * step)
    return (curvature + curvature.T) / 2


def _parameters(model: Model, weight_kg: float, eta: Array, covariance: Array) -> dict[str, Interval]:
    reach = float(ndtri((1 + LEVEL) / 2)) * np.sqrt(np.maximum(np.diag(covariance), 0))
    rows = np.stack([eta, eta - reach, eta + reach, np.zeros_like(eta)])
    values = models.parameters(model, np.full(4, weight_kg), rows)
    return {name: Interval(*values[name].tolist()) for name in model.variability.parameters}


def _learnt(model: Model, covariance: Array) -> tuple[str, ...]:
    """Which parameters the observations say hardly anything about."""
    before = np.sqrt(np.diag(np.array(model.variability.covariance, dtype=float)))
    after = np.sqrt(np.maximum(np.diag(covariance), 0))
    little = [name for name, new, old in zip(model.variability.parameters, after, before, strict=True)
              if new > LEARNT * old]  # fmt: skip
    if not little:
        return ()
    return (f"The observations say little about {', '.join(little)}: there it stays near the typical subject.",)
