"""Every file that can be found, as the words it is found by."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from unwound import catalogue
from unwound.finder.knowledge import Indexed, finder

_NOT_ITS_OWN = frozenset({"examples", "codes", "source", "where", "note"})
"""Parts of a file that say nothing about its subject, or something about another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file: what it is called, how people search for it, and what it says."""

    kind: str
    id: str
    title: str
    names: tuple[str, ...]
    phrases: tuple[str, ...]
    text: str


def entries() -> Iterator[Entry]:
    """Every file of every kind that is found, ours or the user's own in its place."""
    for kind in finder().kinds:
        for id in catalogue.ids(kind.kind):
            yield _entry(kind, id)


def _entry(kind: Indexed, id: str) -> Entry:
    # As plain TOML: the records would load the engines of their subjects, and a search has to answer at once.
    table = tomllib.loads(catalogue.content(kind.kind, id).decode())
    title = str(table["title"])
    further = [text for field in kind.fields for text in _texts_of(table.get(field, ()))]
    return Entry(
        kind=kind.kind,
        id=id,
        title=title,
        names=(title, *further),
        phrases=tuple(_texts_of(table.get("lay_phrases", ()))),
        text=" ".join(_says(table)),
    )


def _texts_of(value: object) -> list[str]:
    return [value] if isinstance(value, str) else [str(part) for part in value] if isinstance(value, list) else []


def _says(value: object) -> Iterator[str]:
    """Every sentence (`text`) within a file, however deep."""
    if isinstance(value, list):
        for part in value:
            yield from _says(part)
    elif isinstance(value, dict):
        for key, part in value.items():
            if key == "text" and isinstance(part, str):
                yield part
            elif key not in _NOT_ITS_OWN:
                yield from _says(part)
