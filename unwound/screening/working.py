"""A part of a population, screened: some files or a slice of an export; rows come out, and no record stops a part."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unwound.exchange import case_file, fhir
from unwound.exchange.fhir import doors
from unwound.exchange.fhir.elements import CLINICAL
from unwound.files import write
from unwound.record import UnwoundError
from unwound.screening import omop, rows, slices, splitting
from unwound.screening.omop import Tables
from unwound.screening.rows import Row
from unwound.screening.slices import Slice

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one worker does at once, and where it puts the rows."""

    place: str
    """The table it writes, whole or not at all."""
    as_of: date
    files: tuple[str, ...] = ()
    """Records of one patient each."""
    split: str = ""
    """Or: the folder of an export that is cut by patient."""
    slice: int = 0
    source: str = ""
    every: bool = False
    """Whether everybody of an export is reviewed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A file of an export that is to be cut by patient, or a table of an OMOP CDM."""

    file: str
    folder: str
    parts: int
    as_of: date
    omop: Tables | None = None


def cut(task: Cut) -> int:
    """Cut one file or table; nobody is screened yet."""
    if task.omop is None:
        splitting.split(task.file, Path(task.folder), task.parts, task.as_of)
    else:
        omop.split(task.omop, task.file, Path(task.folder), task.parts)
    return 0


def screen_part(part: Part) -> int:
    """Screen a part and write its rows: how many they are.

    UnwoundError where the part itself is not here, as on a worker that does not see the folder.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    done = rows.table(_of_files(part)) if part.files else _of_slice(part)
    sink = pa.BufferOutputStream()
    pq.write_table(done, sink, compression="zstd")
    write(Path(part.place), sink.getvalue().to_pybytes())
    return int(done.num_rows)


def _of_files(part: Part) -> Iterator[Row]:
    for file in part.files:
        yield from _of_file(Path(file), part.as_of)


def _of_file(file: Path, as_of: date) -> Iterator[Row]:
    """The rows of a file: one for a patient, or for each of several."""
    source = str(file)
    try:
        data = _bytes(file)
        if file.suffix.lower() == ".toml":
            case = case_file.read_case(data, source)
            yield _reviewed(case.patient, source)
            return
        several = _patients(data, source)
    except UnwoundError as error:
        yield rows.of_error(str(error), source=source)
        return
    for patient in several if len(several) > 1 else ("",):
        yield _of_record([(source, data)], source, as_of, patient)


def _patients(data: bytes, source: str) -> tuple[str, ...]:
    """The ids of the patients in a file, each once."""
    entries = doors.opened([(source, data)], source).entries
    return tuple(dict.fromkeys(entry.id for entry in entries if entry.type == "Patient"))


def _bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size > fhir.LIMIT_BYTES:
            raise UnwoundError(f"{file}: more than a record of one patient; an export has a resource a line (.ndjson)")
        return file.read_bytes()
    except OSError as error:
        raise UnwoundError(f"{file}: cannot be read: {(error.strerror or 'unknown reason').lower()}") from None


def _of_record(files: list[tuple[str, bytes]], source: str, as_of: date, patient: str) -> Row:
    """One row, whatever the record is like: what cannot be read is said in it."""
    try:
        record = fhir.read_record(files, source, as_of=as_of, patient=patient)
        return _reviewed(record.patient, source, patient, record)
    except UnwoundError as error:
        return rows.of_error(str(error), patient_id=patient, source=source)
    except Exception as error:
        # One record in a million that nobody foresaw must not cost the others; it is named, to be reported.
        return rows.of_error(
            f"unforeseen: {type(error).__name__}: {str(error)[:200]}", patient_id=patient, source=source
        )


def _reviewed(patient: Any, source: str, id: str = "", record: fhir.Import | None = None) -> Row:
    unread = 0
    if record is not None:
        unread = len(record.problems) + sum(part.count for part in record.unread)
    return rows.of_patient(patient, patient_id=id or patient.id, source=source, unread=unread)


# ---- a slice of an export


def _of_slice(part: Part) -> pa.Table:
    """The rows of a slice: everybody of whom something can tell is reviewed, and so are those who cannot be sorted."""
    import pyarrow as pa

    if part.slice == splitting.NOBODY:
        return rows.table(_of_nobody(part))
    held = Slice.read(part.split, part.slice, part.as_of)
    chosen = held.keys() if part.every else held.to_review()
    reviewed = rows.table(_reviews(part, held.lines(chosen)))
    rest = sorted(held.keys() - chosen)
    return pa.concat_tables([reviewed, rows.of_not_reviewed(rest, source=part.source)])


def _reviews(part: Part, held: Mapping[str, list[bytes]]) -> Iterator[Row]:
    shared = _shared(part.split, held)
    for key in sorted(held):
        lines = held[key]
        more = [line for pointed in _pointed(lines) for line in shared.get(pointed, ())]
        yield _of_record([(part.source, _bundle([*lines, *more]))], part.source, part.as_of, key)


def _bundle(lines: list[bytes]) -> bytes:
    """The lines as one bundle: its reader parses only what it needs."""
    entries = b",".join(b'{"resource":' + line + b"}" for line in lines)
    return b'{"resourceType":"Bundle","type":"collection","entry":[' + entries + b"]}"


_POINTED = re.compile(rb'"(?:reference|questionnaire)"\s*:\s*"(?:[^"]*Medication/)?([^"|]+)')


def _pointed(lines: list[bytes]) -> tuple[str, ...]:
    """What the lines point to that belongs to nobody: medicines by id, questionnaires by address."""
    pointed = (id.decode(errors="replace") for line in lines for id in _POINTED.findall(line))
    return tuple(dict.fromkeys(id.split("/_history/")[0] for id in pointed))


def _shared(split: str, held: Mapping[str, list[bytes]]) -> Mapping[str, list[bytes]]:
    """Of what several patients' lines point to, all that these patients' lines do."""
    if not slices.tables(split, splitting.SHARED):
        return {}
    wanted = {id for lines in held.values() for id in _pointed(lines)}
    lines_by_key = dict[str, list[bytes]]()
    for key, _, line in slices.rows_in(split, splitting.SHARED):
        if key in wanted:
            lines_by_key.setdefault(key, []).append(line)
    return lines_by_key


def _of_nobody(part: Part) -> Iterator[Row]:
    """Lines that are no JSON, and resources that name no patient: a row for each type, so that they are seen."""
    types, first = Counter[str](), dict[str, str]()
    for _, type, line in slices.rows_in(part.split, splitting.NOBODY):
        types[type] += 1
        first.setdefault(type, line[:80].decode(errors="replace").strip())
    for type, count in sorted(types.items()):
        lines = "1 line" if count == 1 else f"{count} lines"
        if not type:
            yield rows.of_error(
                f"{lines} could not be read as a resource in JSON: a file may be cut off; whose they are is not known, "
                f"the first begins with {json.dumps(first[type], ensure_ascii=False)}",
                source=part.source,
            )
        elif type in _ABOUT_SOMEBODY:
            yield rows.of_error(
                f"{lines} of {type} name no patient by address and were not counted", source=part.source
            )


_ABOUT_SOMEBODY = CLINICAL | {"Patient"}
