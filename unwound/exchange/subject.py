"""Whom a device says its values are of, against whom the clinic has there: what disagrees is named, never settled.

A monitor keeps the patient before, a gateway mixes two up: a bed or a number that fits is not enough where a name, a
date of birth or a record number beside it says somebody else. What is not sent proves nothing either way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from unwound.exchange.device_words import words
from unwound.exchange.names import quoted

_WORD = re.compile(r"[^\W\d_]+")
_TELLING = 2
"""Letters of a name that tell somebody apart: an initial does not."""
_CUT = 4
"""Letters from which the beginning of a name counts as the name: monitors cut long ones off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What was sent: record numbers (ids that are said to be one), names as written, date of birth."""

    numbers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    born: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The patient as the clinic knows them."""

    number: str = ""
    family_name: str = ""
    given_name: str = ""
    born: date | None = None


def disagreement(sent: Subject, known: Known) -> str:
    """Why what was sent cannot be of this patient, in words; empty where nothing speaks against it."""
    numbers = {_same(number) for number in sent.numbers} - {""}
    if numbers and known.number and _same(known.number) not in numbers:
        return f"record number {quoted(', '.join(sent.numbers))} is not this patient's"
    if sent.born and known.born and sent.born != known.born:
        return f"born {sent.born.isoformat()} is not this patient's date of birth"
    for name in sent.names:
        telling = _words(name)
        if telling and not _meets(telling, _words(known.family_name) or _words(known.given_name)):
            return f"the name {quoted(name)} is not this patient's"
    return ""


def _words(name: str) -> frozenset[str]:
    """The words of a name without accents and case; none where it stands for no name («UNKNOWN», initials)."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    found_words = frozenset(word for word in _WORD.findall(plain.casefold()) if len(word) >= _TELLING)
    return frozenset() if found_words & set(words().no_names) else found_words


def _meets(sent: Iterable[str], known: frozenset[str]) -> bool:
    """Whether a word of one is a word of the other, or its beginning. A patient without a known name meets anybody."""
    return not known or any(
        word == own or (min(len(word), len(own)) >= _CUT and (own.startswith(word) or word.startswith(own)))
        for word in sent
        for own in known
    )


def _same(number: str) -> str:
    return " ".join(number.split()).casefold()
