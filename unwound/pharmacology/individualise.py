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
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import ndtri

from unwound.pharmacology import models, simulation
from unwound.pharmacology.dosing import SAME_H, Schedule
from unwound.pharmacology.models import Array, Model, Residual
from unwound.pharmacology.population import square_root
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError

STEP = 1e-4
"""Step of the difference quotients, in standard deviations of the population."""
STARTS = (0.0, 1.0, -1.0)
"""Where the search begins, all deviations alike."""
LEVEL = 0.95
LEARNT = 0.9
"""A posterior spread above this share of the population's means that the observations say little."""

Observation = tuple[float, str, float]
"""Hour, output, ng/mL."""


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

    `ofv` is minus twice the log posterior without its constant. Where `converged` is False nothing here is to be used.
    """

    model: Model
    weight_kg: float
    eta: Array
    covariance: Array
    parameters: Mapping[str, Interval]
    ofv: float
    converged: bool
    because: tuple[str, ...]

    def __repr__(self) -> str:
        """One line: the parameters found, or that they are not to be used."""
        values = ", ".join(f"{name} {fitted.value:.4g}" for name, fitted in self.parameters.items())
        return f"<Fit of {self.model.title}, {self.weight_kg:g} kg: {values if self.converged else 'not converged'}>"

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


@dataclass(frozen=True, slots=True)
class _Data:
    """Observations by output: where they lie on the common times, what was measured, and its error."""

    times_h: Array
    outputs: tuple[tuple[str, NDArray[np.intp], Array, float, float], ...]
    """Output, places in the times, ng/mL, proportional error, additive error."""


def individualise(observations: Sequence[Observation], doses: Schedule, weight_kg: float, model: Model | str) -> Fit:
    """The likeliest deviations of one patient, their uncertainty, and the parameters with 95 % intervals.

    `observations`: (hour, output, ng/mL). A proportional error alone acts on logarithms; with an additive one both act
    on the concentration. UnwoundError for a model without variability or residual error, for values that cannot be
    concentrations, and when nothing was measured after the first dose.
    """
    loaded = models.model(model) if isinstance(model, str) else model
    if not loaded.variability.parameters:
        raise UnwoundError(f"{loaded.title}: how subjects differ is not known, so no single patient can be fitted")
    data, notes = _data(observations, doses, loaded)
    root = square_root(loaded)
    posterior = _posterior(data, doses, float(weight_kg), loaded, root)
    top, converged = _top(posterior, len(root))
    curvature = _curvature(posterior, top)
    good = bool(np.isfinite(curvature).all() and np.linalg.eigvalsh(curvature).min() > 0)
    spread = np.linalg.inv(curvature) if good else np.eye(len(root))
    eta, covariance = root @ top, root @ spread @ root
    notes += _learnt(loaded, covariance) if converged and good else ("The search found no top: do not use this.",)
    return Fit(
        model=loaded,
        weight_kg=float(weight_kg),
        eta=eta,
        covariance=covariance,
        parameters=_parameters(loaded, float(weight_kg), eta, covariance),
        ofv=float(2 * posterior(top[None])[0]),
        converged=converged and good,
        because=notes,
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
) -> Bands:
    """What the patient's concentrations will be, over `draws` from the posterior; give past and coming doses.

    UnwoundError when the fit did not converge, and for quantiles outside 0 to 1.
    """
    if not fit.converged:
        raise UnwoundError("a fit that did not converge forecasts nothing: check observations and doses")
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


def _data(observations: Sequence[Observation], doses: Schedule, model: Model) -> tuple[_Data, tuple[str, ...]]:
    """The observations that count, checked, and what must be said of them. A branch for each thing they must have."""
    if not doses:
        raise UnwoundError("no dose was given: there is nothing to explain the concentrations")
    checked = [_checked(observation, model) for observation in observations]
    first = min(dose.time_h for dose in doses)
    counted = [
        observation
        for observation in checked
        if observation[0] > first or (observation[0] == first and not _starts_slowly(doses, first))
    ]
    early = [observation for observation in checked if observation not in counted]
    for time, output, value in early:
        if value > 0 and time < first:
            raise UnwoundError(f"{output} {value:g} ng/mL at {time:g} h, before the first dose: is a dose missing?")
    if not counted:
        raise UnwoundError("no concentration was measured after the first dose: there is nothing to learn from")
    times = np.unique([time for time, _, _ in counted])
    times = times[np.concatenate([[True], np.diff(times) > SAME_H])]
    names = dict.fromkeys(output for _, output, _ in counted)
    outputs = [
        _of_output(name, [(time, value) for time, of, value in counted if of == name], times, model) for name in names
    ]
    notes = [f"{len(counted)} measured concentrations from {times[0]:g} to {times[-1]:g} h after a first dose "
             f"at {first:g} h."]  # fmt: skip
    if early:
        notes.append(f"{len(early)} from before the first dose say nothing and were left out.")
    return _Data(times, tuple(outputs)), tuple(notes)


def _starts_slowly(doses: Schedule, first: float) -> bool:
    """Whether nothing has gone in yet at the moment of the first dose."""
    return all(dose.duration_h > 0 for dose in doses if dose.time_h == first)


def _checked(observation: Observation, model: Model) -> Observation:
    time, output, value = observation
    if output not in model.outputs:
        raise UnwoundError(f"{model.title} has no «{output}»; it has {', '.join(model.outputs)}")
    for name, number in (("time", time), ("concentration", value)):
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            raise UnwoundError(f"{output}: the {name} «{number}» is not a number")
    if value < 0:
        raise UnwoundError(f"{output} {value:g} ng/mL at {time:g} h: a concentration is never negative")
    return float(time), output, float(value)


def _of_output(
    name: str, rows: Sequence[tuple[float, float]], times: Array, model: Model
) -> tuple[str, NDArray[np.intp], Array, float, float]:
    """One output of `_Data` from its (hour, ng/mL)."""
    proportional, additive = _errors(model, name)
    if additive == 0 and any(value == 0 for _, value in rows):
        raise UnwoundError(f"{name} 0 ng/mL: this model has no additive error; leave out what was not measurable")
    places = np.searchsorted(times, [time + SAME_H for time, _ in rows], side="right")
    where = np.asarray(places, dtype=np.intp) - 1
    return name, where, np.array([value for _, value in rows]), proportional, additive


def _errors(model: Model, output: str) -> tuple[float, float]:
    """Proportional and additive error of an output."""
    residual = model.residual.get(output, Residual())
    proportional = residual.proportional.value if residual.proportional else 0.0
    additive = residual.additive.value if residual.additive else 0.0
    if not proportional > 0 and not additive > 0:
        raise UnwoundError(f"{model.title} does not state how far a measured «{output}» varies: it cannot be fitted")
    return proportional, additive


def _posterior(data: _Data, doses: Schedule, weight_kg: float, model: Model, root: Array) -> Callable[[Array], Array]:
    """Minus the log posterior of many points at once: (points, varying) -> (points,)."""

    def value(points: Array) -> Array:
        subjects = Subjects(np.full(len(points), weight_kg), points @ root)
        curve = simulation.simulate(doses, subjects, model, data.times_h)
        total: Array = 0.5 * (points**2).sum(axis=1)
        for name, where, measured, proportional, additive in data.outputs:
            total = total + _misfit(measured, curve.concentrations[name][:, where], proportional, additive)
        return total

    return value


def _misfit(measured: Array, expected: Array, proportional: float, additive: float) -> Array:
    """Minus the log likelihood without its constant, (points,)."""
    if additive == 0:
        off = (np.log(measured) - np.log(np.maximum(expected, np.finfo(float).tiny))) / proportional
        off_by: Array = 0.5 * (off**2).sum(axis=1)
        return off_by
    variance = (proportional * expected) ** 2 + additive**2
    lost: Array = 0.5 * ((measured - expected) ** 2 / variance + np.log(variance)).sum(axis=1)
    return lost


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
