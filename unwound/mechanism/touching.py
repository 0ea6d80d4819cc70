"""Touch: A-beta fibres to the cell, straight and through the gate; what is lost when the gate's cells are.

A model, not anybody's spinal cord.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from unwound.mechanism.cells import Array, Cell, block_in_balance, member
from unwound.mechanism.experiments import Conditions, changed, solve
from unwound.mechanism.knowledge import GATE, TRAIN, given, switch, value, whole
from unwound.mechanism.stimuli import Input, merged
from unwound.record import UnwoundError

KINDS = ("excitatory", "parvalbumin", "dynorphin")
NUMBERS = (
    "capacitance", "leak", "rest", "reset", "refractory", "ampa_decay", "gaba_decay", "dynorphin_decay", "reversal",
    "to_excitatory", "tonic",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What twenty touches did, as means over the cells: spikes of the wide-dynamic-range cell, and of the gate's kinds.

    `low` and `high` are the 5 and 95 % of the cells.
    """

    spikes: float
    low: float
    high: float
    gate: dict[str, float]
    counts: Array


def touch(
    *,
    ablated: tuple[str, ...] = (),
    inhibition: float | None = None,
    injury: bool = False,
    ketamine_um: float | None = None,
    nmda: float | None = None,
    seeds: int | None = None,
) -> Touched:
    """Touches on an ensemble of cells. `ablated` kinds of the gate are gone; `inhibition` is the share left of it.

    UnwoundError for a kind that is none, and for what lies outside its range, with the range.
    """
    if isinstance(ablated, str) or not isinstance(ablated, Iterable):
        raise UnwoundError(f"ablated «{ablated}»: a list of kinds is needed, as ({KINDS[1]!r},)")
    wrong = sorted({str(kind) for kind in ablated} - set(KINDS))
    if wrong:
        raise UnwoundError(f"the gate has no cells «{', '.join(wrong)}»; there are: {', '.join(KINDS)}")
    asked = Conditions(
        frequency_hz=value(GATE, "touch_hz"), stimuli=int(value(GATE, "touches")),
        ketamine_um=given("ketamine_um", ketamine_um), nmda=given("nmda", nmda), gaba=given("gaba", inhibition),
        injury=switch("injury", injury),
    )  # fmt: skip
    cells, arriving, by_kind = zip(
        *(_touched(asked, ablated, seed, member(seed)) for seed in range(whole("seeds", seeds))), strict=True
    )
    at = value(TRAIN, "block_voltage")
    blocks = [block_in_balance(cell, asked.ketamine_um, at) for cell in cells]
    solved, _, _ = solve(cells, arriving, ketamine_um=asked.ketamine_um, blocks=blocks, until_ms=_until_ms(asked))
    counts = np.array([spikes.size for spikes in solved], dtype=float)
    gate = np.mean(by_kind, axis=0)
    return Touched(
        spikes=float(counts.mean()),
        low=float(np.quantile(counts, 0.05)),
        high=float(np.quantile(counts, 0.95)),
        gate=dict(zip(KINDS, gate.tolist(), strict=True)),
        counts=counts,
    )


def _until_ms(asked: Conditions) -> float:
    return asked.stimuli * 1000 / asked.frequency_hz


def _touched(asked: Conditions, ablated: tuple[str, ...], seed: int, cell: Cell) -> tuple[Cell, Input, Array]:
    """One cell, what reaches it, and the spikes of its gate by kind."""
    altered, scales = changed(cell, asked)
    draw = np.random.default_rng([seed, 3])
    touches, fibres = asked.stimuli, int(value(GATE, "fibres"))
    latency = draw.normal(value(GATE, "latency"), value(GATE, "latency_sd"), (touches, fibres))
    arrives = np.sort((np.arange(touches)[:, None] * 1000 / asked.frequency_hz + np.maximum(latency, 0)).ravel())
    let_through, by_kind = _gate(
        arrives, ablated, inhibition=scales.gaba, reversal=altered["gaba_reversal"], draw=draw, until=_until_ms(asked)
    )
    relayed = let_through + value(GATE, "to_cell")
    arriving = merged(
        np.concatenate([arrives, relayed]),
        ampa=np.repeat([cell["touch_weight"], value(GATE, "ampa_out")], [arrives.size, relayed.size]),
        nmda=np.repeat([0.0, value(GATE, "nmda_out") * scales.nmda], [arrives.size, relayed.size]),
    )
    return altered, arriving, by_kind


def _gate(
    arrives: Array,
    ablated: tuple[str, ...],
    inhibition: float,
    reversal: float,
    draw: np.random.Generator,
    until: float,
) -> tuple[Array, Array]:
    """When excitatory cells of the gate fire, and how often each kind does; the cells are unlike each other."""
    from unwound.mechanism import gate

    sizes = [int(value(GATE, f"{kind}_cells")) for kind in KINDS]
    kinds = np.repeat(np.arange(len(KINDS)), sizes)
    middle = np.array([value(GATE, f"{kind}_drive") for kind in KINDS])[kinds]
    drives = middle * np.exp(draw.normal(0, value(GATE, "unlike"), kinds.size)) / value(GATE, "fibres")
    thresholds = value(GATE, "threshold") + draw.normal(0, value(GATE, "threshold_sd"), kinds.size)
    gone = np.isin(kinds, [KINDS.index(kind) for kind in ablated])
    drives[gone] = 0.0
    held = [0.0, *(value(GATE, f"{kind}_hold") * inhibition for kind in KINDS[1:])]
    named = {name: reversal if name == "reversal" else value(GATE, name) for name in NUMBERS}
    named["tonic"] *= inhibition
    fired, counts = gate.solve(
        arrives, drives, thresholds, kinds, np.array(held), tuple(named[name] for name in NUMBERS),
        value(TRAIN, "step"), until,
    )  # fmt: skip
    return fired, np.array([counts[kinds == kind].sum() for kind in range(len(KINDS))])
