"""`unwound review` and `unwound examples`: records in, reports out."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from unwound import examples as bundled
from unwound import pathway
from unwound.cli.kinds import DAY
from unwound.cli.printing import print_json, quiet, went_well
from unwound.exchange import case_file, fhir
from unwound.files import write
from unwound.pathway import Review
from unwound.patient import Patient
from unwound.record import UnwoundError
from unwound.report import terminal
from unwound.report.as_json import as_json
from unwound.report.record_json import record_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One file as it was read: the patient, the story where there is one, and what could not be read."""

    name: str
    patient: Patient
    story: str = ""
    notes: tuple[str, ...] = ()
    imported: fhir.Import | None = None
    """What a record of another system held beside the patient."""


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "wants_json", is_flag=True, help="Print JSON: one object, or a list for several files.")
@click.option(
    "--html", "out", type=click.Path(path_type=Path), help="Write a page; for several files, a folder of them."
)
@click.option("--full", is_flag=True, help="Print all of it, not one screen.")
@click.option("--sources", "with_sources", is_flag=True, help="List the numbered sources below.")
@click.option("--as-of", type=DAY, help="The day on which a FHIR record is judged; today without it.")
@click.option(
    "--patient", "meant", default="", metavar="ID", help="Which patient is meant, where a record has several."
)
@click.option("--together", is_flag=True, help="The files are one record, as a bulk export has one for each type.")
def review(
    files: tuple[Path, ...],
    wants_json: bool,
    out: Path | None,
    full: bool,
    with_sources: bool,
    as_of: date | None,
    meant: str,
    together: bool,
) -> int:
    """Review patients: FHIR R4 records (JSON, NDJSON, .gz) or readable cases (TOML), one or many.

    A folder is one record in several files; - is the standard input.
    """
    if wants_json and out:
        raise click.UsageError("--json and --html exclude each other: choose one")
    if (wants_json or out) and (full or with_sources):
        raise click.UsageError("--full and --sources are for the terminal: --json and --html hold all of it")
    day = as_of or date.today()
    if out:
        _spare(out, files)
    done: list[tuple[Read, Review]] = []
    failed = 0
    records: list[tuple[Path, ...]] = [files] if together else [(file,) for file in files]
    for record in _with_progress(records):
        try:
            read = read_files(record, day, meant) if together else read_file(record[0], day, meant)
        except UnwoundError as error:
            failed += 1
            click.echo(f"unwound: {error}", err=True)
        else:
            done.append((read, pathway.review(read.patient)))
    if wants_json or out is not None:
        _hand_out(done, wants_json=wants_json, out=out, several=len(records) > 1)
    else:
        _print(done, full=full, with_sources=with_sources)
    return 2 if failed else 0


@click.command()
@click.option("--to", type=click.Path(path_type=Path), metavar="FOLDER", help="Copy the files into FOLDER instead.")
def examples(to: Path | None) -> None:
    """Review the bundled example patients, all of them invented, and print the reports."""
    if to is not None:
        for place in bundled.copy(to):
            went_well(f"written: {place}")
        return
    console = Console()
    for file in map(bundled.path, bundled.names()):
        if file.suffix in (".toml", ".json"):
            read = read_file(file, bundled.AS_OF)
            terminal.show(pathway.review(read.patient), console, story=read.story, notes=read.notes)


def read_file(file: Path, as_of: date, patient: str = "") -> Read:
    """One file as a patient, or the files of a folder. UnwoundError, naming it, when it can be read as neither a record
    of another system nor a case; `patient` is the id of the one that is meant, where there are several.
    """
    if file.is_dir():
        return read_files(sorted(_in_folder(file)), as_of, patient, name=str(file))
    data = read_bytes(file)
    if file.suffix.lower() == ".toml" or (str(file) == STANDARD_INPUT and _is_no_record(data)):
        case = case_file.read_case(data, str(file))
        return Read(name=str(file), patient=case.patient, story=case.story)
    record = fhir.read_bundle(data, str(file), as_of=as_of, patient=patient)
    return Read(name=str(file), patient=record.patient, notes=record.lines(), imported=record)


def read_files(files: Sequence[Path], as_of: date, patient: str = "", *, name: str = "") -> Read:
    """Several files as one record of another system. UnwoundError, naming the file, when it cannot be read."""
    if not files:
        raise UnwoundError(f"{name}: the folder holds no file of FHIR resources (.json, .ndjson, or either with .gz)")
    name = name or f"{files[0]} and {len(files) - 1} more"
    record = fhir.read_record(((str(file), read_bytes(file)) for file in files), name, as_of=as_of, patient=patient)
    return Read(name=name, patient=record.patient, notes=record.lines(), imported=record)


STANDARD_INPUT = "-"


def _is_no_record(data: bytes) -> bool:
    """The standard input has no ending: a record begins as JSON does or is compressed, a case is TOML."""
    return bool(data.strip()) and not data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"\x1f\x8b"))


_OF_AN_EXPORT = (".json", ".ndjson", ".jsonl", ".gz")


def _in_folder(folder: Path) -> Iterator[Path]:
    """The files of a record in a folder; what is hidden is none of it."""
    try:
        yield from (
            file
            for file in folder.iterdir()
            if file.name.lower().endswith(_OF_AN_EXPORT) and not file.name.startswith(".") and file.is_file()
        )
    except OSError as error:
        raise UnwoundError(f"{folder}: cannot be read: {(error.strerror or 'unknown reason').lower()}") from None


def read_bytes(file: Path) -> bytes:
    """What stands in a file, or comes in at the standard input; no more of it than one patient can have."""
    try:
        if str(file) == STANDARD_INPUT:
            return sys.stdin.buffer.read(fhir.LIMIT_BYTES + 1)
        size = file.stat().st_size
        if size > fhir.LIMIT_BYTES:
            raise UnwoundError(
                f"{file}: {size:,} bytes is more than a record of one patient; at most {fhir.LIMIT_BYTES:,}"
            )
        with file.open("rb") as stream:
            return stream.read(fhir.LIMIT_BYTES + 1)
    except OSError as error:
        raise UnwoundError(f"{file}: cannot be read: {(error.strerror or 'unknown reason').lower()}") from None


def _with_progress(records: list[tuple[Path, ...]]) -> Iterator[tuple[Path, ...]]:
    if len(records) == 1:
        yield records[0]
        return
    with Progress(console=Console(stderr=True), transient=True, disable=quiet()) as progress:
        yield from progress.track(records, description="Reviewing")


def _print(done: list[tuple[Read, Review]], *, full: bool, with_sources: bool) -> None:
    console = Console()
    for read, review in done:
        terminal.show(
            review,
            console,
            story=read.story,
            notes=read.notes,
            notes_in_short=read.imported.in_short() if read.imported else "",
            full=full,
            with_sources=with_sources,
        )


def _hand_out(done: list[tuple[Read, Review]], *, wants_json: bool, out: Path | None, several: bool) -> None:
    if wants_json:
        objects = [
            {**as_json(review), "unread": list(read.notes), "record": record_json(read.imported)}
            for read, review in done
        ]
        if objects:
            print_json(objects if several else objects[0], indent=2)
    elif out is not None:
        from unwound.report.page import page

        for place, (read, review) in zip(_places(out, done, several), done, strict=True):
            write(place, page(review, story=read.story, notes=read.notes).encode())
            went_well(f"written: {place}")


def _places(out: Path, done: list[tuple[Read, Review]], several: bool) -> Iterator[Path]:
    """Where each page goes: the named file, or a file for each patient in that folder; never two in the same place."""
    taken = set[str]()
    for read, _ in done:
        if not several and not out.is_dir():
            yield out
            continue
        stem = re.sub(r"[^\w.-]+", "-", Path(read.name).stem)
        free = (f"{stem}.html", *(f"{stem}-{n}.html" for n in range(2, len(done) + 2)))
        name = next(candidate for candidate in free if candidate not in taken)
        taken.add(name)
        yield out / name


def _spare(out: Path, files: tuple[Path, ...]) -> None:
    """UsageError when the page would take the place of a record (`--html record.toml record.toml`)."""
    if out.is_file() and any(file.exists() and file.samefile(out) for file in files):
        raise click.UsageError(f"--html {out} is one of the records: name another file for the page")
