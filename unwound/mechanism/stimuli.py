"""What arrives at a cell: moments in ms with what each opens, in nS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from unwound.mechanism.cells import Array, Cell
from unwound.mechanism.knowledge import TRAIN, value


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """Moments in any order (ms) and what opens at each: AMPA, NMDA, NK1 and GABA, in nS."""

    times_ms: Array
    ampa: Array
    nmda: Array
    nk1: Array
    gaba: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Scales:
    """What multiplies a synapse: 1 is the cell as it is."""

    nmda: float = 1.0
    nk1: float = 1.0
    gaba: float = 1.0


def c_fibres(cell: Cell, seed: int, *, frequency_hz: float, release: Sequence[float], scales: Scales) -> Input:
    """A train of C-fibre volleys, one for each entry of `release` (the share of transmitter that is released)."""
    fibres, count = int(value(TRAIN, "c_fibres")), len(release)
    times = (np.arange(count)[:, None] * 1000 / frequency_hz + _latencies(seed, count, fibres)).ravel()
    share = np.repeat(np.asarray(release, dtype=float), fibres)
    # Excitation, and inhibition a little later: the second half of the row.
    opens = {name: np.zeros(2 * times.size) for name in ("ampa", "nmda", "nk1", "gaba")}
    for name, scale in (("ampa", 1.0), ("nmda", scales.nmda), ("nk1", scales.nk1)):
        opens[name][: times.size] = cell[f"{name}_weight"] * scale * share
    opens["gaba"][times.size :] = cell["gaba_weight"] * scales.gaba * share
    return Input(times_ms=np.concatenate([times, times + value(TRAIN, "inhibition_delay")]), **opens)


@lru_cache(maxsize=1024)
def _latencies(seed: int, count: int, fibres: int) -> Array:
    """Of every fibre at every stimulus, (count, fibres) ms: kept, for the same cells meet one concentration after
    the other."""
    latency = np.random.default_rng([seed, 2]).normal(
        value(TRAIN, "c_latency"), value(TRAIN, "c_latency_sd"), (count, fibres)
    )
    return np.maximum(latency, value(TRAIN, "c_window_from"))


def merged(times_ms: Array, **opens: Array) -> Input:
    """The moments with what opens at each; what is not named opens nothing."""
    none: Mapping[str, Array] = {name: np.zeros(times_ms.size) for name in ("ampa", "nmda", "nk1", "gaba")}
    return Input(times_ms=times_ms, **{**none, **opens})
