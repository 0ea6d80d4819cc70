"""The columns of the registry, in words: the data dictionary that goes with every copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from unwound.instruments import instruments
from unwound.registry.knowledge import registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its name, what it holds, its type and unit, and how it was made coarse."""

    name: str
    type: str
    unit: str = ""
    says: str
    hidden: str = ""


ANY = "any"
"""The word of a quasi-identifier that is not told."""
NOT_KNOWN = "not known"

_FIXED = (
    Column(name="person", type="integer", says="one number a person, drawn anew for each copy of the registry"),
    Column(
        name="age_band",
        type="text",
        unit="years",
        says="age on the first day",
        hidden="in bands; «any» where told to nobody",
    ),
    Column(name="sex", type="text", says="sex at birth", hidden="«any» where told to nobody"),
    Column(name="condition", type="text", says="the diagnosis it was given for", hidden="«any» where told to nobody"),
    Column(name="course", type="text", says="the protocol", hidden="«any» where told to nobody"),
    Column(
        name="start",
        type="date",
        says="the first infusion",
        hidden="moved: all dates of a person by the same number of days",
    ),
    Column(name="end", type="date", says="the last infusion", hidden="moved as the start"),
    Column(name="infusions", type="integer", says="infusions that were begun"),
    Column(name="planned", type="integer", says="infusions that were planned"),
    Column(name="mg", type="number", unit="mg", says="ketamine given in all"),
)


def _scores() -> Iterator[Column]:
    for measure in registry().measures:
        form = instruments()[measure.instrument]
        unit = form.highest.unit
        better = f"{measure.better} is better"
        yield Column(
            name=f"{measure.instrument}_before", type="number", unit=unit, says=f"{form.title}, before; {better}"
        )
        for window in registry().windows:
            yield Column(
                name=f"{measure.instrument}_{window.id}", type="number", unit=unit, says=f"{form.title}, {window.title}"
            )


@cache
def dictionary() -> Sequence[Column]:
    """Every column in its order."""
    return (*_FIXED, *_scores())
