"""Whom a patient can call: numbers proposed for each country, those of a clinic, numbers within a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from unwound.catalogue import CitedText, Frozen, Head, load_rule

LEAST_DIGITS, MOST_DIGITS = 3, 15
"""Of a number that a telephone can call: «112» has three digits, and the longest international one fifteen."""
_NUMBER = re.compile(r"(?<![\w/])[+*#]?\(?\d[\d\s().-]*\d(?![\w/])")
_SLASHED = re.compile(r"(?<![\w/])\+?\d{2,6}\s?/\s?\d[\d\s.-]{3,}\d(?![\w/])")
"""As numbers are written in Germany, «030/123456»; «24/7» is none."""

_HOURS = re.compile(r"(?<![\d.:-])\d{1,2}(?:[.:]\d\d)?\s?[-–]\s?\d{1,2}(?:[.:]\d\d)?(?![\s.:-]*\d)")
"""When a line is open, «8-22» or «7.00 - 15.30»: nobody should dial it."""


class Country(Frozen):
    """The numbers of one country: the emergency number that sends an ambulance, and a line for a crisis."""

    name: str
    emergency: CitedText
    crisis: CitedText


class Numbers(Head):
    """`data/rules/telephone_numbers.toml`: ISO code of a country -> its numbers."""

    countries: Mapping[str, Country]


@dataclass(frozen=True, slots=True)
class Lines:
    """The numbers that a clinic gives its patients; each empty where it has none."""

    emergency: str = ""
    crisis: str = ""
    clinic: str = ""


def countries() -> Mapping[str, Country]:
    """Every country whose numbers are known here, by its ISO code."""
    return load_rule("telephone_numbers", Numbers).countries


def numbers_in(text: str) -> tuple[str, ...]:
    """The telephone numbers in a text, as they stand there, in order: «988» of «Lifeline 988, 24/7»."""
    without_hours = _HOURS.sub(lambda hours: "·" * len(hours[0]), text)
    spans = (match.span() for pattern in (_SLASHED, _NUMBER) for match in pattern.finditer(without_hours))
    numbers, end = [], 0
    for start, stop in sorted(spans, key=lambda span: (span[0], -span[1])):
        written = text[start:stop]
        if start >= end and LEAST_DIGITS <= len(digits(written).lstrip("+*#")) <= MOST_DIGITS:
            numbers.append(written)
            end = stop
    return tuple(numbers)


def digits(number: str) -> str:
    """A number as a telephone dials it: its digits, with «+», «*» or «#» before them."""
    kept = "".join(sign for sign in number if sign.isascii() and sign.isdigit())
    return number.strip()[:1].replace("(", "") + kept if number.strip()[:1] in "+*#" else kept
