"""The slow layer. `homeostatic` is a hypothesis: a state that falls fast and comes back slowly while NMDA is held.

Forecasts never use it: they use the empirical curve of `pharmacology`, which comes in here as an argument, to be
compared with it. A model, not anybody's spinal cord.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from unwound.mechanism.cells import Array
from unwound.mechanism.knowledge import SLOW, value
from unwound.record import UnwoundError

HOURS = 24.0
LABEL = "hypothesis"


def drive(free_um: Sequence[float] | Array, half_um: float | None = None) -> Array:
    """The share of NMDA held by free racemic ketamine (µmol/L): without magnesium, unless another half is given."""
    amounts, half = _numbers("free ketamine", free_um), _above_nothing("half", value(SLOW, "half"), half_um)
    if not np.all(np.isfinite(amounts)) or np.any(amounts < 0):
        raise UnwoundError("free ketamine: numbers of µmol/L from 0 up are needed")
    return amounts / (amounts + half)


def homeostatic(
    times_h: Sequence[float] | Array,
    held: Sequence[float] | Array,
    *,
    falls_in_days: float | None = None,
    recovers_in_days: float | None = None,
) -> Array:
    """Relief (share of the most there is) at `times_h`, in order, under the share of NMDA `held` at each: a hypothesis.

    Between two moments the share is taken as the mean of both, and solved exactly; equal times give one time constant.
    UnwoundError for times out of order, shares outside 0 to 1, and time constants that are not above zero.
    """
    times, shares = _numbers("times", times_h), _numbers("shares held", held)
    falls, recovers = (
        HOURS * _above_nothing(name.replace("_", " ") + " days", value(SLOW, name), asked)
        for name, asked in (("falls_in", falls_in_days), ("recovers_in", recovers_in_days))
    )
    _refuse(times, shares)
    relief = np.zeros(times.size)
    for k in range(1, times.size):
        aim, before = (shares[k - 1] + shares[k]) / 2, relief[k - 1]
        pace = falls if aim > before else recovers
        relief[k] = aim + (before - aim) * np.exp(-(times[k] - times[k - 1]) / pace)
    return relief


def _numbers(what: str, asked: Sequence[float] | Array) -> Array:
    try:
        return np.asarray(asked, dtype=float)
    except (TypeError, ValueError):
        raise UnwoundError(f"{what} «{asked}»: a list of numbers is needed") from None


def _above_nothing(what: str, usual: float, asked: float | None) -> float:
    if asked is None:
        return usual
    if isinstance(asked, bool) or not isinstance(asked, int | float | np.number) or not 0 < asked < np.inf:
        raise UnwoundError(f"{what} «{asked}»: a number above 0 is needed")
    return float(asked)


def _refuse(times: Array, shares: Array) -> None:
    # Numbers that are wrong here give a curve that looks right, so that each is refused with its own message.
    if times.ndim != 1 or times.shape != shares.shape or times.size < 2:
        raise UnwoundError("times and shares held: two rows of the same length are needed, of two moments or more")
    if not np.all(np.isfinite(times)) or np.any(np.diff(times) <= 0):
        raise UnwoundError("times: numbers of hours in order, each once, are needed")
    if not np.all((shares >= 0) & (shares <= 1)):
        raise UnwoundError("shares held: each lies from 0 to 1")
