"""Headings of tables and the ways in which they write times: `data/rules/table_words.toml`.

A date whose day and month could be each other («03/04/2026») is read by the other dates of the file, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Literal

from unwound.catalogue import Frozen, Head, Texts, load_rule
from unwound.exchange.clock import iso
from unwound.exchange.names import quoted
from unwound.session.signs import signs

Order = Literal["day-month", "month-day", ""]
"""Which of the two numbers of a date is the day; empty where the file does not show it."""
_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d{1,6}))?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
)
_DATE = r"(?P<first>\d{1,2})(?P<mark>[/.-])(?P<next>\d{1,2})(?P=mark)(?P<year>\d{4})"
_WORDY = r"(?P<name>[A-Za-z]{3,9})\.?\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})"
_PATTERNS = tuple(
    re.compile(rf"{first}[\s,T]+{then}", re.ASCII)
    for first, then in ((_CLOCK, _WORDY), (_WORDY, _CLOCK), (_CLOCK, _DATE), (_DATE, _CLOCK))
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EPOCH = re.compile(r"1\d{9}(?:\.\d+|\d{3})?", re.ASCII)
_NUMBER = re.compile(r"\d{1,8}(?:\.\d+)?", re.ASCII)


class Heading(Frozen):
    """Names of one sign, and the unit of a heading that gives none."""

    kind: str
    names: Texts
    unit: str = ""


class TableWords(Head):
    """`data/rules/table_words.toml`."""

    times: Texts
    dates: Texts
    signs_of_rows: Texts
    values_of_rows: Texts
    relative: Texts
    pressures: Texts
    subjects: Texts
    """Columns that name whose the values are."""
    artefacts: Texts
    validities: Texts
    """Columns that doubt a row by a yes, and by a no."""
    yes: Texts
    no: Texts
    headings: tuple[Heading, ...]


@cache
def table_words() -> TableWords:
    """The words, read once."""
    return load_rule("table_words", TableWords)


def kind_of(written: str) -> str:
    """The id of a vital sign by its id, short name, title or a heading in use; anything else keeps its name."""
    return _kinds().get(written.strip().lower(), written.strip())


def unit_of(written: str) -> str:
    """The unit of a heading that gives none, where it can only be one; else empty."""
    return _units().get(written.strip().lower(), "")


def unit_in_a_registry(written: str) -> str:
    """The unit of a sign in a registry that has no column for units, where there is only one in use; else empty."""
    by_kind = {heading.kind: heading.unit for heading in table_words().headings if heading.unit in ("%", "/min")}
    return unit_of(written) or by_kind.get(kind_of(written), "")


def order_of(written: Iterable[str]) -> Order:
    """Which number is the day, as far as some date of the file shows it; dates with points always begin with it.

    Empty where none does, and where two contradict.
    """
    day_first = month_first = False
    for text in written:
        match = _match(text)
        if match is None or match.groupdict().get("mark") is None:
            continue
        day_first |= int(match["first"]) > 12 or match["mark"] == "."
        month_first |= int(match["next"]) > 12
    return "" if day_first == month_first else "day-month" if day_first else "month-day"


def moment_of(written: str, order: Order) -> datetime | str:
    """A time as written, aware only where it has an offset; or what is wrong with it.

    A branch for each way of writing: ISO, seconds since 1970, seconds since a start, and dates in words or numbers.
    """
    text = written.strip()
    match = _match(text)
    if match is not None:
        return _from(match, text, order)
    if _EPOCH.fullmatch(text):
        seconds = float(text) / (1000 if "." not in text and len(text) == 13 else 1)
        return datetime.fromtimestamp(seconds, UTC)
    if _NUMBER.fullmatch(text):
        return f"{quoted(text)} counts from a beginning that the file does not give"
    return iso(text)


def _match(text: str) -> re.Match[str] | None:
    return next((match for pattern in _PATTERNS if (match := pattern.fullmatch(text.strip()))), None)


def _from(match: re.Match[str], text: str, order: Order) -> datetime | str:
    # A month is a name or a number, before or after the day; without a sign of the order two dates are possible.
    part = match.groupdict()
    if part.get("name"):
        short = part["name"][:3].lower()
        month, day = _MONTHS.index(short) + 1 if short in _MONTHS else 0, part["day"]
    elif part["mark"] == "." or order == "day-month" or part["first"] == part["next"]:
        day, month = part["first"], int(part["next"])
    elif order == "month-day":
        month, day = int(part["first"]), part["next"]
    else:
        return f"{quoted(text)} may be two dates: write it as 2026-11-21"
    hour = int(part["hour"])
    if part["half"]:
        if not 1 <= hour <= 12:
            return f"{quoted(text)} is not a date and time"
        hour = hour % 12 + (12 if part["half"][0] in "pP" else 0)
    fraction = int((part["part"] or "0").ljust(6, "0"))
    try:
        return datetime(
            int(part["year"]), month, int(day), hour, int(part["minute"]), int(part["second"] or 0), fraction
        )
    except ValueError:
        return f"{quoted(text)} is not a date and time"


@cache
def _own() -> Mapping[str, str]:
    return {name.lower(): id for id, sign in signs().items() for name in (id, sign.short, sign.title, *sign.formerly)}


@cache
def _kinds() -> Mapping[str, str]:
    return {**{name: heading.kind for heading in table_words().headings for name in heading.names}, **_own()}


@cache
def _units() -> Mapping[str, str]:
    """Of headings of exports; our own names (a table that somebody made) need theirs."""
    headings = table_words().headings
    return {name: heading.unit for heading in headings if heading.unit for name in heading.names if name not in _own()}
