"""Readings of a table: one a row (time, kind, value, unit, probe), or one a column («SpO2 (%)») beside the time."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import cache

from unwound.exchange.clock import Clock, When, iso, moment
from unwound.exchange.device_codes import Coding
from unwound.exchange.names import clean, quoted
from unwound.exchange.readings import Batch, NotCharted, ReadingsError, Sent, sort
from unwound.session.signs import signs

LIMIT_BYTES = 50_000_000

_TIMES = ("time", "at", "timestamp", "datetime", "date_time")
_ROWS = ("kind", "value")
_HEADING = re.compile(r"\s*(.*?)\s*(?:[(\[]\s*([^)\]]*?)\s*[)\]])?\s*")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Table:
    separator: str
    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    """With their line in the file."""

    @property
    def time(self) -> int:
        return next(place for place, heading in enumerate(self.headings) if heading.lower() in _TIMES)

    def place(self, heading: str) -> int | None:
        lower = [title.lower() for title in self.headings]
        return lower.index(heading) if heading in lower else None


def read_csv(
    data: bytes | str,
    *,
    received_at: datetime,
    zone: tzinfo | None = None,
    allowed_ahead_s: float | None = None,
    device: str = "file",
) -> Batch:
    """The readings of a table in UTF-8, separated by comma, semicolon or tab; decimal commas beside semicolons only.

    Times are ISO 8601; without offset they are of `zone`, in the order of the file where clocks go back. An empty cell
    of a column counts as not sent; «---» and the like mean that there is no sensor. ReadingsError where the whole
    is not such a table. A column that is not known is listed once.
    """
    table = _table(data)
    clock = Clock(received_at, zone, allowed_ahead_s)
    is_long = all(table.place(heading) is not None for heading in _ROWS)
    batch = sort(_by_row(table, device, clock) if is_long else _by_column(table, device, clock))
    return batch if is_long else replace(batch, not_charted=(*batch.not_charted, *_unknown_columns(table)))


def _table(data: bytes | str) -> _Table:
    """The headings and rows of a file.

    A branch for each thing that keeps a file from being a table, named so that it can be corrected.
    """
    if len(data) > LIMIT_BYTES:
        raise ReadingsError(f"more than {LIMIT_BYTES / 1e6:.0f} MB; split the file by day")
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        raise ReadingsError(f"not text in UTF-8 ({reason.reason} at byte {reason.start})") from None
    lines = text.removeprefix("\ufeff").splitlines()
    start = next((place for place, line in enumerate(lines) if line.strip()), None)
    if start is None:
        raise ReadingsError("the file is empty")
    separator = max(",;\t", key=lambda mark: _splits(lines[start], mark))
    try:
        rows = [tuple(map(clean, row)) for row in csv.reader(lines[start:], delimiter=separator)]
    except csv.Error as reason:
        raise ReadingsError(f"not readable as a table: {reason}") from None
    headings = rows[0]
    if not any(heading.lower() in _TIMES for heading in headings) or len(headings) < 2:
        raise ReadingsError(f"the first row has no column named {', '.join(map(quoted, _TIMES))} beside others")
    kept = [(start + line, row) for line, row in enumerate(rows[1:], 2) if any(row)]
    return _Table(separator, headings, tuple(kept))


def _splits(headings: str, mark: str) -> tuple[bool, int]:
    """How well a mark splits the headings: one of them is then the time, whose name is known; titles hold commas."""
    cells = headings.split(mark)
    return any(cell.strip(' "').lower() in _TIMES for cell in cells), len(cells)


def _times(table: _Table, clock: Clock) -> Iterator[When]:
    """The time of each row; a local hour that occurs twice is read in the order of the file."""
    for _, row in table.rows:
        when = moment(iso(_cell(row, table.time)), clock)
        if when.at and not when.wrong:
            clock = replace(clock, after=when.at)
        yield when


def _by_row(table: _Table, device: str, clock: Clock) -> Iterator[Sent]:
    for (line, row), when in zip(table.rows, _times(table, clock), strict=True):
        cell = {
            name: _cell(row, place) if (place := table.place(name)) is not None else ""
            for name in ("kind", "value", "unit", "probe")
        }
        yield Sent(
            codings=(Coding(_kind(cell["kind"]), system="unwound"),),
            value=_value(cell["value"], table),
            unit=Coding(cell["unit"]),
            when=when,
            time_from="time",
            channel=cell["probe"],
            device=device,
            where=f"line {line}",
        )


def _by_column(table: _Table, device: str, clock: Clock) -> Iterator[Sent]:
    columns = [(place, *_heading(heading)) for place, heading in enumerate(table.headings) if place != table.time]
    for (line, row), when in zip(table.rows, _times(table, clock), strict=True):
        for place, name, unit in columns:
            written = _cell(row, place)
            if written and _kind(name) in signs():
                yield Sent(
                    codings=(Coding(_kind(name), system="unwound"),),
                    value=_value(written, table),
                    unit=Coding(unit),
                    when=when,
                    time_from="time",
                    device=device,
                    where=f"line {line}, {table.headings[place]}",
                )


def _unknown_columns(table: _Table) -> Iterator[NotCharted]:
    for place, heading in enumerate(table.headings):
        if place != table.time and _kind(_heading(heading)[0]) not in signs():
            filled = sum(bool(_cell(row, place)) for _, row in table.rows)
            yield NotCharted(code=heading, unknown=True, value_as_sent=f"{filled} values", where=f"column {place + 1}")


def _heading(heading: str) -> tuple[str, str]:
    """«SpO2 (%)» as name and unit."""
    match = _HEADING.fullmatch(heading)
    return (match[1], match[2] or "") if match else (heading, "")


def _kind(written: str) -> str:
    """The id of a vital sign by its id, short name or title, also an earlier one; anything else keeps its name."""
    return _kinds().get(written.strip().lower(), written.strip())


@cache
def _kinds() -> dict[str, str]:
    return {name.lower(): id for id, sign in signs().items() for name in (id, sign.short, sign.title, *sign.formerly)}


def _value(written: str, table: _Table) -> str:
    comma = table.separator != "," and _DECIMAL_COMMA.fullmatch(written)
    return written.replace(",", ".") if comma else written


def _cell(row: tuple[str, ...], place: int) -> str:
    return row[place] if place < len(row) else ""
