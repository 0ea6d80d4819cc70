"""The examples that come with Unwound, all of them invented: whole patients, a record of another system, a table.

examples.names()                                    what there is
examples.load("crps_after_wrist_fracture").patient  a patient, from a readable case
examples.load("nerve_injury_after_thoracotomy")     a FHIR record as it was read: patient, and what was not read
examples.load("two_people")                         an event table: courses by person
examples.path("two_people")                         the file itself
examples.copy("here")                               all files, into a folder of yours
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

from unwound.files import write
from unwound.record import UnwoundError

if TYPE_CHECKING:
    from unwound.exchange.case_file import Case
    from unwound.exchange.event_table import Events
    from unwound.exchange.fhir import Import

CaseName = Literal[
    "crps_after_wrist_fracture",
    "diabetic_neuropathy_gabapentin_900",
    "trigeminal_neuralgia_without_carbamazepine",
]
"""Patients as readable cases."""
RecordName = Literal["nerve_injury_after_thoracotomy"]
"""Patients as FHIR records."""
TableName = Literal["two_people"]
"""Event tables."""
AS_OF = date(2026, 11, 21)
"""The day on which the example record is judged: what it says is of the weeks before."""


@cache
def _files() -> dict[str, Path]:
    here = Path(__file__).parent
    return {file.stem: file for file in sorted(here.iterdir()) if file.suffix in (".toml", ".json", ".csv")}


def names() -> tuple[str, ...]:
    """The names of all examples."""
    return tuple(_files())


def path(name: str) -> Path:
    """The file of an example. UnwoundError, listing all, where there is none of that name."""
    file = _files().get(name) if isinstance(name, str) else None
    if file is None:
        raise UnwoundError(f"«{name}» is not an example; there are {', '.join(names())}")
    return file


@overload
def load(name: CaseName) -> Case: ...
@overload
def load(name: RecordName) -> Import: ...
@overload
def load(name: TableName) -> Events: ...
@overload
def load(name: str) -> Case | Import | Events: ...
def load(name: str) -> Case | Import | Events:
    """An example as it is read: a case or a record (both have `.patient`), or a table of doses (`.courses`).

    UnwoundError, listing all, where there is none of that name.
    """
    file = path(name)
    if file.suffix == ".toml":
        from unwound.exchange import case_file

        return case_file.read_case(file.read_bytes(), file.name)
    if file.suffix == ".json":
        from unwound.exchange import fhir

        return fhir.read_bundle(file.read_bytes(), file.name, as_of=AS_OF)
    from unwound.exchange import event_table

    return event_table.read(file.read_text(encoding="utf-8"), file.name)


def copy(folder: Path | str) -> tuple[Path, ...]:
    """All examples as files of that folder, which is made where it is missing; a file of yours there is left alone.

    UnwoundError, before anything is written, where another file has the name of an example.
    """
    to = Path(folder)
    places = [(file, to / file.name) for file in _files().values()]
    for file, place in places:
        if place.exists() and not (place.is_file() and place.read_bytes() == file.read_bytes()):
            raise UnwoundError(f"{place}: another file is there already; name an empty folder")
    to.mkdir(parents=True, exist_ok=True)
    for file, place in places:
        write(place, file.read_bytes())
    return tuple(place for _, place in places)
