"""A number as people type it, with a point or a comma -> every number that it may mean."""

from __future__ import annotations

import re
import unicodedata

_SIMPLE = re.compile(r"\d+|\d*([.,])\d+")
_MARKS = ("'", " ", ".", ",")
_GROUPED = {
    mark: re.compile(rf"[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{3}})+(?P<rest>(?!{re.escape(mark)})[.,]\d+)?")
    for mark in _MARKS
}
"""Digits in threes, as a country's own mark divides them; then decimals after another mark."""
_EITHER = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_MOST_DIGITS = 20
_SAME = str.maketrans({"−": "-", "’": "'", "٫": ".", "٬": "'"})


def meanings(written: str) -> tuple[float, ...]:
    """The numbers that a text may mean: none, one, or the two of «1,250», which is 1.25 here and 1250 there.

    «2,5» and «2.5» are both 2.5; «0,125» can only be a fraction; «1 250,5» and «1,250.5» only a thousand and more.
    Anything else (an exponent, an underscore, «2,5,1», «5,») means no number.
    """
    text = _plain(written)
    negative, digits = text.startswith("-"), text[1:].lstrip() if text[:1] in ("-", "+") else text
    if len(digits) > _MOST_DIGITS:
        return ()
    return tuple(-value if negative else value for value in _values(digits))


def _values(digits: str) -> tuple[float, ...]:
    if _EITHER.fullmatch(digits):
        return float(digits.replace(",", ".")), float(re.sub("[.,]", "", digits))
    if _SIMPLE.fullmatch(digits):
        return (float(digits.replace(",", ".")),)
    for mark, grouped in _GROUPED.items():
        match = grouped.fullmatch(digits)
        if match:
            return (float(digits.replace(mark, "").replace(",", ".")),)
    return ()


def _plain(written: str) -> str:
    """With one kind of blank, of minus and of apostrophe, and with the digits 0 to 9, whatever the keyboard's."""
    text = unicodedata.normalize("NFKC", written).strip().translate(_SAME)
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)
