"""Whether what is beyond a limit lasted long enough to call: a blink of a probe waits, a deep fall never does."""

from __future__ import annotations

import numpy as np

from unwound.session.episodes import Run
from unwound.session.readings import ABOVE, BELOW, SECOND, Bools, Series, Times
from unwound.session.signs import VitalSign, sign

WINDOW_S = 60
"""Several short stretches within a minute count together."""


def lasts(series: Series, beyond: Bools, run: Run, now_us: int) -> bool:
    """Whether a run of values of a probe calls by now; what a person charted, and what lies too deep, calls at once."""
    measured = sign(series.channel.sign)
    waits_us = measured.waits_s * SECOND
    if not waits_us or series.channel.by_hand:
        return True
    part = slice(run.first, run.last + 1)
    if bool((beyond[part] & _deep(measured, series)[part]).any()):
        return True
    return longest_us(series.at_us, beyond, run, now_us) > waits_us


def longest_us(at_us: Times, beyond: Bools, run: Run, now_us: int) -> int:
    """For how long, within a minute, the readings of a run held: each until the next reading, the last until now."""
    places = run.first + np.flatnonzero(beyond[run.first : run.last + 1])
    begins = np.unique(at_us[places])
    # Of two readings at one time the worse counts: each holds until the next time at which there is any.
    after = np.searchsorted(at_us, begins, side="right")
    ends = np.append(at_us, now_us)[after]
    ends = np.maximum(ends, begins)
    held = np.cumsum(ends - begins)
    points = np.stack((begins, ends), axis=1).ravel()
    sums = np.stack((held - (ends - begins), held), axis=1).ravel()
    before = np.interp(ends - WINDOW_S * SECOND, points, sums)
    return int((held - before).max())


def _deep(measured: VitalSign, series: Series) -> Bools:
    """Values so far out that nothing waits."""
    low, high = measured.at_once
    with np.errstate(invalid="ignore"):
        # «<80» is below 80 though it is written with that number.
        deep: Bools = (series.value < low) | (series.value > high)
        deep |= (series.state == BELOW) & (series.value <= low) | (series.state == ABOVE) & (series.value >= high)
    return deep
