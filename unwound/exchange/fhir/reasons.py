"""Why a medicine was stopped and how much it helped, from the words of a record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from unwound.exchange.fhir.tables import tables, whole_words
from unwound.terms import TrialEffect, WhyStopped

_GAIN = "(?:relief|reduction|improvement|better|less pain)"
_RELIEF = (
    re.compile(rf"(?<![\d.\-–])(\d{{1,3}}) ?(?:%|percent) (?:of )?(?:pain )?{_GAIN}"),
    re.compile(rf"(?:{_GAIN}|reduced|improved)(?: was)?(?: of| by)?(?: about)? (\d{{1,3}}) ?(?:%|percent)"),
)
_FOR = "(?:(?:taken|given|prescribed) )?(?:for|für|gegen|wegen|voor|tegen|pour|contre|para|contra|per)"
_ARTICLE = "(?: (?:the|die|den|das|de|het|la|le|les|el|los|las|il|i))?"
_FILLER = f"(?:any|much|significant|real|major|due to|because of|reported|{_FOR}{_ARTICLE})"
_NO = "(?:no|not|without|denies|denied|never|non|nicht|keine?|niet|nessun|sem|ohne|geen|zonder|sans|pas|pas de|sin)"
_NEGATION = re.compile(rf"\b{_NO}(?: {_FILLER})?[ -]$")
_SENTENCE = re.compile(r"[.;\n]+")


def reasons_given(text: str, why: str, codes: set[str]) -> frozenset[WhyStopped]:
    """Every reason given: by codes, by words, and by symptoms where stopping is the subject (in `why` or near it)."""
    return _in_words(text, why) | {listed.why for listed in tables().stopped if not codes.isdisjoint(listed.codes)}


@lru_cache(maxsize=4096)
def _in_words(text: str, why: str) -> frozenset[WhyStopped]:
    of_stopping = [part for part in _SENTENCE.split(text) if whole_words(tables().stop_words).search(part)]
    about_stopping = " . ".join((why, *of_stopping))
    return frozenset(
        listed.why
        for listed in tables().stopped
        if any(affirmed(text, listed.words)) or (listed.symptoms and any(affirmed(about_stopping, listed.symptoms)))
    )


def affirmed(text: str, words: tuple[str, ...]) -> Iterator[bool]:
    """Each place where one of the words stands without a «no» before it."""
    if words:
        yield from (True for match in whole_words(words).finditer(text) if not is_denied(text, match.start()))


def is_denied(text: str, place: int) -> bool:
    """Whether a «no» stands before a place in a text in lower case."""
    return _NEGATION.search(text[max(0, place - 32) : place]) is not None


@lru_cache(maxsize=4096)
def effect(text: str) -> TrialEffect | None:
    """How much it helped, in words; None where nothing or more than one thing is stated, or it did not last."""
    if _did_not_last(text):
        return None
    effects = {listed.how for listed in tables().effect if any(affirmed(text.lower(), listed.words))}
    return effects.pop() if len(effects) == 1 else None


@lru_cache(maxsize=4096)
def relief_percent(text: str) -> float | None:
    """Relief as a percentage in a note; None where none or several are stated, or it did not last."""
    if _did_not_last(text):
        return None
    values = {float(value) for pattern in _RELIEF for value in pattern.findall(text.lower())}
    value = values.pop() if len(values) == 1 else None
    return value if value is not None and value <= 100 else None


def _did_not_last(text: str) -> bool:
    return whole_words(tables().transient).search(text.lower()) is not None
