"""What the kernels hand to one another, by name: numba takes a named tuple apart when it compiles, at no cost.

A change of fields here wants `kernels.py` saved again, like one in `vector_math`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from unwound.pharmacology.models import Array


class Doses(NamedTuple):
    """Into the central compartment, (subjects, doses) each, or (1, doses) for all; an amount of 0 is no dose."""

    start_h: Array
    duration_h: Array
    """0 for a bolus."""
    amount_mg: Array
    every_h: Array
    """Of a dose that finds the steady state of itself given every so many hours; 0 for any other. No columns where
    there is none."""


class Moments(NamedTuple):
    """The wanted moments, (subjects, times) or (1, times) for all; for all, what lies between them."""

    times_h: Array
    lengths_h: Array
    """The distinct intervals; none where each subject has its own moments."""
    which: NDArray[np.int64]
    """Which of the intervals follows each moment."""


class Block(NamedTuple):
    """96 subjects, their rows one after another."""

    own: Array
    """For every mode a row of rates (1/h) and one of levels that 1 mg/h settles at."""
    state: Array
    """A row for every mode of the parent."""
    follow: Array
    """For every other mode a row of its state and three of its couplings to the parent's modes."""


class Plan(NamedTuple):
    """The doses of a block as whole intervals and as parts of intervals; parts are listed by the moment they end at."""

    fed: Array
    """The speed of infusion throughout every interval."""
    speed: Array
    """Of each part: its speed, its length, and the time from its end to the end of the interval."""
    lasting: Array
    since: Array
    every: Array
    """How often a part has been given for ever; no room where nothing was."""
    head: NDArray[np.int64]
    """The first part that ends at a moment, or -1."""
    link: NDArray[np.int64]
    """The next part that ends at the same moment, or -1."""
    added: Array
    """What each part adds to every mode at the end of its interval."""
