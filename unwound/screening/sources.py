"""What is screened: files that are the record of one patient each, and exports: many patients in many files."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from unwound.record import UnwoundError

_LINES = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")
_RECORDS = (".toml", ".json.gz", ".json", ".zip")
_TABLES = (".parquet",)
_PEEK = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Files that hold many patients together, as a bulk export has one for each type of resource."""

    name: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """All that is screened."""

    records: tuple[str, ...]
    """Files of one patient each (or of a few, who are told apart)."""
    exports: tuple[Export, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """Every file."""
        return (*self.records, *(file for export in self.exports for file in export.files))


NONE = Sources(records=(), exports=())


def find(places: Sequence[Path]) -> Sources:
    """The files in these places, each once; folders are gone through to the bottom.

    Files of many patients belong together where they lie in one folder: two exports never share a patient.
    UnwoundError for a place that is not there, holds nothing that is read, or is a file of another kind.
    """
    records, exports = dict[str, None](), dict[str, dict[str, None]]()
    for place in places:
        count = 0
        for file in _files(place):
            count += 1
            if _is_of_many(file):
                exports.setdefault(str(file.parent), {})[str(file)] = None
            else:
                records[str(file)] = None
        if not count:
            raise UnwoundError(
                f"{place}: nothing to screen is in it (bundles or cases: .json, .toml; exports: .ndjson, .parquet; "
                "each also with .gz); tables of OMOP are read with --omop"
            )
    return Sources(
        records=tuple(records),
        exports=tuple(Export(name=name, files=tuple(sorted(files))) for name, files in exports.items()),
    )


def fingerprint(files: Sequence[str]) -> list[list[object]]:
    """Name, size and time of each file: what is screened is the same as long as these are."""
    return [[file, (state := Path(file).stat()).st_size, state.st_mtime_ns] for file in files]


def _files(place: Path) -> Iterator[Path]:
    # A folder may hold other files too, but a file that was named must be one that is screened.
    if place.is_dir():
        try:
            yield from (
                file
                for file in sorted(place.rglob("*"))
                if file.is_file() and _is_known(file) and _is_shown(file, place)
            )
        except OSError as error:
            raise UnwoundError(f"{place}: cannot be read: {(error.strerror or 'unknown reason').lower()}") from None
        return
    if not place.is_file():
        raise UnwoundError(f"{place}: there is no such file or folder")
    if not _is_known(place):
        raise UnwoundError(f"{place}: not a kind of file that is screened (.json, .toml, .ndjson, .parquet, or .gz)")
    yield place


def _is_shown(file: Path, above: Path) -> bool:
    return not any(part.startswith(".") or part.endswith(".screening") for part in file.relative_to(above).parts)


def _is_known(file: Path) -> bool:
    return file.name.lower().endswith((*_LINES, *_RECORDS, *_TABLES))


def _is_of_many(file: Path) -> bool:
    name = file.name.lower()
    if name.endswith((*_LINES, *_TABLES)):
        return True
    return name.endswith((".json", ".json.gz")) and _has_resource_a_line(file)


def _has_resource_a_line(file: Path) -> bool:
    """Whether a .json holds a resource a line after all, as some servers name their exports."""
    try:
        with cast(BinaryIO, gzip.open(file) if file.name.lower().endswith(".gz") else file.open("rb")) as stream:
            beginning = stream.read(_PEEK)
    except (OSError, EOFError, zlib.error):
        return False
    first, newline, rest = beginning.partition(b"\n")
    if not newline or not rest.strip().startswith(b"{"):
        return False
    try:
        resource = json.loads(first)
    except ValueError:
        return False
    return isinstance(resource, dict) and "resourceType" in resource
