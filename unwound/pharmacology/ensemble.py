"""The same doses by every model of their drug, side by side: peak, plateau and hours above stated concentrations.

Published models of one drug differ twofold, and none is the patient's: the band is shown whole and never averaged. A
model's own blood is sampled by vein or from an artery, and is named with it.

Solved without compiled kernels, by the eigenvectors of the few places that feed plasma, so that a plan need not wait
for them; `tests/pharmacology/test_ensemble.py` holds it against `simulate`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from unwound import catalogue
from unwound.pharmacology import models
from unwound.pharmacology.dosing import SAME_H, Dose, Schedule
from unwound.pharmacology.landmarks import landmarks
from unwound.pharmacology.models import Array, Model, Sampling
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError
from unwound.terms import Drug

POINTS = 120
"""Times within each stretch between two changes of rate; they crowd after the change."""
AFTER_H = 72.0
"""Hours after the last dose that are looked at: no model stays above a landmark longer."""
SETTLED = 0.9
"""An infusion that reached this share of the level it heads for has a plateau."""
SAME_RATE = 1e-7
"""Rates nearer than this share of each other are moved apart."""
NAMES = {Drug.RACEMIC: "racemic ketamine", Drug.ESKETAMINE: "esketamine"}
KEPT = 64
"""Results that are kept: pages ask for the same plan again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """What one model's typical subject of that weight gets to, in ng/mL of its own blood."""

    model: str
    sampling: Sampling
    children: bool
    """Made from children alone: shown, and no adult's plan asks by it."""
    peak_ng_per_ml: float
    peak_h: float
    plateau_ng_per_ml: float | None
    """Where the fastest rate settles; None where it ends before it came near."""
    hours_above: Mapping[str, float]
    """Landmark -> hours above the concentration at which it begins."""
    hours_asked: Mapping[str, float]
    """Landmark that asks -> hours above the concentration from which it asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """Every model of the drug, the highest peak first."""

    drug: Drug
    weight_kg: float
    models: tuple[Predicted, ...]
    without: tuple[str, ...] = ()
    """Models of the drug that do not know a route of the doses, and so predict nothing."""

    def __repr__(self) -> str:
        """One line: the band and what spans it."""
        low, high = self.peak_ng_per_ml
        return f"<Ensemble of {self.drug} at {self.weight_kg:g} kg: peak {low:.0f} to {high:.0f} ng/mL>"

    @property
    def adults(self) -> tuple[Predicted, ...]:
        """The models that an adult's plan is judged by: all but those made from children alone."""
        return tuple(model for model in self.models if not model.children) or self.models

    @property
    def highest(self) -> Predicted:
        """The model with the highest peak, which asks."""
        return self.adults[0]

    @property
    def peak_ng_per_ml(self) -> tuple[float, float]:
        """The lowest and the highest peak of those models."""
        return self.adults[-1].peak_ng_per_ml, self.adults[0].peak_ng_per_ml


def predict(doses: Schedule, drug: Drug, weight_kg: float, age_years: float | None = None) -> Ensemble:
    """The doses by every model of the drug that knows their routes, at the age where a model has an effect of it.

    Models that do not know the routes are named.

    UnwoundError for no dose, for resets, and for a route that no model of the drug knows: then nothing is predicted.
    """
    real = tuple(dose for dose in doses if dose.amount_mg)
    if not real:
        raise UnwoundError("there is no dose to predict from")
    if any(dose.reset for dose in doses):
        raise UnwoundError("concentrations are predicted for doses without a reset between them")
    return _predict(real, drug, float(weight_kg), age_years, catalogue.fingerprint(), str(catalogue.own()))


@lru_cache(maxsize=KEPT)
def _predict(
    doses: tuple[Dose, ...], drug: Drug, weight_kg: float, age_years: float | None, *knowledge: str
) -> Ensemble:
    """`knowledge` is what the models are read from: another state of it is another result."""
    routes = {dose.route for dose in doses}
    of = {id: models.at_age(model, age_years) for id, model in models.models().items() if model.drug == drug}
    predictions = [_by(id, model, doses, weight_kg) for id, model in of.items() if routes <= set(model.routes)]
    without = tuple(id for id, model in of.items() if not routes <= set(model.routes))
    if not predictions:
        ways = " and ".join(sorted(routes))
        raise UnwoundError(f"no model of {NAMES[drug]} knows doses by {ways}: no concentration is predicted")
    predictions.sort(key=lambda predicted: -predicted.peak_ng_per_ml)
    return Ensemble(drug=drug, weight_kg=weight_kg, models=tuple(predictions), without=without)


def _by(id: str, model: Model, doses: Sequence[Dose], weight_kg: float) -> Predicted:
    body = Body.of(model, weight_kg)
    times, levels = body.course(doses)
    if any(dose.route != "iv" for dose in doses):
        from unwound.pharmacology.simulation import simulate  # compiled kernels: only where a route needs them

        levels = simulate(doses, Subjects(np.array([weight_kg])), model, times).plasma[0]
    top = int(np.argmax(levels))
    settles = body.settles_ng_per_ml * max((dose.rate_mg_per_h for dose in doses if dose.duration_h), default=0.0)
    marks = landmarks(model.drug)
    asks = {name: mark.asks_ng_per_ml for name, mark in marks.items() if mark.asks_ng_per_ml is not None}
    return Predicted(
        model=id,
        sampling=model.sampling,
        children=model.valid.children,
        peak_ng_per_ml=float(levels[top]),
        peak_h=float(times[top]),
        plateau_ng_per_ml=settles if settles and levels[top] >= SETTLED * settles else None,
        hours_above={name: hours_above(times, levels, mark.from_ng_per_ml) for name, mark in marks.items()},
        hours_asked={name: hours_above(times, levels, level) for name, level in asks.items()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A typical subject as modes that fade by themselves: `rates` (1/h, negative), `gains` (ng/mL a mg given)."""

    rates: Array
    gains: Array

    @classmethod
    def of(cls, model: Model, weight_kg: float) -> Body:
        """The subject of that weight. UnwoundError where the modes cannot be told apart."""
        parameters = models.parameters(model, np.array([weight_kg]))
        matrix = models.matrices(model, parameters)[0]
        place, factor = models.concentrations(model, parameters)["plasma"]
        into = model.places.index(model.routes["iv"].compartment)
        keep = _feeding(matrix, into, place)
        rates, vectors = np.linalg.eig(matrix[np.ix_(keep, keep)])
        if np.abs(rates.imag).max() > 1e-9 * np.abs(rates).max() or np.linalg.cond(vectors) > 1e9:
            raise UnwoundError(f"{model.title}: its modes cannot be told apart; use simulate")
        unit = np.zeros(len(keep))
        unit[keep.index(into)] = 1.0
        share = np.linalg.solve(vectors.real, unit) * vectors.real[keep.index(place)]
        return cls(rates=rates.real, gains=share * factor[0])

    def behind(self, ke0_per_h: float) -> Body:
        """An effect site behind plasma, dCe/dt = ke0 (Cp - Ce), as modes of the same kind."""
        ke0 = ke0_per_h
        while (np.abs(ke0 + self.rates) < SAME_RATE * ke0).any():
            ke0 *= 1 + 10 * SAME_RATE  # a rate that coincides with a mode is moved by less than anybody can measure
        gains = self.gains * ke0 / (ke0 + self.rates)
        return Body(rates=np.append(self.rates, -ke0), gains=np.append(gains, -gains.sum()))

    @property
    def settles_ng_per_ml(self) -> float:
        """Where 1 mg/h settles."""
        return float(-(self.gains / self.rates).sum())

    def infused(self, times_h: Array, start_h: float, duration_h: float) -> Array:
        """ng/mL at `times_h` from 1 mg/h over that time."""
        since, after = np.maximum(times_h - start_h, 0.0), np.maximum(times_h - start_h - duration_h, 0.0)
        grown = np.exp(np.outer(since, self.rates)) - np.exp(np.outer(after, self.rates))
        level: Array = grown @ (self.gains / self.rates)
        return level

    def at(self, doses: Schedule, times_h: Array) -> Array:
        """ng/mL in plasma at `times_h`: what each dose gives, added up; at a bolus the value after it."""
        level = np.zeros(len(times_h))
        for dose in doses:
            if dose.duration_h > SAME_H:
                level += dose.rate_mg_per_h * self.infused(times_h, dose.time_h, dose.duration_h)
            else:
                since = times_h - dose.time_h
                fading = np.exp(np.outer(np.maximum(since, 0.0), self.rates)) @ self.gains
                level += dose.amount_mg * np.where(since >= -SAME_H, fading, 0.0)
        return level

    def course(self, doses: Schedule) -> tuple[Array, Array]:
        """Times from the first dose until long after the last, and ng/mL at them."""
        edges = np.unique(np.round([edge for dose in doses for edge in (dose.time_h, dose.end_h)], 9))
        edges = np.append(edges, edges[-1] + AFTER_H)
        crowded = np.linspace(0.0, 1.0, POINTS) ** 3
        times = np.unique(np.concatenate([start + (end - start) * crowded for start, end in pairwise(edges)]))
        return times, self.at(doses, times)


def hours_above(times_h: Array, levels: Array, limit: float) -> float:
    """Hours above a concentration, taken as straight between the times."""
    left, right = levels[:-1] - limit, levels[1:] - limit
    part = np.where((left > 0) & (right > 0), 1.0, 0.0)
    crosses = (left > 0) != (right > 0)
    part[crosses] = np.maximum(left, right)[crosses] / np.abs(right - left)[crosses]
    return float((part * np.diff(times_h)).sum())


def _feeding(matrix: Array, into: int, plasma: int) -> list[int]:
    """The places a dose reaches from which plasma is reached again: what is only downstream does not matter here."""
    step = (np.abs(matrix) > 0) | np.eye(len(matrix), dtype=bool)
    reach = np.linalg.matrix_power(step.astype(float), len(matrix)) > 0
    return [place for place in range(len(matrix)) if reach[place, into] and reach[plasma, place]]
