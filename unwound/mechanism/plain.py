"""The same cell in plain numpy, many abreast: slow, obvious, and the judge of the compiled one.

A thousand times slower for one cell; nothing is compiled. Equation by equation as the reference prints them.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np

from unwound.mechanism.cells import FIELDS, Array
from unwound.mechanism.stimuli import Input

Fired = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


def solve(
    rows: Sequence[tuple[float, ...]],
    inputs: Sequence[Input],
    *,
    ketamine_um: float,
    blocks: Sequence[float],
    step_ms: float,
    until_ms: float,
) -> tuple[list[Array], Array, Array]:
    """Moments of spikes of each cell (ms), the block at the end and the charge in pC that entered by NMDA."""
    cell = SimpleNamespace(**{name: np.array([row[place] for row in rows]) for place, name in enumerate(FIELDS)})
    steps = round(until_ms / step_ms)
    arriving = _arrivals(inputs, steps, step_ms)
    state = SimpleNamespace(
        v=cell.leak_reversal.copy(), ampa=0.0, nmda=[0.0, 0.0], nk1=[0.0, 0.0], gaba=0.0, after=0.0, calcium=0.0,
        plateau=np.zeros(len(rows)), resting=np.zeros(len(rows)), block=np.array(blocks, dtype=float), charge=0.0,
    )  # fmt: skip
    spikes: list[list[float]] = [[] for _ in rows]
    for k in range(steps):
        for which in np.flatnonzero(_advance(cell, state, arriving[k], ketamine_um, step_ms)):
            spikes[which].append(k * step_ms)
    return [np.array(moments) for moments in spikes], state.block, state.charge / 1000.0


def _arrivals(inputs: Sequence[Input], steps: int, step_ms: float) -> Array:
    """What opens at each step, (steps, 4, cells)."""
    arriving = np.zeros((steps, 4, len(inputs)))
    for which, arrival in enumerate(inputs):
        first = np.searchsorted(np.arange(steps) * step_ms, arrival.times_ms)
        within = first < steps
        for kind, opens in enumerate((arrival.ampa, arrival.nmda, arrival.nk1, arrival.gaba)):
            np.add.at(arriving[:, kind, which], first[within], opens[within])
    return arriving


def _advance(cell: SimpleNamespace, now: SimpleNamespace, arrives: Array, ketamine_um: float, step: float) -> Fired:
    """One step of all cells; which of them fire."""
    now.ampa = now.ampa + arrives[0]
    now.nmda = [part + arrives[1] for part in now.nmda]
    now.nk1 = [part + arrives[2] for part in now.nk1]
    now.gaba = now.gaba + arrives[3]
    reached = (now.nmda[1] - now.nmda[0]) * peak(cell.nmda_rise, cell.nmda_decay)
    unblocked = 1 / (1 + cell.magnesium / cell.magnesium_half * np.exp(-cell.magnesium_slope * now.v))
    nmda = reached * (1 - now.block) * unblocked
    current = nmda * now.v
    fires = _voltage(cell, now, nmda, step)
    now.block = now.block + step * _binding(cell, now, reached, unblocked, ketamine_um)
    open_to = now.calcium**2 / (now.calcium**2 + cell.calcium_half**2)
    now.plateau = open_to + (now.plateau - open_to) * np.exp(-step / cell.plateau_decay)
    now.calcium = now.calcium * np.exp(-step / cell.calcium_decay) - step * cell.calcium_of_nmda * current
    now.charge = now.charge - step * current
    now.ampa = now.ampa * np.exp(-step / cell.ampa_decay)
    now.nmda = [now.nmda[0] * np.exp(-step / cell.nmda_rise), now.nmda[1] * np.exp(-step / cell.nmda_decay)]
    now.nk1 = [now.nk1[0] * np.exp(-step / cell.nk1_rise), now.nk1[1] * np.exp(-step / cell.nk1_decay)]
    now.gaba = now.gaba * np.exp(-step / cell.gaba_decay)
    now.after = now.after * np.exp(-step / cell.after_spike_decay)
    return fires


def _voltage(cell: SimpleNamespace, now: SimpleNamespace, nmda: Array, step: float) -> Fired:
    """The voltage a step later, exact for conductances that stand still; a spike resets it."""
    nk1 = (now.nk1[1] - now.nk1[0]) * peak(cell.nk1_rise, cell.nk1_decay)
    plateau, inhibition, potassium = cell.plateau * now.plateau, now.gaba + cell.tonic_inhibition, now.after + cell.girk
    total = cell.leak + now.ampa + nmda + nk1 + inhibition + potassium + plateau
    drive = (
        cell.leak * cell.leak_reversal
        + inhibition * cell.gaba_reversal
        + potassium * cell.potassium_reversal
        + plateau * cell.plateau_reversal
        + cell.leak * cell.sharpness * np.exp(np.minimum((now.v - cell.threshold) / cell.sharpness, 10))
    )
    aim = drive / total
    moved = aim + (now.v - aim) * np.exp(-step * total / cell.capacitance)
    resting = now.resting > 0
    fires: Fired = ~resting & (moved >= cell.spike_at)
    now.v = np.where(resting | fires, cell.reset, moved)
    now.resting = np.where(fires, cell.refractory, np.where(resting, now.resting - step, now.resting))
    now.after = now.after + np.where(fires, cell.after_spike, 0)
    now.calcium = now.calcium + np.where(fires, cell.calcium_of_spike, 0)
    return fires


def _binding(
    cell: SimpleNamespace, now: SimpleNamespace, reached: Array, unblocked: Array, ketamine_um: float
) -> Array:
    """The change of the block in a ms: in and out only while channels are open; shut ones leak a little."""
    opened = reached / (reached + cell.opening)
    affinity = cell.affinity * np.exp((now.v - cell.affinity_voltage) / cell.affinity_slope)
    bound = opened * cell.binding * (ketamine_um * unblocked * (1 - now.block) - affinity * now.block)
    change: Array = bound - cell.leak_of_trap * now.block
    return change


def peak(rise_ms: float | Array, decay_ms: float | Array) -> float | Array:
    """What makes the difference of two exponentials one at its highest."""
    top = rise_ms * decay_ms / (decay_ms - rise_ms) * np.log(decay_ms / rise_ms)
    return 1 / (np.exp(-top / decay_ms) - np.exp(-top / rise_ms))
