"""What arrives at a cell: moments in ms with what each opens, in nS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from unwound.mechanism.cells import Array, Cell
from unwound.mechanism.knowledge import TRAIN, value


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """Moments in order (ms) and what opens at each: AMPA, NMDA, NK1 and GABA, in nS."""

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
    draw = np.random.default_rng([seed, 2])
    latency = draw.normal(value(TRAIN, "c_latency"), value(TRAIN, "c_latency_sd"), (count, fibres))
    latency = np.maximum(latency, value(TRAIN, "c_window_from"))
    times = (np.arange(count)[:, None] * 1000 / frequency_hz + latency).ravel()
    share = np.repeat(np.asarray(release, dtype=float), fibres)
    none = np.zeros(times.size)
    later = times + value(TRAIN, "inhibition_delay")
    return merged(
        np.concatenate([times, later]),
        ampa=np.concatenate([cell["ampa_weight"] * share, none]),
        nmda=np.concatenate([cell["nmda_weight"] * scales.nmda * share, none]),
        nk1=np.concatenate([cell["nk1_weight"] * scales.nk1 * share, none]),
        gaba=np.concatenate([none, cell["gaba_weight"] * scales.gaba * share]),
    )


def merged(times_ms: Array, **opens: Array) -> Input:
    """The moments put in order, with what opens at each."""
    order = np.argsort(times_ms, kind="stable")
    none: Mapping[str, Array] = {name: np.zeros(times_ms.size) for name in ("ampa", "nmda", "nk1", "gaba")}
    return Input(times_ms=times_ms[order], **{name: {**none, **opens}[name][order] for name in none})
