"""What somebody types, in their own words -> what needs help at once, then the files that answer it.

`find(text)` looks in titles, lay phrases and texts (`data/rules/finder.toml` lists the kinds), mends typing errors to
our own vocabulary and looks for synonyms. It says so where nothing here fits. Red flags are explicit rules
(`data/emergencies`) and stand first. Nothing of what is typed is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from unwound.finder import ranking
from unwound.finder.entries import Entry
from unwound.finder.index import index
from unwound.finder.knowledge import finder
from unwound.finder.red_flags import RedFlag, red_flags
from unwound.telephones import Lines

MOST = 10
"""Results of one search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A file that fits; `score` orders the results of one search, from 0 to 1."""

    kind: str
    id: str
    title: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The answer to a search; without results nothing here fits."""

    red_flags: tuple[RedFlag, ...]
    results: tuple[Result, ...]
    read_as: Mapping[str, tuple[str, ...]]
    """Words that were not known -> those of ours that were looked for in their place."""


def find(text: str, *, country: str | None = None, lines: Lines | None = None, most: int = MOST) -> Found:
    """What to do at once where it is a red flag, and the files that fit what was typed, the best first.

    `lines` are the telephone numbers that are said; `country` (US, UK) names a crisis line where there are none.
    """
    asked = ranking.sought(text)
    held = index()
    return Found(
        red_flags=red_flags(text, country, lines),
        results=tuple(_result(held.entries[fit.place], fit.score) for fit in ranking.fits(asked)[:most]),
        read_as={word.typed: word.looked_for for word in asked if word.certain < 1},
    )


def called(kind: str) -> str:
    """What a reader calls a file of this kind: «condition»."""
    return next(indexed.called for indexed in finder().kinds if indexed.kind == kind)


def _result(entry: Entry, score: float) -> Result:
    return Result(kind=entry.kind, id=entry.id, title=entry.title, score=round(score, 3))
