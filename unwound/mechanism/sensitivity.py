"""Which numbers decide wind-up and its block: rank correlations over an ensemble, and how far the answers spread.

Fitted numbers are drawn within the spread of the ensemble, the others within their own bounds where the file gives
any. Drawn independently, so a rank correlation stands for itself. A model, not anybody's spinal cord.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from unwound.mechanism.cells import Array, Cell, central, fitted, member
from unwound.mechanism.experiments import Conditions, of_cells
from unwound.mechanism.knowledge import CELL, TRAIN, given, mechanism, row_of, value, whole
from unwound.record import UnwoundError

AMOUNT_UM = 3.0
"""Where the block of wind-up is asked for unless another is named: near half of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """For each number drawn, its rank correlation (-1 to 1) with wind-up and with the share left under ketamine.

    `noise` is how far from 0 a correlation lies by chance once in twenty times. `windup` and `left` are one a cell.
    """

    ketamine_um: float
    of_windup: Mapping[str, float]
    of_share_left: Mapping[str, float]
    noise: float
    windup: Array
    left: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseCurve:
    """Wind-up and first response left at each free concentration, as shares of those without drug.

    `windup` has rows of (low 5 %, middle, high 95 %) over the cells; `first` is of their means. `block` is the mean
    share of channels blocked. `half_um` is where half of the wind-up is left, or None where the curve does not come
    there; `human_free_um` what was free in people who had relief.
    """

    ketamine_um: tuple[float, ...]
    windup: Array
    first: tuple[float, ...]
    block: tuple[float, ...]
    half_um: float | None
    human_free_um: tuple[float, float]


def dose_curve(
    ketamine_um: Sequence[float], *, seeds: int | None = None, cells: dict[int, Cell] | None = None
) -> DoseCurve:
    """What free ketamine (µmol/L) leaves of a train at 1 Hz, over an ensemble; concentrations in rising order.

    UnwoundError for others, and for what lies outside its range.
    """
    amounts = row_of("ketamine_um", ketamine_um)
    if not amounts or list(amounts) != sorted(set(amounts)):
        raise UnwoundError("concentrations: one or more are needed, each once and in rising order")
    asked = _train()
    members = cells or {seed: member(seed) for seed in range(whole("seeds", seeds))}
    without = of_cells(asked, members).counts
    under = [of_cells(replace(asked, ketamine_um=amount), members) for amount in amounts]
    gain, first = _gain(without), without[:, 0].mean()
    windup = np.array([_spread(_gain(each.counts) / gain) for each in under])
    human = mechanism(TRAIN).quantities["human_free_um"]
    return DoseCurve(
        ketamine_um=amounts,
        windup=windup,
        first=tuple(float(each.counts[:, 0].mean() / first) for each in under),
        block=tuple(each.ketamine_block for each in under),
        half_um=_crosses(amounts, windup[:, 1]),
        human_free_um=(human.low or human.value, human.high or human.value),
    )


def sensitivity(*, seeds: int = 300, ketamine_um: float = AMOUNT_UM) -> Sensitivity:
    """Which numbers decide: over `seeds` cells, a train at 1 Hz without and with ketamine (free µmol/L)."""
    cells = drawn(whole("seeds", seeds))
    gain = _gain(of_cells(_train(), cells).counts)
    under = of_cells(replace(_train(), ketamine_um=given("ketamine_um", ketamine_um)), cells)
    left = _gain(under.counts) / gain
    numbers = {name: np.array([cell[name] for cell in cells.values()]) for name in bounds()}
    return Sensitivity(
        ketamine_um=ketamine_um,
        of_windup={name: _ranked(drawn_values, gain) for name, drawn_values in numbers.items()},
        of_share_left={name: _ranked(drawn_values, left) for name, drawn_values in numbers.items()},
        noise=float(1.96 / np.sqrt(len(cells))),
        windup=gain,
        left=left,
    )


def bounds() -> dict[str, tuple[float, float]]:
    """Between what every uncertain number is drawn."""
    spread, quantities = value(TRAIN, "spread"), mechanism(CELL).quantities
    own = {
        name: (entry.low, entry.high)
        for name, entry in quantities.items()
        if entry.low is not None and entry.high is not None
    }
    return {name: (central()[name] * (1 - spread), central()[name] * (1 + spread)) for name in fitted()} | own


def drawn(count: int) -> dict[int, Cell]:
    """Cells with every uncertain number drawn evenly between its bounds, by seed; the same for one seed."""
    limits = bounds()
    low, high = (np.array([pair[end] for pair in limits.values()]) for end in (0, 1))
    cells: dict[int, Cell] = {}
    for seed in range(count):
        numbers = np.random.default_rng([seed, 4]).uniform(low, high)
        cells[seed] = {**central(), **dict(zip(limits, numbers.tolist(), strict=True))}
    return cells


def _train() -> Conditions:
    return Conditions(frequency_hz=1.0, stimuli=int(value(TRAIN, "stimuli")))


def _gain(counts: Array) -> Array:
    """Wind-up of each cell; at least one spike, so that a share of it can be told."""
    gain: Array = np.maximum(counts.sum(axis=1) - counts.shape[1] * counts[:, 0], 1.0)
    return gain


def _spread(values: Array) -> Array:
    return np.quantile(values, [0.05, 0.5, 0.95])


def _ranked(first: Array, second: Array) -> float:
    """The rank correlation; 0 where one of them does not vary."""
    from scipy.stats import rankdata

    ranks = rankdata(first), rankdata(second)
    if min(np.ptp(rank) for rank in ranks) == 0:
        return 0.0
    return float(np.corrcoef(*ranks)[0, 1])


def _crosses(amounts: Sequence[float], left: Array) -> float | None:
    """The concentration at which half is left, between neighbours on a scale of logarithms."""
    for k in range(1, len(amounts)):
        if left[k - 1] >= 0.5 > left[k] and amounts[k - 1] > 0:
            share = (left[k - 1] - 0.5) / (left[k - 1] - left[k])
            return float(np.exp(np.log(amounts[k - 1]) * (1 - share) + np.log(amounts[k]) * share))
    return None
