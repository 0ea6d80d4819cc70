"""One patient's course of relief from a diary: an exact posterior on a grid, nothing drawn and nothing searched.

Pain = baseline - amplitude x C / (C + half) + the day's deviation; C is behind the delay of the relief model
(data/effects/chronic_relief.toml). Half-life, half-effect, whether there is a response, spread and correlation of the
days are a grid; baseline and amplitude are integrated out (conjugate normals). Deviations follow one another (AR(1)),
across gaps as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from unwound.outcomes.knowledge import ReliefPriors, relief_priors
from unwound.outcomes.standing import check_number
from unwound.pharmacology import effects, models, simulation
from unwound.pharmacology.dosing import Schedule
from unwound.pharmacology.models import Array, Model
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError

HALF_LIVES, HALVES = 15, 11
"""Nodes at equally probable places before the diary is read."""
LONGEST_DAYS = 365
"""How far the course is followed."""
NEGLIGIBLE = 1e-7
"""Nodes that together could not move a figure are left out of forecasts."""

Entry = tuple[int, float]
"""Day from the end of the course (1 is the day after it, below zero before it), pain 0 to 10."""


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """What drives relief: esketamine behind the delay, (half-lives, days 0 to LONGEST_DAYS after the end) in ng/mL."""

    ng_per_ml: Array
    first_day: int
    """The first day of the course, counted from its end: entries from there to its end do not count."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Posterior:
    """Nodes that the diary leaves possible, each with its weight and a normal for baseline and amplitude.

    `share` (nodes, days 0 to LONGEST_DAYS) is relief as a share of the amplitude.
    """

    weights: Array
    share: Array
    sd: Array
    rho: Array
    baseline: Array
    amplitude: Array
    variance_baseline: Array
    variance_amplitude: Array
    covariance: Array
    responds: float
    """Probability that this patient responds at all."""
    last_day: int
    last_pain: float
    last_share: Array
    entries: int
    before: int


def exposure(doses: Schedule, subject: Subjects, model: Model | str) -> Exposure:
    """What drives the relief after these doses in this patient. UnwoundError without a dose or for several patients."""
    if len(subject) != 1 or not doses:
        raise UnwoundError("the course of relief is one patient's, after at least one dose")
    loaded = models.model(model) if isinstance(model, str) else model
    end = max(dose.end_h for dose in doses)
    sites = {f"{row}": math.log(2) / life for row, life in enumerate((24 * _half_lives()).tolist())}
    hours = np.asarray(end + 24 * np.arange(LONGEST_DAYS + 1), dtype=np.float64)
    curve = simulation.simulate(doses, subject, loaded, hours, sites=sites)
    reached = effects.esketamine(np.concatenate([curve.sites[name] for name in sites]), loaded.drug)
    return Exposure(reached, math.floor((min(dose.time_h for dose in doses) - end) / 24))


def fading(ng_per_ml: float, course_days: int = 5) -> Exposure:
    """The same from the concentration behind the delay at the end alone: each half-life fades from there."""
    days = np.arange(LONGEST_DAYS + 1)
    return Exposure(ng_per_ml * 0.5 ** (days / _half_lives()[:, None]), -course_days)


def of_diary(entries: Sequence[Entry], driven: Exposure) -> Posterior:
    """What a diary says of one patient's course. UnwoundError for what is no diary or has no baseline."""
    return posterior_of(*_checked(entries, driven, relief_priors()), driven)


def posterior_of(days: Array, pain: Array, driven: Exposure) -> Posterior:
    """The same from days in order and their pain, unchecked: the scale has no ends here."""
    priors, share = relief_priors(), _shares(driven)
    seen = np.where(days > 0, share[:, np.clip(days, 0, LONGEST_DAYS)], 0.0)
    weights, mean, covariance = _weighed(days, pain, seen, priors)
    responds = float(weights[:-1].sum())
    flat = weights.reshape(-1)
    kept = np.flatnonzero(flat > NEGLIGIBLE * flat.max())
    node, rho, spread = np.unravel_index(kept, weights.shape)
    return Posterior(
        weights=flat[kept] / flat[kept].sum(),
        share=share[node],
        sd=_values(priors.noise_sd)[spread],
        rho=_values(priors.noise_rho)[rho],
        baseline=mean[0].reshape(-1)[kept],
        amplitude=mean[1].reshape(-1)[kept],
        variance_baseline=covariance[0].reshape(-1)[kept],
        variance_amplitude=covariance[1].reshape(-1)[kept],
        covariance=covariance[2].reshape(-1)[kept],
        responds=responds,
        last_day=int(days[-1]),
        last_pain=float(pain[-1]),
        last_share=seen[node, -1],
        entries=days.size,
        before=int((days < driven.first_day).sum()),
    )


def _weighed(
    days: Array, pain: Array, seen: Array, priors: ReliefPriors
) -> tuple[Array, tuple[Array, Array], tuple[Array, Array, Array]]:
    """Weights (hypotheses, rho, sd) that sum to one; mean and covariance of baseline and amplitude at each."""
    rho, sd = _values(priors.noise_rho), _values(priors.noise_sd)
    squares, logs = zip(*(_whitened(days, pain, seen, step) for step in rho.tolist()), strict=True)
    xx, xa, aa, xy, ay, yy = (np.stack(parts, axis=1)[:, :, None] for parts in zip(*squares, strict=True))
    noise = sd**2
    b, a = priors.baseline, priors.amplitude
    pb, pa = priors.baseline_sd.value**-2, priors.amplitude_sd.value**-2
    kb, ka, kc = pb + xx / noise, pa + aa / noise, xa / noise
    hb, ha = pb * b.value + xy / noise, pa * a.value + ay / noise
    determinant = kb * ka - kc**2
    mb, ma = (ka * hb - kc * ha) / determinant, (kb * ha - kc * hb) / determinant
    fit = yy / noise + pb * b.value**2 + pa * a.value**2 - (hb * mb + ha * ma)
    likely = -0.5 * fit - 0.5 * np.log(determinant) - days.size * np.log(sd) + np.array(logs)[None, :, None]
    likely = likely + np.log(_prior_weights(seen.shape[0]))[:, None, None]
    weights = np.exp(likely - likely.max())
    weights /= weights.sum()
    return weights, (mb, ma), (ka / determinant, kb / determinant, -kc / determinant)


def _whitened(days: Array, pain: Array, seen: Array, rho: float) -> tuple[tuple[Array, ...], float]:
    """Sums of squares of baseline (x), amplitude (a) and pain (y) once each day's link with the last is taken out."""
    link = np.concatenate([[0.0], rho ** np.diff(days)])
    scale = np.sqrt(1 - link**2)
    x = (1 - link) / scale
    a = -(seen - link * np.concatenate([seen[:, :1], seen[:, :-1]], axis=1)) / scale
    y = (pain - link * np.concatenate([pain[:1], pain[:-1]])) / scale
    rows = np.ones(seen.shape[0])
    return (rows * (x @ x), a @ x, (a * a).sum(axis=1), rows * (x @ y), a @ y, rows * (y @ y)), -float(
        np.log(scale).sum()
    )


def _prior_weights(hypotheses: int) -> Array:
    responders = effects.effect(effects.RELIEF).responders
    if responders is None:
        raise UnwoundError(f"data/effects/{effects.RELIEF}.toml: relief needs responders")
    drug, anyhow = responders.drug.value, responders.placebo.value
    weights = np.full(hypotheses, drug / (hypotheses - 1))
    by_dose = HALF_LIVES * HALVES
    if hypotheses > by_dose + 1:
        weights[:by_dose] = (drug - anyhow) / by_dose
        weights[by_dose:-1] = anyhow / (hypotheses - 1 - by_dose)
    weights[-1] = 1 - drug
    return weights


def _shares(driven: Exposure) -> Array:
    """Every hypothesis: half-life by half-effect, and last the patient who does not respond.

    After less than the trial's course the same again as after that course: people respond to little ketamine too, as
    they do to placebo, and the diary of one who does must not read as one without relief.
    """
    days, trial = np.arange(driven.ng_per_ml.shape[1]), relief_priors().trial_ng_per_ml.value
    levels = driven.ng_per_ml
    if levels[:, 0].min() < trial:
        levels = np.concatenate([levels, trial * 0.5 ** (days / _half_lives()[:, None])])
    half = _prior("half_ng_per_ml", (np.arange(HALVES) + 0.5) / HALVES)
    hill = next(iter(effects.effect(effects.RELIEF).curves.values())).hill.value
    powered = np.maximum(levels, 0)[:, None, :] ** hill
    share = powered / (powered + half[None, :, None] ** hill)
    rows = share.reshape(-1, share.shape[-1])
    return np.concatenate([rows, np.zeros((1, rows.shape[1]))])


def _prior(name: str, at: Array) -> Array:
    """Quantiles before a diary is read. Fits are imported when a diary is read, and not before."""
    from unwound.pharmacology import diary

    return diary.prior(name, at)


@cache
def _half_lives() -> Array:
    """In days."""
    return _prior("half_life_h", (np.arange(HALF_LIVES) + 0.5) / HALF_LIVES) / 24


def _values(numbers: Sequence[object]) -> Array:
    return np.array([number.value for number in numbers])  # type: ignore[attr-defined]


def _checked(entries: Sequence[Entry], driven: Exposure, priors: ReliefPriors) -> tuple[Array, Array]:
    """Days and pain in order, without those of the course itself. A branch for each thing that is no diary."""
    seen: set[int] = set()
    for day, pain in entries:
        check_number("a day of the diary", day, -math.inf, math.inf)
        if day != int(day):
            raise UnwoundError(f"diary: «{day}» is no whole day")
        check_number(f"pain on day {day} of the diary", pain, 0, 10)
        if day in seen:
            raise UnwoundError(f"diary: two entries for day {day}; give their mean, or the one that counts")
        if day > LONGEST_DAYS:
            raise UnwoundError(f"diary: day {day} is more than {LONGEST_DAYS} days after the course")
        seen.add(int(day))
    used = sorted((day, pain) for day, pain in entries if day < driven.first_day or day > 0)
    if sum(day < driven.first_day for day, _ in used) < priors.least_before.value:
        raise UnwoundError(f"a diary needs at least {priors.least_before.value:g} days before the course")
    days, pain_scores = np.array(used, dtype=float).T
    return days.astype(int), pain_scores
