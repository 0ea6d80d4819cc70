"""Why a medicine was stopped and how much it helped, from the words of a record."""

from __future__ import annotations

import re
from collections.abc import Iterator

from unwound.exchange.fhir.tables import tables, whole_words
from unwound.terms import TrialEffect, WhyStopped

_GAIN = "(?:relief|reduction|improvement|better|less pain)"
_RELIEF = (
    re.compile(rf"(?<![\d.\-–])(\d{{1,3}}) ?(?:%|percent) (?:of )?(?:pain )?{_GAIN}"),
    re.compile(rf"(?:{_GAIN}|reduced|improved)(?: was)?(?: of| by)?(?: about)? (\d{{1,3}}) ?(?:%|percent)"),
)
_FILLER = "(?:any|much|significant|real|major|due to|because of|reported)"
_NEGATION = re.compile(rf"\b(?:no|not|without|denies|denied|never|non)(?: {_FILLER})?[ -]$")
_SENTENCE = re.compile(r"[.;\n]+")


def told(said: str, why: str, codes: set[str]) -> set[WhyStopped]:
    """Every reason given: by codes, by words, and by symptoms where stopping is the subject (in `why` or near it)."""
    speaking = [one for one in _SENTENCE.split(said) if whole_words(tables().stop_words).search(one)]
    about_stopping = " . ".join((why, *speaking))
    return {
        one.why
        for one in tables().stopped
        if not codes.isdisjoint(one.codes)
        or any(_affirmed(said, one.words))
        or (one.symptoms and any(_affirmed(about_stopping, one.symptoms)))
    }


def _affirmed(said: str, words: tuple[str, ...]) -> Iterator[bool]:
    """Each place where one of the words stands without a «no» before it."""
    for match in whole_words(words).finditer(said):
        if not _NEGATION.search(said[max(0, match.start() - 24) : match.start()]):
            yield True


def effect(said: str) -> TrialEffect | None:
    """How much it helped, in words; None where nothing or more than one thing is stated, or it did not last."""
    if _did_not_last(said):
        return None
    found = {one.how for one in tables().effect if any(_affirmed(said.lower(), one.words))}
    return found.pop() if len(found) == 1 else None


def relief_percent(said: str) -> float | None:
    """Relief as a percentage in a note; None where none or several are stated, or it did not last."""
    if _did_not_last(said):
        return None
    found = {float(value) for pattern in _RELIEF for value in pattern.findall(said.lower())}
    value = found.pop() if len(found) == 1 else None
    return value if value is not None and value <= 100 else None


def _did_not_last(said: str) -> bool:
    return whole_words(tables().transient).search(said.lower()) is not None
