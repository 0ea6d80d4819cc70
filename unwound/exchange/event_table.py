"""NONMEM-style event tables: doses and observation times of several people, one event a row, in and out.

TIME is in hours, AMT in mg, RATE in mg/h, DUR in hours, and CMT 1 is the central compartment (the route «iv»). Columns
that are not about doses are ignored and named. A table that could mean two things is refused, with its row.

Source: the meaning of EVID, ADDL, II, SS and RATE is NONMEM's (PREDPP), with the differences written at `read`.
"""

from __future__ import annotations

import csv
import difflib
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from unwound.exchange.names import clean, quoted
from unwound.pharmacology.dosing import Dose, infusion, repeat
from unwound.record import UnwoundError

NEEDED = ("ID", "TIME", "AMT")
NUMBERS = ("TIME", "AMT", "RATE", "DUR", "EVID", "CMT", "II", "ADDL", "SS")
KNOWN = ("ID", *NUMBERS, "DV", "MDV")
WRITTEN = ("ID", "TIME", "AMT", "RATE", "DUR", "EVID", "CMT")
UNREAD = ("DATE", "DAT1", "DAT2", "DAT3", "CONT")
"""NONMEM's own columns that would change what the others mean."""
ELSEWHERE = {"DURATION": "DUR", "TINF": "DUR", "TAU": "II", "INTERVAL": "II", "COMPARTMENT": "CMT"}
"""What other programs call them: left aside they would change a dose unseen."""
WHOLE = ("EVID", "CMT", "ADDL", "SS")
NEAR = 0.6
"""A column whose name comes this near to one that is missing (RATES, ADL) is taken for a slip."""

CENTRAL, ROUTE = 1, "iv"
OBSERVATION, DOSE, OTHER, RESET, RESET_AND_DOSE = range(5)
BY_DURATION = -2.0
"""RATE of a dose whose duration is given and not its rate; NONMEM then wants the duration too (D1), here DUR."""
RUN_IN_H = 20_000.0
"""How long a steady state is run in: what goes with a half-life of 20.5 days (the slowest in the models of relief,
at the end of its interval) is then complete but for 2**-40, 1e-12 of itself; what is faster is complete."""
MOST_DOSES = 200_000
AGREE = 1e-4
"""RATE x DUR and AMT agree within this share: fractions of an hour are written with few digits."""
SAME_H = 1e-9

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Course:
    """One ID: its doses by time, the times at which something was or is to be observed, and the time of its first row.

    Doses before `first_h` are the run-in of a steady state.
    """

    doses: tuple[Dose, ...]
    observed_h: tuple[float, ...]
    first_h: float


@dataclass(frozen=True, slots=True)
class Events:
    """A table: ID -> course, in the order of the table, and the columns that were left aside."""

    courses: Mapping[str, Course]
    left_aside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    """One row: its place in the file, and its numbers by column."""

    place: str
    id: str
    numbers: Mapping[str, float]

    def __getitem__(self, column: str) -> float:
        return self.numbers.get(column, 0.0)

    def wrong(self, column: str, reason: str) -> UnwoundError:
        return UnwoundError(f"{self.place}, {column}: {reason}")


def read(text: str, name: str) -> Events:
    """The courses of a table separated by comma, semicolon, tab or spaces; `.` is NONMEM's sign for nothing.

    EVID 0 is an observation, 1 a dose, 2 something else, 3 a reset, 4 a reset and a dose; without that column a row
    with an amount is a dose. A reset ends what is running and what ADDL had still to give. RATE and DUR may both be
    given when they agree: the dose then is ordered by its rate. Unlike in NONMEM, an empty cell is an error, TIME goes
    on after a reset, SS is 0 or 1 and stands on the first row of its ID only (the run-in would be seen before it), and
    CMT is 1 on a dose; on other rows CMT says what was observed, and only the time is read. UnwoundError, naming the
    file, the row, the column and what to do, for all that cannot be read.
    """
    headings, lines = _lines(text, name)
    left_aside = tuple(_left_aside(headings, name))
    courses: dict[str, Course] = {}
    rows: list[_Row] = []
    for row in _rows(headings, lines, name):
        if rows and rows[-1].id != row.id:
            courses[rows[-1].id] = _course(rows)
            rows = []
        if row.id in courses:
            raise row.wrong("ID", f"{quoted(row.id)} comes again after another one; put all rows of an ID together")
        rows.append(row)
    if not rows:
        raise UnwoundError(f"{name}: there are headings and no rows below them; add one event a row")
    courses[rows[-1].id] = _course(rows)
    return Events(MappingProxyType(courses), left_aside)


def write(doses_by_id: Mapping[str, Sequence[Dose]], observed_h: Mapping[str, Sequence[float]] | None = None) -> str:
    """The table that `read` reads back: one row a dose, a reset or an observation time.

    A dose ordered by its duration has RATE -2 and its DUR. An infusion that goes on through a reset becomes two.
    UnwoundError for a dose that is not by vein, and for an ID that a table cannot hold.
    """
    observed = observed_h or {}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(WRITTEN)
    for id in dict.fromkeys([*doses_by_id, *observed]):
        if id in ("", ".") or id != clean(id) or id.startswith("#") or "\n" in id:
            raise UnwoundError(f"ID {quoted(id)}: an event table cannot hold it; use letters, digits and «-»")
        rows = [*_dose_rows(id, doses_by_id.get(id, ())), *((time, 9, (0, 0, 0, 0)) for time in observed.get(id, ()))]
        for time, _, cells in sorted(rows, key=lambda row: row[:2]):
            writer.writerow([id, *map(_written, (time, *cells)), CENTRAL])
    return out.getvalue()


def _lines(text: str, name: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The headings in capitals, and every row that is neither blank nor a comment, with its number in the file.

    Its branches are the ways in which people and programs write a table: separators, comments, blank rows.
    """
    table = text.removeprefix("\ufeff")
    first = next((line for line in table.splitlines() if line.strip() and not line.startswith("#")), "")
    separator = next((mark for mark in ",;\t" if mark in first), " ")
    reader = csv.reader(io.StringIO(table), delimiter=separator, skipinitialspace=True, strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            row = [cell for cell in cells if cell] if separator == " " else [clean(cell) for cell in cells]
            if row and not row[0].startswith("#") and row != [""]:
                rows.append((reader.line_num, row))
    except csv.Error as error:
        raise UnwoundError(f"{name}: row {reader.line_num}: not readable as a table ({error})") from None
    if not rows:
        raise UnwoundError(f"{name}: the file is empty; the first row names the columns, {', '.join(WRITTEN)}")
    headings = [cell.upper() for cell in rows[0][1]]
    missing = [column for column in NEEDED if column not in headings]
    if missing:
        raise UnwoundError(
            f"{name}: row {rows[0][0]}: there is no column {' and no '.join(missing)}; an event table has "
            f"{', '.join(NEEDED)}, and may have {', '.join(column for column in KNOWN if column not in NEEDED)}"
        )
    return headings, rows[1:]


def _left_aside(headings: list[str], name: str) -> Iterator[str]:
    """Columns that are not read. UnwoundError for two of one name, and where a dose would be misread without one."""
    for column in headings:
        if headings.count(column) > 1:
            raise UnwoundError(f"{name}: the column {quoted(column)} is there twice; keep one")
        if column in UNREAD:
            raise UnwoundError(f"{name}: the column {column} is not read; leave it out and give TIME in hours")
        if column not in KNOWN:
            free = [number for number in NUMBERS if number not in headings]
            near = [ELSEWHERE[column]] if column in ELSEWHERE else difflib.get_close_matches(column, free, 1, NEAR)
            if near:
                raise UnwoundError(f"{name}: the column {quoted(column)} is not known; is it {near[0]}? Else rename it")
            yield column


def _rows(headings: list[str], lines: list[tuple[int, list[str]]], name: str) -> Iterator[_Row]:
    for number, cells in lines:
        place = f"{name}: row {number}"
        if len(cells) != len(headings):
            raise UnwoundError(f"{place}: {len(cells)} cells under {len(headings)} headings; fill the gap or cut it")
        by_column = dict(zip(headings, cells, strict=True))
        row = _Row(place, by_column["ID"], {})
        if row.id in ("", "."):
            raise row.wrong("ID", "empty; name the subject of the event")
        numbers = {column: _number(row, column, by_column[column]) for column in headings if column in NUMBERS}
        if by_column.get("MDV", "") not in ("", "."):
            numbers["MDV"] = _number(row, "MDV", by_column["MDV"])
        yield replace(row, numbers=_with_event(numbers))


def _number(row: _Row, column: str, written: str) -> float:
    """The number in one cell; `.` is nothing, but a time is always there.

    A branch for each slip, so that the error says how to mend it.
    """
    if written == "." and column != "TIME":
        return 0.0
    if written in ("", "."):
        raise row.wrong(column, "empty; fill it" + ("" if column == "TIME" else " in, or write . where there is none"))
    if column == "TIME" and ":" in written:
        raise row.wrong(column, f"{quoted(written)} is a time of day; give hours as a number, such as 8.5")
    if not _NUMBER.fullmatch(written) or not math.isfinite(float(written)):
        raise row.wrong(column, f"{quoted(written)} is not a number; write it such as 20 or 0.5")
    value = float(written)
    if column in WHOLE and not value.is_integer():
        raise row.wrong(column, f"{written} is not a whole number")
    if value < 0 and column not in ("TIME", "RATE", "CMT"):
        raise row.wrong(column, f"{written} is negative; it is 0 or more")
    return value


def _with_event(numbers: dict[str, float]) -> dict[str, float]:
    """The same with EVID where the table has none."""
    if "EVID" in numbers:
        return numbers
    dose = numbers["AMT"] > 0 or (numbers.get("SS", 0) > 0 and numbers.get("RATE", 0) > 0)
    return {**numbers, "EVID": DOSE if dose else OTHER if numbers.get("MDV", 0) else OBSERVATION}


def _course(rows: list[_Row]) -> Course:
    """The rows of one ID. A branch for each kind of event (EVID)."""
    doses: list[Dose] = []
    observed: list[float] = []
    before = rows[0]["TIME"]
    for place, row in enumerate(rows):
        time, event = row["TIME"], row["EVID"]
        if time < before:
            raise row.wrong("TIME", f"{time:g} h comes after {before:g} h; put the rows of an ID in the order of time")
        before = time
        _check(row, first=place == 0)
        if event in (RESET, RESET_AND_DOSE):
            doses = [_until(dose, time) for dose in doses if dose.time_h < time - SAME_H]
        if event == RESET:
            doses.append(Dose(time_h=time, reset=True))
        elif event in (DOSE, RESET_AND_DOSE):
            doses += _doses(row)
        elif event == OBSERVATION and time not in observed[-1:]:
            observed.append(time)
        if len(doses) > MOST_DOSES:
            raise row.wrong("ADDL", f"more than {MOST_DOSES:,} doses; shorten the course")
    return Course(tuple(sorted(doses, key=lambda dose: dose.time_h)), tuple(observed), rows[0]["TIME"])


def _check(row: _Row, *, first: bool) -> None:
    """UnwoundError where a row contradicts itself or is not known here.

    A branch for each contradiction, so that the error names column and cure.
    """
    event = row["EVID"]
    if event not in range(5):
        raise row.wrong("EVID", f"{event:g} is not known; 0 observation, 1 dose, 2 other, 3 reset, 4 reset and dose")
    if row["CMT"] < 0:
        raise row.wrong("CMT", f"{row['CMT']:g}: no compartment is turned off here; leave the row out")
    if event not in (DOSE, RESET_AND_DOSE):
        for column in ("AMT", "RATE", "DUR", "ADDL", "SS"):
            if row[column]:
                raise row.wrong(column, f"{row[column]:g} beside EVID {event:g}; a dose has EVID 1, or make it 0")
        return
    if row["CMT"] not in (0, CENTRAL):
        raise row.wrong("CMT", f"{row['CMT']:g} is not known; doses go into 1, the central compartment (by vein)")
    if row["SS"] > 1:
        raise row.wrong("SS", f"{row['SS']:g} is not known; 1 is a steady state, or write the earlier doses out")
    if row["SS"] and not first:
        raise row.wrong("SS", "a steady state begins a course: put it on the first row of its ID, or use a new ID")
    if row["ADDL"] and not row["II"]:
        raise row.wrong("ADDL", f"{row['ADDL']:g} further doses and no interval; give II in hours")


def _doses(row: _Row) -> tuple[Dose, ...]:
    """The dose of a row, with the run-in before and the repeats after it.

    The branches are the combinations of AMT, RATE, SS, II and ADDL that mean something.
    """
    reset = row["EVID"] == RESET_AND_DOSE
    if row["SS"] and not row["AMT"] and row["RATE"] > 0:
        if row["II"] or row["ADDL"] or row["DUR"]:
            raise row.wrong("II", "an infusion without an end (SS 1, AMT 0) has no II, ADDL or DUR; make them 0")
        return (infusion(row["TIME"] - RUN_IN_H, row["RATE"], RUN_IN_H),)
    if not row["AMT"]:
        raise row.wrong("AMT", "a dose of 0 mg; give the amount, or make EVID 2")
    if row["SS"] and not row["II"]:
        raise row.wrong("SS", "a steady state needs the interval of its doses; give II in hours")
    dose = _dose(row)
    earlier = math.ceil(RUN_IN_H / row["II"]) if row["SS"] else 0
    times = 1 + int(row["ADDL"]) + earlier
    if times > MOST_DOSES:
        raise row.wrong("II", f"{times:,} doses are too many; at most {MOST_DOSES:,}")
    doses = repeat(replace(dose, time_h=dose.time_h - earlier * row["II"]), row["II"], times)
    return (replace(doses[0], reset=reset), *doses[1:])


def _dose(row: _Row) -> Dose:
    """One dose of a row, by its rate or by its duration.

    RATE, DUR, both or neither: each combination means something else.
    """
    time, amount, rate, duration = (row[column] for column in ("TIME", "AMT", "RATE", "DUR"))
    if rate < 0 and not (rate == BY_DURATION and duration):
        raise row.wrong("RATE", f"{rate:g} leaves it to a model; give mg/h, or DUR in hours (beside it -2 is allowed)")
    if rate > 0 and duration > 0 and not math.isclose(rate * duration, amount, rel_tol=AGREE):
        raise row.wrong(
            "RATE", f"{rate:g} mg/h for DUR {duration:g} h are {rate * duration:g} mg, and AMT is {amount:g}; drop one"
        )
    if rate <= 0:
        return Dose(time_h=time, amount_mg=amount, duration_h=duration, route=ROUTE)
    if not math.isfinite(amount / rate):
        raise row.wrong("RATE", f"{rate:g} mg/h would never end; give a faster one")
    return Dose(time_h=time, amount_mg=amount, duration_h=amount / rate, route=ROUTE, by_rate=True)


def _until(dose: Dose, time_h: float) -> Dose:
    """The part of a dose that has gone in by then."""
    if dose.end_h <= time_h:
        return dose
    lasts = time_h - dose.time_h
    return replace(dose, amount_mg=dose.amount_mg * lasts / dose.duration_h, duration_h=lasts)


def _dose_rows(id: str, doses: Sequence[Dose]) -> Iterator[tuple[float, int, tuple[float, ...]]]:
    """Time, order at one time, and AMT, RATE, DUR, EVID of every row: at one time one reset, before all doses.

    A dose goes out by RATE where that is exact and by DUR where it is not, so that it comes back the same.
    """
    resets = sorted({dose.time_h for dose in doses if dose.reset})
    for time in resets:
        yield time, 0, (0, 0, 0, RESET)
    for dose in doses:
        if not dose.amount_mg:
            continue
        if dose.route != ROUTE:
            raise UnwoundError(f"ID {quoted(id)}: a dose by {quoted(dose.route)}; an event table holds doses by vein")
        for part in _parts(dose, resets):
            rate = part.rate_mg_per_h if part.by_rate and part.duration_h else 0.0
            exact = math.isfinite(rate) and rate > 0
            modelled = BY_DURATION if part.duration_h else 0.0
            cells = (part.amount_mg, rate, 0.0, DOSE) if exact else (part.amount_mg, modelled, part.duration_h, DOSE)
            yield part.time_h, 1, cells


def _written(number: float) -> str:
    """The shortest form that is read back as the same number."""
    short = f"{number:g}"
    return short if float(short) == number else repr(float(number))


def _parts(dose: Dose, resets: Sequence[float]) -> Iterator[Dose]:
    """The dose, cut where a reset falls into it: in a table a reset ends what is running."""
    for time in resets:
        if dose.time_h + SAME_H < time < dose.end_h - SAME_H:
            yield _until(dose, time)
            left = dose.end_h - time
            dose = replace(dose, time_h=time, amount_mg=dose.amount_mg * left / dose.duration_h, duration_h=left)
    yield dose
