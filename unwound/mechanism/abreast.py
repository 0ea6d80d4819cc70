"""Cells laid out side by side for the compiled loop, batches of them on every thread, and their spikes told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from unwound.mechanism import kernel
from unwound.mechanism.cells import Array, Row
from unwound.mechanism.kernel import LANES
from unwound.mechanism.plain import MOST_UPSTROKE, columns, first_steps, peak, slow_steps
from unwound.mechanism.stimuli import Input

TOGETHER = 8
"""Lanes come in so many, filled up with the last cell again: no machine's vectors are longer, so that all lanes are
calculated in the same way and a cell's numbers are its own whoever stands beside it."""
AT_ONCE = 2
"""Threads that solve side by side."""
LOG2E = np.log2(np.e)
HALF = 0xFFFF
NONE = -600.0
"""The logarithm of a share that is as good as nothing."""

Solved = tuple[list[Array], Array, Array]
Steps = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


def solve(
    rows: Sequence[Row], inputs: Sequence[Input], *, ketamine_um: float, blocks: Sequence[float], step_ms: float,
    until_ms: float,
) -> Solved:  # fmt: skip
    """Moments of spikes of each cell (ms), the block at the end and the charge in pC that entered by NMDA."""
    each = partial(_batch, ketamine_um=ketamine_um, step_ms=step_ms, until_ms=until_ms)
    firsts = range(0, len(rows), LANES)
    batches = [(rows[k : k + LANES], inputs[k : k + LANES], blocks[k : k + LANES]) for k in firsts]
    if len(batches) == 1:
        return each(*batches[0])
    with ThreadPoolExecutor(AT_ONCE) as threads:
        solved = list(threads.map(lambda batch: each(*batch), batches))
    spikes, left, charges = zip(*solved, strict=True)
    return [moments for batch in spikes for moments in batch], np.concatenate(left), np.concatenate(charges)


def _batch(
    rows: Sequence[Row], inputs: Sequence[Input], blocks: Sequence[float], *, ketamine_um: float, step_ms: float,
    until_ms: float,
) -> Solved:  # fmt: skip
    cells, steps = len(rows), round(until_ms / step_ms)
    lanes = -(-cells // TOGETHER) * TOGETHER
    filled = np.minimum(np.arange(lanes), cells - 1)
    every = slow_steps(step_ms)
    cell = columns([rows[which] for which in filled])
    now = _laid_out(kernel.STATE, {kernel.VOLTAGE: cell.leak_reversal, kernel.BLOCK: np.asarray(blocks)[filled]})
    own = _laid_out(kernel.NUMBERS, _numbers(cell, step_ms, every))
    arrives = _arrivals(inputs, step_ms)
    fired, when = kernel.solve(own, now, np.uintp(lanes), arrives, float(ketamine_um), every, steps)
    spikes = [when[fired == lane] * step_ms for lane in range(cells)]
    block, charge, gathered = (now[place : place + cells] for place in map(int, _ENDS))
    return spikes, block, (charge - gathered) * step_ms / 1000.0


_ENDS = kernel.BLOCK, kernel.CHARGE, kernel.GATHERED


def _laid_out(places: Sequence[Any], rows: Mapping[Any, Array]) -> Array:
    laid = np.zeros(len(places) * LANES)
    for place, values in rows.items():
        laid[int(place) : int(place) + values.size] = values
    return laid


def _arrivals(inputs: Sequence[Input], step_ms: float) -> tuple[Steps, Steps, Array]:
    """The steps at which something arrives, in order, the lane to which it comes, and what opens there."""
    at = first_steps(np.concatenate([each.times_ms for each in inputs]), step_ms)
    lane = np.repeat(np.arange(len(inputs), dtype=np.int64), [each.times_ms.size for each in inputs])
    kinds = ("ampa", "nmda", "nk1", "gaba")
    opens: Array = np.array([np.concatenate([getattr(each, kind) for each in inputs]) for kind in kinds])
    # Halves of the number one after the other: of 16 bits numpy sorts in linear time, a tenth of what 64 bits cost.
    low = np.argsort((at & HALF).astype(np.uint16), kind="stable")
    order = low[np.argsort((at[low] >> 16).astype(np.uint16), kind="stable")]
    return at[order], lane[order], opens[:, order]


def _numbers(cell: SimpleNamespace, step_ms: float, every: int) -> dict[Any, Array]:
    """What the loop needs of each cell: constants taken together, exponents to the base of 2, fading of a step."""
    k = kernel
    slow_ms = every * step_ms
    upstroke = np.log2(cell.leak * cell.sharpness)
    with np.errstate(divide="ignore"):
        magnesium = np.maximum(np.log2(cell.magnesium / cell.magnesium_half), NONE)
    plateau_fade = np.exp(-slow_ms / cell.plateau_decay)
    return {
        k.STANDING: cell.leak + cell.tonic_inhibition + cell.girk,
        k.PULL: cell.leak * cell.leak_reversal + cell.tonic_inhibition * cell.gaba_reversal
        + cell.girk * cell.potassium_reversal,
        k.PER_CAPACITANCE: step_ms / cell.capacitance,
        k.UPSTROKE_FROM: upstroke - LOG2E * cell.threshold / cell.sharpness,
        k.UPSTROKE_PER_MV: LOG2E / cell.sharpness,
        k.UPSTROKE_MOST: upstroke + LOG2E * MOST_UPSTROKE,
        k.MAGNESIUM_FROM: magnesium, k.MAGNESIUM_PER_MV: -LOG2E * cell.magnesium_slope,
        k.AMPA_FADE: np.exp(-step_ms / cell.ampa_decay), k.GABA_FADE: np.exp(-step_ms / cell.gaba_decay),
        k.AFTER_FADE: np.exp(-step_ms / cell.after_spike_decay),
        k.NMDA_RISE_FADE: np.exp(-step_ms / cell.nmda_rise), k.NMDA_FALL_FADE: np.exp(-step_ms / cell.nmda_decay),
        k.NMDA_PEAK: peak(cell.nmda_rise, cell.nmda_decay), k.NK1_PEAK: peak(cell.nk1_rise, cell.nk1_decay),
        k.GABA_AT: cell.gaba_reversal, k.POTASSIUM_AT: cell.potassium_reversal, k.PLATEAU_AT: cell.plateau_reversal,
        k.RESET: cell.reset, k.SPIKE_AT: cell.spike_at, k.REFRACTORY: np.rint(cell.refractory / step_ms),
        k.AFTER_SPIKE: cell.after_spike, k.CALCIUM_OF_SPIKE: cell.calcium_of_spike,
        k.NK1_RISE_FADE: np.exp(-slow_ms / cell.nk1_rise), k.NK1_FALL_FADE: np.exp(-slow_ms / cell.nk1_decay),
        k.CALCIUM_FADE: np.exp(-slow_ms / cell.calcium_decay), k.CALCIUM_OF_NMDA: step_ms * cell.calcium_of_nmda,
        k.CALCIUM_HALF: cell.calcium_half**2,
        k.PLATEAU_FADE: plateau_fade, k.PLATEAU_GAIN: cell.plateau * (1 - plateau_fade),
        k.OPENING: cell.opening, k.BINDING: slow_ms * cell.binding, k.LEAVING: cell.affinity,
        k.LEAVING_FROM: -LOG2E * cell.affinity_voltage / cell.affinity_slope,
        k.LEAVING_PER_MV: LOG2E / cell.affinity_slope, k.TRAP_LEAK: slow_ms * cell.leak_of_trap,
    }  # fmt: skip
