"""Which way each dose of an event table goes: by its word, by the map of compartments, or by vein."""

from __future__ import annotations

import re

import numpy as np

from unwound.exchange.event_table.cells import Words
from unwound.exchange.event_table.columns import known, normal
from unwound.exchange.event_table.reading import OBSERVATION, each, plain_number
from unwound.exchange.event_table.timing import Timing
from unwound.exchange.names import quoted


class Ways(Timing):
    """The route of every dose; what leaves it open is asked."""

    def _routes(self) -> Words:
        """Each dose's route: by its word, by the map of compartments, or the vein where nothing else can be meant."""
        dose, place = self.is_dose, self.compartment
        numbers = [plain_number(value) for value in place.values]
        self.refuse(
            each([number.startswith("-") for number in numbers])[place.codes], "compartment",
            lambda i: f"{place.row(i)}: no compartment is turned off here; leave the row out",
        )  # fmt: skip
        by_place = [self._of_compartment(number) for number in numbers]
        by_word = self.words("route")
        routes = [known().route(word) if word else "" for word in by_word.values]
        unknown = each([route is None for route in routes])[by_word.codes]
        self.refuse(
            dose & unknown, "route", lambda i: f"{quoted(by_word.row(i))} is no route known here; such as iv or oral"
        )
        worded = each([bool(word) for word in by_word.values])[by_word.codes]
        lost = dose & ~worded & each([route is None for route in by_place])[place.codes]
        self.refuse(lost, "compartment", lambda i: self._asked_for_map(place.row(i)))
        if "1" in numbers and "1" not in self.compartments and not worded[dose].all():
            self._refuse_a_depot(numbers)
        names = list(dict.fromkeys(["iv", *(route for route in (*by_place, *routes) if route)]))
        of_place = np.array([names.index(route) if route else 0 for route in by_place])[place.codes]
        of_word = np.array([names.index(route) if route else 0 for route in routes])[by_word.codes]
        mapped = each([number in self.compartments for number in numbers])[place.codes]
        self.refuse(
            dose & worded & mapped & (of_place != of_word), "route",
            lambda i: f"{quoted(by_word.row(i))} and compartment {place.row(i)} are two routes; keep one",
        )  # fmt: skip
        return Words(np.where(worded, of_word, of_place).astype(np.int64), tuple(names))

    def _of_compartment(self, number: str) -> str | None:
        if number in self.compartments:
            return self.compartments[number]
        if number in ("", "0"):
            return "iv"
        if number == "1" and not normal(self.heading("compartment")).startswith("ADM"):
            return "iv"
        return None if re.fullmatch(r"-?[\d.]+", number) else known().route(number)

    def _asked_for_map(self, written: str) -> str:
        return (
            f"{quoted(written)} is not known; say which way each number goes, as in --cmt 1=oral,2=iv "
            "(1 is by vein where nothing else is said)"
        )

    def _refuse_a_depot(self, numbers: list[str]) -> None:
        """Doses into 1 and measurements in others only: 1 may be a depot, as NONMEM's ADVAN2 and 4 number them."""
        seen = {numbers[code] for code in np.unique(self.compartment.codes[self.event == OBSERVATION]).tolist()}
        dosed = self.is_dose & each([number == "1" for number in numbers])[self.compartment.codes]
        if seen - {"", "0"} and not seen & {"", "0", "1"}:
            self.refuse(
                dosed, "compartment",
                f"doses go into 1 and {', '.join(sorted(seen))} is measured: is 1 the vein, or a depot? "
                "Say it, as in --cmt 1=iv or --cmt 1=oral,2=iv",
            )  # fmt: skip
