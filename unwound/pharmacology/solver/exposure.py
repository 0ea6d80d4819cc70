"""What one number says about a curve: peak, its time, area under it, hours above levels; one pass over the values."""

from __future__ import annotations

import numpy as np

from unwound.compiled import njit
from unwound.pharmacology.models import Array


def exposure(values: Array, times_h: Array, levels: Array, smallest: float = 0.0) -> Array:
    """(subjects, 3 + levels): peak, its first time, area by linear trapezoid, hours above every level.

    `values` (subjects, times) are taken as straight between the times; those below `smallest` are set to zero in place.
    """
    result = np.empty((len(values), 3 + levels.size))
    _scalars(values, times_h, levels, smallest, result)
    return result


@njit()
def _scalars(values, times, levels, smallest, result):  # type: ignore[no-untyped-def]
    for subject in range(values.shape[0]):
        row, figures = values[subject], result[subject]
        figures[:] = 0.0
        figures[0], figures[1] = -1.0, times[0]
        for place in range(times.size):
            if row[place] < smallest:
                row[place] = 0.0
            if row[place] > figures[0]:
                figures[0], figures[1] = row[place], times[place]
            if place:
                width = times[place] - times[place - 1]
                figures[2] += 0.5 * (row[place] + row[place - 1]) * width
                for level in range(levels.size):
                    figures[3 + level] += width * _above(row[place - 1] - levels[level], row[place] - levels[level])


@njit()
def _above(left, right):  # type: ignore[no-untyped-def]
    """The share of a straight line from `left` to `right` that lies above zero."""
    if left > 0 and right > 0:
        return 1.0
    if left <= 0 and right <= 0:
        return 0.0
    return max(left, right) / abs(right - left)
