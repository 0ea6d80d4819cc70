"""Every file that can be found, as the words it is found by."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from unwound import catalogue
from unwound.finder.knowledge import Indexed, finder
from unwound.finder.medicines import names_of

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
    if kind.kind == "therapies":
        further += [name for drug in table.get("drugs", [id]) for name in names_of(drug)]
    return Entry(
        kind=kind.kind,
        id=id,
        title=title,
        names=(title, *further),
        phrases=(*_texts_of(table.get("lay_phrases", ())), *_name_in_plain_words(kind.kind, id)),
        text=" ".join((*_says(table), *_in_plain_words(kind.kind, id), *_code_titles(table))),
    )


def _in_plain_words(kind: str, id: str) -> Iterator[str]:
    """What the page of a file says in plain words, which stands in files of its own."""
    if kind == "conditions" and id in catalogue.ids("lay_conditions"):
        yield from _says(tomllib.loads(catalogue.content("lay_conditions", id).decode()))
    elif kind in catalogue.ids("lay_words"):
        words = _plain_words(kind).get(id, {})
        yield from _says(words)


def _name_in_plain_words(kind: str, id: str) -> list[str]:
    if kind != "conditions" or id not in catalogue.ids("lay_conditions"):
        return []
    return _texts_of(tomllib.loads(catalogue.content("lay_conditions", id).decode())["name"])


@cache
def _plain_words(kind: str) -> dict[str, dict[str, object]]:
    table = tomllib.loads(catalogue.content("lay_words", kind).decode())
    return dict(table["words"])


def _code_titles(table: dict[str, object]) -> Iterator[str]:
    """What the classifications call it."""
    codes = table.get("codes", ())
    if isinstance(codes, list):
        yield from (str(code["title"]) for code in codes if "title" in code)


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
