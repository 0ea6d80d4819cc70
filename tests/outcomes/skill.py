"""How good the forecast of relief is beside both rivals, and whether its probabilities are what they say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import relief_truths as truths
from scipy.special import ndtr

from unwound.outcomes import durability, posterior
from unwound.outcomes.knowledge import relief_priors
from unwound.outcomes.posterior import Entry, Posterior

COURSE_DAYS = 5
FIRST_DAYS = tuple(range(truths.SHOWN_UNTIL + 1, int(truths.AFTER[-1]), 7))
ENOUGH = 3


@dataclass(frozen=True)
class Skill:
    """One row of the table: `score` and `error` are of the forecast, the group's curve and «last week goes on»."""

    truth: str
    missing: str
    count: int
    refused: int
    """Without three days before the course there is no forecast, and the rivals are not counted either."""
    coverage: float
    score: tuple[float, float, float]
    error: tuple[float, float, float]
    end_off_days: float
    """The median of how far the end of relief is off, where there was one within twelve weeks."""

    def better_than(self, rival: int) -> float:
        """By how much less the interval score is, as a share: 1 is the group's, 2 is last week's."""
        return 1 - self.score[0] / self.score[rival]


def entries(person: truths.Invented, until: int) -> list[Entry]:
    """The diary until a day; the days before the course lie before its five days."""
    days = np.concatenate([truths.BEFORE - COURSE_DAYS - 1, truths.AFTER[:until]])
    written = np.concatenate([person.before, person.after[:until]])
    return [(int(day), float(pain)) for day, pain in zip(days, written, strict=True) if np.isfinite(pain)]


def skill(truth: str, missing: str, count: int, rivals: truths.Rivals, seed: int = 1) -> Skill:
    """One truth, one way of missing days."""
    everybody = truths.patients(truth, missing, count, seed)
    people = [person for person in everybody if np.isfinite(person.before).sum() >= ENOUGH]
    came = np.array([truths.weekly(person.complete) for person in people])
    bands = np.array([_forecast(person) for person in people])
    own = np.array([truths.own_baseline(person) for person in people])[:, None] - rivals.group_relief
    last = np.array([truths.last_week(person) for person in people])[:, None] + np.zeros(came.shape[1])
    lows = (bands[:, 0], own + rivals.group_low, last + rivals.last_low)
    highs = (bands[:, 2], own + rivals.group_high, last + rivals.last_high)
    ends = [_end_off(person) for person in people if 0 < person.lost_on < np.inf]
    return Skill(
        truth=truth,
        missing=missing,
        count=len(people),
        refused=len(everybody) - len(people),
        coverage=float(((came >= lows[0]) & (came <= highs[0])).mean()),
        score=tuple(
            float(truths.interval_score(came, low, high).mean()) for low, high in zip(lows, highs, strict=True)
        ),
        error=tuple(float(np.abs(came - middle).mean()) for middle in (bands[:, 1], own, last)),
        end_off_days=float(np.median(ends)),
    )


def _forecast(person: truths.Invented) -> np.ndarray:
    known = posterior.of_diary(entries(person, truths.SHOWN_UNTIL), _driven())
    return durability.weeks(known, FIRST_DAYS).pain


def _end_off(person: truths.Invented) -> float:
    end = durability.end_of_relief(posterior.of_diary(entries(person, truths.AFTER.size), _driven()))
    return abs((posterior.LONGEST_DAYS if end.median is None else end.median) - person.lost_on)


def _driven() -> posterior.Exposure:
    return posterior.fading(truths.AT_END_NG_PER_ML, COURSE_DAYS)


def calibration(count: int, seed: int = 5) -> dict[str, np.ndarray]:
    """Simulation-based calibration: where each truth, drawn from the prior itself, lies in its own posterior.

    Without rounding and without the ends of the scale (these belong to the skill): each must be uniform from 0 to 1.
    """
    stream = np.random.default_rng(seed)
    places: dict[str, list[float]] = {"baseline": [], "amplitude": [], "week 6": [], "week 12": []}
    for _ in range(count):
        for name, place in zip(places, _placed(stream), strict=True):
            places[name].append(place)
    return {name: np.array(values) for name, values in places.items()}


def _placed(stream: np.random.Generator) -> tuple[float, ...]:
    priors, driven = relief_priors(), _driven()
    shares = posterior._shares(driven)
    row = stream.choice(shares.shape[0], p=posterior._prior_weights(shares.shape[0]))
    sd = stream.choice([number.value for number in priors.noise_sd])
    rho = stream.choice([number.value for number in priors.noise_rho])
    baseline = stream.normal(priors.baseline.value, priors.baseline_sd.value)
    amplitude = stream.normal(priors.amplitude.value, priors.amplitude_sd.value)
    days = np.concatenate([truths.BEFORE - COURSE_DAYS - 1, truths.AFTER])
    apart = np.abs(days[:, None] - days)
    noise = np.linalg.cholesky(sd**2 * rho**apart + 1e-12 * np.eye(days.size)) @ stream.standard_normal(days.size)
    pain = baseline - amplitude * np.where(days > 0, shares[row][np.clip(days, 0, None)], 0) + noise
    shown = (days <= truths.SHOWN_UNTIL) & (stream.random(days.size) >= truths.SHARE_MISSING)
    shown[:ENOUGH] = True
    known = posterior.posterior_of(days[shown], pain[shown], driven)
    weeks = np.array([36, 78])
    mean, spread = durability._written(known, weeks[:, None] + np.arange(7))
    came = [pain[np.isin(days, week + np.arange(7))].mean() for week in weeks]
    return (
        _place(known, baseline, known.baseline, known.variance_baseline**0.5),
        _place(known, amplitude, known.amplitude, known.variance_amplitude**0.5),
        *(_place(known, value, mean[:, week], spread[:, week]) for week, value in enumerate(came)),
    )


def _place(known: Posterior, value: float, mean: np.ndarray, spread: np.ndarray) -> float:
    return float(known.weights @ ndtr((value - mean) / spread))
