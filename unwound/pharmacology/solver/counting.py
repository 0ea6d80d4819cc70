"""Quantiles of any number of values in two passes and fixed memory, by counting the leading bits of their binary form.

Positive doubles sort as their bit patterns do, so the exponent and the first bits of the mantissa are a logarithmic
scale that costs one shift. The first pass counts 256 bins an octave; the second one counts 4096 bins inside each of
the bins that hold a wanted rank. What is left is the width of the last bin, 2^-20 of the value; its middle is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unwound.compiled import njit
from unwound.pharmacology.models import Array
from unwound.record import UnwoundError

LOWEST, HIGHEST = -36, 28
"""Powers of two between which values are distinguished."""
SMALLEST = 2.0**LOWEST
"""Anything below counts as nothing."""
FIRST, SECOND = 8, 12
"""Bits of the mantissa counted in the first and in the second pass."""
RELATIVE_ERROR = 2.0 ** -(FIRST + SECOND + 1)
SHIFT = 52 - FIRST
BASE = (1023 + LOWEST) << FIRST
BINS = ((HIGHEST - LOWEST) << FIRST) + 1
"""Bin 0 holds what is nothing."""
FINE = 1 << SECOND
FINE_SHIFT = SHIFT - SECOND

Counts = NDArray[np.int32]
Sparse = tuple[NDArray[np.int64], Counts]


@dataclass(frozen=True, slots=True)
class Search:
    """The wanted ranks (two neighbours a quantile) of every column and where they lie after the first pass.

    `bins` (columns, slots) are the bins to look into, -1 where unused; `slot`, `left` (columns, ranks) say which of
    them holds a rank and how many values of that bin come before it; `share` (quantiles,) lies between the neighbours.
    """

    bins: NDArray[np.int32]
    slot: NDArray[np.int64]
    left: NDArray[np.int64]
    share: Array


def nothing(columns: int) -> Counts:
    """No counts yet."""
    return np.zeros((columns, BINS), dtype=np.int32)


def nothing_within(bins: NDArray[np.int32]) -> Counts:
    """No counts inside the chosen bins yet."""
    return np.zeros((*bins.shape, FINE), dtype=np.int32)


def count(blocks: Sequence[Array], counts: Counts) -> None:
    """Adds the values of these columns, given as (subjects, some of the columns) one after the other."""
    start = 0
    for block in blocks:
        if not (block < 2.0**HIGHEST).all():
            raise UnwoundError("a simulated value is not a number or beyond anything possible: check doses and weights")
        _count(block.view(np.int64), counts[start : start + block.shape[1]])
        start += block.shape[1]


def count_within(blocks: Sequence[Array], bins: NDArray[np.int32], counts: Counts) -> None:
    """The same inside the chosen bins."""
    start = 0
    for block in blocks:
        stop = start + block.shape[1]
        _count_within(block.view(np.int64), bins[start:stop], counts[start:stop])
        start = stop


def sparse(counts: Counts) -> Sparse:
    """Only the counts that are not zero, with their places: what travels."""
    places = np.flatnonzero(counts)
    return places, counts.reshape(-1)[places]


def add(counts: Counts, more: Sparse) -> None:
    """Adds what travelled."""
    counts.reshape(-1)[more[0]] += more[1]


def choose(counts: Counts, probabilities: Array, n: int) -> Search:
    """The bins that hold the ranks of these quantiles of n values (linear between neighbours, as numpy has it)."""
    position = probabilities * (n - 1)
    lower = np.floor(position).astype(np.int64)
    wanted = np.stack([lower, np.minimum(lower + 1, n - 1)], axis=1).reshape(-1)
    columns = len(counts)
    bins = np.full((columns, wanted.size), -1, dtype=np.int32)
    slot, left = np.empty((2, columns, wanted.size), dtype=np.int64)
    slots = 1
    for column in range(columns):
        total = np.cumsum(counts[column], dtype=np.int64)
        where = np.searchsorted(total, wanted, side="right")
        left[column] = wanted - (total[where] - counts[column, where])
        chosen, slot[column] = np.unique(where, return_inverse=True)
        bins[column, : chosen.size] = chosen
        slots = max(slots, chosen.size)
    return Search(np.ascontiguousarray(bins[:, :slots]), slot, left, position - lower)


def quantiles(search: Search, within: Counts) -> Array:
    """The quantiles, (quantile, column)."""
    columns, ranks = search.slot.shape
    values = np.empty((columns, ranks))
    for column in range(columns):
        for rank in range(ranks):
            slot = search.slot[column, rank]
            total = np.cumsum(within[column, slot], dtype=np.int64)
            # Workers of different make may round a value over an edge between the passes: the nearest bin is meant.
            fine = min(int(np.searchsorted(total, search.left[column, rank], side="right")), FINE - 1)
            values[column, rank] = _middle(int(search.bins[column, slot]), fine)
    low, high = values[:, 0::2], values[:, 1::2]
    return np.ascontiguousarray((low + (high - low) * search.share).T)


def _middle(bin: int, fine: int) -> float:
    if bin == 0:
        return 0.0
    bits = ((bin - 1 + BASE) << SHIFT) + (fine << FINE_SHIFT) + (1 << (FINE_SHIFT - 1))
    return float(np.array([bits], dtype=np.int64).view(np.float64)[0])


@njit()
def _count(bits, counts):  # type: ignore[no-untyped-def]
    for subject in range(bits.shape[0]):
        for column in range(bits.shape[1]):
            counts[column, max((bits[subject, column] >> SHIFT) - BASE + 1, 0)] += 1


@njit()
def _count_within(bits, bins, counts):  # type: ignore[no-untyped-def]
    for subject in range(bits.shape[0]):
        for column in range(bits.shape[1]):
            bin = max((bits[subject, column] >> SHIFT) - BASE + 1, 0)
            for slot in range(bins.shape[1]):
                if bins[column, slot] == bin:
                    counts[column, slot, (bits[subject, column] >> FINE_SHIFT) & (FINE - 1)] += 1
