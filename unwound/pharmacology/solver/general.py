"""Linear systems solved exactly: dx/dt = A x + B u with u constant between events, x jumping at boluses.

Each stretch between two events is crossed in one step by exp(A t), computed once per distinct length and subject.
Every rate matrix here has nothing negative off its diagonal, so exp(A t) is summed from nothing but positive terms
(A is shifted by its largest drain first): no cancellation, no difference of rate constants is ever divided by, and
equal or nearly equal constants need no special case.

Source: the shift is uniformisation (Jensen 1953); scaling and squaring as in Moler and Van Loan 2003.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unwound.compiled import njit
from unwound.pharmacology.models import Array

TERMS = 16
"""Terms of the series; with the scaled matrix below one half the rest is under 1e-19 of the sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretches:
    """One schedule cut at its events: S stretches, n places of the state, m inputs.

    `length_h` (S,), `rate_mg_per_h` (S, m) held over each stretch, `bolus_mg` (S, n) added at its start, `reset` (S,)
    empties the state first, `shown` (S,) is the index of the output time at its start (after the bolus), or -1.
    """

    length_h: Array
    rate_mg_per_h: Array
    bolus_mg: Array
    reset: NDArray[np.bool_]
    shown: NDArray[np.int64]


def run(matrix: Array, inputs: NDArray[np.int64], stretches: Stretches, keep: NDArray[np.int64], times: int) -> Array:
    """The state at the output times, (subjects, kept places, times), for subjects who share one schedule.

    `matrix` (subjects, n, n) in 1/h; `inputs` (m,) the places that infusions go into; `keep` the places wanted.
    """
    lengths, which = np.unique(stretches.length_h, return_inverse=True)
    result: Array = _run(
        np.ascontiguousarray(matrix),
        inputs,
        lengths,
        which.reshape(-1),
        stretches.rate_mg_per_h,
        stretches.bolus_mg,
        stretches.reset,
        stretches.shown,
        keep,
        times,
    )
    return result


@njit()
def _run(matrix, inputs, lengths, which, rates, boluses, resets, shown, keep, times):  # type: ignore[no-untyped-def]
    """Subject by subject, stretch by stretch. The loops are the arithmetic: numba wants them written out."""
    subjects, n, _ = matrix.shape
    m = inputs.size
    size = n + m
    result = np.zeros((subjects, keep.size, times))
    crossing = np.empty((lengths.size, size, size))
    whole = np.zeros((size, size))
    state = np.empty(n)
    moved = np.empty(n)
    for subject in range(subjects):
        whole[:] = 0.0
        whole[:n, :n] = matrix[subject]
        for column in range(m):
            whole[inputs[column], n + column] = 1.0
        for step in range(lengths.size):
            _exponential(whole, lengths[step], crossing[step])
        state[:] = 0.0
        for stretch in range(which.size):
            if resets[stretch]:
                state[:] = 0.0
            for row in range(n):
                state[row] += boluses[stretch, row]
            if shown[stretch] >= 0:
                for place in range(keep.size):
                    result[subject, place, shown[stretch]] = state[keep[place]]
            across = crossing[which[stretch]]
            for row in range(n):
                total = 0.0
                for column in range(n):
                    total += across[row, column] * state[column]
                for column in range(m):
                    total += across[row, n + column] * rates[stretch, column]
                moved[row] = total
            state[:] = moved
    return result


@njit()
def _exponential(matrix, length, result):  # type: ignore[no-untyped-def]
    """exp(matrix * length) into `result`; nothing off the diagonal may be negative."""
    size = matrix.shape[0]
    shift = 0.0
    for row in range(size):
        shift = max(shift, -matrix[row, row])
    largest = 0.0
    for column in range(size):
        total = shift
        for row in range(size):
            total += matrix[row, column]
        largest = max(largest, total)
    doublings = 0
    part = length
    while (largest + shift) * part > 0.5:
        part *= 0.5
        doublings += 1
    scaled = matrix * part
    for row in range(size):
        scaled[row, row] += shift * part
    term = np.eye(size)
    total_sum = np.eye(size)
    for k in range(1, TERMS):
        term = _product(term, scaled, 1.0 / k)
        total_sum += term
    total_sum *= np.exp(-shift * part)
    for _ in range(doublings):
        total_sum = _product(total_sum, total_sum, 1.0)
    result[:] = total_sum


@njit()
def _product(left, right, factor):  # type: ignore[no-untyped-def]
    size = left.shape[0]
    result = np.zeros((size, size))
    for row in range(size):
        for middle in range(size):
            value = left[row, middle] * factor
            if value != 0.0:
                for column in range(size):
                    result[row, column] += value * right[middle, column]
    return result
