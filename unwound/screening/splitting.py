"""The files of an export cut by patient: each line goes to one of many small tables, in bounded memory.

A bulk export has one file for each type of resource, so the lines of one patient are scattered over all of them.
Where a line goes follows from whom it is about, and nothing is held for longer than it is written.
"""

from __future__ import annotations

import shutil
import zlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from unwound.screening import lines
from unwound.screening.kinds import Kinds, kinds
from unwound.screening.lines import Line

if TYPE_CHECKING:
    import pyarrow as pa

NOBODY, SHARED = -1, -2
"""The tables of lines that name no patient, and of what several patients' lines point to."""
HELD_BYTES = 64_000_000
"""Of lines that are held before they are written."""

_Row = tuple[str, str, bytes, bool]


def split(file: str, folder: Path, parts: int, as_of: date) -> None:
    """Cut one file into tables by patient, in a folder that is there only when all of it is done.

    UnwoundError, naming the file, where it cannot be read to its end.
    """
    beside = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        _cut(lines.read(file), beside, parts, kinds(as_of))
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)


def _cut(every: Iterable[Line], folder: Path, parts: int, known: Kinds) -> None:
    held, size, times = defaultdict[int, list[_Row]](list), 0, 0
    for key, type, written, elements in every:
        part = SHARED if type in lines.SHARED else _part(key, parts)
        held[part].append((key, type, written, part >= 0 and known.tell(type, elements)))
        size += len(written)
        if size > HELD_BYTES:
            _write(held, folder, times)
            size, times = 0, times + 1
            held.clear()
    _write(held, folder, times)


def _part(key: str, parts: int) -> int:
    """The slice of a patient: the same in every file and process."""
    return zlib.crc32(key.encode()) % parts if key else NOBODY


def _write(held: dict[int, list[_Row]], folder: Path, times: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for part, rows in held.items():
        place = folder / f"part={part}"
        place.mkdir(exist_ok=True)
        table = pa.Table.from_arrays([pa.array(column) for column in zip(*rows, strict=True)], schema=schema())
        pq.write_table(table, place / f"{times:05}.parquet", compression="snappy", use_dictionary=["type"])


@cache
def schema() -> pa.Schema:
    """The columns: whose a line is, its type, the line, and whether it can tell of what is looked for."""
    import pyarrow as pa

    return pa.schema([("key", pa.string()), ("type", pa.string()), ("line", pa.binary()), ("tells", pa.bool_())])
