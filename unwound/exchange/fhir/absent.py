"""An entry which says that there is nothing: «no known allergy», «no known medications»."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Literal

from unwound.catalogue import Frozen, Head, Texts, load_rule
from unwound.exchange.fhir.shapes import Coding, codings, name

Nothing = Literal["no-drug-allergy", "other"]
Taken = Literal["not-taken", "ended", "held", "not-tolerated"]

_QUALIFIER = re.compile(r"\s*\((?:situation|finding|disorder)\)\s*$")


class Denied(Frozen):
    """Codes or words by what they deny."""

    no_drug_allergy: Texts
    other: Texts


class InName(Frozen):
    """Words of a medicine's name which say that it is not taken now."""

    begins: Texts
    ends: Texts = ()
    behind: Texts


class More(Frozen):
    """What may follow such a word in brackets, and parts of words that take it back."""

    goes_on: Texts
    takes_back: Texts


class Ways(Head):
    """`data/rules/nothing_known.toml`: the codes and the words of such statements."""

    codes: Denied
    words: Denied
    not_taken: InName
    ended: InName
    held: InName
    not_tolerated: InName
    more: More


@lru_cache(maxsize=4096)
def how_taken(medicine: str) -> Taken | None:
    """What the name of a medicine says against its being taken now: «no gabapentin», «gabapentin (stopped)»."""
    written, ways = medicine.strip().lower(), _ways()
    kinds: tuple[tuple[Taken, InName], ...] = (
        ("ended", ways.ended),
        ("held", ways.held),
        ("not-tolerated", ways.not_tolerated),
        ("not-taken", ways.not_taken),
    )
    behind = _BEHIND.search(written)
    return next((kind for kind, words in kinds if _says(written, behind[1] if behind else "", kind, words)), None)


def _says(written: str, behind: str, kind: Taken, words: InName) -> bool:
    """Whether a name says it; in brackets the word must be all, or be followed by when or why it was stopped."""
    if written.startswith(tuple(f"{word} " for word in words.begins)) or written.endswith(words.ends or ("\0",)):
        return True
    rest = next((behind.removeprefix(word) for word in words.behind if _begins(behind, word)), None)
    if rest is None or not rest.strip(" .:!"):
        return rest is not None
    more = _ways().more
    has_when_or_why = rest.lstrip(" ,.:-–").startswith((*(f"{word} " for word in more.goes_on), *"0123456789"))
    return kind in ("ended", "held") and has_when_or_why and not any(word in rest for word in more.takes_back)


def _begins(behind: str, word: str) -> bool:
    return behind.startswith(word) and not behind[len(word) : len(word) + 1].isalnum()


_BEHIND = re.compile(r"(?:\(|\s[-–]\s)\s*([^()]+?)\s*\)?$")


def says_nothing(concept: object) -> Nothing | None:
    """What a concept denies: that any medicine is not tolerated, or anything else; None where it denies nothing."""
    return _denied(tuple(codings(concept)), name(concept))


@lru_cache(maxsize=4096)
def _denied(listed: tuple[Coding, ...], called: str) -> Nothing | None:
    ways = _ways()
    codes = {coding.code for coding in listed}
    written = {_plain(called), *(_plain(coding.display) for coding in listed)}
    if not codes.isdisjoint(ways.codes.no_drug_allergy) or not written.isdisjoint(ways.words.no_drug_allergy):
        return "no-drug-allergy"
    if not codes.isdisjoint(ways.codes.other) or not written.isdisjoint(ways.words.other):
        return "other"
    return None


def _plain(written: str) -> str:
    return _QUALIFIER.sub("", written.strip().lower()).strip(" .")


@cache
def _ways() -> Ways:
    return load_rule("nothing_known", Ways)
