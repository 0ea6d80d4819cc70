"""Readings of a table: one a row (time, kind, value, unit, probe), or one a column («SpO2 (%)») beside the time."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from unwound.exchange.clock import Clock, When, moment
from unwound.exchange.device_codes import Coding
from unwound.exchange.names import clean, quoted
from unwound.exchange.readings import Batch, NotCharted, Quarantined, ReadingsError, Sent, sort
from unwound.exchange.table_words import kind_of, moment_of, order_of, table_words, unit_in_a_registry, unit_of
from unwound.session.signs import signs

LIMIT_BYTES = 50_000_000

_PREAMBLE = 30
"""Lines that may stand before the headings: the name of a device, of an owner."""
_HEADING = re.compile(r"\s*(.*?)\s*(?:[(\[]\s*([^)\]]*?)\s*[)\]])?\s*")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)

_Row = tuple[int, tuple[str, ...]]
"""The line of a row in the file, and its cells."""


@dataclass(frozen=True, slots=True)
class _Table:
    separator: str
    headings: tuple[str, ...]
    rows: tuple[_Row, ...]

    @property
    def time(self) -> int:
        return next(place for place, heading in enumerate(self.headings) if _is_time(heading))

    @property
    def date(self) -> int | None:
        """A column that holds the day alone, beside that of the time."""
        return self.place(*table_words().dates)

    def place(self, *names: str) -> int | None:
        lower = [title.lower() for title in self.headings]
        return next((lower.index(name) for name in names if name in lower), None)


def read_csv(
    data: bytes | str,
    *,
    received_at: datetime,
    zone: tzinfo | None = None,
    allowed_ahead_s: float | None = None,
    device: str = "file",
) -> Batch:
    """The readings of a table in UTF-8, separated by comma, semicolon or tab; decimal commas beside semicolons only.

    Times are ISO 8601, seconds since 1970, or dates as exports write them, where day and month cannot be mistaken;
    without offset they are of `zone`, in the order of the file where clocks go back. UTF-16 with its mark is read too;
    a few lines may stand before the headings, and the day in a column of its own. An empty cell counts as not sent;
    «---» and the like mean that there is no sensor. ReadingsError where the whole is not such a table. A column that
    is not known is listed once.
    """
    table = _table(data)
    clock = Clock(received_at=received_at, zone=zone, allowed_ahead_s=allowed_ahead_s)
    names = table_words()
    is_long = all(table.place(*headings) is not None for headings in (names.signs_of_rows, names.values_of_rows))
    straight, shifted = _apart(table)
    table = replace(table, rows=straight)
    batch = sort(_by_row(table, device, clock) if is_long else _by_column(table, device, clock))
    batch = replace(batch, quarantined=(*batch.quarantined, *(_held(line, row, table) for line, row in shifted)))
    return batch if is_long else replace(batch, not_charted=(*batch.not_charted, *_unknown_columns(table)))


def _apart(table: _Table) -> tuple[tuple[_Row, ...], tuple[_Row, ...]]:
    """The rows, and those with more cells than headings: which value stands under which heading is not known."""
    straight, shifted = list[_Row](), list[_Row]()
    for line, row in table.rows:
        (shifted if any(row[len(table.headings) :]) else straight).append((line, row))
    return tuple(straight), tuple(shifted)


def _held(line: int, row: tuple[str, ...], table: _Table) -> Quarantined:
    return Quarantined(
        why="shape",
        reason=f"{len(row)} cells under {len(table.headings)} headings: is there a {quoted(table.separator)} within a "
        "number or a time?",
        code="",
        value_as_sent=clean(table.separator.join(row)),
        where=f"line {line}",
    )


def _table(data: bytes | str) -> _Table:
    """The headings and rows of a file.

    A branch for each thing that keeps a file from being a table, named so that it can be corrected.
    """
    if len(data) > LIMIT_BYTES:
        raise ReadingsError(f"more than {LIMIT_BYTES / 1e6:.0f} MB; split the file by day")
    lines = _text(data).removeprefix("\ufeff").splitlines()
    filled = [place for place, line in enumerate(lines) if line.strip()]
    if not filled:
        raise ReadingsError("the file is empty")
    start = next((place for place in filled[:_PREAMBLE] if _may_be_headings(lines[place])), filled[0])
    separator = max(",;\t", key=lambda mark: _splits(lines[start], mark))
    try:
        rows = [tuple(map(clean, row)) for row in csv.reader(lines[start:], delimiter=separator)]
    except csv.Error as reason:
        raise ReadingsError(f"not readable as a table: {reason}") from None
    headings = rows[0]
    if not any(map(_is_time, headings)) or len(headings) < 2:
        if relative := [heading for heading in headings if heading.strip().lower() in table_words().relative]:
            raise ReadingsError(f"{quoted(relative[0])} counts from a beginning that the file does not give")
        named = ", ".join(map(quoted, table_words().times))
        raise ReadingsError(f"no row has a column named {named} beside others")
    kept = [(start + line, row) for line, row in enumerate(rows[1:], 2) if any(row)]
    table = _Table(separator, headings, tuple(kept))
    _refuse_several_people(table)
    return table


def _refuse_several_people(table: _Table) -> None:
    """ReadingsError where a column names more than one patient or bed: whose values are whose is not guessed."""
    place = table.place(*table_words().subjects)
    of = sorted({_cell(row, place) for _, row in table.rows} - {""}) if place is not None else []
    if place is not None and len(of) > 1:
        named = ", ".join(map(quoted, of[:3]))
        raise ReadingsError(
            f"the column {quoted(table.headings[place])} names {len(of)} ({named}{' …' if len(of) > 3 else ''}): "
            "give each patient's readings in a file of its own"
        )


def _text(data: bytes | str) -> str:
    """The file as text in UTF-8, or in UTF-16 that says so with its first two bytes."""
    if isinstance(data, str):
        return data
    charset = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(charset)
    except UnicodeDecodeError as reason:
        where = f"{reason.reason} at byte {reason.start}"
        raise ReadingsError(f"not text in UTF-8 ({where}): save it as «CSV UTF-8» and try again") from None


def _is_time(heading: str) -> bool:
    return heading.strip().lower() in table_words().times


def _may_be_headings(line: str) -> bool:
    """Whether a line names a time beside other columns."""
    return any(_is_time(cell.strip(' "')) for mark in ",;\t" for cell in line.split(mark) if mark in line)


def _splits(headings: str, mark: str) -> tuple[bool, int]:
    """How well a mark splits the headings: one of them is then the time, whose name is known; titles hold commas."""
    cells = headings.split(mark)
    return any(_is_time(cell.strip(' "')) for cell in cells), len(cells)


def _times(table: _Table, clock: Clock) -> Iterator[When]:
    """The time of each row; a local hour that occurs twice is read in the order of the file."""
    written = [_written_time(row, table) for _, row in table.rows]
    order = order_of(written)
    for text in written:
        when = moment(moment_of(text, order), clock)
        if when.at and not when.wrong:
            clock = replace(clock, after=when.at)
        yield when


def _written_time(row: tuple[str, ...], table: _Table) -> str:
    """The time of a row, with its day where that stands in a column of its own."""
    day = _cell(row, table.date) if table.date is not None else ""
    return f"{day} {_cell(row, table.time)}".strip()


def _by_row(table: _Table, device: str, clock: Clock) -> Iterator[Sent]:
    words = table_words()
    wanted = {"kind": words.signs_of_rows, "value": words.values_of_rows, "unit": ("unit",), "probe": ("probe",)}
    registry = table.place("kind") is None
    places = {name: table.place(*names) for name, names in wanted.items()}
    for (line, row), when in zip(table.rows, _times(table, clock), strict=True):
        cell = {name: _cell(row, place) if place is not None else "" for name, place in places.items()}
        yield Sent(
            codings=(Coding(kind_of(cell["kind"]), system="unwound"),),
            value=_value(cell["value"], table),
            flags=_doubt(row, table),
            unit=Coding(cell["unit"] or (unit_in_a_registry(cell["kind"]) if registry else "")),
            when=when,
            time_from="time",
            channel=cell["probe"],
            device=device,
            where=f"line {line}",
        )


def _by_column(table: _Table, device: str, clock: Clock) -> Iterator[Sent]:
    columns = [(place, *_heading(heading)) for place, heading in _columns(table)]
    for (line, row), when in zip(table.rows, _times(table, clock), strict=True):
        for place, name, unit in columns:
            for kind, written in _of_cell(name, _cell(row, place)):
                yield Sent(
                    codings=(Coding(kind, system="unwound"),),
                    value=_value(written, table),
                    flags=_doubt(row, table),
                    unit=Coding(unit or unit_of(name)),
                    when=when,
                    time_from="time",
                    device=device,
                    where=f"line {line}, {table.headings[place]}",
                )


def _doubt(row: tuple[str, ...], table: _Table) -> tuple[str, ...]:
    """What the file says against the values of a row: in doubt by a column of artefacts or validity."""
    words = table_words()
    doubted = any(
        heading.strip().lower() in names and _cell(row, place).lower() in answers
        for names, answers in ((words.artefacts, words.yes), (words.validities, words.no))
        for place, heading in enumerate(table.headings)
    )
    return ("QUES",) if doubted else ()


def _columns(table: _Table) -> Iterator[tuple[int, str]]:
    """Those beside time and day."""
    for place, heading in enumerate(table.headings):
        if place not in (table.time, table.date):
            yield place, heading


def _of_cell(name: str, written: str) -> Iterator[tuple[str, str]]:
    """The sign and value of a cell; both pressures of one that holds «132/84»."""
    if not written:
        return
    if name.strip().lower() in table_words().pressures:
        upper, mark, lower = written.partition("/")
        if mark:
            yield from (("systolic", upper.strip()), ("diastolic", lower.strip()))
        else:
            yield "systolic", written
    elif kind_of(name) in signs():
        yield kind_of(name), written


def _unknown_columns(table: _Table) -> Iterator[NotCharted]:
    for place, heading in _columns(table):
        name = _heading(heading)[0]
        if kind_of(name) not in signs() and name.strip().lower() not in table_words().pressures:
            filled = sum(bool(_cell(row, place)) for _, row in table.rows)
            yield NotCharted(code=heading, unknown=True, value_as_sent=f"{filled} values", where=f"column {place + 1}")


def _heading(heading: str) -> tuple[str, str]:
    """«SpO2 (%)» as name and unit."""
    match = _HEADING.fullmatch(heading)
    return (match[1], match[2] or "") if match else (heading, "")


def _value(written: str, table: _Table) -> str:
    comma = table.separator != "," and _DECIMAL_COMMA.fullmatch(written)
    return written.replace(",", ".") if comma else written


def _cell(row: tuple[str, ...], place: int) -> str:
    return row[place] if place < len(row) else ""
