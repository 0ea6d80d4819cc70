"""One patient's own relief from a pain diary: how much, how sensitive, how long; and a forecast with bands.

Pain = baseline x (1 - largest relief x C / (C + C50)), C behind the delay of data/effects/chronic_relief.toml. The
posterior is calculated on a grid, baseline and day-to-day spread integrated out: nothing is searched or linearised.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from unwound import extras
from unwound.pharmacology import effects, models, simulation
from unwound.pharmacology.dosing import Schedule
from unwound.pharmacology.individualise import LEVEL, Interval
from unwound.pharmacology.models import Array, Model
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError

with extras.needed("relief by a diary"):
    from scipy.special import ndtri

GRID = {"half_life_h": 31, "half_ng_per_ml": 31, "largest_relief": 51}
"""Nodes of each unknown, at equally probable places before the diary was read."""
UNKNOWNS = len(GRID) + 2
"""With baseline and spread; a diary needs more entries than that."""
ROUNDING = 1 / 12
"""Variance of a score given in whole points: without it, equal scores would claim no spread at all."""
DRAWS = 2000

Entry = tuple[float, float]
"""Hour, pain 0 to 10."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiaryFit:
    """What a diary says: parameters by name with 95 % intervals, and the posterior they are read from.

    `weights` (half-lives, C50s, largest reliefs) sum to one; `baseline`, `baseline_sd` have the same shape.
    """

    model: Model
    subject: Subjects
    parameters: Mapping[str, Interval]
    nodes: Mapping[str, Array]
    weights: Array
    baseline: Array
    baseline_sd: Array
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Relief:
    """A forecast, (quantile, time): `relief` as a share of the baseline pain, `pain` without its day-to-day spread."""

    times_h: Array
    probabilities: Array
    relief: Array
    pain: Array


def individualise(entries: Sequence[Entry], doses: Schedule, subject: Subjects, model: Model | str) -> DiaryFit:
    """The likeliest relief parameters of one patient with 95 % intervals, from pain scores before and after `doses`.

    `subject`: the one patient, typical or fitted. UnwoundError for scores outside 0 to 10, for a diary without a
    score before the first dose and one after it, and for fewer than six entries.
    """
    loaded = models.model(model) if isinstance(model, str) else model
    times, pain = _checked(entries, doses, subject)
    nodes = _nodes()
    reached = _reached(doses, subject, loaded, times, nodes["half_life_h"])
    log_weight, baseline, spread = (np.empty(tuple(GRID.values())) for _ in range(3))
    for row, concentration in enumerate(reached):
        share = _share(concentration, nodes["half_ng_per_ml"][:, None])
        left = 1 - nodes["largest_relief"][None, :, None] * share[:, None, :]
        log_weight[row], baseline[row], spread[row] = _marginal(left, pain)
    weights = np.exp(log_weight - log_weight.max())
    weights /= weights.sum()
    return DiaryFit(
        model=loaded,
        subject=subject,
        parameters=_parameters(weights, baseline, pain[times <= min(dose.time_h for dose in doses)]),
        nodes=nodes,
        weights=weights,
        baseline=baseline,
        baseline_sd=spread,
        because=_because(times, doses),
    )


def forecast(
    fit: DiaryFit,
    doses: Schedule,
    times_h: Sequence[float] | Array,
    quantiles: Sequence[float] = (0.05, 0.5, 0.95),
    *,
    seed: int = 0,
) -> Relief:
    """Relief and pain to be expected after past and coming doses, over draws from the posterior."""
    wanted = np.asarray(quantiles, dtype=float)
    if not wanted.size or not ((wanted >= 0) & (wanted <= 1)).all():
        raise UnwoundError(f"quantiles: numbers from 0 to 1 are needed, not {list(quantiles)}")
    times = np.asarray(times_h, dtype=float)
    reached = _reached(doses, fit.subject, fit.model, times, fit.nodes["half_life_h"])
    stream = np.random.Generator(np.random.Philox(seed))
    places = np.searchsorted(np.cumsum(fit.weights), stream.random(DRAWS) * (1 - 1e-12))
    life, half, largest = np.unravel_index(np.minimum(places, fit.weights.size - 1), fit.weights.shape)
    share = _share(reached[life], fit.nodes["half_ng_per_ml"][half][:, None])
    relief = fit.nodes["largest_relief"][largest][:, None] * share
    own = fit.baseline[life, half, largest] + stream.standard_normal(DRAWS) * fit.baseline_sd[life, half, largest]
    pain = np.clip(own[:, None] * (1 - relief), 0, 10)
    return Relief(times, wanted, np.quantile(relief, wanted, axis=0), np.quantile(pain, wanted, axis=0))


def prior(name: str, share: Array) -> Array:
    """The quantiles of an unknown before the diary: log-normal over the published interval, or flat from 0 to 1."""
    if name == "largest_relief":
        return np.asarray(share, dtype=float)
    middle, low, high = _published(name)
    sd = math.log(high / low) / (2 * float(ndtri((1 + LEVEL) / 2)))
    drawn: Array = middle * np.exp(sd * ndtri(share))
    return drawn


def _published(name: str) -> tuple[float, float, float]:
    if name == "half_ng_per_ml":
        return effects.half_effect(effects.RELIEF)
    speed = effects.sites_of(effects.RELIEF, bounds=True)
    middle, low, high = (math.log(2) / speed[effects.RELIEF + end] for end in ("", ".low", ".high"))
    return middle, low, high


def _nodes() -> dict[str, Array]:
    return {name: prior(name, (np.arange(count) + 0.5) / count) for name, count in GRID.items()}


def _reached(doses: Schedule, subject: Subjects, model: Model, times: Array, half_lives: Array) -> Array:
    """Esketamine behind the delay for every half-life, (half-lives, times) in ng/mL."""
    sites = {f"{row}": math.log(2) / half_life for row, half_life in enumerate(half_lives.tolist())}
    unique, where = np.unique(times, return_inverse=True)
    curve = simulation.simulate(doses, subject, model, unique, sites=sites)
    return effects.esketamine(np.concatenate([curve.sites[name] for name in sites]), model.drug)[:, where]


def _share(concentration: Array, half: Array) -> Array:
    """The published curve with the patient's own C50."""
    steepness = next(iter(effects.effect(effects.RELIEF).curves.values())).hill.value
    powered = np.maximum(concentration, 0) ** steepness
    share: Array = powered / (powered + half**steepness)
    return share


def _marginal(left: Array, pain: Array) -> tuple[Array, Array, Array]:
    """Log likelihood with baseline (flat) and spread (flat in its logarithm) integrated out; baseline and its sd.

    `left` (..., entries) is the share of pain that stays. Source: conjugate linear regression with one coefficient.
    """
    squares = (left**2).sum(axis=-1)
    baseline = (left @ pain) / squares
    rest = ((pain - baseline[..., None] * left) ** 2).sum(axis=-1) + ROUNDING * pain.size
    free = pain.size - 1
    return -0.5 * np.log(squares) - 0.5 * free * np.log(rest), baseline, np.sqrt(rest / free / squares)


def _parameters(weights: Array, baseline: Array, before: Array) -> dict[str, Interval]:
    wanted = np.array([0.5, (1 - LEVEL) / 2, (1 + LEVEL) / 2])
    parameters = {}
    for axis, name in enumerate(GRID):
        own = weights.sum(axis=tuple(other_axis for other_axis in range(len(GRID)) if other_axis != axis))
        edges = np.concatenate([[0.0], np.cumsum(own)])
        places = np.interp(wanted, edges / edges[-1], np.linspace(0, 1, own.size + 1))
        value, low, high = prior(name, places).tolist()
        parameters[name] = Interval(value, low, high, float(prior(name, np.array([0.5]))[0]))
    order = np.argsort(baseline, axis=None)
    total = np.cumsum(weights.reshape(-1)[order])
    likely = baseline.reshape(-1)[order][np.searchsorted(total, wanted * total[-1])]
    value, low, high = likely.tolist()
    parameters["baseline_pain"] = Interval(value, low, high, float(before.mean()))
    return parameters


def _checked(entries: Sequence[Entry], doses: Schedule, subject: Subjects) -> tuple[Array, Array]:
    """Times and pain in order. A branch for each thing that a diary must have, so that the error names it."""
    if len(subject) != 1:
        raise UnwoundError(f"a diary is one patient's, not {len(subject)}")
    if not doses:
        raise UnwoundError("no dose was given: there is nothing to explain a change of pain")
    for time, pain in entries:
        for number in (time, pain):
            if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
                raise UnwoundError(f"diary: «{number}» is not a number")
        if not 0 <= pain <= 10:
            raise UnwoundError(f"diary at {time:g} h: pain {pain:g} is not between 0 and 10")
    first = min(dose.time_h for dose in doses)
    if not any(time <= first for time, _ in entries) or not any(time > first for time, _ in entries):
        raise UnwoundError("a diary needs pain before the first dose and after it")
    if len(entries) <= UNKNOWNS:
        raise UnwoundError(f"{len(entries)} diary entries for {UNKNOWNS} unknowns: at least {UNKNOWNS + 1} are needed")
    times, pain_scores = np.array(sorted(entries), dtype=float).T
    return times, pain_scores


def _because(times: Array, doses: Schedule) -> tuple[str, ...]:
    first = min(dose.time_h for dose in doses)
    early = int((times <= first).sum())
    return (
        f"{early} diary entries before the first dose and {times.size - early} after it.",
        "How patients differ was not published: the confidence intervals of the one study stand in for it, and the "
        "largest relief may be anything from none to all.",
        "A diary cannot tell the drug from a placebo response or from the course of the disease.",
    )
