"""The cells of an event table: text in, columns of numbers and words out.

Two ways lead there. A tidy table is read by pyarrow, a column at a time; whatever is not (comments, blanks between
cells, decimal commas, repeated headings, a word among numbers) is read row by row, and only there errors are said.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unwound.exchange.event_table.columns import known, normal
from unwound.exchange.names import clean, quoted
from unwound.record import UnwoundError

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d{1,4})?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eEdD][+-]?\d{1,4})?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
_TABLE = re.compile(r"TABLE\s+NO", re.IGNORECASE)
OF_THE_DAY = re.compile(r"0[0-9][0-5][0-9]", re.ASCII)
"""A time of day without a colon, «0800»: as a number it would be 800 hours."""
_CALENDAR = re.compile(r"[-/:T]")


class NotTidyError(Exception):
    """The quick way cannot read this table; the careful one will, or will say why."""


@dataclass(frozen=True, slots=True)
class Words:
    """A column of words: every row's place in `values`; an empty word is nothing."""

    codes: Codes
    values: tuple[str, ...]

    def row(self, index: int) -> str:
        """The word of a row."""
        return self.values[int(self.codes[index])]

    def mapped(self, meaning: Callable[[str], float]) -> Numbers:
        """A number for every row, from the number of each word."""
        numbers: Numbers = np.array([meaning(value) for value in self.values], dtype=float)[self.codes]
        return numbers


class Cells:
    """What both ways offer; `units` has what a row of units below the headings says."""

    name: str
    headings: tuple[str, ...]
    rows: int
    units: Mapping[str, str]

    def numbers(self, heading: str) -> Numbers:
        """A column of numbers, NaN where there is nothing."""
        raise NotImplementedError

    def words(self, heading: str) -> Words:
        """A column of words."""
        raise NotImplementedError

    def line(self, index: int) -> int:
        """The number of a row in the file."""
        raise NotImplementedError

    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Leaves only these rows."""
        raise NotImplementedError

    def wrong(self, index: int, column: str, reason: str) -> UnwoundError:
        """The error that names the row and the column."""
        return UnwoundError(f"{self.name}: row {self.line(index)}, {column}: {reason}")


class Tidy(Cells):
    """A table as pyarrow reads it. NotTidyError for what only the careful way understands."""

    def __init__(self, text: str, name: str) -> None:
        try:
            import pyarrow as pa
            from pyarrow import csv as arrow
        except ModuleNotFoundError:  # only the extra «tables» brings it; the careful way reads the same, in more time
            raise NotTidyError from None

        self.name, self.units = name, {}
        first, _, _ = text.partition("\n")
        separator = next((mark for mark in ",;\t" if mark in first), None)
        if separator is None or not first.strip() or first.startswith(("#", "@")) or _TABLE.match(first.strip()):
            raise NotTidyError
        self._first = [clean(cell.strip().strip('"')) for cell in first.rstrip("\r").split(separator)]
        self.headings = tuple(cell.upper() for cell in self._first)
        if len(set(self.headings)) < len(self.headings) or "" in self.headings:
            raise NotTidyError
        try:
            body = text.encode()
        except UnicodeEncodeError:  # half a character of UTF-16: the careful way leaves it out
            raise NotTidyError from None
        self._schema = pa.schema([(heading, pa.string()) for heading in self.headings])
        self._read: Callable[[dict[str, Any]], Any] = lambda types: arrow.read_csv(
            pa.BufferReader(body),
            read_options=arrow.ReadOptions(column_names=list(self.headings), skip_rows=1, block_size=1 << 22),
            parse_options=arrow.ParseOptions(delimiter=separator),
            convert_options=arrow.ConvertOptions(
                column_types=types, include_columns=list(types), null_values=_nothings(), strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )  # fmt: skip
        self._error: type[Exception] = pa.ArrowInvalid
        self._float, self._string, self._word = pa.float64(), pa.string(), pa.dictionary(pa.int32(), pa.string())
        self._numbers: dict[str, Numbers] = {}
        self._words: dict[str, Words] = {}

    def load(self, numbers: Sequence[str], words: Sequence[str]) -> None:
        """Reads these columns, once for all."""
        types = {**dict.fromkeys(words, self._word), **dict.fromkeys(numbers, self._float)}
        try:
            table = self._read(types)
        except self._error:
            raise NotTidyError from None
        self.rows = table.num_rows
        for heading in numbers:
            column = table.column(heading)
            values = column.to_numpy().astype(float, copy=False)
            if np.isnan(values).sum() != column.null_count or np.isinf(values).any():
                raise NotTidyError
            self._numbers[heading] = values
        for heading in words:
            column = table.column(heading).unify_dictionaries().combine_chunks()
            chunks = column.chunks if hasattr(column, "chunks") else [column]
            codes = np.concatenate([chunk.indices.fill_null(-1).to_numpy() for chunk in chunks] or [np.zeros(0)])
            values = [clean(value) for value in chunks[0].dictionary.to_pylist()] if chunks else []
            if any(value.startswith(("#", "@")) or _TABLE.match(value) for value in values):
                raise NotTidyError
            self._words[heading] = Words(np.where(codes < 0, len(values), codes).astype(np.int64), (*values, ""))

    def refuse_times_of_day(self, headings: Iterable[str]) -> None:
        """NotTidyError where one of these columns has a time of day without a colon: the careful way names its row."""
        from pyarrow import compute

        for heading in headings:
            if may_be_of_the_day(self._numbers[heading]):
                written = self._read({heading: self._string}).column(heading)
                if compute.any(compute.match_substring_regex(written, rf"^\s*{OF_THE_DAY.pattern}\s*$")).as_py():
                    raise NotTidyError

    def numbers(self, heading: str) -> Numbers:  # noqa: D102  # said at Cells
        return self._numbers[heading]

    def words(self, heading: str) -> Words:  # noqa: D102  # said at Cells
        return self._words[heading]

    def keep(self, rows: NDArray[np.bool_]) -> None:  # noqa: D102  # said at Cells
        self.rows = int(rows.sum())
        self._numbers = {heading: values[rows] for heading, values in self._numbers.items()}
        self._words = {heading: Words(words.codes[rows], words.values) for heading, words in self._words.items()}

    def line(self, index: int) -> int:  # noqa: D102  # said at Cells
        raise NotTidyError


class Careful(Cells):
    """A table read row by row."""

    def __init__(self, text: str, name: str) -> None:
        # Files differ: no rows at all, a comma at the end of every line, a second row with the units.
        self.name = name
        rows = list(_lines(text, name))
        if not rows:
            raise UnwoundError(f"{name}: the file is empty; the first row names the columns, ID, TIME, AMT, RATE, EVID")
        (self.head, head), *rows = rows
        self.headings = tuple(cell.upper() for cell in head)
        ends_open = self.headings[-1:] == ("",)
        if ends_open:
            self.headings = self.headings[:-1]
        self.units: dict[str, str] = {}
        if rows and self._are_units(rows[0][1]):
            self.units = dict(zip(self.headings, (cell.strip("()[] ") for cell in rows.pop(0)[1]), strict=False))
        self._lines = [line for line, _ in rows]
        self.rows = len(rows)
        self._columns = self._turned([cells for _, cells in rows])

    def _are_units(self, cells: Sequence[str]) -> bool:
        """Whether a row below the headings says units: that of time is one, and no cell is a number."""
        named = dict(zip(self.headings, (cell.strip("()[] ") for cell in cells), strict=False))
        time = named.get("TIME", "")
        return normal(time) in known().hours and not any(_NUMBER.fullmatch(cell) for cell in named.values())

    def _turned(self, rows: list[list[str]]) -> dict[str, list[str]]:
        """The rows as columns. UnwoundError for a row of another length; one empty cell at its end does not count."""
        width = len(self.headings)
        for index, cells in enumerate(rows):
            if len(cells) == width + 1 and cells[-1] == "":
                cells.pop()
            if len(cells) != width:
                raise UnwoundError(
                    f"{self.name}: row {self._lines[index]}: {len(cells)} cells under {width} headings; "
                    "fill the gap or cut it"
                )
        columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
        return dict(zip(self.headings, columns, strict=True))

    @cached_property
    def _decimal_comma(self) -> bool:
        """Whether a comma divides decimals in this table: one cell can mean nothing else."""
        return any(
            _DECIMAL_COMMA.fullmatch(cell) and not _THOUSANDS.fullmatch(cell)
            for column in self._columns.values()
            for cell in column
        )

    def numbers(self, heading: str) -> Numbers:  # noqa: D102  # said at Cells
        nothing = set(known().nothing)
        seen: dict[str, float] = {}
        cells = self._columns[heading]
        for index, cell in enumerate(cells):
            if cell not in seen:
                seen[cell] = math.nan if cell.upper() in nothing else self._number(index, heading, cell)
        return np.fromiter((seen[cell] for cell in cells), dtype=float, count=len(cells))

    def _number(self, index: int, heading: str, written: str) -> float:
        """The number in one cell. A branch for each slip, so that the error says how to mend it."""
        text = written
        if _DECIMAL_COMMA.fullmatch(text):
            if not self._decimal_comma:
                plain = text.replace(",", "")
                raise self.wrong(
                    index,
                    heading,
                    f"{quoted(written)} may mean {text.replace(',', '.')} or {plain}; write it with a point",
                )
            text = text.replace(",", ".")
        text = text.replace("D", "E").replace("d", "e") if _NUMBER.fullmatch(text) else ""
        value = float(text) if text else math.nan
        if not math.isfinite(value):
            raise self.wrong(index, heading, f"{quoted(written)} is not a number; write it such as 20 or 0.5")
        return value

    def words(self, heading: str) -> Words:  # noqa: D102  # said at Cells
        cells, nothing = self._columns[heading], set(known().nothing)
        places: dict[str, int] = {}
        codes = np.fromiter((places.setdefault(cell, len(places)) for cell in cells), dtype=np.int64, count=len(cells))
        return Words(codes, tuple("" if value.upper() in nothing else value for value in places))

    def keep(self, rows: NDArray[np.bool_]) -> None:  # noqa: D102  # said at Cells
        self.rows = int(rows.sum())
        self._lines = list(compress(self._lines, rows))
        self._columns = {heading: list(compress(cells, rows)) for heading, cells in self._columns.items()}

    def line(self, index: int) -> int:  # noqa: D102  # said at Cells
        return self._lines[index]


def is_calendar(words: Words) -> bool:
    """Whether a column of times holds times of day or dates."""
    return any(_CALENDAR.search(value.lstrip("-")) and not _NUMBER.fullmatch(value) for value in words.values)


def may_be_of_the_day(hours: Numbers) -> bool:
    """Whether all numbers of a column could be times of day without a colon: whole, with minutes below 60."""
    numbers = hours[~np.isnan(hours)]
    return bool(((numbers % 1 == 0) & (numbers % 100 < 60) & (numbers >= 0) & (numbers < 2400)).all())


def _nothings() -> list[str]:
    nothing = known().nothing
    return [
        *nothing,
        *(word.lower() for word in nothing if word),
        *(word.capitalize() for word in nothing if word),
        "NaN",
    ]


def _lines(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Every row that says something, with its number in the file; first the headings.

    Its branches are the ways in which people and programs write a table: separators, comments, blank rows, the line
    «TABLE NO. 1» and the headings that NONMEM repeats, headings behind a sign of comment.
    """
    table = text.removeprefix("\ufeff")
    separator = _separator(table)
    reader = csv.reader(io.StringIO(table), delimiter=separator, skipinitialspace=True, strict=True)
    head: list[str] = []
    try:
        for cells in reader:
            row = [clean(cell) for cell in cells if cell] if separator == " " else [clean(cell) for cell in cells]
            if not any(row) or _TABLE.match(" ".join(row)):
                continue
            if not head and _are_headings(row):
                head = row
            elif row[0].startswith(("#", "@")) or (
                head and [cell.upper() for cell in row] == [cell.upper() for cell in head]
            ):
                continue
            head = head or row
            yield reader.line_num, row
    except csv.Error as error:
        raise UnwoundError(f"{name}: row {reader.line_num}: not readable as a table ({error})") from None


def _are_headings(row: Sequence[str]) -> bool:
    """Whether a row is the headings though it may begin with a sign of comment (#ID, @ID)."""
    words = {normal(cell) for cell in row[1:]}
    return row[0][:1] not in "#@" or (
        bool(words & {"TIME", "AMT"}) and row[0].lstrip("#@ ").upper() in ("ID", "C", "CID")
    )


def _separator(table: str) -> str:
    lines = (line for line in table.splitlines() if line.strip() and not _TABLE.match(line.strip()))
    first = next((line for line in lines if not line.startswith(("#", "@")) or "TIME" in line.upper()), "")
    return next((mark for mark in "\t;,|" if mark in first), " ")
