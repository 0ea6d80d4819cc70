"""A visual predictive check: what a population was measured at, beside what the model with its error would measure.

Of every simulated copy of the whole table (everybody's own doses, weights and times; new deviations, new residual
errors) the quantiles of each bin of time are taken; the check shows where those of the copies lie and where those of
the data do. Prediction-corrected, every value is divided by its own typical prediction and multiplied by its bin's
median one, so that different doses, weights and times within a bin do not pass for variability.

Source: the R package vpc (ronkeizer/vpc, its function for prediction correction, read), whose manual and those of
mapbayr and tidyvpc name Bergstrand 2011, doi:10.1208/s12248-011-9255-z, as its origin (the paper was not read): lower
bound 0, and no correction where nothing is predicted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unwound.pharmacology import measured, models
from unwound.pharmacology.dosing import SAME_H, Schedule
from unwound.pharmacology.models import Array, Model
from unwound.pharmacology.population import root_of, square_root
from unwound.pharmacology.simulation import simulate
from unwound.pharmacology.subjects import Occasions, Subjects
from unwound.record import UnwoundError

FEWEST = 20
"""Copies below which a band of quantiles says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person of the data: doses, weight, and what was measured of one output (hours rising, ng/mL)."""

    doses: Schedule
    weight_kg: float
    times_h: Array
    ng_per_ml: Array
    occasions: Occasions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vpc:
    """The check: `quantiles` (q,), `bins_h` (b,) the median time of each bin; `observed` (q, b) in ng/mL.

    `low`, `middle` and `high` (q, b) are the 2.5 %, 50 % and 97.5 % of that quantile over the simulated copies.
    """

    model: str
    output: str
    corrected: bool
    copies: int
    quantiles: Array
    bins_h: Array
    counts: NDArray[np.int64]
    observed: Array
    low: Array
    middle: Array
    high: Array
    points_h: Array
    points_ng_per_ml: Array
    borrowed: tuple[str, ...] = ()
    """What of the model's spread or error belongs to other people."""


def check(
    people: Sequence[Person], model: Model | str, *, seed: int, output: str = "plasma", copies: int = 500,
    bins: int = 8,
    corrected: bool = True, quantiles: Sequence[float] = (0.05, 0.5, 0.95),
) -> Vpc:  # fmt: skip
    """The check of one output. UnwoundError for a model without variability or residual error: it would check neither.

    Bins hold about as many observations each; what was measured at one time stays in one bin.
    """
    loaded = models.model(model) if isinstance(model, str) else model
    proportional, additive = measured.errors(loaded, output)
    root = square_root(loaded)
    if not root.size:
        raise UnwoundError(f"{loaded.title} does not say how people differ: there is no population to check")
    if copies < FEWEST or bins < 1:
        raise UnwoundError(f"a check needs {FEWEST} copies and one bin at least, not {copies} and {bins}")
    for number, person in enumerate(people, 1):
        _checked(person, number, loaded)
    times = np.concatenate([person.times_h for person in people])
    values = np.concatenate([person.ng_per_ml for person in people])
    stream = np.random.default_rng(np.random.SeedSequence([seed, copies]))
    typical, copied = _simulated(people, loaded, output, root, copies, stream)
    noise = stream.standard_normal(copied.shape)
    if additive == 0:
        copied = copied * np.exp(proportional * noise)
    else:
        copied = np.maximum(copied + noise * np.hypot(proportional * copied, additive), 0.0)
    of = _bins(times, bins)
    if corrected:
        share = _share(typical, of)
        values, copied = values * share, copied * share
    wanted = np.asarray(quantiles, dtype=float)
    each = range(int(of.max()) + 1)
    observed = np.stack([np.quantile(values[of == bin], wanted) for bin in each], axis=1)
    spread = np.stack([np.quantile(copied[:, of == bin], wanted, axis=1) for bin in each], axis=2)
    low, middle, high = np.quantile(spread, (0.025, 0.5, 0.975), axis=1)
    return Vpc(
        model=model if isinstance(model, str) else loaded.title, output=output, corrected=corrected, copies=copies,
        quantiles=wanted,
        bins_h=np.array([np.median(times[of == bin]) for bin in each]), counts=np.bincount(of), observed=observed,
        low=low, middle=middle, high=high, points_h=times, points_ng_per_ml=values,
        borrowed=loaded.borrowed,
    )  # fmt: skip


def _checked(person: Person, number: int, model: Model) -> None:
    # Each wrong column would give a check that looks right, so that each is refused with the person's number.
    times, values = person.times_h, person.ng_per_ml
    if not (np.isfinite(times).all() and np.isfinite(values).all()) or times.shape != values.shape or not times.size:
        raise UnwoundError(f"person {number}: hours and ng/mL are numbers, as many of one as of the other")
    if (np.diff(times) <= SAME_H).any() or (values < 0).any():
        raise UnwoundError(f"person {number}: hours increase, and no concentration is negative")
    if not person.doses:
        raise UnwoundError(f"person {number}: there is no dose to explain what was measured")
    if person.occasions is not None and len(person.occasions.names) > 1:
        models.refuse_unknown_occasions(model)


def _simulated(
    people: Sequence[Person], model: Model, output: str, root: Array, copies: int, stream: np.random.Generator
) -> tuple[Array, Array]:
    """What the typical person of each one's doses and weight would have (observations,), and every copy of them."""
    typical, copied = [], []
    for person in people:
        eta = np.concatenate([np.zeros((1, len(root))), stream.standard_normal((copies, len(root))) @ root])
        levels = _levels(person, model, output, eta, stream)
        typical.append(levels[0])
        copied.append(levels[1:])
    return np.concatenate(typical), np.concatenate(copied, axis=1)


def _levels(person: Person, model: Model, output: str, eta: Array, stream: np.random.Generator) -> Array:
    """The person's copies on their occasions; the first, without deviations, is typical on all of them."""
    weight, root = np.full(len(eta), person.weight_kg), root_of(model.between_occasions)
    on = person.occasions or Occasions(of_periods=("",))
    of_occasion = stream.standard_normal((len(eta), len(on.names), len(root))) @ root
    of_occasion[0] = 0
    if len(on.names) == 1:
        body = Subjects(weight, eta, of_occasion[:, 0] if len(root) else None)
        return simulate(person.doses, body, model, person.times_h).concentrations[output]
    changing, of_doses = on.changing(weight, eta, of_occasion), on.of_doses or None
    return simulate(person.doses, changing, model, person.times_h, of_doses=of_doses).concentrations[output]


def _bins(times: Array, bins: int) -> NDArray[np.int64]:
    """The bin of every observation."""
    edges = np.unique(np.quantile(times, np.linspace(0, 1, bins + 1), method="inverted_cdf")[1:-1])
    bin_of = np.searchsorted(edges, times, side="left")
    return np.unique(bin_of, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _share(typical: Array, of: NDArray[np.int64]) -> Array:
    """The median typical prediction of the bin over each one's own; 1 where nothing is predicted."""
    middle = np.array([np.median(typical[of == bin]) for bin in range(int(of.max()) + 1)])
    return np.where(typical > 0, middle[of] / np.where(typical > 0, typical, 1.0), 1.0)
