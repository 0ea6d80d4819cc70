"""What somebody types, in their own words -> what needs help at once, then the files that answer it.

`find(text)` looks in titles, lay phrases and texts (`data/rules/finder.toml` lists the kinds), mends typing errors to
our own vocabulary and looks for synonyms. It says so where nothing here fits. Red flags are explicit rules
(`data/emergencies`) and stand first. Nothing of what is typed is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import accumulate

from unwound.finder import ranking
from unwound.finder.entries import Entry
from unwound.finder.index import index
from unwound.finder.knowledge import finder
from unwound.finder.other_languages import read, read_at_all
from unwound.finder.red_flags import RedFlag, red_flags
from unwound.finder.words import words
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


def find(
    text: str, *, country: str | None = None, lines: Lines | None = None, most: int = MOST, language: str | None = None
) -> Found:
    """What to do at once where it is a red flag, and the files that fit what was typed, the best first.

    `lines` are the telephone numbers that are said; `country` (US, UK) names a crisis line where there are none.
    Spanish is read as English words first; `language` is that of the page where it was typed.
    """
    other = read(text, language=language)
    looked_for = other.text if other else text
    asked = ranking.sought(looked_for)
    held = index()
    fit = [_result(held.entries[fit.place], fit.score) for fit in ranking.fits(looked_for, asked)]
    mended = {word.typed: word.looked_for for word in asked if word.certain < 1}
    return Found(
        red_flags=_flags(text, country, lines),
        results=tuple((_of_the_drug(fit) if came_of_the_drug(looked_for) else fit)[:most]),
        read_as={**{theirs: (ours,) for theirs, ours in (other.parts if other else {}).items()}, **mended},
    )


def _flags(text: str, country: str | None, lines: Lines | None) -> tuple[RedFlag, ...]:
    """As it was typed, and as its English words are where any word is of another language; each once."""
    other = read_at_all(text)
    of_both = (*red_flags(text, country, lines), *(red_flags(other.text, country, lines) if other else ()))
    return tuple({flag.id: flag for flag in of_both}.values())


def came_of_the_drug(text: str) -> bool:
    """Whether a complaint is asked about that came after ketamine: «itching after the infusion».

    Not where it is the pain itself that came back, or the relief that is asked about.
    """
    typed, rule = words(text), finder()
    return set(rule.not_of_it).isdisjoint(typed) and any(
        word in rule.drug and not set(rule.since).isdisjoint(typed[max(0, at - rule.within) : at])
        for at, word in enumerate(typed)
    )


def _of_the_drug(results: list[Result]) -> list[Result]:
    """What fits well and is no condition, the page on the effects of the drug, then the rest, conditions last."""
    rule, held = finder(), index()
    page = next(entry for entry in held.entries if (entry.kind, entry.id) == ("question_pages", rule.effects_page))
    answer = next((result for result in results if result.id == page.id), _result(page, rule.fits_well))
    rest = [result for result in results if result is not answer]
    first = [
        result for result in rest if result.kind != "conditions" and result.score >= max(rule.fits_well, answer.score)
    ]
    last = sorted((result for result in rest if result not in first), key=lambda result: result.kind == "conditions")
    # The score says the order, here too.
    lowest = accumulate((result.score for result in (*first, answer, *last)), min)
    return [replace(result, score=score) for result, score in zip((*first, answer, *last), lowest, strict=True)]


def called(kind: str) -> str:
    """What a reader calls a file of this kind: «condition»."""
    return next(indexed.called for indexed in finder().kinds if indexed.kind == kind)


def _result(entry: Entry, score: float) -> Result:
    return Result(kind=entry.kind, id=entry.id, title=entry.title, score=round(score, 3))
