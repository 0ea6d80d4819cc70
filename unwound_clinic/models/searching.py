"""What a patient is found by: names without accents, apostrophes and hyphens, number, birth date, telephone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

LONGEST = 800
_STROKES = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t"}
)
"""Letters that no accent can be taken from, as people type them who do not have the key."""
_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
"""As they are written where the key is missing: Müller is Mueller."""
_WITHIN = re.compile(
    "[\u0027\u2018\u2019\u02bc\u02bb\u02bd\u0060\u00b4\u2032\u05f3\u0640\u200b-\u200f\u202a-\u202e\u2066-\u2069]"
)
"""Apostrophes and marks within a word that nobody types again: they are left out."""


def fold(text: str) -> str:
    """A text in small letters without accents, apostrophes and hyphens, its words apart by one space."""
    bare = _WITHIN.sub("", unicodedata.normalize("NFKC", text).casefold().translate(_STROKES))
    letters = (sign for sign in unicodedata.normalize("NFKD", bare) if not unicodedata.category(sign).startswith("M"))
    return " ".join("".join(sign if sign.isalnum() else " " for sign in letters).split())


def written_out(text: str) -> str:
    """The same with umlauts written out: «mueller»."""
    return fold(unicodedata.normalize("NFC", text).casefold().translate(_WRITTEN_OUT))


def digits(text: str) -> str:
    """The digits of a text, whichever script they are of."""
    return "".join(str(unicodedata.digit(sign)) for sign in text if sign.isdigit() and sign.isdecimal())


def text_of(*, family: str, given: str, number: str, phone: str, born: date | None) -> str:
    """Everything that one patient is found by, as words apart by spaces."""
    return " ".join(dict.fromkeys(_words(family, given, number, phone, born)))[:LONGEST]


def _words(family: str, given: str, number: str, phone: str, born: date | None) -> Iterator[str]:
    """Dates and numbers first: of names that are endless the end is left out."""
    yield from (number.casefold(), *fold(number).split()) if number else ()
    if born:
        yield born.isoformat()
    if digits(phone):
        yield f"tel{digits(phone)}"
    for name in (family, given):
        yield from name.casefold().split()
        for form in (fold(name), written_out(name)):
            yield from (*form.split(), form.replace(" ", ""))
