"""The text of a GS1 barcode on a vial or syringe: product, lot, expiry, serial number. Text in, a record out.

Read as a scanner sends it (`]d2`, `]C1`, the separator FNC1 as the control character GS) or as people copy it from the
label («(01)…(17)…(10)…»). What could be read in two ways is not read: a lot with somebody else's expiry in it would
look right. The grammar is that of the GS1 General Specifications, as the identifiers' descriptions of public readers
repeat it; the specification itself was not opened.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from unwound.record import UnwoundError

GS = "\x1d"
SPELLINGS = ("␝", "<GS>", "{GS}", "<FNC1>", "{FNC1}", "\\x1d", "\\u001d")
"""How programs that show or pass on a scan write the separator."""
SYMBOLOGIES = ("]d2", "]C1", "]Q3", "]e0", "]J1")
"""What a scanner may put before the text: the kinds of code that carry GS1 elements."""
FIXED = {
    "00": 18, "01": 14, "02": 14, "11": 6, "12": 6, "13": 6, "15": 6, "16": 6, "17": 6, "20": 2,
}  # fmt: skip
"""Identifiers whose value has one length, and needs no separator after it."""
OPEN = {
    "10": 20, "21": 20, "22": 20, "30": 8, "37": 8, "240": 30, "241": 30, "250": 30, "251": 30,
    "710": 20, "711": 20, "712": 20, "713": 20, "714": 20, "715": 20, "716": 20, "91": 90, "92": 90, "93": 90,
}  # fmt: skip
"""Identifiers whose value ends with a separator or the text, and its greatest length."""
NAMES = {"01": "product", "10": "lot", "17": "expiry", "21": "serial number"}
LONGEST = 512
"""More than any code on a vial holds, however its separators are written."""
GTIN_LENGTHS = (8, 12, 13, 14)
_BRACKETS = re.compile(r"\((\d{2,4})\)")
_HIDDEN = re.compile(r".+?(?:(?:11|13|15|17)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])|(?:10|21).)")
"""What in a value without separators could as well be the next element."""


class Gs1Error(UnwoundError):
    """A text that is no GS1 barcode, or cannot be read without doubt; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a barcode says; what it does not say is empty."""

    gtin: str
    """The product, 14 digits."""
    lot: str = ""
    expires_on: date | None = None
    """The last day on which it may be used."""
    serial: str = ""

    def expired(self, today: date) -> bool | None:
        """Whether it may no longer be used; None where the code does not say."""
        return None if self.expires_on is None else today > self.expires_on


def read(text: str, today: date) -> Scan:
    """A barcode as scanned or typed; `today` decides the century of its expiry. Gs1Error, with why, where in doubt."""
    if len(text) > LONGEST:
        raise Gs1Error(f"{len(text)} characters are more than a barcode holds: scan one code at a time")
    elements: dict[str, str] = {}
    for identifier, value in _elements(text.strip(" \t\r\n")):
        if elements.setdefault(identifier, value) != value:
            raise Gs1Error(f"two values of {NAMES.get(identifier, identifier)}: scan one code at a time")
    if "01" not in elements:
        raise Gs1Error("no product number (01) in this code: scan the code of the vial, not of the carton")
    return Scan(
        gtin=_checked(elements["01"]),
        lot=elements.get("10", ""),
        expires_on=_day(elements["17"], today) if "17" in elements else None,
        serial=elements.get("21", ""),
    )


def _elements(text: str) -> Iterator[tuple[str, str]]:
    # Scanners send a bare number, brackets for people, or one row with separators spelt in several ways.
    if not text:
        raise Gs1Error("nothing was scanned")
    if text.isascii() and text.isdigit() and len(text) in GTIN_LENGTHS:
        yield "01", text.zfill(14)
        return
    if text.startswith("("):
        yield from _in_brackets(text)
        return
    announced = text.startswith(SYMBOLOGIES)
    rest = text[3:] if announced else text
    for spelling in SPELLINGS:
        rest = rest.replace(spelling, GS)
    yield from _in_a_row(rest.lstrip(GS), separated=announced or GS in rest)


def _in_brackets(text: str) -> Iterator[tuple[str, str]]:
    parts = _BRACKETS.split(text)
    if parts[0]:
        raise Gs1Error(f"«{parts[0]}» before the first bracket is not understood")
    for identifier, value in zip(parts[1::2], parts[2::2], strict=True):
        yield identifier, _fitting(identifier, value.strip())


def _in_a_row(text: str, *, separated: bool) -> Iterator[tuple[str, str]]:
    """One element after another; one of open length goes up to the separator."""
    place = 0
    while place < len(text):
        if text[place] == GS:
            place += 1
            continue
        identifier = next((text[place : place + n] for n in (2, 3) if _is_known(text[place : place + n])), "")
        if not identifier:
            raise Gs1Error(f"«{text[place : place + 4]}» is no identifier that is known here: type lot and expiry")
        begin = place + len(identifier)
        end = begin + FIXED[identifier] if identifier in FIXED else text.find(GS, begin)
        end = len(text) if end < 0 else end
        value = text[begin:end]
        if not separated and identifier in OPEN and _HIDDEN.match(value):
            raise Gs1Error("the separator is missing, so it cannot be told where the lot ends: type lot and expiry")
        yield identifier, _fitting(identifier, value)
        place = end


def _is_known(identifier: str) -> bool:
    return identifier in FIXED or identifier in OPEN


def _fitting(identifier: str, value: str) -> str:
    # Elements of fixed length fail when digits are lost, open ones when a separator is; each message says what to do.
    name = NAMES.get(identifier, identifier)
    if identifier in FIXED and (len(value) != FIXED[identifier] or not (value.isascii() and value.isdigit())):
        raise Gs1Error(f"{name}: «{value}» is not {FIXED[identifier]} digits: scan it again")
    if identifier not in FIXED and identifier in OPEN and not 0 < len(value) <= OPEN[identifier]:
        raise Gs1Error(f"{name}: «{value}» is empty or too long; a separator may be missing: type lot and expiry")
    if not value.isascii() or not value.isprintable():
        raise Gs1Error(f"{name}: «{value}» has characters that no code has: is the scanner set to another keyboard?")
    return value


def _checked(gtin: str) -> str:
    """The number, where its last digit fits the others."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(gtin[:-1]))
    if (total + int(gtin[-1])) % 10:
        raise Gs1Error(f"product number {gtin}: its check digit does not fit: a digit is wrong, scan it again")
    return gtin


def _day(text: str, today: date) -> date:
    """YYMMDD; day 00 is the last of the month. Of the centuries the one within fifty years of today."""
    year, month, day = (int(text[place : place + 2]) for place in (0, 2, 4))
    year += today.year // 100 * 100
    year += 100 if year - today.year < -49 else -100 if year - today.year > 50 else 0
    try:
        return date(year, month, day or calendar.monthrange(year, month)[1])
    except (ValueError, calendar.IllegalMonthError):
        raise Gs1Error(f"expiry: «{text}» is no date: scan it again") from None
