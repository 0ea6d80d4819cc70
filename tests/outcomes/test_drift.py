"""Pain that drifts by itself is said: seldom where it does not, mostly where it does."""

from __future__ import annotations

import numpy as np

from unwound.outcomes import drift, fading, of_diary

DRIVEN = fading(49.0)
DAYS = np.array([*range(-27, -5), *range(1, 113)])
RELIEF = np.where(DAYS > 0, 4 * 0.82 * 0.5 ** (np.clip(DAYS, 0, None) / 40), 0)


def said(slope_a_week: float, seed: int, rho: float = 0.3) -> tuple[str, ...]:
    """Of a diary with that slope, noise that follows itself from day to day, and four days of ten missing."""
    stream = np.random.default_rng(seed)
    noise = np.zeros(DAYS.size)
    for n in range(DAYS.size):
        noise[n] = rho * noise[n - 1] + stream.normal(0, 0.8 * (1 - rho**2) ** 0.5)
    pain = np.clip(5.5 - RELIEF + slope_a_week * DAYS / 7 + noise, 0, 10)
    written = stream.random(DAYS.size) > 0.4
    diary = [(int(day), float(value)) for day, value in zip(DAYS[written], pain[written], strict=True)]
    return drift(diary, of_diary(diary, DRIVEN))


def test_drift_is_said_where_there_is_one_and_seldom_elsewhere() -> None:
    still = sum(bool(said(0, seed)) for seed in range(20))
    up = [said(0.25, seed) for seed in range(10)]
    assert still <= 2
    assert sum(map(bool, up)) >= 8
    assert "drifts up" in next(filter(None, up))[0]


def test_a_short_diary_says_nothing() -> None:
    diary = [(-10, 7.0), (-9, 7.0), (-8, 7.0), (1, 3.0), (8, 4.0), (15, 5.0), (22, 6.0)]
    assert drift(diary, of_diary(diary, DRIVEN)) == ()
