"""The common shape in its own modes: a parent of 1 to 3 compartments, one metabolite of as many, any effect sites.

In modes every amount fades by itself: x <- x e^(-rate t) + input (1 - e^(-rate t)) / rate, and each concentration is a
sum. The parent's modes come from a symmetrised Jacobi decomposition, always well conditioned; those of metabolite and
sites follow by partial fractions, which divide by differences of rates. Where two rates (nearly) coincide a subject is
`near`, and belongs to `general`, which divides by no difference.

Source: Jacobi rotations as in Golub and Van Loan, Matrix Computations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unwound.pharmacology.models import Array, Model
from unwound.vector_math import strict

PARENT = 3
"""Modes of every parent; one of fewer compartments has empty ones."""
SWEEPS = 6
"""Of Jacobi rotations; the convergence is quadratic, five suffice for three places."""
NEAR = 1e-5
"""Rates nearer than this to each other, of the larger one, are left to `general`: eleven digits are the least kept."""
LEAST = 1e-30
"""Rates per hour are no smaller, so that nothing is divided by zero."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Which places of a model's state play which part; `metabolite` is -1 where there is none."""

    central: int
    peripherals: tuple[int, ...]
    metabolite: int
    metabolite_peripherals: tuple[int, ...]


class Modes(NamedTuple):
    """Subjects in their modes: `rates` (1/h), `weights` (ng/mL a mg given), (modes, subjects); three are the parent's.

    Plasma is the sum of the parent's modes. Every other mode, plus `coupling` (others, 3, subjects) times the parent's
    modes, is part of the output in `rows` (others,), plasma being output 0. `near` (subjects,) are not to be trusted.
    """

    rates: Array
    weights: Array
    coupling: Array
    rows: NDArray[np.int64]
    near: NDArray[np.bool_]

    def of_parent(self) -> Modes:
        """The parent's modes alone."""
        rates, weights = self.rates[:PARENT], self.weights[:PARENT]
        return self._replace(rates=rates, weights=weights, coupling=self.coupling[:0], rows=self.rows[:0])


def fits(model: Model) -> Shape | None:
    """The model's parts if it has the common shape, otherwise None.

    Every condition is a part of the shape: a star around the parent, one around the metabolite, nothing else.
    """
    place = {name: index for index, name in enumerate(model.places)}
    central = model.outputs["plasma"].compartment
    others = {output.compartment for output in model.outputs.values()} - {central}
    metabolite = next(iter(others), "")
    moves = {(flow.source, flow.to) for flow in model.flows if flow.to}
    moves |= {(flow.to, flow.source) for flow in model.flows if flow.both_ways}
    of_parent, of_metabolite = (
        tuple(other for other in place if {(centre, other), (other, centre)} <= moves)
        for centre in (central, metabolite)
    )
    star = {
        (central, metabolite),
        *((central, outer) for outer in of_parent),
        *((outer, central) for outer in of_parent),
    }
    star |= {pair for outer in of_metabolite for pair in ((metabolite, outer), (outer, metabolite))}
    if len(others) > 1 or not moves <= star or max(len(of_parent), len(of_metabolite)) >= PARENT:
        return None
    if sorted([central, *others, *of_parent, *of_metabolite]) != sorted(place):
        return None
    return Shape(
        place[central],
        tuple(place[outer] for outer in of_parent),
        place[metabolite] if metabolite else -1,
        tuple(place[outer] for outer in of_metabolite),
    )


def modes(
    shape: Shape,
    matrix: Array,
    plasma: Array,
    metabolite: Array | None,
    ke0_per_h: Sequence[float],
    span_h: Array,
) -> Modes:
    """Rate matrices (subjects, places, places) in 1/h, and ng/mL a mg (subjects,) of each output, in modes.

    `span_h` (1 or subjects,) is the time simulated: rates are also near when their difference does not show in it.
    """
    subjects = len(matrix)
    own, share = _star(matrix, shape.central, shape.peripherals)
    rates, gains, rows = [], [], []
    if shape.metabolite >= 0 and metabolite is not None:
        fading, part = _star(matrix, shape.metabolite, shape.metabolite_peripherals)
        rates += [*fading]
        gains += [*(part * (matrix[:, shape.metabolite, shape.central] * metabolite / plasma))]
        rows += [1] * len(fading)
    sites = 1 + bool(rows)
    for row, ke0 in enumerate(ke0_per_h, start=sites):
        rates.append(np.full(subjects, ke0))
        gains.append(rates[-1])
        rows.append(row)
    every = np.zeros((PARENT + len(rows), subjects))
    weights, coupling = np.zeros_like(every), np.zeros((len(rows), PARENT, subjects))
    every[: len(own)], weights[: len(own)] = own, share * plasma
    near, slowest = np.zeros(subjects, dtype=np.bool_), np.broadcast_to(1 / span_h, subjects).copy()
    for follower, (rate, gain) in enumerate(zip(rates, gains, strict=True)):
        every[PARENT + follower] = rate
        _fractions(own, weights, rate, gain, slowest, coupling[follower], weights[PARENT + follower], near)
    return Modes(
        rates=np.maximum(every, LEAST),
        weights=weights,
        coupling=coupling,
        rows=np.array(rows, dtype=np.int64),
        near=near,
    )


def _star(matrix: Array, centre: int, others: tuple[int, ...]) -> tuple[Array, Array]:
    """Rates and weights (places, subjects) of a centre that exchanges with others: its own amount is their sum."""
    work = np.zeros((9, len(matrix)))
    work[0] = -matrix[:, centre, centre]
    for row, outer in enumerate(others, start=1):
        work[row] = -matrix[:, outer, outer]
        work[2 + row] = -np.sqrt(matrix[:, outer, centre] * matrix[:, centre, outer])
    work[6] = 1.0
    if others:
        _jacobi(work)
    size = 1 + len(others)
    return np.maximum(work[:size], 0.0), work[6 : 6 + size] ** 2


@strict
def _jacobi(work):  # type: ignore[no-untyped-def]
    """Rows: the diagonal 0 to 2; (0,1), (0,2), (1,2) in 3 to 5; the centre's part in each vector 6 to 8."""
    for _ in range(SWEEPS):
        _rotate(work[0], work[1], work[3], work[4], work[5], work[6], work[7])
        _rotate(work[0], work[2], work[4], work[3], work[5], work[6], work[8])
        _rotate(work[1], work[2], work[5], work[3], work[4], work[7], work[8])


@strict
def _rotate(pp, qq, pq, rp, rq, vp, vq):  # type: ignore[no-untyped-def]
    for i in range(pp.size):
        gap = qq[i] - pp[i]
        twice = 2.0 * pq[i]
        root = abs(gap) + np.sqrt(gap * gap + twice * twice) + 1e-290
        t = (twice if gap >= 0.0 else -twice) / root
        c = 1.0 / np.sqrt(1.0 + t * t)
        s = t * c
        pp[i] -= t * pq[i]
        qq[i] += t * pq[i]
        pq[i] = 0.0
        rp[i], rq[i] = c * rp[i] - s * rq[i], s * rp[i] + c * rq[i]
        vp[i], vq[i] = c * vp[i] - s * vq[i], s * vp[i] + c * vq[i]


@strict
def _fractions(own, weights, rate, gain, slowest, coupling, weight, near):  # type: ignore[no-untyped-def]
    """dF/dt = gain x plasma - rate x F by partial fractions: F is y + coupling x modes, and y a mode with `weight`."""
    for mode in range(own.shape[0]):
        for i in range(rate.size):
            apart = rate[i] - own[mode, i]
            close = abs(apart) < NEAR * max(rate[i], own[mode, i], slowest[i])
            near[i] |= close
            coupling[mode, i] = 0.0 if close else gain[i] / apart
            weight[i] -= coupling[mode, i] * weights[mode, i]
