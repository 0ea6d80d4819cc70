"""A slice of what was cut: the lines of some patients, and who of them has any that can tell of what is looked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Set
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from unwound.record import UnwoundError
from unwound.screening import lines
from unwound.screening.kinds import kinds

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(slots=True)
class Slice:
    """The lines of some patients, in the order of the files."""

    _lines: list[tuple[list[str], pa.ChunkedArray]] = field(default_factory=list)
    """Of each table whose its lines are, and the lines."""
    _telling: set[str] = field(default_factory=set)
    _patients: Counter[str] = field(default_factory=Counter)
    _keys: dict[str, None] = field(default_factory=dict)

    @classmethod
    def read(cls, split: str, number: int, as_of: date) -> Slice:
        """The slice of this number. UnwoundError where it is not here, as on a worker that does not see the folder."""
        import pyarrow.parquet as pq

        held = cls()
        for place in tables(split, number):
            table = pq.read_table(place, partitioning=None)
            keys, types = table["key"].to_pylist(), table["type"].to_pylist()
            known = "tells" in table.column_names
            tells = table["tells"].to_pylist() if known else _tells(types, table["line"], as_of)
            held._lines.append((keys, table["line"]))
            held._telling.update(key for key, is_telling in zip(keys, tells, strict=True) if is_telling)
            held._patients.update(key for key, type in zip(keys, types, strict=True) if type == "Patient")
            held._keys.update(dict.fromkeys(keys))
        return held

    def keys(self) -> Set[str]:
        """The ids of all patients of whom there is a line."""
        return self._keys.keys()

    def to_review(self) -> Set[str]:
        """The ids of those who need a review: something can tell, or they have no Patient, or several."""
        return self._telling | {key for key in self._keys if self._patients[key] != 1}

    def lines(self, chosen: Collection[str]) -> dict[str, list[bytes]]:
        """The lines of these patients."""
        held: dict[str, list[bytes]] = {}
        for keys, written in self._lines:
            places = [place for place, key in enumerate(keys) if key in chosen]
            for place, line in zip(places, written.take(places).to_pylist() if places else (), strict=True):
                held.setdefault(keys[place], []).append(line)
        return held


def _tells(types: list[str], written: pa.ChunkedArray, as_of: date) -> Iterator[bool]:
    """Of lines that came from a table of OMOP."""
    known = kinds(as_of)
    for type, line in zip(types, written.to_pylist(), strict=True):
        yield known.tell(type, lines.parts(line))


def tables(split: str, number: int) -> list[Path]:
    """The tables of a slice, in the order of the files."""
    folder = Path(split)
    if not folder.is_dir():
        raise UnwoundError(f"{split}: not here; every worker has to see the folder of the result under the same name")
    return [table for cut in sorted(folder.iterdir()) for table in sorted((cut / f"part={number}").glob("*.parquet"))]


def rows_in(split: str, number: int) -> Iterator[tuple[str, str, bytes]]:
    """Key, type and line of each row, in the order of the files."""
    import pyarrow.parquet as pq

    for table in tables(split, number):
        with pq.ParquetFile(table) as file:
            for batch in file.iter_batches(columns=["key", "type", "line"]):
                yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
