"""Effects that build up and fade by themselves: dE/dt = k (C^g / (C50^g + C^g) - E), by graded Gauss quadrature.

The equation is linear in E, so its solution is an integral of the (nonlinear) drive; only that integral is
approximated. Panels are at most an hour long and graded towards every change of infusion, where the drive bends most,
down to a quarter of a second.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from unwound.pharmacology.dosing import Dose
from unwound.pharmacology.models import Array
from unwound.pharmacology.simulation import SAME_H
from unwound.record import UnwoundError

Counts = NDArray[np.int64]

GRADES_H = (0.0, *(4.0**-n for n in range(7, 1, -1)), 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
"""Where the hours after a change are cut."""
CHANGE_NODES = 7
"""Gauss nodes of each of these parts."""
STEADY_NODES = 4
"""Gauss nodes of any other panel."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Where concentrations are needed: `nodes_h` (N,), increasing; panels lie between `edges_h` and hold `counts`."""

    times_h: Array
    nodes_h: Array
    edges_h: Array
    counts: Counts
    half_life_h: float


@dataclass(frozen=True, slots=True)
class Slow:
    """`effect` (subjects, times), 0 to 1; `error` (subjects,) estimates its largest error as a share of the peak.

    The stated error is the difference from the same sum with one node fewer in every panel.
    """

    times_h: Array
    effect: Array
    error: Array


def indirect(
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
    fine, coarse = (grid(times_h, changes_h, half_life_h, fewer=fewer) for fewer in (0, 1))
    effect = integrate(fine, ng_per_ml(fine.nodes_h), half_ng_per_ml, hill)
    other = integrate(coarse, ng_per_ml(coarse.nodes_h), half_ng_per_ml, hill)
    peak = np.maximum(effect.max(axis=1), np.finfo(float).tiny)
    return Slow(fine.times_h, effect, np.abs(effect - other).max(axis=1) / peak)


def changes_of(doses: Iterable[Dose]) -> Array:
    """The moments at which a schedule changes, in hours."""
    return np.unique([moment for dose in doses for moment in (dose.time_h, dose.end_h)])


def grid(
    times_h: Sequence[float] | Array, changes_h: Sequence[float] | Array, half_life_h: float, *, fewer: int = 0
) -> Grid:
    """The panels and nodes for output at `times_h`; `fewer` nodes a panel for a second opinion."""
    times = np.asarray(times_h, dtype=float)
    if times.ndim != 1 or not times.size or not np.isfinite(times).all() or (np.diff(times) <= SAME_H).any():
        raise UnwoundError("times_h: a list of increasing hours is needed")
    if not 0 < half_life_h < math.inf:
        raise UnwoundError(f"half_life_h: a number of hours above zero is needed, not {half_life_h}")
    changes = np.unique(np.asarray(changes_h, dtype=float))
    changes = changes[changes < times[-1]]
    edges = _edges(times, changes, widest=min(1.0, half_life_h))
    place = np.searchsorted(changes, edges[:-1] + SAME_H, side="right") - 1
    since = edges[:-1] - np.append(changes, -math.inf)[place]
    counts = np.where(since < GRADES_H[-1] - SAME_H, CHANGE_NODES, STEADY_NODES) - fewer
    return Grid(times, _nodes(edges, counts), edges, counts, half_life_h)


def integrate(grid: Grid, ng_per_ml: Array, half_ng_per_ml: float, hill: float = 1.0) -> Array:
    """The effect (subjects, times) from concentrations at the nodes of a grid (subjects, nodes)."""
    if not (half_ng_per_ml > 0 and hill > 0):
        raise UnwoundError("half_ng_per_ml and hill: numbers above zero are needed")
    rate = math.log(2) / grid.half_life_h
    drive = _drive(np.atleast_2d(ng_per_ml), half_ng_per_ml, hill)
    if drive.shape[1] != grid.nodes_h.size:
        raise UnwoundError(f"{drive.shape[1]} concentrations for {grid.nodes_h.size} nodes")
    ends = np.repeat(grid.edges_h[1:], grid.counts)
    weights = rate * np.exp(-rate * (ends - grid.nodes_h)) * _weights(grid)
    starts = np.concatenate([[0], np.cumsum(grid.counts)[:-1]])
    gained = np.add.reduceat(drive * weights, starts, axis=1)
    kept = np.exp(-rate * np.diff(grid.edges_h))
    effect = np.zeros((len(drive), grid.edges_h.size))
    for panel, share in enumerate(kept):
        effect[:, panel + 1] = share * effect[:, panel] + gained[:, panel]
    shown: Array = effect[:, np.searchsorted(grid.edges_h, grid.times_h - SAME_H)]
    return shown


def _edges(times: Array, changes: Array, widest: float) -> Array:
    """Every change and output time, the graded parts of the hour after a change, and steps no wider than `widest`."""
    first, last = min([times[0], *changes[:1]]), times[-1]
    graded = (changes[:, None] + np.array(GRADES_H)).ravel()
    marks = np.concatenate([[first], times, changes, graded[(graded > first) & (graded < last)]])
    marks = np.unique(marks)
    marks = marks[np.concatenate([[True], np.diff(marks) > SAME_H])]
    parts = np.maximum(np.ceil(np.diff(marks) / widest - SAME_H), 1).astype(int)
    inner = [np.linspace(a, b, n, endpoint=False) for a, b, n in zip(marks[:-1], marks[1:], parts, strict=True)]
    return np.concatenate([*inner, marks[-1:]])


def _nodes(edges: Array, counts: Counts) -> Array:
    nodes = [(a + b + (b - a) * _gauss(n)[0]) / 2 for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True)]
    return np.concatenate(nodes) if nodes else np.empty(0)


def _weights(grid: Grid) -> Array:
    return np.concatenate(
        [width / 2 * _gauss(n)[1] for width, n in zip(np.diff(grid.edges_h), grid.counts, strict=True)]
    )


@cache
def _gauss(nodes: int) -> tuple[Array, Array]:
    """Nodes and weights on (-1, 1)."""
    at, weight = np.polynomial.legendre.leggauss(nodes)
    return at, weight


def _drive(ng_per_ml: Array, half: float, hill: float) -> Array:
    relative = np.maximum(ng_per_ml, 0.0) / half
    with np.errstate(divide="ignore", over="ignore"):
        share: Array = 1.0 / (1.0 + relative**-hill)
    return share
