"""An entry which says that there is nothing: «no known allergy», «no known medications»."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Literal

from unwound.catalogue import Frozen, Head, Texts, load_rule
from unwound.exchange.fhir.shapes import Coding, codings, name

Nothing = Literal["no-drug-allergy", "other"]

_QUALIFIER = re.compile(r"\s*\((?:situation|finding|disorder)\)\s*$")


class Denied(Frozen):
    """Codes or words by what they deny."""

    no_drug_allergy: Texts
    other: Texts


class NotTaken(Frozen):
    """Words of a medicine's name which say that it is not taken."""

    begins: Texts
    ends: Texts
    behind: Texts


class Ways(Head):
    """`data/rules/nothing_known.toml`: the codes and the words of such statements."""

    codes: Denied
    words: Denied
    not_taken: NotTaken


@lru_cache(maxsize=4096)
def is_not_taken(medicine: str) -> bool:
    """Whether the name of a medicine says that it is not taken: «no gabapentin», «gabapentin (stopped)»."""
    written, words = medicine.strip().lower(), _ways().not_taken
    behind = _BEHIND.search(written)
    said_behind = behind is not None and behind[1].startswith(words.behind)
    return said_behind or written.startswith(_with_space(words.begins)) or written.endswith(words.ends)


def _with_space(words: Texts) -> Texts:
    return tuple(f"{word} " for word in words)


_BEHIND = re.compile(r"(?:\(|\s[-–]\s)([^()]+)\)?$")


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
