"""Where the knowledge is weak: what was not read at its source, and what is past its date of review.

Both walk the raw files, so that a new kind of knowledge is listed on the day it is added.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from unwound import catalogue
from unwound.catalogue import Checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """A number or statement that was not read at its source: where it is and how it reads."""

    file: str
    field: str
    says: str
    source: str
    checked: Checked


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


def due(on: date) -> tuple[Due, ...]:
    """The files that are past their date of review on that day, the longest overdue first."""
    dated = (Due(name, str(table["title"]), table["due"]) for name, table in _tables() if "due" in table)
    return tuple(sorted((file for file in dated if file.due < on), key=lambda file: (file.due, file.file)))


def _tables() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in catalogue.files():
        kind, id = path.parent.name, path.stem
        yield catalogue.name(kind, id), tomllib.loads(catalogue.content(kind, id).decode("utf-8"))


def _walk(file: str, value: object, path: tuple[str, ...], source: str) -> Iterator[Assumption]:
    """Every table with a `checked` below the best; effects of a study leave their source out: it is the study."""
    # Tables and lists are nested, and a source holds for everything below it.
    if isinstance(value, dict):
        source = str(value.get("source") or source or _study(file))
        if value.get("checked") in (Checked.SECONDARY, Checked.UNCHECKED):
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
