"""What the rows of an event table mean, checked a column at a time, each subject in its own module.

reading      the table while it is read, and how it is refused
identity     whose rows they are, and which count
happenings   what happens on them
timing       when
ways         which way a dose goes
lengths      how much and how long
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from unwound.exchange.event_table.cells import Careful, Cells, Codes, NotTidyError, Numbers, Tidy, Words
from unwound.exchange.event_table.columns import Meant, known, meant
from unwound.exchange.event_table.lengths import Lengths
from unwound.exchange.event_table.reading import Mask
from unwound.record import UnwoundError

_AS_NUMBERS = (
    "time", "amount", "rate", "duration", "end", "event", "interval", "additional", "steady", "weight", "missing",
    "limit", "modelled_rate", "modelled_duration", "observed",
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Records:
    """The rows in the order of persons: arrays, one value a row; `time_h` runs on where a table's time begins again."""

    cells: Cells
    ids: tuple[str, ...]
    person: Codes
    written_h: Numbers
    time_h: Numbers
    event: Codes
    amount_mg: Numbers
    rate: Numbers
    duration_h: Numbers
    route: Words
    interval_h: Numbers
    additional: Numbers
    steady: Numbers
    weight_kg: Numbers | None
    age_years: Numbers | None
    age_heading: str
    etas: Mapping[str, Numbers]
    occasion: Words | None
    afresh: Mask
    """Before which rows everything is reset: another occasion with a time of its own."""
    value: Numbers
    below: Mask
    output: Words
    kept: tuple[str, ...]
    drugs: tuple[str, ...]
    notes: list[str] = field(default_factory=list)
    row: Codes


def recorded(text: str, name: str, compartments: Mapping[str, str]) -> Records:
    """The rows of a table. UnwoundError, naming the row, for what cannot be read or could mean two things."""
    try:
        tidy = Tidy(text.removeprefix("\ufeff"), name)
        meaning = meant(tidy.headings, name)
        tidy.load(*_columns(meaning, tidy.headings))
        tidy.refuse_times_of_day(meaning.headings[each] for each in ("time", "end") if each in meaning.headings)
        return _Reading(tidy, meaning, compartments).records()
    except (NotTidyError, UnwoundError):
        careful = Careful(text, name)
        return _Reading(careful, meant(careful.headings, name), compartments).records()


def _columns(meaning: Meant, headings: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The headings to be read as numbers and as words. NotTidyError where times are dates."""
    if {"date", "clock", "moment"} & set(meaning.headings):
        raise NotTidyError
    numbers = [meaning.headings[each] for each in _AS_NUMBERS if each in meaning.headings]
    numbers += [*meaning.etas.values(), *(heading for heading, value in meaning.changes.items() if value is not None)]
    words = [heading for heading in headings if heading not in numbers and heading not in meaning.kept]
    return numbers, words


def _years(written: str) -> float:
    try:
        return float(written)
    except ValueError:
        return np.nan


class _Reading(Lengths):
    """All subjects together."""

    def _ages(self) -> Numbers | None:
        """Years in the order of persons, NaN where none is known or written in words: few models ask for them."""
        if not self.has("age"):
            return None
        return self.gaps_filled(self.words("age").mapped(_years)[self.order])

    def records(self) -> Records:
        """All of it, in the order in which one thing needs another."""
        self.refuse_nothing()
        self._leave_excluded()
        self.refuse_nothing()
        self.ids, self.person = self._persons()
        self.written_h = self._times()
        self._read_events()
        self._put_together()
        self._check_doses()
        self.route = self._routes()
        self._read_lengths()
        self.time_h = self._clock()
        self._check_changes()
        return self._whole()

    def _whole(self) -> Records:
        # Weight, drug and output stand in columns that a file may lack, and each has its own substitute.
        order = self.order
        weight = None
        if self.has("weight"):
            weight = self.filled(
                self.heading("weight"), self.factor("weight_unit", "weight", known().kilograms, "a weight")
            )
            wrong = np.zeros(order.size, dtype=bool)
            wrong[order] = ~(weight > 0)
            self.refuse(wrong, "weight", "no weight is known of this person; give it in kg, or leave the column out")
        etas = {key: np.nan_to_num(self.filled(heading)) for key, heading in self.meaning.etas.items()}
        drugs = [
            word for heading in ([self.heading("drug")] if self.has("drug") else []) for word in self._used(heading)
        ]
        for heading in self.meaning.treatments:
            drugs += [word for word in self._used(heading) if known().drug(word)]
        kept = (*self.meaning.kept, *self.meaning.changes, *self.meaning.treatments)
        output = self.words("output" if self.has("output") else "compartment")
        return Records(
            cells=self.cells,
            ids=self.ids,
            person=self.person[order],
            written_h=self.written_h[order],
            time_h=self.time_h[order],
            event=self.event[order],
            amount_mg=self.amount_mg[order],
            rate=self.rate[order],
            duration_h=self.duration_h[order],
            route=Words(self.route.codes[order], self.route.values),
            interval_h=self.interval_h[order],
            additional=self.additional[order],
            steady=self.steady[order],
            weight_kg=weight,
            age_heading=self.heading("age") if self.has("age") else "",
            age_years=self._ages(),
            etas=etas,
            occasion=self._occasions(),
            afresh=self.afresh,
            value=self.value[order],
            below=self.below[order],
            output=Words(output.codes[order], output.values),
            kept=kept,
            drugs=tuple(dict.fromkeys(drugs)),
            notes=self.notes,
            row=order,
        )
