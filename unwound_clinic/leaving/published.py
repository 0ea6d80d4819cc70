"""The registry as files: rows as Parquet and CSV, what each column holds, counts, the table, and what was measured."""

from __future__ import annotations

import csv
import json
import secrets
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from unwound import __version__, registry
from unwound.outcomes.knowledge import publishing
from unwound.record import UnwoundError
from unwound.registry import Column, Figure, Hidden
from unwound_clinic.core.access import Program
from unwound_clinic.leaving import actions, courses

ROWS, TABLE = "courses", "tankha_2025"
_TYPES = {"integer": pa.int64(), "number": pa.float64(), "date": pa.date32(), "text": pa.string()}
README = """Courses of ketamine without names, from Unwound {version}.

{rows} courses of {shown} people; {left_out} of {people} people are left out because they would stand out.
Everybody here looks like at least {k} people by age band, sex, condition and course, of all courses together.
The dates of a person are moved by one number of days, which is kept nowhere; days between dates are as they were.
Scores and amounts are no quasi-identifiers here: whoever knows one exactly can look for it.
Do not give away two copies of different times: laid side by side they tell who was treated in between.

courses.csv, courses.parquet   a course a row
dictionary.csv                 what each column holds
counts.csv                     people by two columns; an empty count is hidden
tankha_2025.csv                the table of doi 10.1136/rapm-2025-106907 from these rows: every figure with its
                               denominator and what is missing; an empty value is of fewer than {least} people
measured.json                  what was measured before it left

This is no anonymous data by itself: who gets it, and what they may do with it, is for the clinic to decide.
"""


def publish(target: Path, by: Program) -> Hidden:
    """Writes the registry into a new folder: all of it, or nothing. UnwoundError where nobody can leave unseen."""
    if target.exists():
        raise UnwoundError(f"{target}: is there already; name a new folder")
    if not target.absolute().parent.is_dir():
        raise UnwoundError(f"{target.absolute().parent}: there is no such folder")
    hidden = registry.hidden(list(courses.treated()), secrets.token_bytes(32))
    if not hidden.rows:
        raise UnwoundError(
            f"people who had a course: {hidden.people}. Too few look alike, so that nothing can leave without names"
        )
    shown = hidden.people - hidden.left_out
    actions.published(by=by, to=target.name, courses=len(hidden.rows), people=shown)
    with tempfile.TemporaryDirectory(prefix=".registry-", dir=target.absolute().parent) as work:
        folder = Path(work) / "registry"
        folder.mkdir(mode=0o700)
        _write(folder, hidden, shown)
        folder.replace(target)
    return hidden


def _write(folder: Path, hidden: Hidden, shown: int) -> None:
    names = [column.name for column in registry.dictionary()]
    _csv(folder / f"{ROWS}.csv", names, ([row.columns[name] for name in names] for row in hidden.rows))
    schema = pa.schema([pa.field(column.name, _TYPES[column.type]) for column in registry.dictionary()])
    pq.write_table(pa.Table.from_pylist([dict(row.columns) for row in hidden.rows], schema), folder / f"{ROWS}.parquet")
    _csv(folder / "dictionary.csv", *_of(Column, registry.dictionary()))
    counts = [
        (first, other, row, column, count)
        for (first, other), table in registry.margins(hidden.rows).items()
        for (row, column), count in table.cells.items()
    ]
    _csv(folder / "counts.csv", ["first", "second", "row", "column", "people"], counts)
    _csv(folder / f"{TABLE}.csv", *_of(Figure, registry.table(hidden.rows)))
    least = int(publishing().smallest.value)
    measured = {"k": hidden.k, "smallest": least, "people": shown, "left_out": hidden.left_out,
                "courses": len(hidden.rows), "grain": dict(hidden.grain), "version": __version__}  # fmt: skip
    (folder / "measured.json").write_text(json.dumps(measured, indent=1), encoding="utf-8")
    figures = {"version": __version__, "rows": len(hidden.rows), "shown": shown, "left_out": hidden.left_out,
            "people": hidden.people, "k": hidden.k, "least": least}  # fmt: skip
    (folder / "README.txt").write_text(README.format(**figures), encoding="utf-8")


def _of(record: type[Any], rows: Sequence[Any]) -> tuple[list[str], Iterable[Sequence[Any]]]:
    """The names of a record's fields, and their values."""
    return [field.name for field in fields(record)], [list(asdict(row).values()) for row in rows]


def _csv(place: Path, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with place.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(names)
        writer.writerows(rows)
