"""What somebody types in another language, as the English words that the finder looks for (`data/rules/finder_es`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from unwound.catalogue import Head, Texts, load_rule
from unwound.finder.index import index
from unwound.finder.words import meant, words

LANGUAGES: tuple[str, ...] = ("es",)
SURE = 6
"""Letters of a word from which on a single slip is mended."""


class OtherLanguage(Head):
    """The file `data/rules/finder_<language>.toml`."""

    language: str
    says_nothing: Texts
    """Words that say nothing by themselves and are left out."""
    says: Mapping[str, str]
    """A word or phrase as it is typed -> the English words that are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was typed in English words, and which of ours each of its parts was read as."""

    language: str
    text: str
    parts: Mapping[str, str]


def read(text: str, *, language: str | None = None) -> Read | None:
    """The text in English words; None where it is English, or rather so.

    `language` is that of the page: words that both languages have are then of that one.
    """
    typed = words(text)
    return next((_read(typed, other) for other in LANGUAGES if _is_in(typed, other, asked=language == other)), None)


def read_at_all(text: str) -> Read | None:
    """The text in English words where any of its words is of another language alone; for what must not be missed."""
    typed = words(text)
    return next((_read(typed, other) for other in LANGUAGES if any(_is_theirs(other, word) for word in typed)), None)


def _is_theirs(language: str, word: str) -> bool:
    return _knows(language, word) and not _is_ours(word)


def _is_ours(word: str) -> bool:
    return index().is_silent(word) or bool(index().sayings_with(word))


def _is_in(typed: tuple[str, ...], language: str, *, asked: bool) -> bool:
    """Whether more of the words are of that language than are ours."""
    theirs = sum(_knows(language, word) for word in typed)
    ours = sum(map(_is_ours, typed))
    return theirs > 0 and (theirs > ours or (asked and theirs == ours))


def _knows(language: str, word: str) -> bool:
    return word in _silent(language) or word in _words(language)


def _read(typed: tuple[str, ...], language: str) -> Read:
    parts = tuple(_parts(typed, language))
    return Read(
        language=language,
        text=" ".join(ours for _, ours in parts),
        parts={theirs: ours for theirs, ours in parts if theirs != ours},
    )


def _parts(typed: tuple[str, ...], language: str) -> Iterator[tuple[str, str]]:
    """Each part of what was typed with its English words, the longest phrase first; what says nothing is left out."""
    says, at = _says(language), 0
    while at < len(typed):
        length = next((n for n in range(_longest(language), 0, -1) if typed[at : at + n] in says), 0)
        if length:
            yield " ".join(typed[at : at + length]), says[typed[at : at + length]]
        elif typed[at] not in _silent(language):
            yield typed[at], _mended(typed[at], language)
        at += max(length, 1)


def _mended(word: str, language: str) -> str:
    """The English of the word that a slip of the pen is nearest to; a word that we know in English as it is."""
    if len(word) < SURE or index().sayings_with(word):
        return word
    near = [theirs for theirs in meant(word, _words(language), most=1) if theirs[0] == word[0]]
    return _says(language)[(near[0],)] if near and (near[0],) in _says(language) else word


@cache
def _file(language: str) -> OtherLanguage:
    return load_rule(f"finder_{language}", OtherLanguage)


@cache
def _says(language: str) -> Mapping[tuple[str, ...], str]:
    return {words(theirs): ours for theirs, ours in _file(language).says.items()}


@cache
def _words(language: str) -> frozenset[str]:
    return frozenset(word for phrase in _says(language) for word in phrase)


@cache
def _silent(language: str) -> frozenset[str]:
    return frozenset(word for saying in _file(language).says_nothing for word in words(saying))


@cache
def _longest(language: str) -> int:
    return max(map(len, _says(language)))
