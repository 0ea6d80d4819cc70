"""The same cell in plain numpy, many abreast: slow, obvious, and the judge of the compiled one.

Hundreds of times slower; nothing is compiled. Equation by equation as the reference prints them.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np

from unwound.mechanism.cells import FIELDS, Array, Row
from unwound.mechanism.knowledge import TRAIN, value
from unwound.mechanism.stimuli import Input

Fired = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
MOST_UPSTROKE = 10
"""The exponent of the upstroke grows no further: by then the cell has fired."""


def solve(
    rows: Sequence[Row],
    inputs: Sequence[Input],
    *,
    ketamine_um: float,
    blocks: Sequence[float],
    step_ms: float,
    until_ms: float,
) -> tuple[list[Array], Array, Array]:
    """Moments of spikes of each cell (ms), the block at the end and the charge in pC that entered by NMDA."""
    cell = columns(rows)
    steps, every = round(until_ms / step_ms), slow_steps(step_ms)
    arriving = _arrivals(inputs, steps, step_ms)
    none = np.zeros(len(rows))
    now = SimpleNamespace(
        v=cell.leak_reversal.copy(), ampa=0.0, nmda=[0.0, 0.0], nk1=[none, none], gaba=0.0, after=0.0, calcium=0.0,
        plateau=none, resting=none, block=np.array(blocks, dtype=float), charge=none, gathered=none,
    )  # fmt: skip
    spikes: list[list[float]] = [[] for _ in rows]
    for k in range(steps):
        _arrive(now, arriving[k])
        if k % every == 0:
            _advance_slow(cell, now, ketamine_um, every * step_ms)
        for which in np.flatnonzero(_advance(cell, now, step_ms)):
            spikes[which].append(k * step_ms)
    return [np.array(moments) for moments in spikes], now.block, (now.charge + now.gathered) / 1000.0


def columns(rows: Sequence[Row]) -> SimpleNamespace:
    """The numbers of cells by name, (cells,) each."""
    return SimpleNamespace(**{name: np.array([row[place] for row in rows]) for place, name in enumerate(FIELDS)})


def slow_steps(step_ms: float) -> int:
    """Once in how many steps what is slow is advanced."""
    return max(1, round(value(TRAIN, "slow_step") / step_ms))


def first_steps(times_ms: Array, step_ms: float) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """The first step at or after each moment."""
    near = np.ceil(times_ms / step_ms)
    # A quotient is rounded: what counts is the moment of the step.
    near = near + (near * step_ms < times_ms) - ((near - 1) * step_ms >= times_ms)
    return np.maximum(near, 0).astype(np.int64)


def _arrivals(inputs: Sequence[Input], steps: int, step_ms: float) -> Array:
    """What opens at each step, (steps, 4, cells)."""
    arriving = np.zeros((steps, 4, len(inputs)))
    for which, arrival in enumerate(inputs):
        first = first_steps(arrival.times_ms, step_ms)
        within = first < steps
        for kind, opens in enumerate((arrival.ampa, arrival.nmda, arrival.nk1, arrival.gaba)):
            np.add.at(arriving[:, kind, which], first[within], opens[within])
    return arriving


def _arrive(now: SimpleNamespace, arrives: Array) -> None:
    now.ampa = now.ampa + arrives[0]
    now.nmda = [part + arrives[1] for part in now.nmda]
    now.nk1 = [part + arrives[2] for part in now.nk1]
    now.gaba = now.gaba + arrives[3]


def _advance_slow(cell: SimpleNamespace, now: SimpleNamespace, ketamine_um: float, step: float) -> None:
    """Block, plateau, calcium and the neurokinin response over `step` ms: longer steps than those of the voltage."""
    now.block = now.block + step * _binding(cell, now, ketamine_um)
    open_to = now.calcium**2 / (now.calcium**2 + cell.calcium_half**2)
    now.plateau = open_to + (now.plateau - open_to) * np.exp(-step / cell.plateau_decay)
    now.calcium = now.calcium * np.exp(-step / cell.calcium_decay) + cell.calcium_of_nmda * now.gathered
    now.charge, now.gathered = now.charge + now.gathered, np.zeros_like(now.gathered)
    now.nk1 = [now.nk1[0] * np.exp(-step / cell.nk1_rise), now.nk1[1] * np.exp(-step / cell.nk1_decay)]


def _advance(cell: SimpleNamespace, now: SimpleNamespace, step: float) -> Fired:
    """One step of the voltage and of what is fast, of all cells; which of them fire."""
    nmda = _reached(cell, now) * (1 - now.block) * _without_magnesium(cell, now.v)
    now.gathered = now.gathered - step * nmda * now.v
    fires = _voltage(cell, now, nmda, step)
    now.ampa = now.ampa * np.exp(-step / cell.ampa_decay)
    now.nmda = [now.nmda[0] * np.exp(-step / cell.nmda_rise), now.nmda[1] * np.exp(-step / cell.nmda_decay)]
    now.gaba = now.gaba * np.exp(-step / cell.gaba_decay)
    now.after = now.after * np.exp(-step / cell.after_spike_decay)
    return fires


def _reached(cell: SimpleNamespace, now: SimpleNamespace) -> Array:
    """The NMDA conductance that transmitter has opened, before magnesium and block (nS)."""
    reached: Array = (now.nmda[1] - now.nmda[0]) * peak(cell.nmda_rise, cell.nmda_decay)
    return reached


def _without_magnesium(cell: SimpleNamespace, v: Array) -> Array:
    """The share of channels that magnesium leaves open."""
    share: Array = 1 / (1 + cell.magnesium / cell.magnesium_half * np.exp(-cell.magnesium_slope * v))
    return share


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
        + cell.leak * cell.sharpness * np.exp(np.minimum((now.v - cell.threshold) / cell.sharpness, MOST_UPSTROKE))
    )
    aim = drive / total
    moved = aim + (now.v - aim) * np.exp(-step * total / cell.capacitance)
    resting = now.resting > 0
    fires: Fired = ~resting & (moved >= cell.spike_at)
    now.v = np.where(resting | fires, cell.reset, moved)
    now.resting = np.where(fires, np.rint(cell.refractory / step), np.where(resting, now.resting - 1, now.resting))
    now.after = now.after + np.where(fires, cell.after_spike, 0)
    now.calcium = now.calcium + np.where(fires, cell.calcium_of_spike, 0)
    return fires


def _binding(cell: SimpleNamespace, now: SimpleNamespace, ketamine_um: float) -> Array:
    """The change of the block in a ms: in and out only while channels are open; shut ones leak a little."""
    reached = _reached(cell, now)
    opened = reached / (reached + cell.opening)
    affinity = cell.affinity * np.exp((now.v - cell.affinity_voltage) / cell.affinity_slope)
    entering = ketamine_um * _without_magnesium(cell, now.v) * (1 - now.block)
    change: Array = opened * cell.binding * (entering - affinity * now.block) - cell.leak_of_trap * now.block
    return change


def peak(rise_ms: float | Array, decay_ms: float | Array) -> float | Array:
    """What makes the difference of two exponentials one at its highest."""
    top = rise_ms * decay_ms / (decay_ms - rise_ms) * np.log(decay_ms / rise_ms)
    return 1 / (np.exp(-top / decay_ms) - np.exp(-top / rise_ms))
