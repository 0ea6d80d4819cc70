"""A table while it is read: its cells, what its columns mean, the arrays found so far, and how it is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from unwound.exchange.event_table.cells import Cells, Codes, Numbers, Tidy, Words
from unwound.exchange.event_table.columns import Meant, normal
from unwound.exchange.event_table.moments import iso_hours
from unwound.exchange.names import quoted
from unwound.record import UnwoundError

Mask = NDArray[np.bool_]
OBSERVATION, DOSE, OTHER, RESET, RESET_AND_DOSE = range(5)
AGREE = 1e-4
"""RATE x DUR and AMT agree within this share: fractions of an hour are written with few digits."""
_WHOLE_ID = re.compile(r"\d+\.\d*([eE][+-]?\d{1,2})?", re.ASCII)


class Reading:
    """What every subject of the reading stands on; one a table."""

    notes: list[str]
    ids: tuple[str, ...]
    person: Codes
    order: Codes
    written_h: Numbers
    time_h: Numbers
    afresh: Mask
    """In the order of persons: before which rows everything is reset, for an occasion with its own time begins."""
    event: Codes
    compartment: Words
    steady: Numbers
    additional: Numbers
    value: Numbers
    below: Mask
    route: Words
    amount_mg: Numbers
    rate: Numbers
    duration_h: Numbers
    interval_h: Numbers

    def __init__(self, cells: Cells, meaning: Meant, compartments: Mapping[str, str]) -> None:
        self.cells, self.meaning = cells, meaning
        self.compartments = {plain_number(word): route for word, route in compartments.items()}
        self.units = {**{known_of(heading, meaning): unit for heading, unit in cells.units.items()}, **meaning.units}
        self.notes: list[str] = []
        needed = {"ID": "id", "TIME": "time", "AMT": "amount"}
        when = {"moment", "clock"} & set(meaning.headings)
        missing = [
            word for word, each in needed.items() if each not in meaning.headings and not (each == "time" and when)
        ]
        if missing:
            raise UnwoundError(
                f"{cells.name}: row {getattr(cells, 'head', 1)}: there is no column {' and no '.join(missing)}; "
                "an event table has ID, TIME, AMT, and may have RATE, DUR, EVID, CMT, ROUTE, II, ADDL, SS, DV, MDV, WT"
            )

    def refuse_nothing(self) -> None:
        """UnwoundError for a table without rows."""
        if not self.cells.rows:
            raise UnwoundError(f"{self.cells.name}: there are headings and no rows below them; add one event a row")

    def refuse(self, mask: Mask, column: str, reason: str | Callable[[int], str]) -> None:
        """UnwoundError at the first row where the mask is set."""
        if mask.any():
            index = int(np.argmax(mask))
            raise self.cells.wrong(index, self.heading(column), reason if isinstance(reason, str) else reason(index))

    def heading(self, meaning: str) -> str:
        """The heading of a meaning, as the table has it."""
        return self.meaning.headings.get(meaning, meaning)

    def has(self, meaning: str) -> bool:
        """Whether the table has a column of that meaning."""
        return meaning in self.meaning.headings

    def words(self, meaning: str) -> Words:
        """A column of words, all empty where there is none."""
        if not self.has(meaning):
            return Words(np.zeros(self.cells.rows, dtype=np.int64), ("",))
        return self.cells.words(self.meaning.headings[meaning])

    def numbers(self, meaning: str) -> Numbers:
        """A column with nothing as 0."""
        if not self.has(meaning):
            return np.zeros(self.cells.rows)
        if meaning == "duration" and self.iso_durations is not None:
            return self.iso_durations
        return np.nan_to_num(self.cells.numbers(self.meaning.headings[meaning]), nan=0.0)

    @cached_property
    def iso_durations(self) -> Numbers | None:
        """Durations as ISO 8601 writes them, «PT2H», in hours; None where they are plain numbers."""
        if not self.has("duration") or isinstance(self.cells, Tidy):
            return None
        words = self.words("duration")
        if not any(word[:1] in "Pp" for word in words.values if word):
            return None
        hours = words.mapped(iso_hours)
        self.refuse(
            np.isnan(hours), "duration",
            lambda i: f"{quoted(words.row(i))} is no duration beside those in ISO 8601; write it such as PT2H or PT40M",
        )  # fmt: skip
        return hours

    def factor(self, column: str, of: str, units: Mapping[str, float], what: str) -> Numbers | float:
        """What one of a column's unit is: from a column of units, or from its heading."""
        if self.has(column):
            words = self.cells.words(self.meaning.headings[column])
            known_units = words.mapped(lambda word: units.get(unit_word(word), np.nan) if word else 1.0)
            self.refuse(
                np.isnan(known_units), column, lambda index: f"{quoted(words.row(index))} is not {what} known here"
            )
            return known_units
        unit = self.units.get(of, "")
        if unit and unit_word(unit) not in units:
            raise UnwoundError(
                f"{self.cells.name}: the unit {quoted(unit)} of {self.heading(of)} is not {what} known here"
            )
        return units[unit_word(unit)] if unit else 1.0

    @property
    def is_dose(self) -> Mask:
        """Which rows give a dose."""
        dosed: Mask = np.isin(self.event, (DOSE, RESET_AND_DOSE))
        return dosed


def value_is(values: Numbers, wrong: str, index: int) -> str:
    """What is wrong with the value of a row."""
    return f"{values[index]:g} {wrong}"


def each(answers: list[bool]) -> Mask:
    """Answers about words as an array."""
    return np.array(answers, dtype=bool)


def known_of(heading: str, meaning: Meant) -> str:
    """The meaning of a heading, or the heading itself."""
    return next((each for each, name in meaning.headings.items() if name == heading), heading)


def plain_number(written: str) -> str:
    """A whole number as it is written plainly (1.0, 1.0000E+00); anything else as it is."""
    whole = _WHOLE_ID.fullmatch(written) and float(written).is_integer()
    return str(int(float(written))) if whole else written.strip()


def unit_word(written: str) -> str:
    """A unit as the table of units has it."""
    return normal(written).replace("_", "").replace("\u00b5", "\u039c").replace("PER", "/").rstrip("*")


def measured(written: str) -> float:
    """A measurement, or the limit it lies below; NaN for a word."""
    try:
        return float(written.lstrip("< ").replace(",", ".").replace("D", "E"))
    except ValueError:
        return np.nan
