"""Cells as rows of numbers: the fitted cell, and ensembles around it, for no single set of numbers can be identified.

`FIELDS` is the order in which both ways of solving read a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from unwound.mechanism.knowledge import CELL, TRAIN, mechanism, value

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

FIELDS = (
    "capacitance", "leak", "leak_reversal", "threshold", "sharpness", "reset", "refractory", "after_spike",
    "after_spike_decay", "ampa_decay", "nmda_rise", "nmda_decay", "nk1_rise", "nk1_decay", "gaba_decay",
    "gaba_reversal", "plateau_reversal", "potassium_reversal", "magnesium", "magnesium_half", "magnesium_slope",
    "tonic_inhibition", "calcium_of_nmda", "calcium_of_spike", "calcium_half", "calcium_decay", "plateau",
    "plateau_decay", "binding", "affinity", "affinity_voltage", "affinity_slope", "opening", "leak_of_trap", "girk",
    "spike_at",
)  # fmt: skip
WEIGHTS = ("ampa_weight", "nmda_weight", "nk1_weight", "gaba_weight", "touch_weight")

Cell = Mapping[str, float]
Row = tuple[float, ...]


@cache
def fitted() -> tuple[str, ...]:
    """The names of the numbers that were fitted here: those an ensemble varies."""
    return tuple(name for name, entry in mechanism(CELL).quantities.items() if entry.fitted)


@cache
def central() -> Cell:
    """The cell as its file has it."""
    return {name: entry.value for name, entry in mechanism(CELL).quantities.items()}


@cache
def member(seed: int) -> Cell:
    """One cell of the ensemble: every fitted number drawn evenly within the spread, always the same for one seed."""
    spread = value(TRAIN, "spread")
    factors = np.random.default_rng([seed, 1]).uniform(1 - spread, 1 + spread, len(fitted()))
    drawn = {name: central()[name] * float(factor) for name, factor in zip(fitted(), factors, strict=True)}
    return {**central(), **drawn}


def row(cell: Cell) -> Row:
    """The numbers of one cell in the order of `FIELDS`."""
    return tuple(cell[name] for name in FIELDS)


def magnesium_open(cell: Cell, voltage: float) -> float:
    """The share of NMDA channels that magnesium leaves open at a voltage in mV (Jahr and Stevens)."""
    over = cell["magnesium"] / cell["magnesium_half"] * np.exp(-cell["magnesium_slope"] * voltage)
    return float(1 / (1 + over))


def half_block_um(cell: Cell, voltage: float) -> float:
    """The free ketamine in µmol/L that blocks half of the channels at a voltage in mV, in balance."""
    bare = cell["affinity"] * np.exp((voltage - cell["affinity_voltage"]) / cell["affinity_slope"])
    return float(bare / magnesium_open(cell, voltage))


def block_in_balance(cell: Cell, ketamine_um: float, voltage: float) -> float:
    """The share of channels blocked in balance at a voltage in mV."""
    return ketamine_um / (ketamine_um + half_block_um(cell, voltage))
