"""What the rows of an event table mean: hours, milligrams, routes and persons, checked a column at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from unwound.exchange.event_table import moments
from unwound.exchange.event_table.cells import Careful, Cells, Codes, NotTidyError, Numbers, Tidy, Words, is_calendar
from unwound.exchange.event_table.columns import Meant, is_measured, known, meant, normal
from unwound.exchange.names import quoted
from unwound.record import UnwoundError

Mask = NDArray[np.bool_]
OBSERVATION, DOSE, OTHER, RESET, RESET_AND_DOSE = range(5)
BY_RATE, BY_DURATION = -1.0, -2.0
"""RATE of a dose whose rate, or duration, stands in a column of its own (R1, D1, DUR)."""
MOST_DOSES = 200_000
AGREE = 1e-4
"""RATE x DUR and AMT agree within this share: fractions of an hour are written with few digits."""
AFRESH_H = 1.0
"""Where the time of a table begins again after a reset, its hours run on so long after the last row before it."""
_WHOLE_ID = re.compile(r"\d+\.\d*([eE][+-]?\d{1,2})?", re.ASCII)
_CARRIED = ("amount", "rate", "duration", "end", "interval", "additional", "steady")
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
    etas: Mapping[str, Numbers]
    occasion: Words | None
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


class _Reading:
    """One table while it is read: its cells, the meaning of its columns, and the arrays found so far."""

    def __init__(self, cells: Cells, meaning: Meant, compartments: Mapping[str, str]) -> None:
        self.cells, self.meaning = cells, meaning
        self.compartments = {_plain_number(word): route for word, route in compartments.items()}
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

    def records(self) -> Records:
        """All of it, in the order in which one thing needs another."""
        self._refuse_nothing()
        self._leave_excluded()
        self._refuse_nothing()
        self.ids, self.person = self._persons()
        self.written_h = self._times()
        self._read_events()
        self._put_together()
        self.time_h = self._clock()
        self._check_doses()
        self.route = self._routes()
        self._read_lengths()
        self._check_changes()
        return self._whole()

    def _refuse_nothing(self) -> None:
        if not self.cells.rows:
            raise UnwoundError(f"{self.cells.name}: there are headings and no rows below them; add one event a row")

    def refuse(self, mask: Mask, column: str, reason: str | Callable[[int], str]) -> None:
        """UnwoundError at the first row where the mask is set."""
        if mask.any():
            index = int(np.argmax(mask))
            raise self.cells.wrong(index, self._heading(column), reason if isinstance(reason, str) else reason(index))

    def _heading(self, meaning: str) -> str:
        return self.meaning.headings.get(meaning, meaning)

    def has(self, meaning: str) -> bool:
        return meaning in self.meaning.headings

    def words(self, meaning: str) -> Words:
        if not self.has(meaning):
            return Words(np.zeros(self.cells.rows, dtype=np.int64), ("",))
        return self.cells.words(self.meaning.headings[meaning])

    def numbers(self, meaning: str) -> Numbers:
        """A column with nothing as 0."""
        if not self.has(meaning):
            return np.zeros(self.cells.rows)
        return np.nan_to_num(self.cells.numbers(self.meaning.headings[meaning]), nan=0.0)

    # --- who and when ---

    def _leave_excluded(self) -> None:
        """Leaves out the rows that a column of exclusion, or a sign of comment before the ID, takes out."""
        rules = known()
        out = np.zeros(self.cells.rows, dtype=bool)
        for heading in (*self.meaning.exclusions, *self.meaning.inclusions):
            words = self.cells.words(heading)
            yes = _each([word.upper() in rules.excluded for word in words.values])
            no = _each([word == "" or word.upper() in rules.counted for word in words.values])
            unclear = ~(yes | no)[words.codes]
            if unclear.any():
                index = int(np.argmax(unclear))
                raise self.cells.wrong(
                    index,
                    heading,
                    f"{quoted(words.row(index))}: does this row count? Write 1 to leave it out, 0 to keep it",
                )
            out |= (no if heading in self.meaning.inclusions else yes)[words.codes]
        ids = self.words("id")
        first = self.cells.headings[0] == self._heading("id")
        marks = ("C",) if first and normal(self._heading("id")) in ("CID", "C_ID") else ()
        numeric = [value for value in ids.values if value and value.upper() != "C"]
        alone = first and bool(numeric) and all(re.fullmatch(r"[\d.]+", value) for value in numeric)
        comment = _each(
            [
                bool(marks and value.upper().startswith(marks)) or (alone and value.upper() == "C")
                for value in ids.values
            ]
        )
        out |= comment[ids.codes]
        if out.any():
            self._refuse_to_leave_out_every_row(out)
            said = ", ".join((*self.meaning.exclusions, *self.meaning.inclusions)) or "C before its ID"
            self.notes.append(f"{int(out.sum()):,} rows left out by {said}")
            self.cells.keep(~out)

    def _refuse_to_leave_out_every_row(self, out: Mask) -> None:
        """UnwoundError where a column that should exclude some rows takes out all doses, or all that is none.

        A column of such a name may say which substance was measured.
        """
        given = self.numbers("amount") > 0 if not isinstance(self.cells, Careful) else self._rough_amount()
        for rows in (given, ~given):
            if rows.any() and out[rows].all() and not out.all():
                heading = (*self.meaning.exclusions, *self.meaning.inclusions, "ID")[0]
                raise UnwoundError(
                    f"{self.cells.name}: {heading} would leave out every row {'with' if rows is given else 'without'} "
                    "an amount; does it say which rows count? Else rename it"
                )

    def _rough_amount(self) -> Mask:
        """Whether each row has an amount, where a row that is left out may hold anything."""
        return self.words("amount").mapped(_measured) > 0

    def _persons(self) -> tuple[tuple[str, ...], Codes]:
        """The persons in the order in which they come, and each row's: «1.0» is «1», «01» is asked."""
        words = self.words("id")
        names = [_plain_number(value) for value in words.values]
        self.refuse(_each([name == "" for name in names])[words.codes], "id", "empty; name the subject of the event")
        by_number: dict[str, str] = {}
        used = set(np.unique(words.codes).tolist())
        for code, written in enumerate(names):
            plain = written.lstrip("0") if written.isdecimal() else written
            if code in used and by_number.setdefault(plain, written) != written:
                self.refuse(
                    words.codes == code, "id", f"{quoted(written)} and {quoted(by_number[plain])}: are they one?"
                )
        unique = list(dict.fromkeys(names))
        place = {written: number for number, written in enumerate(unique)}
        code_of = np.array([place[written] for written in names], dtype=np.int64)[words.codes]
        _, first, inverse = np.unique(code_of, return_index=True, return_inverse=True)
        rank = np.empty(first.size, dtype=np.int64)
        rank[np.argsort(first)] = np.arange(first.size)
        names_in_order = tuple(unique[int(code_of[begin])] for begin in np.sort(first))
        return names_in_order, rank[inverse.reshape(-1)]

    def _times(self) -> Numbers:
        """Hours. A branch for each way of writing them: a number, a time of day, a date and either, both in one."""
        if self.has("moment"):
            heading = self._heading("moment")
            return moments.since_first(self.person, moments.moments(self.cells, heading, self.cells.words(heading)))
        column = "clock" if self.has("clock") and (self.has("date") or not self.has("time")) else "time"
        heading = self._heading(column)
        if (
            self.has("date")
            or column == "clock"
            or (isinstance(self.cells, Careful) and is_calendar(self.words("time")))
        ):
            words = self.cells.words(heading)
            if any("-" in value.lstrip("-") or "/" in value for value in words.values):
                hours = moments.moments(self.cells, heading, words)
            else:
                hours = moments.hours_of_day(self.cells, heading, words)
            if self.has("date"):
                date = self._heading("date")
                hours = hours + 24 * moments.days(self.cells, date, self.cells.words(date))
            return moments.since_first(self.person, hours)
        hours = self.cells.numbers(heading)
        self.refuse(np.isnan(hours), column, "empty; fill it in")
        factor = self._factor("time_unit", "time", known().hours, "a time")
        return hours if np.isscalar(factor) and factor == 1.0 else np.round(hours * factor, 12)

    def _factor(self, column: str, of: str, units: Mapping[str, float], what: str) -> Numbers | float:
        """What one of a column's unit is: from a column of units, or from its heading."""
        if self.has(column):
            words = self.cells.words(self.meaning.headings[column])
            known_units = words.mapped(lambda word: units.get(_unit(word), np.nan) if word else 1.0)
            self.refuse(
                np.isnan(known_units), column, lambda index: f"{quoted(words.row(index))} is not {what} known here"
            )
            return known_units
        unit = self.units.get(of, "")
        if unit and _unit(unit) not in units:
            raise UnwoundError(
                f"{self.cells.name}: the unit {quoted(unit)} of {self._heading(of)} is not {what} known here"
            )
        return units[_unit(unit)] if unit else 1.0

    # --- what happens ---

    def _read_events(self) -> None:
        amount, rate = self.numbers("amount"), self.numbers("rate")
        self.steady, self.additional = self.numbers("steady"), self.numbers("additional")
        for column in ("event", "steady", "additional"):
            values = self.numbers(column)
            self.refuse(values != np.round(values), column, partial(_value_is, values, "is not a whole number"))
        for column in ("amount", "duration", "interval", "additional", "steady", "event"):
            values = self.numbers(column)
            self.refuse(values < 0, column, partial(_value_is, values, "is negative; it is 0 or more"))
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
        self.value = np.where(missing > 0, np.nan, value)

    def _refuse_an_arm(self, dose: Mask, value: Numbers) -> None:
        """UnwoundError where every row has an amount though things were measured: it is the dose of the whole arm."""
        beside = next((heading for heading in self.meaning.kept if is_measured(heading)), "")
        if dose.size > 1 and dose.all() and (beside or np.isfinite(value).any()):
            self.refuse(
                dose, "amount",
                f"every row has an amount, and {beside or self._heading('observed')} was measured on them: is it the "
                "dose of the arm? Write it on the rows of doses alone, or give EVID",
            )  # fmt: skip

    def _name_classic(self, event: Numbers, classic: Mask) -> None:
        """RxODE's old codes: 101 is a dose at once into compartment 1."""
        if not classic.any():
            return
        codes = (event // 100).astype(int)
        if self.has("compartment"):
            own = [_plain_number(value) for value in self.compartment.values]
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
            value = words.mapped(_measured)
            self.below = _each([bool(re.match(r"<|B[LQ]+", word.upper())) for word in words.values])[words.codes]
        below = self.words("below")
        self.below |= _each([value.upper() in (*known().excluded, "BLQ", "BQL") for value in below.values])[below.codes]
        limit = self.numbers("limit")
        value = np.where(self.below & (limit > 0), limit, value)
        return value * self._observed_factor()

    def _observed_factor(self) -> Numbers | float:
        units = known().ng_per_ml
        if self.has("observed_unit") or self.units.get("observed"):
            return self._factor("observed_unit", "observed", units, "a concentration")
        if self.has("unit"):
            return self.words("unit").mapped(lambda word: units.get(_unit(word), 1.0))
        return 1.0

    def _put_together(self) -> None:
        """Brings the rows of each person together where they stand apart; the order of each one's rows stays."""
        apart = bool((np.diff(self.person) < 0).any())
        self.order = np.argsort(self.person, kind="stable") if apart else np.arange(self.cells.rows)
        if not apart:
            return
        person, time = self.person[self.order], self.written_h[self.order]
        back = (np.diff(person, prepend=-1) == 0) & (np.diff(time, prepend=time[0]) < 0)
        back &= np.diff(self.order, prepend=-1) > 1
        if back.any():
            index = int(self.order[int(np.argmax(back))])
            named = quoted(self.ids[int(self.person[index])])
            raise self.cells.wrong(
                index, self._heading("id"),
                f"{named} comes again after another one, at an earlier time; put all rows of an ID together",
            )  # fmt: skip
        self.notes.append("rows of an ID that stand apart are taken as one person's, for their times go on")

    def _clock(self) -> Numbers:
        """Hours that never fall: after a reset a table's time may begin again."""
        time, person, event = self.written_h[self.order], self.person[self.order], self.event[self.order]
        step = np.diff(time, prepend=time[0])
        same = np.diff(person, prepend=-1) == 0
        fell = same & (step < 0)
        reset = np.isin(event, (RESET, RESET_AND_DOSE))
        if (fell & ~reset).any():
            at = int(np.argmax(fell & ~reset))
            raise self.cells.wrong(
                int(self.order[at]), self._heading("time"),
                f"{time[at]:g} h comes after {time[at - 1]:g} h; put the rows of an ID in the order of time",
            )  # fmt: skip
        jumps = np.cumsum(np.where(fell, AFRESH_H - step, 0.0))
        begins = np.flatnonzero(~same)
        offset = jumps - np.repeat(jumps[begins], np.diff(np.append(begins, time.size)))
        if fell.any():
            self.notes.append(
                f"time begins again after a reset ({int(fell.sum()):,} times): hours run on, {AFRESH_H:g} h after "
                "the row before"
            )
        clock = np.empty_like(time)
        clock[self.order] = time + offset
        return clock

    # --- doses ---

    @property
    def _is_dose(self) -> Mask:
        dosed: Mask = np.isin(self.event, (DOSE, RESET_AND_DOSE))
        return dosed

    def _check_doses(self) -> None:
        """UnwoundError where a row contradicts itself. A branch for each contradiction, with its column and cure."""
        dose, amount, rate = self._is_dose, self.numbers("amount"), self.numbers("rate")
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
        dose, person = self._is_dose[self.order], self.person[self.order]
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

    def _routes(self) -> Words:
        """Each dose's route: by its word, by the map of compartments, or the vein where nothing else can be meant."""
        dose, place = self._is_dose, self.compartment
        numbers = [_plain_number(value) for value in place.values]
        self.refuse(
            _each([number.startswith("-") for number in numbers])[place.codes], "compartment",
            lambda i: f"{place.row(i)}: no compartment is turned off here; leave the row out",
        )  # fmt: skip
        by_place = [self._of_compartment(number) for number in numbers]
        by_word = self.words("route")
        routes = [known().route(word) if word else "" for word in by_word.values]
        unknown = _each([route is None for route in routes])[by_word.codes]
        self.refuse(
            dose & unknown, "route", lambda i: f"{quoted(by_word.row(i))} is no route known here; such as iv or oral"
        )
        worded = _each([bool(word) for word in by_word.values])[by_word.codes]
        lost = dose & ~worded & _each([route is None for route in by_place])[place.codes]
        self.refuse(lost, "compartment", lambda i: self._asked_for_map(place.row(i)))
        if "1" in numbers and "1" not in self.compartments and not worded[dose].all():
            self._refuse_a_depot(numbers)
        names = list(dict.fromkeys(["iv", *(route for route in (*by_place, *routes) if route)]))
        of_place = np.array([names.index(route) if route else 0 for route in by_place])[place.codes]
        of_word = np.array([names.index(route) if route else 0 for route in routes])[by_word.codes]
        mapped = _each([number in self.compartments for number in numbers])[place.codes]
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
        if number == "1" and not normal(self._heading("compartment")).startswith("ADM"):
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
        dosed = self._is_dose & _each([number == "1" for number in numbers])[self.compartment.codes]
        if seen - {"", "0"} and not seen & {"", "0", "1"}:
            self.refuse(
                dosed, "compartment",
                f"doses go into 1 and {', '.join(sorted(seen))} is measured: is 1 the vein, or a depot? "
                "Say it, as in --cmt 1=iv or --cmt 1=oral,2=iv",
            )  # fmt: skip

    def _read_lengths(self) -> None:
        """Milligrams, mg/h and hours, in our units; RATE -1 and -2 taken from where they point."""
        dose = self._is_dose
        hours, mass = known().hours, known().milligrams
        time = self._factor("time_unit", "time", hours, "a time")
        amount_unit = self._amount_factor(mass)
        self.amount_mg = self.numbers("amount") * amount_unit
        own = self.units.get("duration") or self.has("duration_unit")
        length = self._factor("duration_unit", "duration", hours, "a time") if own else time
        duration, rate = self.numbers("duration"), self.numbers("rate")
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
        interval = self._factor("time_unit", "interval" if self.units.get("interval") else "time", hours, "a time")
        self.rate, self.duration_h, self.interval_h = rate, duration, self.numbers("interval") * interval

    def _amount_factor(self, mass: Mapping[str, float]) -> Numbers | float:
        if not self.has("unit") or self.has("amount_unit"):
            return self._factor("amount_unit", "amount", mass, "a mass")
        words = self.words("unit")
        factor = words.mapped(lambda word: mass.get(_unit(word), np.nan) if word else 1.0)
        self.refuse(
            self._is_dose & np.isnan(factor),
            "unit",
            lambda i: f"{quoted(words.row(i))} is not a mass known here; give mg",
        )
        return np.nan_to_num(factor, nan=1.0)

    def _rate_factor(
        self, amount: Numbers | float, time: Numbers | float, hours: Mapping[str, float], mass: Mapping[str, float]
    ) -> Numbers | float:
        rates = {f"{a}/{b}": mass[a] / hours[b] for a in mass for b in hours}
        if self.has("rate_unit") or self.units.get("rate"):
            return self._factor("rate_unit", "rate", rates, "a rate")
        return amount / time

    def _to_its_end(self, duration: Numbers) -> Numbers:
        """The duration, from a column of ends where there is one."""
        if not self.has("end"):
            return duration
        dose = self._is_dose
        heading = self.meaning.headings["end"]
        end = self.cells.numbers(heading) * self._factor("time_unit", "end" if self.units.get("end") else "time",
                                                         known().hours, "a time")  # fmt: skip
        lasts = np.where(dose & ~np.isnan(end), end - self.written_h, 0.0)
        ends = dose & ~np.isnan(end)
        self.refuse(ends & (lasts < 0), "end", lambda i: f"{end[i]:g} lies before the time of its dose")
        self.refuse(
            ends & (duration > 0) & (np.abs(lasts - duration) > AGREE * np.maximum(lasts, duration)), "end",
            lambda i: f"{lasts[i]:g} h to the end and DUR {duration[i]:g} h; drop one",
        )  # fmt: skip
        return np.where(ends, lasts, duration)

    def _check_changes(self) -> None:
        """UnwoundError where a column that would change doses does so; one that says the same throughout is kept."""
        dose = self._is_dose
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

    # --- who they are ---

    def _filled(self, heading: str, factor: Numbers | float = 1.0) -> Numbers:
        """A covariate with its gaps filled from the row before, and at the beginning from the first that is known."""
        return self._gaps_filled((self.cells.numbers(heading) * factor)[self.order])

    def _gaps_filled(self, values: Numbers) -> Numbers:
        """The same of values in the order of persons."""
        person = self.person[self.order]
        begins = np.searchsorted(person, person)
        last = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(values.size)))
        forward = np.where(last >= begins, values[np.maximum(last, 0)], np.nan)
        ends = np.searchsorted(person, person, side="right")
        after = np.where(np.isnan(values), values.size, np.arange(values.size))
        following = np.minimum.accumulate(after[::-1])[::-1]
        back = np.where(following < ends, values[np.minimum(following, values.size - 1)], np.nan)
        return np.where(np.isnan(forward), back, forward)

    def _occasions(self) -> Words | None:
        """Every row's occasion; a gap goes on with the one before it. UnwoundError where a person has none at all."""
        if not self.has("occasion"):
            return None
        words = self.words("occasion")
        names = [_plain_number(value) for value in words.values]
        unique = tuple(dict.fromkeys(names))
        place = np.array([unique.index(name) if name else np.nan for name in names])[words.codes]
        filled = self._gaps_filled(place[self.order])
        nothing = np.zeros(self.order.size, dtype=bool)
        nothing[self.order] = np.isnan(filled)
        self.refuse(nothing, "occasion", "no occasion of this person is named; number them, or leave the column out")
        return Words(filled.astype(np.int64), unique)

    def _whole(self) -> Records:
        order = self.order
        weight = None
        if self.has("weight"):
            weight = self._filled(
                self._heading("weight"), self._factor("weight_unit", "weight", known().kilograms, "a weight")
            )
            wrong = np.zeros(order.size, dtype=bool)
            wrong[order] = ~(weight > 0)
            self.refuse(wrong, "weight", "no weight is known of this person; give it in kg, or leave the column out")
        etas = {key: np.nan_to_num(self._filled(heading)) for key, heading in self.meaning.etas.items()}
        drugs = [
            word for heading in ([self._heading("drug")] if self.has("drug") else []) for word in self._used(heading)
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
            etas=etas,
            occasion=self._occasions(),
            value=self.value[order],
            below=self.below[order],
            output=Words(output.codes[order], output.values),
            kept=kept,
            drugs=tuple(dict.fromkeys(drugs)),
            notes=self.notes,
            row=order,
        )

    def _used(self, heading: str) -> list[str]:
        """The words of a column on rows of doses."""
        words = self.cells.words(heading)
        return [words.values[code] for code in np.unique(words.codes[self._is_dose]).tolist() if words.values[code]]


def _value_is(values: Numbers, wrong: str, index: int) -> str:
    return f"{values[index]:g} {wrong}"


def _each(answers: list[bool]) -> Mask:
    return np.array(answers, dtype=bool)


def known_of(heading: str, meaning: Meant) -> str:
    """The meaning of a heading, or the heading itself."""
    return next((each for each, name in meaning.headings.items() if name == heading), heading)


def _plain_number(written: str) -> str:
    """A whole number as it is written plainly (1.0, 1.0000E+00); anything else as it is."""
    whole = _WHOLE_ID.fullmatch(written) and float(written).is_integer()
    return str(int(float(written))) if whole else written.strip()


def _unit(written: str) -> str:
    """A unit as the table of units has it."""
    return normal(written).replace("_", "").replace("\u00b5", "\u039c").replace("PER", "/").rstrip("*")


def _measured(written: str) -> float:
    """A measurement, or the limit it lies below; NaN for a word."""
    try:
        return float(written.lstrip("< ").replace(",", ".").replace("D", "E"))
    except ValueError:
        return np.nan
