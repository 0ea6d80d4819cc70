"""What happens on the rows of an event table: doses, resets, measurements, and what contradicts itself."""

from __future__ import annotations

import re
from functools import partial

import numpy as np

from unwound.exchange.event_table.cells import Numbers, Tidy, Words
from unwound.exchange.event_table.columns import is_measured, known
from unwound.exchange.event_table.identity import Identity
from unwound.exchange.event_table.reading import (
    DOSE,
    OBSERVATION,
    OTHER,
    Mask,
    each,
    measured,
    plain_number,
    unit_word,
    value_is,
)

MOST_DOSES = 200_000
_CARRIED = ("amount", "rate", "duration", "end", "interval", "additional", "steady")


class Happenings(Identity):
    """Events, their values, and the rules that a dose must keep."""

    def _read_events(self) -> None:
        amount, rate = self.numbers("amount"), self.numbers("rate")
        self.steady, self.additional = self.numbers("steady"), self.numbers("additional")
        for column in ("event", "steady", "additional"):
            values = self.numbers(column)
            self.refuse(values != np.round(values), column, partial(value_is, values, "is not a whole number"))
        for column in ("amount", "duration", "interval", "additional", "steady", "event"):
            values = self.numbers(column)
            self.refuse(values < 0, column, partial(value_is, values, "is negative; it is 0 or more"))
        self.compartment = self.words("compartment")
        missing, value = self.numbers("missing"), self._value()
        if self.has("event"):
            event = self.numbers("event")
            classic = (event >= 100) & (event < 10000) & (event % 100 == 1)
            self._name_classic(event, classic)
            event = np.where(classic, DOSE, event)
            self.refuse(
                ~np.isin(event, range(5)), "event",
                lambda i: f"{event[i]:g} is not known; 0 observation, 1 dose, 2 other, 3 reset, 4 reset and dose",
            )  # fmt: skip
        else:
            dose = (amount > 0) | ((self.steady > 0) & (rate > 0))
            self.refuse(
                dose & (missing == 0) & (value > 0), "amount",
                "an amount and a measurement on one row: is it a dose? Give EVID",
            )  # fmt: skip
            self._refuse_an_arm(dose, value)
            event = np.where(dose, DOSE, np.where(missing > 0, OTHER, OBSERVATION))
        self.event = event.astype(np.int64)
        self.refuse(
            (self.event == OBSERVATION) & (missing == 0) & (value < 0), "observed",
            lambda i: f"{value[i]:g} is below 0: write . for what was not measured, and BLQ or <5 for what was below a "
            "limit; a logarithm is not read",
        )  # fmt: skip
        self.value = np.where(missing > 0, np.nan, value)

    def _refuse_an_arm(self, dose: Mask, value: Numbers) -> None:
        """UnwoundError where every row has an amount though things were measured: it is the dose of the whole arm."""
        beside = next((heading for heading in self.meaning.kept if is_measured(heading)), "")
        if dose.size > 1 and dose.all() and (beside or np.isfinite(value).any()):
            self.refuse(
                dose, "amount",
                f"every row has an amount, and {beside or self.heading('observed')} was measured on them: is it the "
                "dose of the arm? Write it on the rows of doses alone, or give EVID",
            )  # fmt: skip

    def _name_classic(self, event: Numbers, classic: Mask) -> None:
        """RxODE's old codes: 101 is a dose at once into compartment 1."""
        if not classic.any():
            return
        codes = (event // 100).astype(int)
        if self.has("compartment"):
            own = [plain_number(value) for value in self.compartment.values]
            differs = np.array(
                [own[code] not in ("", "0", str(to)) for code, to in zip(self.compartment.codes, codes, strict=True)]
            )
            self.refuse(classic & differs, "event", "this EVID names another compartment than CMT; keep one")
        self.compartment = Words(
            np.where(classic, codes, 0).astype(np.int64), ("", *map(str, range(1, int(codes.max()) + 1)))
        )

    def _value(self) -> Numbers:
        """What was measured, in ng/mL; NaN where nothing was, or words."""
        self.below = np.zeros(self.cells.rows, dtype=bool)
        if not self.has("observed"):
            return np.full(self.cells.rows, np.nan)
        heading = self.meaning.headings["observed"]
        if isinstance(self.cells, Tidy):
            value = self.cells.numbers(heading)
        else:
            words = self.cells.words(heading)
            value = words.mapped(measured)
            self.below = each([bool(re.match(r"<|B[LQ]+", word.upper())) for word in words.values])[words.codes]
        below = self.words("below")
        self.below |= each([value.upper() in (*known().excluded, "BLQ", "BQL") for value in below.values])[below.codes]
        limit = self.numbers("limit")
        value = np.where(self.below & (limit > 0), limit, value)
        return value * self._observed_factor()

    def _observed_factor(self) -> Numbers | float:
        units = known().ng_per_ml
        if self.has("observed_unit") or self.units.get("observed"):
            return self.factor("observed_unit", "observed", units, "a concentration")
        if self.has("unit"):
            return self.words("unit").mapped(lambda word: units.get(unit_word(word), 1.0))
        return 1.0

    def _check_doses(self) -> None:
        """UnwoundError where a row contradicts itself. A branch for each contradiction, with its column and cure."""
        dose, amount, rate = self.is_dose, self.numbers("amount"), self.numbers("rate")
        interval = self.numbers("interval")
        carried = self._carried_forward()
        for column in ("amount", "rate", "duration", "additional", "steady"):
            values = self.numbers(column)
            self.refuse(
                ~dose & (values != 0) & ~carried.get(column, np.zeros_like(dose)), column,
                partial(self._beside_event, values),
            )  # fmt: skip
        endless = dose & (self.steady > 0) & (amount == 0) & (rate > 0)
        self.refuse(
            endless & ((interval > 0) | (self.additional > 0) | (self.numbers("duration") > 0)), "interval",
            "an infusion without an end (SS 1, AMT 0) has no II, ADDL or DUR; make them 0",
        )  # fmt: skip
        self.refuse(dose & (amount == 0) & ~endless, "amount", "a dose of 0 mg; give the amount, or make EVID 2")
        self.refuse(
            dose & (self.steady > 2), "steady",
            lambda i: f"{self.steady[i]:g} is not known; 1 is a steady state, 2 one on top of what was there",
        )  # fmt: skip
        self.refuse(
            dose & (self.steady > 0) & ~endless & (interval == 0), "steady",
            "a steady state needs the interval of its doses; give II in hours",
        )  # fmt: skip
        self.refuse(
            dose & (self.additional > 0) & (interval == 0), "additional",
            lambda i: f"{self.additional[i]:g} further doses and no interval; give II in hours",
        )  # fmt: skip
        self.refuse(
            dose & (self.additional >= MOST_DOSES), "interval",
            lambda i: f"{1 + int(self.additional[i]):,} doses are too many; at most {MOST_DOSES:,}",
        )  # fmt: skip

    def _beside_event(self, values: Numbers, index: int) -> str:
        return f"{values[index]:g} beside EVID {self.event[index]:g}; a dose has EVID 1, or make it 0"

    def _carried_forward(self) -> dict[str, Mask]:
        """Where a row that is no dose only repeats what its person's last dose said, all through the table.

        A table filled downwards does so on every such row; a single one with an amount is a dose without its EVID.
        """
        if not self.has("event"):
            return {}
        dose, person = self.is_dose[self.order], self.person[self.order]
        last = np.maximum.accumulate(np.where(dose, np.arange(dose.size), -1))
        first = np.searchsorted(person, person)
        after = ~dose & (last >= first) & (self.event[self.order] == OBSERVATION)
        carried: dict[str, Mask] = {}
        for column in _CARRIED:
            values = self.numbers(column)[self.order]
            repeats = values == values[np.maximum(last, 0)]
            if column in ("amount", "rate", "duration", "end") and not repeats[after].all():
                continue
            result = np.zeros(dose.size, dtype=bool)
            result[self.order] = after & repeats
            carried[column] = result
        if "amount" not in carried or not self.numbers("amount")[carried["amount"]].any():
            return {}
        self.notes.append("doses are repeated on rows of observations (filled downwards) and are given once")
        return carried
