"""Experiments on the cell: a train of C-fibre volleys, with what is blocked, given or injured; and what is read off.

A model, not anybody's spinal cord. `windup(...)` is the door; an answer is the mean over an ensemble of cells, with how
far they spread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unwound.mechanism.cells import Array, Cell, block_in_balance, member, row
from unwound.mechanism.knowledge import TRAIN, given, row_of, switch, value, whole
from unwound.mechanism.stimuli import Input, Scales, c_fibres

SAID = "A model, not anybody's spinal cord."


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What is done to the cell; every field left alone is the cell as it is.

    `nmda`, `nk1`, `gaba`: shares of each synapse left. `ketamine_um`: free racemic ketamine at the channel, µmol/L.
    `opioid_release`: the share of release that a mu-opioid leaves; `girk_ns` what it opens in the cell.
    `opioid_relief` is a hypothesis, off: repeated firing lifts the opioid's hold on release. `gabapentinoid` is a
    hypothesis about its size.
    """

    frequency_hz: float
    stimuli: int
    ketamine_um: float = 0.0
    fresh: bool = False
    """Whether the drug meets unblocked channels, as a jump would; else block is in balance when the train begins."""
    nmda: float = 1.0
    nk1: float = 1.0
    gaba: float = 1.0
    opioid_release: float = 1.0
    girk_ns: float = 0.0
    opioid_relief: bool = False
    gabapentinoid: bool = False
    injury: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WindUp:
    """What a train did, as means over the cells: spikes after each stimulus, with the 5 and 95 % of the cells.

    `input` is the first response times the number of stimuli, `windup` all spikes less that, `post_discharge` the
    spikes of the late window (`late_window_ms`) of all stimuli; `ketamine_block` the share of NMDA channels blocked
    over the train (mean of its begin and end). `counts` are (cells, stimuli).
    """

    conditions: Conditions
    spikes_per_stimulus: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    input: float
    windup: float
    post_discharge: float
    ketamine_block: float
    block_at_end: float
    nmda_charge_pc: float
    counts: Array
    late: Array

    @property
    def late_window_ms(self) -> tuple[float, float]:
        """From when to when after a stimulus post-discharge is counted; cut where the next one's response begins."""
        begins, late, ends = (value(TRAIN, name) for name in ("c_window_from", "late_window_from", "late_window_to"))
        return late, min(ends, begins + 1000 / self.conditions.frequency_hz)

    @property
    def ratio(self) -> float:
        """The mean of the last three responses over the first; NaN where nothing fired first."""
        first = self.spikes_per_stimulus[0]
        return float(np.mean(self.spikes_per_stimulus[-3:])) / first if first else math.nan


def windup(
    *,
    frequency_hz: float | None = None,
    stimuli: int | None = None,
    ketamine_um: float | None = None,
    nmda: float | None = None,
    nk1: float | None = None,
    gaba: float | None = None,
    opioid_release: float | None = None,
    girk_ns: float | None = None,
    opioid_relief: bool = False,
    gabapentinoid: bool = False,
    injury: bool = False,
    fresh: bool = False,
    seeds: int | None = None,
    plain: bool = False,
) -> WindUp:
    """A train of C-fibre volleys on an ensemble of `seeds` cells. UnwoundError, with the range, for what lies outside.

    `plain` solves in numpy, hundreds of times slower, with the same spikes.
    """
    asked = Conditions(
        frequency_hz=given("frequency_hz", frequency_hz), stimuli=whole("stimuli", stimuli),
        fresh=switch("fresh", fresh),
        ketamine_um=given("ketamine_um", ketamine_um), nmda=given("nmda", nmda), nk1=given("nk1", nk1),
        gaba=given("gaba", gaba),
        opioid_release=given("opioid_release", opioid_release), girk_ns=given("girk_ns", girk_ns),
        opioid_relief=switch("opioid_relief", opioid_relief), gabapentinoid=switch("gabapentinoid", gabapentinoid),
        injury=switch("injury", injury),
    )  # fmt: skip
    members = {seed: member(seed) for seed in range(whole("seeds", seeds))}
    return of_cells(asked, members, plain=switch("plain", plain))


def over_concentrations(ketamine_um: Sequence[float] | Array, **conditions: float | bool | None) -> tuple[WindUp, ...]:
    """The same train at each free concentration (µmol/L), as at moments of an infusion; the same cells every time."""
    amounts = row_of("ketamine_um", ketamine_um)
    return tuple(windup(ketamine_um=amount, **conditions) for amount in amounts)  # type: ignore[arg-type]


def of_cells(conditions: Conditions, cells: dict[int, Cell], *, plain: bool = False, step_ms: float = 0.0) -> WindUp:
    """The train on named cells, by the seed of their fibres' latencies."""
    released = releases(conditions)
    altered, arriving = zip(*(_input(conditions, seed, cell, released) for seed, cell in cells.items()), strict=True)
    before = [_block(conditions, cell) for cell in altered]
    solved, blocked, charges = solve(
        altered, arriving, ketamine_um=conditions.ketamine_um, blocks=before, until_ms=until_ms(conditions),
        step_ms=step_ms, plain=plain,
    )  # fmt: skip
    counts, late = count(conditions, solved)
    first, total = counts[:, 0].mean(), counts.sum(axis=1).mean()
    return WindUp(
        conditions=conditions,
        spikes_per_stimulus=_floats(counts.mean(axis=0)),
        low=_floats(np.quantile(counts, 0.05, axis=0)),
        high=_floats(np.quantile(counts, 0.95, axis=0)),
        input=float(first * conditions.stimuli),
        windup=float(total - first * conditions.stimuli),
        post_discharge=float(late.sum(axis=1).mean()),
        ketamine_block=float((blocked.mean() + np.mean(before)) / 2),
        block_at_end=float(blocked.mean()),
        nmda_charge_pc=float(charges.mean()),
        counts=counts,
        late=late,
    )


def changed(cell: Cell, conditions: Conditions) -> tuple[Cell, Scales]:
    """The cell and its synapses under the conditions: nerve injury, what an opioid opens, a gabapentinoid."""
    nmda, gaba = conditions.nmda, conditions.gaba
    more = {"girk": conditions.girk_ns}
    if conditions.injury:
        # A gabapentinoid is held to bring the surplus of NMDA receptors of an injured nerve back, and to do no more.
        nmda *= 1.0 if conditions.gabapentinoid else value(TRAIN, "injury_nmda")
        gaba *= value(TRAIN, "injury_inhibition")
        more |= {
            "gaba_reversal": value(TRAIN, "injury_reversal"),
            "magnesium_half": cell["magnesium_half"] * value(TRAIN, "injury_magnesium"),
        }
    return {**cell, **more}, Scales(nmda=nmda, nk1=conditions.nk1, gaba=gaba)


def releases(conditions: Conditions) -> tuple[float, ...]:
    """The share of transmitter released by each volley."""
    held = conditions.opioid_release
    general = value(TRAIN, "gabapentinoid_release") if conditions.gabapentinoid else 1.0
    lifting = value(TRAIN, "relief_stimuli")
    relieved, volleys = conditions.opioid_relief, range(conditions.stimuli)
    lifted = (1 - math.exp(-volley / lifting) if relieved else 0.0 for volley in volleys)
    return tuple(general * (held + (1 - held) * share) for share in lifted)


def _input(conditions: Conditions, seed: int, cell: Cell, released: Sequence[float]) -> tuple[Cell, Input]:
    altered, scales = changed(cell, conditions)
    return altered, c_fibres(altered, seed, frequency_hz=conditions.frequency_hz, release=released, scales=scales)


def _block(conditions: Conditions, altered: Cell) -> float:
    """The block with which the train begins: in balance at the voltage of a cell that is at work, or none."""
    if conditions.fresh:
        return 0.0
    return block_in_balance(altered, conditions.ketamine_um, value(TRAIN, "block_voltage"))


def until_ms(conditions: Conditions) -> float:
    """When the last window of a train has ended."""
    return (conditions.stimuli - 1) * 1000 / conditions.frequency_hz + value(TRAIN, "late_window_to") + 1


def solve(
    cells: Sequence[Cell],
    arriving: Sequence[Input],
    *,
    ketamine_um: float,
    blocks: Sequence[float],
    until_ms: float,
    step_ms: float = 0.0,
    plain: bool = False,
) -> tuple[list[Array], Array, Array]:
    """Cells by the compiled or the plain way: moments of spikes (ms), block at the end, charge by NMDA (pC) of each."""
    # Compiled code is loaded when it is first needed: importing it takes a second.
    if plain:
        from unwound.mechanism.plain import solve as way
    else:
        from unwound.mechanism.abreast import solve as way

    return way(
        [row(cell) for cell in cells], arriving, ketamine_um=ketamine_um, blocks=blocks,
        step_ms=step_ms or value(TRAIN, "step"), until_ms=until_ms,
    )  # fmt: skip


def count(conditions: Conditions, spikes: Sequence[Array]) -> tuple[Array, Array]:
    """Spikes of each cell (ms) by stimulus, (cells, stimuli): from the C-fibre window on, and in the late one alone.

    Where stimuli follow fast, a window ends where the next one's begins: no spike counts twice.
    """
    every, shape = 1000 / conditions.frequency_hz, (len(spikes), conditions.stimuli)
    begins, late, ends = (value(TRAIN, name) for name in ("c_window_from", "late_window_from", "late_window_to"))
    moments = np.concatenate(spikes)
    which = np.floor((moments - begins) / every).astype(int)
    after = moments - which * every
    counted = (which >= 0) & (which < conditions.stimuli) & (after < ends)
    place = np.repeat(np.arange(len(spikes)) * conditions.stimuli, [each.size for each in spikes]) + which
    in_all, in_late = (
        np.bincount(place[chosen], minlength=math.prod(shape)).reshape(shape).astype(float)
        for chosen in (counted, counted & (after >= late))
    )
    return in_all, in_late


def _floats(values: Array) -> tuple[float, ...]:
    return tuple(float(entry) for entry in values)
