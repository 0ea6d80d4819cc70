"""Effects that build up and fade by themselves: dE/dt = k (C^g / (C50^g + C^g) - E), by graded Gauss quadrature.

The equation is linear in E, so its solution is an integral of the (nonlinear) drive; only that integral is
approximated. Panels start at every change of infusion, where the drive bends most, and grow from there; inside a panel
the drive is the polynomial through its Gauss nodes, so output times need no nodes of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.polynomial.legendre import leggauss, legvander
from numpy.typing import NDArray

from unwound.pharmacology.dosing import SAME_H, Dose
from unwound.pharmacology.models import Array
from unwound.record import UnwoundError

FIRST_H = 0.05
"""Width of the first panel after a change."""
GROWTH = 4.0
"""How many times further from the change every next panel ends."""
NODES, FEWER = 9, 7
"""Gauss nodes of a panel; and of the second opinion that the stated error comes from."""


class Grid(NamedTuple):
    """Where concentrations are needed, and what is made of them.

    `nodes_h` (panels, nodes), increasing. Every mark, an output time or the end of its `panel`, holds `kept` of the
    effect at the start of the panel and gains `weights` (marks, nodes) times the drive; `shown` (marks,) is the place
    of its time in the output, or -1.
    """

    times_h: Array
    nodes_h: Array
    panel: NDArray[np.int64]
    kept: Array
    weights: Array
    shown: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Slow:
    """`effect` (subjects, times), 0 to 1; `error` (subjects,) estimates its largest error as a share of the peak.

    The stated error is the difference from the same sum with two nodes fewer in every panel.
    """

    times_h: Array
    effect: Array
    error: Array


def solve(
    ng_per_ml: Callable[[Array], Array],
    times_h: Sequence[float] | Array,
    changes_h: Sequence[float] | Array,
    *,
    half_life_h: float,
    half_ng_per_ml: float,
    hill: float = 1.0,
) -> Slow:
    """The effect at `times_h` (increasing), from nothing before the first change.

    `ng_per_ml` takes hours (N,) and gives concentrations (subjects, N); `changes_h` are the moments an infusion starts,
    stops or changes, or a bolus is given (`changes_of`).
    """
    fine, coarse = (grid(times_h, changes_h, half_life_h, nodes=nodes) for nodes in (NODES, FEWER))
    if not fine.panel.size:
        nothing = np.zeros_like(np.atleast_2d(ng_per_ml(fine.times_h)))
        return compared(fine.times_h, nothing, nothing)
    effect = integrate(fine, ng_per_ml(fine.nodes_h.ravel()), half_ng_per_ml, hill)
    other = integrate(coarse, ng_per_ml(coarse.nodes_h.ravel()), half_ng_per_ml, hill)
    return compared(fine.times_h, effect, other)


def compared(times_h: Array, effect: Array, other: Array) -> Slow:
    """The effect with its stated error, from the same with fewer nodes."""
    peak = np.maximum(effect.max(axis=1), np.finfo(float).tiny)
    return Slow(times_h, effect, np.abs(effect - other).max(axis=1) / peak)


def checked(half_ng_per_ml: float, hill: float) -> None:
    """UnwoundError unless both are above zero."""
    if not (half_ng_per_ml > 0 and hill > 0):
        raise UnwoundError("half_ng_per_ml and hill: numbers above zero are needed")


def changes_of(doses: Iterable[Dose]) -> Array:
    """The moments at which a schedule changes, in hours."""
    return np.unique([moment for dose in doses for moment in (dose.time_h, dose.end_h)])


def grid(
    times_h: Sequence[float] | Array, changes_h: Sequence[float] | Array, half_life_h: float, *, nodes: int = NODES
) -> Grid:
    """The panels, nodes and weights for output at `times_h`."""
    times = np.asarray(times_h, dtype=float)
    if times.ndim != 1 or not times.size or not np.isfinite(times).all() or (np.diff(times) <= SAME_H).any():
        raise UnwoundError("times_h: a list of increasing hours is needed")
    if not 0 < half_life_h < math.inf:
        raise UnwoundError(f"half_life_h: a number of hours above zero is needed, not {half_life_h}")
    changes = np.unique(np.asarray(changes_h, dtype=float))
    changes = changes[np.diff(changes, prepend=-math.inf) > SAME_H]
    edges = _edges(times[-1], changes[changes < times[-1] - SAME_H], widest=half_life_h)
    start, end, rate = edges[:-1], edges[1:], math.log(2) / half_life_h
    marks = np.union1d(end, times[times > edges[:1].max(initial=-math.inf)]) if end.size else end
    panel = np.searchsorted(end, marks)
    place = np.minimum(np.searchsorted(times, marks), times.size - 1)
    return Grid(
        times_h=times,
        nodes_h=start[:, None] + (end - start)[:, None] * (1 + _gauss(nodes)[0]) / 2,
        panel=panel,
        kept=np.exp(-rate * (marks - start[panel])),
        weights=_weights(start[panel], end[panel], marks, rate, nodes),
        shown=np.where(times[place] == marks, place, -1),
    )


def integrate(grid: Grid, ng_per_ml: Array, half_ng_per_ml: float, hill: float = 1.0) -> Array:
    """The effect (subjects, times) from concentrations at the nodes of a grid (subjects, panels x nodes)."""
    checked(half_ng_per_ml, hill)
    drive = _drive(np.atleast_2d(ng_per_ml), half_ng_per_ml, hill)
    if drive.shape[1] != grid.nodes_h.size:
        raise UnwoundError(f"{drive.shape[1]} concentrations for {grid.nodes_h.size} nodes")
    drive = drive.reshape(len(drive), *grid.nodes_h.shape)
    shown, start = np.zeros((len(drive), grid.times_h.size)), np.zeros(len(drive))
    ends = np.append(np.diff(grid.panel) > 0, True)
    for panel, kept, weights, place, last in zip(grid.panel, grid.kept, grid.weights, grid.shown, ends, strict=True):
        effect = kept * start + drive[:, panel] @ weights
        if place >= 0:
            shown[:, place] = effect
        if last:
            start = effect
    return shown


def _edges(last: float, changes: Array, widest: float) -> Array:
    """From every change panels that grow with the distance from it, to the next change or the last time."""
    edges: list[Array] = [np.empty(0)]
    for change, until in zip(changes, [*changes[1:], last], strict=False):
        grown = FIRST_H * GROWTH ** np.arange(64)
        grown = np.concatenate([grown[grown < widest], np.arange(1, 1 + (until - change) // widest) * widest])
        edges += [np.array([change]), change + grown[grown < (until - change) * (1 - 1e-3)]]
    return np.append(np.concatenate(edges), [last] * bool(len(changes)))


def _weights(start: Array, end: Array, marks: Array, rate: float, nodes: int) -> Array:
    """rate times the integral, from the start to the mark, of e^(-rate (mark - s)) times each node's polynomial."""
    at, weight = _gauss(nodes)
    fine, share = _gauss(nodes + 2)
    degrees = np.arange(nodes)
    polynomials = (degrees[:, None] + 0.5) * legvander(at, nodes - 1).T * weight
    since = (marks - start)[:, None] * (1 - fine) / 2
    place = 2 * ((marks - start)[:, None] - since) / (end - start)[:, None] - 1
    inner = rate * np.exp(-rate * since) * share * (marks - start)[:, None] / 2
    weights: Array = np.einsum("mq,mqd->md", inner, legvander(place, nodes - 1)) @ polynomials
    return weights


@cache
def _gauss(nodes: int) -> tuple[Array, Array]:
    """Nodes and weights on (-1, 1)."""
    return leggauss(nodes)


def _drive(ng_per_ml: Array, half: float, hill: float) -> Array:
    relative = np.maximum(ng_per_ml, 0.0) / half
    with np.errstate(divide="ignore", over="ignore"):
        share: Array = 1.0 / (1.0 + relative**-hill)
    return share
