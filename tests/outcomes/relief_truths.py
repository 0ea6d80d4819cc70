"""Invented courses of relief against which forecasts are measured, fixed before the forecaster was written.

A right truth (the published relief model) and three wrong ones; noise, missing days and the rivals are stated here and
nowhere else. Days count from the end of the course; entries are whole points from 0 to 10, as people write them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TRUTHS = ("model", "sudden", "exponential", "flares")
MISSING = ("at-random", "when-better", "when-worse")
NOISE_SD = (0.6, 2.4)
NOISE_RHO = (0.0, 0.3, 0.6)
"""Correlation of one day's deviation with the next day's; each equally likely."""
SHARE_MISSING = 0.4
RESPONDERS = 0.67
BASELINE = (7.0, 1.3)
AMPLITUDE = (4.0, 2.0)
"""Points of pain at full effect: mean and SD. Invented, wide: the trial's amplitude in points was not published."""
HALF_LIFE_DAYS = (10.9, 5.3, 20.5)
"""Middle and 95 % interval, log-normal (Dahan 2011, abstract)."""
HALF_NG_PER_ML = (10.5, 4.37, 21.2)
AT_END_NG_PER_ML = 49.0
"""Behind the delay at the end of 100 hours at 20 mg/h (data/effects/chronic_relief.toml)."""
BEFORE = np.arange(-14, 0)
AFTER = np.arange(1, 85)
LOSS = 0.3
"""Relief is over where pain is again above 70 % of the baseline."""
SHOWN_UNTIL = 28
"""The forecast is made on this day, for the weeks that come after it."""


@dataclass(frozen=True)
class Invented:
    """One invented patient: the latent course, what was written of it, and what was not."""

    latent: np.ndarray
    """Pain without the day's noise on the days of AFTER."""
    complete: np.ndarray
    """What every day of AFTER would have been written as."""
    before: np.ndarray
    """Entries on the days of BEFORE; nan is missing."""
    after: np.ndarray
    baseline: float
    responder: bool
    lost_on: float
    """The day of the latent crossing: 0 without a response, inf beyond the last day."""


def patients(truth: str, missing: str, count: int, seed: int) -> list[Invented]:
    """Invented patients of one truth; the same for the same seed."""
    stream = np.random.default_rng([seed, TRUTHS.index(truth), MISSING.index(missing)])
    return [_patient(truth, missing, stream) for _ in range(count)]


def _patient(truth: str, missing: str, stream: np.random.Generator) -> Invented:
    baseline = float(np.clip(stream.normal(*BASELINE), 4, 10))
    responder = bool(stream.random() < RESPONDERS)
    relief = _relief(truth, stream) if responder else np.zeros(AFTER.size)
    latent = np.clip(baseline - relief, 0, 10)
    if truth == "flares":
        latent = np.clip(latent + _flares(stream), 0, 10)
    sd, rho = stream.uniform(*NOISE_SD), stream.choice(NOISE_RHO)
    noise = _noise(BEFORE.size + AFTER.size, sd, rho, stream)
    written = np.clip(np.round(np.concatenate([np.full(BEFORE.size, baseline), latent]) + noise), 0, 10)
    complete = written[BEFORE.size :]
    gone = stream.random(written.size) < _chances(missing, np.concatenate([np.full(BEFORE.size, baseline), latent]))
    kept = np.where(gone, np.nan, written)
    lost = np.flatnonzero(baseline - relief > (1 - LOSS) * baseline)
    lost_on = 0.0 if lost.size and lost[0] == 0 else float(AFTER[lost[0]]) if lost.size else np.inf
    return Invented(latent, complete, kept[: BEFORE.size], kept[BEFORE.size :], baseline, responder, lost_on)


def _relief(truth: str, stream: np.random.Generator) -> np.ndarray:
    amplitude = stream.normal(*AMPLITUDE)
    half_life, half = (_log_normal(published, stream) for published in (HALF_LIFE_DAYS, HALF_NG_PER_ML))
    if truth == "sudden":  # all of it, then within two days nothing
        ends = stream.uniform(7, 70)
        return 0.75 * amplitude * np.clip(1 - (AFTER - ends) / 2, 0, 1)
    if truth == "exponential":  # the relief itself halves, not what drives it
        return 0.8 * amplitude * 0.5 ** (AFTER / (1.5 * half_life))
    concentration = AT_END_NG_PER_ML * 0.5 ** (AFTER / half_life)
    return amplitude * concentration / (concentration + half)


def _flares(stream: np.random.Generator) -> np.ndarray:
    """About one flare in 28 days, 2 to 5 days long, 2 to 4 points."""
    extra = np.zeros(AFTER.size)
    for start in np.flatnonzero(stream.random(AFTER.size) < 1 / 28):
        extra[start : start + stream.integers(2, 6)] = stream.uniform(2, 4)
    return extra


def _noise(days: int, sd: float, rho: float, stream: np.random.Generator) -> np.ndarray:
    steps = stream.standard_normal(days) * sd
    for day in range(1, days):
        steps[day] = rho * steps[day - 1] + np.sqrt(1 - rho**2) * steps[day]
    return steps


def _chances(missing: str, latent: np.ndarray) -> np.ndarray:
    """40 % a day; tilted by a standard deviation's worth of pain where people stop writing when better or worse."""
    if missing == "at-random":
        return np.full(latent.size, SHARE_MISSING)
    tilt = np.tanh((latent - 6.2) / 2.5) * (1 if missing == "when-worse" else -1)
    return np.clip(SHARE_MISSING * (1 + 0.6 * tilt), 0, 1)


def _log_normal(published: tuple[float, float, float], stream: np.random.Generator) -> float:
    middle, low, high = published
    return float(middle * np.exp(np.log(high / low) / (2 * 1.959964) * stream.standard_normal()))


def weekly(days: np.ndarray) -> np.ndarray:
    """Means of the whole weeks after the day of the forecast."""
    return days[SHOWN_UNTIL:].reshape(-1, 7).mean(axis=1)


def last_week(person: Invented) -> float:
    """«Last week goes on»: the mean of the last seven days that were written at all until the day of the forecast."""
    shown = person.after[:SHOWN_UNTIL]
    recent = shown[-7:][np.isfinite(shown[-7:])]
    if not recent.size:
        recent = np.concatenate([person.before, shown])
        recent = recent[np.isfinite(recent)][-7:]
    return float(recent.mean()) if recent.size else BASELINE[0]


def own_baseline(person: Invented) -> float:
    """The mean before the course, the group's where nothing was written."""
    known = person.before[np.isfinite(person.before)]
    return float(known.mean()) if known.size else BASELINE[0]


@dataclass(frozen=True)
class Rivals:
    """What was learnt from a group of the right truth: residuals by week, so that both rivals' bands hold there."""

    group_relief: np.ndarray
    group_low: np.ndarray
    group_high: np.ndarray
    last_low: np.ndarray
    last_high: np.ndarray


def rivals(level: float = 0.9, count: int = 2000, seed: int = 99) -> Rivals:
    """Both rivals, fitted to another group of the right truth; nobody is fitted to a wrong one."""
    group = patients("model", "at-random", count, seed)
    came = np.array([weekly(person.complete) for person in group])
    own = np.array([own_baseline(person) for person in group])[:, None]
    last = np.array([last_week(person) for person in group])[:, None]
    relief = (own - came).mean(axis=0)
    ends = [(1 - level) / 2, (1 + level) / 2]
    group_low, group_high = np.quantile(came - (own - relief), ends, axis=0)
    last_low, last_high = np.quantile(came - last, ends, axis=0)
    return Rivals(relief, group_low, group_high, last_low, last_high)


def interval_score(came: np.ndarray, low: np.ndarray, high: np.ndarray, level: float = 0.9) -> np.ndarray:
    """Width, and twice what lies outside over what may: smaller is better (Gneiting and Raftery 2007)."""
    outside = np.maximum(low - came, 0) + np.maximum(came - high, 0)
    return (high - low) + 2 / (1 - level) * outside
