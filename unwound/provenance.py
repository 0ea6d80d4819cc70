"""Where the knowledge is weak: what was not read at its source, and what is past its date of review.

Both walk the raw files, so that a new kind of knowledge is listed on the day it is added.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from unwound import catalogue
from unwound.catalogue import Checked

LOCAL = "unwound_local"
"""The source of what we decided ourselves."""
CODES = ("rxnorm", "icd10", "icd11", "snomed", "loinc", "code", "codes")
"""Fields that hold codes of other systems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """A number or statement that was not read at its source: where it is and how it reads."""

    file: str
    field: str
    says: str
    source: str
    checked: Checked

    @property
    def is_ours(self) -> bool:
        """Whether it is a local rule: there is nothing to read, only somebody to agree or not."""
        return self.source == LOCAL


@dataclass(frozen=True, slots=True)
class Unmarked:
    """What the list of assumptions leaves out, for it carries no mark of its own."""

    codes: int
    """Codes of facts, drugs and devices that records and monitors are read by."""
    classes: int
    """Memberships of drugs in classes: they fire every rule on a class."""
    shelf_lives: int
    """Days for which a fact counts."""


@dataclass(frozen=True, slots=True)
class Due:
    """A knowledge file and the day by which it should be reviewed again."""

    file: str
    title: str
    due: date


@cache
def assumptions() -> tuple[Assumption, ...]:
    """Everything secondary or unchecked under `data/`, file by file: the project's honest to-do list."""
    return tuple(assumption for name, table in _tables() for assumption in _walk(name, table, (), ""))


def unmarked() -> Unmarked:
    """How many codes, class memberships and shelf lives stand in the files without a mark of their own."""
    counts = dict.fromkeys(("codes", "classes", "valid_days"), 0)
    for name, table in _tables():
        for key, value in _plain(table):
            kind = "codes" if key in CODES else key
            if kind in counts and (key != "classes" or Path(name).parent.name == "drugs"):
                counts[kind] += len(value) if isinstance(value, list) else 1
    return Unmarked(counts["codes"], counts["classes"], counts["valid_days"])


def _plain(value: object) -> Iterator[tuple[str, object]]:
    """Every field that is no table of its own with a mark."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from () if isinstance(part, dict) else ((key, part),)
            if not (isinstance(part, dict) and "checked" in part):
                yield from _plain(part)
    elif isinstance(value, list):
        for part in value:
            if not (isinstance(part, dict) and "checked" in part):
                yield from _plain(part)


@dataclass(frozen=True, slots=True)
class Read:
    """How the numbers that decide something of one sort were read; `ours` are local rules, whatever their mark."""

    decides: str
    marks: dict[Checked, int]
    ours: int

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.marks.values()) + self.ours


DECIDES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("a stop or a question", "cautions", ("when", "unless")),
    ("whether criteria are met", "criteria", ("steps",)),
    ("refractory, resistant, candidate", "refractory", ("",)),
    ("refractory, resistant, candidate", "rules/treatment_resistance", ("",)),
    ("refractory, resistant, candidate", "rules/ohio_step_therapy", ("",)),
    ("refractory, resistant, candidate", "rules/candidacy", ("",)),
    ("the band of a score", "instruments", ("bands", "cut_offs")),
    ("a dose of ketamine", "ceilings", ("",)),
    ("a dose of ketamine", "protocols", ("steps",)),
    ("a dose of ketamine", "rules/landmarks", ("",)),
    ("a dose of ketamine", "rules/pump", ("",)),
    ("a dose of ketamine", "rules/body_weights", ("",)),
    ("a lower limit: kidneys, age, state", "therapies", ("renal", "age", "limits")),
    ("a lower limit: kidneys, age, state", "rules/cockcroft_gault", ("",)),
    ("start, step, target and most", "therapies", ("dosing",)),
    ("an adequate trial for pain", "therapies", ("adequate",)),
    ("an adequate antidepressant", "antidepressants", ("",)),
    ("start, watching, leaving", "session_gates", ("",)),
    ("start, watching, leaving", "rules/monitoring", ("",)),
)
"""What decides: its sort, the kind (or the one file) and the fields in which its numbers stand."""


def deciding() -> tuple[Read, ...]:
    """The numbers that stop, decide or dose, by how well they were read; what a caution only notes decides nothing."""
    return deciding_of((path.parent.name, path.stem, table) for path, table in _files())


def deciding_of(files: Iterable[tuple[str, str, dict[str, Any]]]) -> tuple[Read, ...]:
    """The same of other files than today's: the kind, the id and the table of each."""
    counted: dict[str, dict[Checked | None, int]] = {sort: {} for sort, _, _ in DECIDES}
    for folder, id, table in files:
        for sort, kind, fields in DECIDES:
            if kind in (folder, f"{folder}/{id}") and table.get("level") != "note":
                for source, checked in _numbers(table, fields):
                    mark = None if source == LOCAL else checked
                    counted[sort][mark] = counted[sort].get(mark, 0) + 1
    return tuple(
        Read(sort, {mark: counts.get(mark, 0) for mark in Checked}, counts.get(None, 0))
        for sort, counts in counted.items()
    )


def _numbers(table: dict[str, Any], fields: tuple[str, ...]) -> Iterator[tuple[str, Checked]]:
    """Source and mark of every cited number below these fields («» is the whole file); examples are none."""
    for key, value in table.items():
        if key == "examples" or not (fields == ("",) or key in fields):
            continue
        yield from _cited(value)


def _cited(value: object) -> Iterator[tuple[str, Checked]]:
    if isinstance(value, dict):
        if "value" in value and "checked" in value:
            yield str(value.get("source", "")), Checked(value["checked"])
        for part in value.values():
            yield from _cited(part)
    elif isinstance(value, list):
        for part in value:
            yield from _cited(part)


def due(on: date) -> tuple[Due, ...]:
    """The files that are past their date of review on that day, the longest overdue first."""
    dated = (Due(name, str(table["title"]), table["due"]) for name, table in _tables() if "due" in table)
    return tuple(sorted((file for file in dated if file.due < on), key=lambda file: (file.due, file.file)))


def _tables() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, table in _files():
        yield catalogue.name(path.parent.name, path.stem), table


def _files() -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in catalogue.files():
        yield path, tomllib.loads(catalogue.content(path.parent.name, path.stem).decode("utf-8"))


def _walk(file: str, value: object, path: tuple[str, ...], source: str) -> Iterator[Assumption]:
    """Every table with a `checked` below the best; effects of a study leave their source out: it is the study."""
    # Tables and lists are nested, and a source holds for everything below it.
    if isinstance(value, dict):
        source = str(value.get("source") or source or _study(file))
        if value.get("checked") in (Checked.SECONDARY, Checked.OTHER_USE, Checked.UNCHECKED):
            yield Assumption(
                file=file, field=".".join(path), says=_says(value) or path[-1], source=source, checked=value["checked"]
            )
        for key, part in value.items():
            yield from _walk(file, part, (*path, key), source)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _walk(file, part, (*path, str(place)), source)


def _study(file: str) -> str:
    path = Path(file)
    return path.stem if path.parent.name == "evidence" else ""


def _says(table: dict[str, Any]) -> str:
    if "value" in table:
        return f"{catalogue.plain(table['value'])} {table.get('unit', '')}".strip()
    texts = (table.get(field) for field in ("text", "summary", "code", "total", "title", "name"))
    return str(next((text for text in texts if text), ""))
