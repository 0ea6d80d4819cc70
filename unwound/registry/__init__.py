"""A registry of courses without names: who looks alike, what is left out, and the tables made from what is left.

`hidden` turns courses into rows that can leave the clinic; `alike` measures how many people look alike at least;
`table` is the table of the largest published series, from our own rows, each figure with its denominator and what is
missing. Pure: the secret by which dates are moved and people numbered comes from outside, and is thrown away.
"""

from unwound.registry.columns import Column, dictionary
from unwound.registry.hiding import QUASI, Hidden, Row, alike, hidden
from unwound.registry.knowledge import registry
from unwound.registry.margins import margins
from unwound.registry.table import Figure, table
from unwound.registry.treated import Treated

__all__ = [
    "QUASI",
    "Column",
    "Figure",
    "Hidden",
    "Row",
    "Treated",
    "alike",
    "dictionary",
    "hidden",
    "margins",
    "registry",
    "table",
]
