"""For how long? The end of relief by one rule, the weeks to come with their bands, and weekly means free of a model."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from unwound import evidence, extras
from unwound.catalogue import plain
from unwound.outcomes.knowledge import relief_priors, thresholds
from unwound.outcomes.posterior import LONGEST_DAYS, Entry, Posterior
from unwound.pharmacology import effects
from unwound.pharmacology.models import Array
from unwound.record import UnwoundError

HALVINGS = 20
"""Bisections of a quantile between the limits of the scale and beyond: to a ten-thousandth of a point."""
BEYOND = (-20.0, 30.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """When relief ends, by the rule that stands beside it.

    `had` is the probability that there was relief enough to lose. `median`, `low` and `high` are days from the end of
    the course, given that there was (90 % between the ends); None is beyond the last day that is followed.
    `by_day` (days 0 to LONGEST_DAYS) is the probability that it is over, given that there was relief.
    """

    had: float
    median: float | None
    low: float | None
    high: float | None
    by_day: Array
    rule: str
    notes: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weeks:
    """Mean pain of whole weeks as it would be written: `pain` is (quantile, week), `first_day` of each from the end."""

    first_day: tuple[int, ...]
    probabilities: tuple[float, ...]
    pain: Array
    controlled: tuple[bool, ...]
    """Whether the week lies within the time of which there are controlled data."""
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WeekMean:
    """One week after the course, free of any model: the mean of what was written, and how many days that is."""

    week: int
    mean: float | None
    days: int


def end_of_relief(known: Posterior) -> End:
    """When this patient's latent course is again above the share of the pain before that counts as lost."""
    priors = relief_priors()
    over = _over(known, priors.loss.value)
    had = 1 - float(over[0])
    by_day = np.clip((over - over[0]) / had, 0, 1) if had > 0 else np.ones_like(over)
    by_day = np.maximum.accumulate(by_day)
    low, median, high = (_day(by_day, wanted) for wanted in (0.05, 0.5, 0.95))
    return End(
        had=had,
        median=median,
        low=low,
        high=high,
        by_day=by_day,
        rule=priors.rule.text,
        notes=(*_notes(), *_low_baseline(known)),
        sources=evidence.cite(priors),
    )


def weeks(known: Posterior, first_days: Sequence[int], probabilities: Sequence[float] = (0.05, 0.5, 0.95)) -> Weeks:
    """The mean pain of weeks to come, each from its first day. UnwoundError for a week that has begun."""
    wanted = np.asarray(probabilities, dtype=float)
    if not wanted.size or not ((wanted > 0) & (wanted < 1)).all():
        raise UnwoundError(f"probabilities between 0 and 1 are needed, not {list(probabilities)}")
    for first in first_days:
        if first <= known.last_day or first + 6 > LONGEST_DAYS or first < 1:
            raise UnwoundError(f"a week to come begins after day {known.last_day} and within the year, not on {first}")
    mean, spread = _written(known, np.asarray(first_days)[:, None] + np.arange(7))
    drawn = np.clip(_quantiles(known.weights, mean, spread, wanted), 0, 10)
    end = effects.effect(effects.RELIEF).data_end_days
    return Weeks(
        first_day=tuple(first_days),
        probabilities=tuple(wanted.tolist()),
        pain=drawn,
        controlled=tuple(end is not None and first + 6 <= end.value for first in first_days),
        notes=_notes(),
    )


def weekly_means(entries: Sequence[Entry], last_day: int) -> tuple[WeekMean, ...]:
    """The whole weeks up to a day, each with the mean of the days that were written and their number."""
    return tuple(_week(entries, week) for week in range(1, last_day // 7 + 1))


def drift(entries: Sequence[Entry], known: Posterior) -> tuple[str, ...]:
    """What is said where the pain drifts beside the course: the model knows none, and its bands are then too narrow.

    Kendall's test on the weekly means of what the course leaves over; nothing below the weeks that it takes.
    """
    priors = relief_priors()
    weeks: dict[int, list[float]] = {}
    for day, pain in entries:
        weeks.setdefault(math.floor((day - 1) / 7), []).append(pain - _course(known, int(day)))
    left = [math.fsum(weeks[week]) / len(weeks[week]) for week in sorted(weeks)]
    count = len(left)
    if count < priors.drift_weeks.value:
        return ()
    rises = sum(int(np.sign(left[later] - left[first])) for first in range(count) for later in range(first + 1, count))
    z = (abs(rises) - 1) / math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    sure = 2 * NormalDist().cdf(z) - 1 >= priors.drift_sure.value / 100
    return (priors.drift_text.filled(way="up" if rises > 0 else "down").text,) if sure else ()


def _course(known: Posterior, day: int) -> float:
    """The latent course on a day, as the diary leaves it on average."""
    share = known.share[:, min(day, LONGEST_DAYS)] if day > 0 else 0.0
    return float(known.weights @ (known.baseline - known.amplitude * share))


def _week(entries: Sequence[Entry], week: int) -> WeekMean:
    written = [pain for day, pain in entries if 7 * (week - 1) < day <= 7 * week]
    return WeekMean(week, math.fsum(written) / len(written) if written else None, len(written))


def _notes() -> tuple[str, ...]:
    priors = relief_priors()
    return (priors.not_validated.text, priors.amplitude_text.text)


def _low_baseline(known: Posterior) -> Iterator[str]:
    least = thresholds().baseline_at_least
    if known.weights @ known.baseline < least.value:
        yield relief_priors().low_baseline.filled(least=plain(least.value)).text


def _over(known: Posterior, loss: float) -> Array:
    """The probability that relief is below `loss` of the baseline, by day: exact, for both are normal at a node."""
    margin = known.amplitude[:, None] * known.share - loss * known.baseline[:, None]
    variance = (
        known.variance_amplitude[:, None] * known.share**2
        + loss**2 * known.variance_baseline[:, None]
        - 2 * loss * known.share * known.covariance[:, None]
    )
    over: Array = known.weights @ _normal(-margin / np.sqrt(np.maximum(variance, 1e-12)))
    return over


def _day(by_day: Array, wanted: float) -> float | None:
    """The day on which a share of the probability is reached, between whole days; None beyond the last."""
    after = int(np.searchsorted(by_day, wanted))
    if after >= by_day.size:
        return None
    if after == 0:
        return 0.0
    low, high = by_day[after - 1], by_day[after]
    return float(after - 1 + (wanted - low) / (high - low))


def _written(known: Posterior, days: Array) -> tuple[Array, Array]:
    """Mean and sd at each node, (nodes, weeks), of a week's mean as written; the last day's deviation fades."""
    ahead = days - known.last_day
    fades = known.rho[:, None, None] ** ahead
    fade = fades.mean(axis=2)
    share = known.share[:, days].mean(axis=2) - fade * known.last_share[:, None]
    held = 1 - fade
    mean = known.baseline[:, None] * held - known.amplitude[:, None] * share + fade * known.last_pain
    course = (
        known.variance_baseline[:, None] * held**2
        + known.variance_amplitude[:, None] * share**2
        - 2 * known.covariance[:, None] * held * share
    )
    apart = np.abs(np.arange(7)[:, None] - np.arange(7))
    linked = (known.rho[:, None, None] ** apart).mean(axis=(1, 2))
    noise = known.sd[:, None] ** 2 * (linked[:, None] - fade**2)
    return mean, np.sqrt(np.maximum(course + noise, 1e-12))


def _normal(values: Array) -> Array:
    """The normal distribution below each. SciPy is imported when it is asked: whoever counts days needs none."""
    with extras.needed("an outcome"):
        from scipy.special import ndtr
    below: Array = ndtr(values)
    return below


def _quantiles(weights: Array, mean: Array, spread: Array, wanted: Array) -> Array:
    """Quantiles of a mixture of normals by bisection, (wanted, columns)."""
    low = np.full((wanted.size, mean.shape[1]), BEYOND[0])
    high = np.full_like(low, BEYOND[1])
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = np.stack([weights @ _normal((row - mean) / spread) for row in middle])
        under = below < wanted[:, None]
        low, high = np.where(under, middle, low), np.where(under, high, middle)
    return (low + high) / 2
