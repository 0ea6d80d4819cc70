"""How much and how long the doses of an event table are: milligrams, mg/h and hours, whatever its units."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from unwound.exchange.event_table.cells import Numbers
from unwound.exchange.event_table.columns import known
from unwound.exchange.event_table.moments import moments
from unwound.exchange.event_table.reading import AGREE, each, unit_word
from unwound.exchange.event_table.ways import Ways
from unwound.exchange.names import quoted

BY_RATE, BY_DURATION = -1.0, -2.0
"""RATE of a dose whose rate, or duration, stands in a column of its own (R1, D1, DUR)."""


class Lengths(Ways):
    """Amounts, rates, durations and intervals in our units; what would change a dose unread is refused."""

    def _read_lengths(self) -> None:
        """Milligrams, mg/h and hours, in our units; RATE -1 and -2 taken from where they point."""
        dose = self.is_dose
        hours, mass = known().hours, known().milligrams
        time = self.factor("time_unit", "time", hours, "a time")
        amount_unit = self._amount_factor(mass)
        self.amount_mg = self.numbers("amount") * amount_unit
        own = self.units.get("duration") or self.has("duration_unit")
        length = self.factor("duration_unit", "duration", hours, "a time") if own else time
        rate = self.numbers("rate")
        length, duration = 1.0 if self.iso_durations is not None else length, self.numbers("duration")
        duration = np.where(duration > 0, duration, np.where(rate == BY_DURATION, self.numbers("modelled_duration"), 0))
        duration = self._to_its_end(duration * length)
        own_rate = self._rate_factor(amount_unit, time, hours, mass)
        modelled = self.numbers("modelled_rate")
        wrong = dose & (rate < 0) & ~((rate == BY_DURATION) & (duration > 0)) & ~((rate == BY_RATE) & (modelled > 0))
        self.refuse(
            wrong, "rate",
            lambda i: f"{rate[i]:g} leaves it to a model; give mg/h, or R1 beside -1, DUR or D1 in hours beside -2",
        )  # fmt: skip
        rate = np.where((rate == BY_RATE) & dose, modelled, np.maximum(rate, 0)) * own_rate
        both = dose & (rate > 0) & (duration > 0)
        off = both & (np.abs(rate * duration - self.amount_mg) > AGREE * np.maximum(rate * duration, self.amount_mg))
        self.refuse(
            off, "rate",
            lambda i: f"{rate[i]:g} mg/h for DUR {duration[i]:g} h are {rate[i] * duration[i]:g} mg, "
            f"and AMT is {self.amount_mg[i]:g}; drop one",
        )  # fmt: skip
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            endless = dose & (rate > 0) & ~np.isfinite(self.amount_mg / rate)
        self.refuse(endless, "rate", lambda i: f"{rate[i]:g} mg/h would never end; give a faster one")
        interval = self.factor("time_unit", "interval" if self.units.get("interval") else "time", hours, "a time")
        self.rate, self.duration_h, self.interval_h = rate, duration, self.numbers("interval") * interval

    def _amount_factor(self, mass: Mapping[str, float]) -> Numbers | float:
        if not self.has("unit") or self.has("amount_unit"):
            return self.factor("amount_unit", "amount", mass, "a mass")
        words = self.words("unit")
        factor = words.mapped(lambda word: mass.get(unit_word(word), np.nan) if word else 1.0)
        self.refuse(
            self.is_dose & np.isnan(factor),
            "unit",
            lambda i: f"{quoted(words.row(i))} is not a mass known here; give mg",
        )
        return np.nan_to_num(factor, nan=1.0)

    def _rate_factor(
        self, amount: Numbers | float, time: Numbers | float, hours: Mapping[str, float], mass: Mapping[str, float]
    ) -> Numbers | float:
        rates = {f"{a}/{b}": mass[a] / hours[b] for a in mass for b in hours}
        if self.has("rate_unit") or self.units.get("rate"):
            return self.factor("rate_unit", "rate", rates, "a rate")
        return amount / time

    def _to_its_end(self, duration: Numbers) -> Numbers:
        """The duration, from a column of ends where there is one."""
        if not self.has("end"):
            return duration
        dose = self.is_dose
        end = self._ends()
        lasts = np.where(dose & ~np.isnan(end), end - self.written_h, 0.0)
        ends = dose & ~np.isnan(end)
        self.refuse(ends & (lasts < 0), "end", lambda i: f"{end[i]:g} lies before the time of its dose")
        self.refuse(
            ends & (duration > 0) & (np.abs(lasts - duration) > AGREE * np.maximum(lasts, duration)), "end",
            lambda i: f"{lasts[i]:g} h to the end and DUR {duration[i]:g} h; drop one",
        )  # fmt: skip
        return np.where(ends, lasts, duration)

    def _ends(self) -> Numbers:
        """The ends of infusions on the clock of `written_h`: hours, or dates with times where the rows have these."""
        heading = self.heading("end")
        if not self.has("moment"):
            self.refuse_times_of_day("end")
            own = "end" if self.units.get("end") else "time"
            return self.cells.numbers(heading) * self.factor("time_unit", own, known().hours, "a time")
        began = self.heading("moment")
        starts = moments(self.cells, began, self.cells.words(began))
        ends = moments(self.cells, heading, self.cells.words(heading), may_be_empty=True)
        return np.round(ends - starts + self.written_h, 9)

    def _check_changes(self) -> None:
        """UnwoundError where a column that would change doses does so; one that says the same throughout is kept."""
        dose = self.is_dose
        if self.has("frequency"):
            often = self.words("frequency")
            many = ~each([word.upper() in known().single for word in often.values])[often.codes]
            self.refuse(
                dose & many & (self.has("end") | (np.unique(often.codes[dose]).size > 1)), "frequency",
                lambda i: f"{quoted(often.row(i))} is how often, and one dose a row is read; give II and ADDL",
            )  # fmt: skip
        for heading, neutral in self.meaning.changes.items():
            if neutral is not None:
                values = self.cells.numbers(heading)
                changes = dose & ~np.isnan(values) & (values != neutral)
                shown = [f"{value:g}" for value in values] if changes.any() else []
            else:
                words = self.cells.words(heading)
                used = np.unique(words.codes[dose])
                changes = dose & (words.codes != words.codes[dose][0]) if used.size > 1 else np.zeros_like(dose)
                shown = [words.row(index) for index in range(self.cells.rows)] if changes.any() else []
            if changes.any():
                index = int(np.argmax(changes))
                raise self.cells.wrong(
                    index,
                    heading,
                    f"{quoted(shown[index])} would change the dose and is not read; take it into AMT or TIME",
                )
