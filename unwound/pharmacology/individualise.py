"""One patient's own parameters from a few measured concentrations, and a forecast with bands.

Maximum a posteriori: the deviations that make the observations and the population's spread likeliest together.
Deviations are searched as independent standard normals (the root of the covariance takes them apart, singular or not);
their uncertainty is the curvature of the posterior at its top (Laplace).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from unwound import extras, notebook
from unwound.pharmacology import models, simulation
from unwound.pharmacology.alike import Alike
from unwound.pharmacology.dosing import Schedule
from unwound.pharmacology.doubts import Seen, doubts, far
from unwound.pharmacology.measured import Below, Data, Measured, Observation, read
from unwound.pharmacology.models import Array, Model
from unwound.pharmacology.population import root_of, square_root
from unwound.pharmacology.simulation import Curve
from unwound.pharmacology.subjects import Occasions, Subjects
from unwound.record import UnwoundError

with extras.needed("a fit"):
    from scipy.linalg import block_diag
    from scipy.optimize import minimize
    from scipy.special import log_ndtr, ndtri

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit(Alike):
    """The patient's deviations: `eta` (varying,), `covariance` (varying, varying), parameters by name.

    `ofv` is minus twice the log posterior without its constant. Where `converged` is False nothing here is to be used;
    where there are `doubts` the data are to be looked at first, and nothing is forecast. `seen` has every observation
    beside what the typical subject and the patient would have. Fitted over occasions, `of_occasions` (occasions,
    varying between them) has the deviations of each on top of `eta`, and `joint` the covariance of all together.
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
    occasions: Occasions | None = None
    of_occasions: Array = field(default_factory=lambda: np.zeros((0, 0)))
    joint: Array = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def usable(self) -> bool:
        """Whether the search ended and nothing makes the data doubtful."""
        return self.converged and not self.doubts

    def __repr__(self) -> str:
        """One line: the parameters found, or that they are not to be used."""
        values = ", ".join(f"{name} {fitted.value:.4g}" for name, fitted in self.parameters.items())
        shown = values + ("; doubtful" if self.doubts else "") if self.converged else "not converged"
        return f"<Fit of {self.model.title}, {self.weight_kg:g} kg: {shown}>"

    def _repr_html_(self) -> str:
        """The parameters with their intervals, or why they are not to be used."""
        estimates = (
            f"{name}: {estimate.value:.4g} ({estimate.low:.4g} to {estimate.high:.4g}; typical {estimate.typical:.4g})"
            for name, estimate in (self.parameters.items() if self.converged else ())
        )
        title = f"Fit of {self.model.title}, {self.weight_kg:g} kg" + ("" if self.usable else ": not to be used")
        return notebook.shown(title, (("Parameters", estimates), ("Doubts", self.doubts), ("Because", self.because)))

    @property
    def subject(self) -> Subjects:
        """The patient as a subject to simulate, without what is an occasion's own."""
        return Subjects(np.array([self.weight_kg]), self.eta[None])

    @property
    def periods(self) -> Subjects:
        """The patient as fitted, a row a period where they were fitted over occasions."""
        if self.occasions is None:
            return self.subject
        weight, eta = np.array([self.weight_kg]), self.eta[None]
        return self.occasions.changing(weight, eta, self.of_occasions[None]).one(0)


@dataclass(frozen=True, slots=True)
class Bands:
    """A forecast: output or site -> (quantile, time) in ng/mL over the posterior; `best` (time,) at its top."""

    times_h: Array
    probabilities: Array
    concentrations: Mapping[str, Array]
    best: Mapping[str, Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """What a search moves: deviations of the person, then of each of their occasions; all as standard normals."""

    doses: Schedule
    weight_kg: float
    model: Model
    occasions: Occasions | None
    root: Array
    """(all, all): turns standard normals into deviations."""
    own: int
    """How many of them are the person's own."""

    @property
    def varying(self) -> int:
        """How many an occasion has."""
        return len(self.model.between_occasions.parameters)

    def curve(self, deviations: Array, times_h: Array, sites: Mapping[str, float] | None = None) -> Curve:
        """The curves of these deviations (subjects, all)."""
        weight, eta = np.full(len(deviations), self.weight_kg), deviations[:, : self.own]
        if self.occasions is None:
            return simulation.simulate(self.doses, Subjects(weight, eta), self.model, times_h, sites=sites)
        of_occasion = deviations[:, self.own :].reshape(len(deviations), len(self.occasions.names), self.varying)
        if len(self.occasions.names) == 1:
            subject = Subjects(weight, eta, of_occasion[:, 0])
            return simulation.simulate(self.doses, subject, self.model, times_h, sites=sites)
        changing, of_doses = self.occasions.changing(weight, eta, of_occasion), self.occasions.of_doses or None
        return simulation.simulate(self.doses, changing, self.model, times_h, sites=sites, of_doses=of_doses)


def _body(doses: Schedule, weight_kg: float, model: Model, occasions: Occasions | None) -> _Body:
    own = square_root(model)
    if occasions is None:
        return _Body(doses=doses, weight_kg=weight_kg, model=model, occasions=None, root=own, own=len(own))
    models.refuse_unknown_occasions(model)
    each = root_of(model.between_occasions)
    return _Body(
        doses=doses,
        weight_kg=weight_kg,
        model=model,
        occasions=occasions,
        root=block_diag(own, *[each] * len(occasions.names)),
        own=len(own),
    )


def individualise(
    observations: Sequence[Observation], doses: Schedule, weight_kg: float, model: Model | str,
    occasions: Occasions | None = None,
) -> Fit:  # fmt: skip
    """The likeliest deviations of one patient, their uncertainty, and the parameters with 95 % intervals.

    `observations`: (hour, output, ng/mL), or `Below(limit)` in place of the number: it then counts by how likely a
    value under the limit is. A proportional error alone acts on logarithms; with an additive one both act on the
    concentration. With `occasions` the person deviates anew on each, with the variance that the model states; without,
    they are the same person all the time. UnwoundError for a model without variability or residual error, for
    occasions of a model that states no variance between them, for values that cannot be concentrations, and when
    nothing was measured after the first dose.
    """
    loaded = models.model(model) if isinstance(model, str) else model
    if not loaded.variability.parameters:
        raise UnwoundError(f"{loaded.title}: how subjects differ is not known, so no single patient can be fitted")
    data, notes = read(observations, doses, loaded)
    body = _body(doses, float(weight_kg), loaded, occasions)
    root, own = body.root, body.own
    posterior = _posterior(data, body)
    top, converged = _top(posterior, len(root))
    curvature = _curvature(posterior, top)
    good = bool(np.isfinite(curvature).all() and np.linalg.eigvalsh(curvature).min() > 0)
    spread = np.linalg.inv(curvature) if good else np.eye(len(root))
    deviations, joint = root @ top, root @ spread @ root
    eta, covariance = deviations[:own], joint[:own, :own]
    notes += _learnt(loaded, covariance) if converged and good else ("The search found no top: do not use this.",)
    notes += loaded.borrowed
    if occasions is not None:
        notes += (_of_occasions(loaded, occasions),)
    seen = _seen(data, body, deviations)
    of_occasions = deviations[own:].reshape(len(occasions.names) if occasions else 0, body.varying)
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
        doubts=(
            *doubts(loaded, eta, seen),
            *(
                doubt
                for name, deviation in zip(occasions.names if occasions else (), of_occasions, strict=True)
                for doubt in far(loaded.between_occasions, deviation, f" on occasion {name}")
            ),
        ),
        occasions=occasions,
        of_occasions=of_occasions,
        joint=joint,
    )


def _of_occasions(model: Model, occasions: Occasions) -> str:
    how = model.between_occasions
    return (
        f"{len(occasions.names)} occasions: {', '.join(how.parameters)} deviate anew on each; variance: "
        f"{how.note}{f' ({how.source}, {how.checked})' if how.source else ''}."
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
    occasions: Occasions | None = None,
) -> Bands:
    """What the patient's concentrations will be, over `draws` from the posterior; give past and coming doses.

    After a fit over occasions these go on, the last one for ever, unless `occasions` are given: one of another name is
    a new one, and its deviations are drawn from what the model states.

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
    normal = np.random.Generator(np.random.Philox(seed))
    own = len(fit.eta)
    mean, covariance = (
        np.concatenate([fit.eta, fit.of_occasions.reshape(-1)]),
        fit.joint if fit.occasions else fit.covariance,
    )
    values, vectors = np.linalg.eigh(covariance)
    drawn = mean + normal.standard_normal((draws, len(values))) @ (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    deviations = np.concatenate([mean[None], drawn])
    on = occasions or fit.occasions
    if on is not None:
        deviations = np.concatenate([deviations[:, :own], _on(fit, on, deviations[:, own:], normal)], axis=1)
    body = _body(doses, fit.weight_kg, fit.model, on)
    curve = body.curve(deviations, np.asarray(times_h, dtype=float), sites)
    every = {**curve.concentrations, **curve.sites}
    return Bands(
        times_h=curve.times_h,
        probabilities=wanted,
        concentrations={name: np.quantile(curves[1:], wanted, axis=0) for name, curves in every.items()},
        best={name: curves[0] for name, curves in every.items()},
    )


def _on(fit: Fit, occasions: Occasions, fitted: Array, stream: np.random.Generator) -> Array:
    """The deviations of these occasions, (draws, all): as fitted, or drawn anew; the first row has nothing drawn."""
    root = root_of(fit.model.between_occasions)
    size, known = len(root), fit.occasions.names if fit.occasions else ()
    parts = []
    for name in occasions.names:
        if name in known:
            place = known.index(name) * size
            parts.append(fitted[:, place : place + size])
        else:
            new = stream.standard_normal((len(fitted), size)) @ root
            new[0] = 0
            parts.append(new)
    return np.concatenate(parts, axis=1)


def _posterior(data: Data, body: _Body) -> Callable[[Array], Array]:
    """Minus the log posterior of many points at once: (points, varying) -> (points,)."""

    def value(points: Array) -> Array:
        curve = body.curve(points @ body.root, data.times_h)
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


def _seen(data: Data, body: _Body, deviations: Array) -> tuple[Seen, ...]:
    """Every observation in the order of time, beside the typical subject and the patient."""
    curve = body.curve(np.stack([np.zeros_like(deviations), deviations]), data.times_h)
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
