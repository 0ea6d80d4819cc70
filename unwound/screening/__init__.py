"""A population, screened: every patient through the same review as anybody else, one row each, in bounded memory.

    sources    which files are records, which are exports of many patients
    lines      the lines of an export, and whose each is
    telling    which facts tell of a neuropathic pain, or of something urgent
    kinds      whether a resource can tell any of these facts
    splitting  an export cut by patient
    omop       tables of an OMOP CDM as the lines of an export, by DuckDB (`engine`)
    slices     a slice of what was cut, and who of it is reviewed
    working    a part of the population: records in, rows out
    running    the parts in processes here, or on a Dask cluster
    rows       what a row holds

Begin with `screen`. A part is written whole; what is done is found again when the same is asked again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from unwound.files import write
from unwound.record import UnwoundError
from unwound.screening import engine, omop, rows, running, sources, splitting
from unwound.screening.omop import Tables
from unwound.screening.sources import Sources
from unwound.screening.working import Cut, Part, cut, screen_part

__all__ = ["Done", "Progress", "screen"]

SLICE_BYTES = 3_000_000
"""Of an export that is cut by patient, in one slice: about a thousand patients, a few seconds of work."""
UNPACKED = 8
"""How many times its size a compressed file has, roughly."""
OMOP_UNPACKED = 3
"""How many times its size a row of OMOP has as a resource, roughly."""
RECORDS_AT_ONCE, RECORD_BYTES_AT_ONCE = 64, 24_000_000
MOST_SLICES = 1024

Progress = Callable[[str, int, int, int], None]
"""Called with what is done («reading», «reviewing»), tasks done, tasks there are, and patients done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A table that is written, and how it came about."""

    patients: int
    found_again: int
    """Parts that an earlier run had done."""
    cannot: tuple[str, ...] = ()
    """What could not be judged for want of a table."""


def screen(
    places: Sequence[Path],
    out: Path,
    *,
    as_of: date,
    workers: int = 1,
    cluster: str = "",
    are_omop: bool = False,
    every: bool = False,
    progress: Progress | None = None,
) -> Done:
    """Write a table (Parquet) with a row for each patient in these files and folders, as they stand on the day.

    Of an export or a CDM those are reviewed whose records name anything that could make a pain neuropathic or is
    urgent; the others have a row that says so, and with `every` all are reviewed. With `are_omop` each place is an OMOP
    CDM: a folder of tables or a database. `workers` processes share the work, or
    those of the Dask scheduler at the address `cluster`, which have to see the files and the folder of the table under
    the same names. Beside the table lies a folder with what is done so far, until the table is there: asked again for
    the same, it goes on from there. UnwoundError for what cannot be screened at all; a bad record is a row.
    """
    engine.duckdb()
    _refuse_other_places(out)
    source_files, cdms = (sources.NONE, tuple(map(omop.find, places))) if are_omop else (sources.find(places), ())
    work = Path(f"{out.absolute()}.screening")
    kept = _begun(work, _asked(source_files, cdms, as_of, every=every))
    report = progress or (lambda *_: None)
    cuts, parts = _plan(source_files, cdms, work, as_of, every=every)
    missing = [task for task in cuts if not Path(task.folder).exists()]
    _do(cut, missing, what="reading", of=len(cuts), workers=workers, cluster=cluster, report=report)
    left = [part for part in parts if not Path(part.place).exists()]
    _do(screen_part, left, what="reviewing", of=len(parts), workers=workers, cluster=cluster, report=report)
    patients = _joined(parts, out)
    shutil.rmtree(work)
    cannot = tuple(f"{cdm.place}: {line}" for cdm in cdms for line in cdm.cannot)
    return Done(patients=patients, found_again=len(parts) - len(left) if kept else 0, cannot=cannot)


def _do(
    work: Callable[..., int],
    tasks: Sequence[Part | Cut],
    what: str,
    of: int,
    workers: int,
    cluster: str,
    report: Progress,
) -> None:
    done, patients = of - len(tasks), 0
    report(what, done, of, patients)
    for number in running.over(work, tasks, workers=workers, cluster=cluster):
        done, patients = done + 1, patients + number
        report(what, done, of, patients)


def _refuse_other_places(out: Path) -> None:
    """UnwoundError where the table cannot be written: found out before a day's work, not after it."""
    if out.is_dir() or (out.exists() and not out.is_file()):
        raise UnwoundError(f"{out}: a file is needed for the table, as result.parquet")
    if not out.absolute().parent.is_dir():
        raise UnwoundError(f"{out}: its folder does not exist")


def _asked(source_files: Sources, cdms: Sequence[Tables], as_of: date, *, every: bool) -> str:
    """What is asked, so that what an earlier run did is taken only where it is the same."""
    files = (*source_files.files, *(file for cdm in cdms for held in cdm.files.values() for file in held))
    asked = {
        "files": sources.fingerprint(files),
        "as_of": as_of.isoformat(),
        "rules": rows.rules_fingerprint(),
        "every": every,
        "slice_bytes": SLICE_BYTES,
    }
    return json.dumps(asked)


def _begun(work: Path, asked: str) -> bool:
    """Whether an earlier run began the same; the work of another is thrown away."""
    manifest = work / "manifest.json"
    digest = hashlib.sha256(asked.encode()).hexdigest()
    try:
        if manifest.exists() and json.loads(manifest.read_text("utf-8")).get("sha256") == digest:
            return True
        if work.exists():
            if any(work.iterdir()) and not manifest.exists():
                raise UnwoundError(f"{work}: is in the way and not from an earlier run: move it away")
            shutil.rmtree(work)
        work.mkdir(mode=0o700)
    except (OSError, ValueError) as error:
        raise UnwoundError(f"{work}: cannot be written or read: {error}") from None
    write(manifest, json.dumps({"sha256": digest}).encode())
    return False


def _plan(
    source_files: Sources, cdms: Sequence[Tables], work: Path, as_of: date, *, every: bool
) -> tuple[list[Cut], list[Part]]:
    """What has to be cut, and all parts: the same for the same files, whoever works on them."""
    cuts, parts = list[Cut](), list[Part]()

    def place() -> str:
        return str(work / f"rows-{len(parts):06}.parquet")

    for files in _batches(source_files.records):
        parts.append(Part(place=place(), as_of=as_of, files=files))
    for number, export in enumerate(source_files.exports):
        folder = work / f"export-{number:04}"
        folder.mkdir(exist_ok=True)
        slices = min(MOST_SLICES, 1 + sum(map(_unpacked_bytes, export.files)) // SLICE_BYTES)
        for of, file in enumerate(export.files):
            cuts.append(Cut(file=file, folder=str(folder / f"{of:05}"), parts=slices, as_of=as_of))
        for slice in (*range(slices), splitting.NOBODY):
            parts.append(
                Part(place=place(), as_of=as_of, split=str(folder), slice=slice, source=export.name, every=every)
            )
    for number, cdm in enumerate(cdms):
        folder = work / f"omop-{number:04}"
        folder.mkdir(exist_ok=True)
        events = {table: files for table, files in cdm.files.items() if table in omop.EVENTS}
        held = {file for files in events.values() for file in files}
        slices = min(MOST_SLICES, 1 + OMOP_UNPACKED * sum(map(_unpacked_bytes, held)) // SLICE_BYTES)
        for table in sorted(events):
            cuts.append(Cut(file=table, folder=str(folder / table), parts=slices, as_of=as_of, omop=cdm))
        for slice in (*range(slices), splitting.NOBODY):
            parts.append(
                Part(place=place(), as_of=as_of, split=str(folder), slice=slice, source=cdm.place, every=every)
            )
    return cuts, parts


def _unpacked_bytes(file: str) -> int:
    packed = file.lower().endswith((".gz", ".parquet"))
    return Path(file).stat().st_size * (UNPACKED if packed else 1)


def _batches(files: Sequence[str]) -> Iterator[tuple[str, ...]]:
    batch, size = list[str](), 0
    for file in files:
        own = _unpacked_bytes(file)
        if batch and (len(batch) >= RECORDS_AT_ONCE or size + own > RECORD_BYTES_AT_ONCE):
            yield tuple(batch)
            batch, size = [], 0
        batch.append(file)
        size += own
    if batch:
        yield tuple(batch)


def _joined(parts: Sequence[Part], out: Path) -> int:
    """The rows of all parts in one table, which is there whole or not at all."""
    import pyarrow.parquet as pq

    beside, count = out.with_name(f".{out.name}.part"), 0
    try:
        with pq.ParquetWriter(beside, rows.schema(), compression="zstd") as writer:
            for part in parts:
                table = pq.read_table(part.place, schema=rows.schema())
                count += table.num_rows
                if table.num_rows:
                    writer.write_table(table)
        beside.replace(out)
    except OSError as error:
        raise UnwoundError(f"{out}: cannot be written: {(error.strerror or 'unknown reason').lower()}") from None
    finally:
        beside.unlink(missing_ok=True)
    return count
