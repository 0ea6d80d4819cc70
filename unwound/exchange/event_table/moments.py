"""Times of day and dates of an event table -> hours since the first row of each person."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import numpy as np

from unwound.exchange import table_words
from unwound.exchange.event_table.cells import Cells, Codes, Numbers, Words
from unwound.exchange.event_table.columns import normal
from unwound.exchange.names import quoted

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?(?:\s*([AaPp])\.?[Mm]\.?)?", re.ASCII)
_MOMENT = re.compile(r"(?P<date>\S+)[T ]\s*(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)", re.ASCII)
_PARTS = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})", re.ASCII)
_DURATION = re.compile(
    r"P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?",
    re.ASCII,
)
_ORDERS = {"DAT1": "dmy", "DAT2": "ymd", "DAT3": "ydm"}
"""NONMEM's columns of dates by the order of day, month and year. DATE is the month first there; here it is asked."""


def hours_of_day(cells: Cells, heading: str, words: Words) -> Numbers:
    """A column of times of day, or of hours, as hours. UnwoundError for anything else."""

    def hours(written: str) -> float:
        match = _CLOCK.fullmatch(written)
        if match and int(match[2]) < 60 and float(match[3] or 0) < 60 and (hour := _hour(match)) is not None:
            return hour + int(match[2]) / 60 + float(match[3] or 0) / 3600
        try:
            return float(written)
        except ValueError:
            return np.nan

    values = words.mapped(hours)
    for index in np.flatnonzero(np.isnan(values)):
        written = words.row(int(index))
        raise cells.wrong(int(index), heading, _no_time(written) if written else "empty; fill it in")
    return values


def _hour(match: re.Match[str]) -> int | None:
    """The hour of the day, also where a day has two halves; None for one that does not exist."""
    hour = int(match[1])
    if not match[4]:
        return hour if hour < 24 else None
    return hour % 12 + (12 if match[4] in "pP" else 0) if 1 <= hour <= 12 else None


def _no_time(written: str) -> str:
    return f"{quoted(written)} is no time of day; write it such as 8:30 (24 hours), or give hours as a number"


def days(cells: Cells, heading: str, words: Words) -> Numbers:
    """A column of dates, or of day numbers, as days. UnwoundError for a date that could be two."""
    order = _ORDERS.get(normal(heading)) or _order(words)

    def day(written: str) -> float:
        match = _PARTS.fullmatch(written)
        if match is None:
            return float(written) if re.fullmatch(r"-?\d{1,4}(\.0+)?", written) else np.nan
        read = _date(match.groups(), "ymd" if len(match[1]) == 4 and order not in ("ydm",) else order)
        return np.nan if read is None else float(read.toordinal())

    values = words.mapped(day)
    for index in np.flatnonzero(np.isnan(values)):
        written = words.row(int(index))
        match = _PARTS.fullmatch(written)
        if match and not order and len(match[1]) < 4:
            raise cells.wrong(
                int(index), heading, f"{quoted(written)} may be of two months; write year-month-day, such as 2026-04-03"
            )
        raise cells.wrong(int(index), heading, f"{quoted(written)} is no date; write it such as 2026-04-03")
    return values


def _order(words: Words) -> str:
    """The order of day and month that the dates of a column themselves show; empty where they show none, or both."""
    orders = set()
    for written in words.values:
        match = _PARTS.fullmatch(written)
        if match and len(match[1]) < 4:
            orders |= {"dmy"} if int(match[1]) > 12 else {"mdy"} if int(match[2]) > 12 else set()
    return orders.pop() if len(orders) == 1 else ""


def _date(parts: tuple[str, ...], order: str) -> date | None:
    if not order:
        return None
    by = dict(zip(order, parts, strict=True))
    if len(by["y"]) not in (2, 4):
        return None
    year = int(by["y"]) + (2000 if len(by["y"]) == 2 else 0)
    try:
        return date(year, int(by["m"]), int(by["d"]))
    except ValueError:
        return None


def moments(cells: Cells, heading: str, words: Words, *, may_be_empty: bool = False) -> Numbers:
    """A column of dates with times, as hours; what is empty is NaN where that is allowed.

    UnwoundError where one is no date with a time of day, may be two dates, or has an offset from UTC and others none.
    """
    order = table_words.order_of(words.values)
    used = [words.values[code] for code in np.unique(words.codes).tolist()]
    read = {written: _moment(written, order) for written in used if written or not may_be_empty}
    zoned = {each.tzinfo is not None for each in read.values() if isinstance(each, datetime)}

    def hours(written: str) -> float:
        at = read.get(written)
        if not isinstance(at, datetime) or (len(zoned) > 1 and at.tzinfo is None):
            return np.nan
        at = at.astimezone(UTC) if at.tzinfo else at
        return at.toordinal() * 24.0 + at.hour + at.minute / 60 + (at.second + at.microsecond / 1e6) / 3600

    values = words.mapped(hours)
    for index in np.flatnonzero(np.isnan(values)):
        written = words.row(int(index))
        if may_be_empty and not written:
            continue
        at = read[written]
        if isinstance(at, datetime):
            raise cells.wrong(int(index), heading, f"{quoted(written)} has no offset from UTC and other rows have one")
        doubt = "may be two dates" if "two dates" in at else "is no date with a time"
        raise cells.wrong(int(index), heading, f"{quoted(written)} {doubt}; write it such as 2026-04-03 08:30")
    return values


def _moment(written: str, order: table_words.Order) -> datetime | str:
    """A date with a time, with the year first or in one of the ways in which other tables have it."""
    match = _MOMENT.fullmatch(written)
    parts = _PARTS.fullmatch(match["date"]) if match else None
    day = _date(parts.groups(), "ymd") if parts and len(parts[1]) == 4 else None
    clock = _CLOCK.fullmatch(match["clock"]) if match else None
    if day is None or clock is None:
        return table_words.moment_of(written, order) if not written.isdecimal() else f"{quoted(written)} is a number"
    try:
        at = datetime(day.year, day.month, day.day, int(clock[1]), int(clock[2]), int(float(clock[3] or 0)))
    except ValueError:
        return f"{quoted(written)} is not a date and time"
    return at.replace(microsecond=round(float(clock[3] or 0) % 1 * 1e6) % 1_000_000)


def iso_hours(written: str) -> float:
    """A duration of ISO 8601 («PT2H», «PT1H30M», «P5D») in hours, nothing as 0; NaN for anything else.

    Months and years have no length, and are none.
    """
    match = _DURATION.fullmatch(written.strip().upper().replace(",", "."))
    if not written.strip():
        return 0.0
    if match is None or not any(match.groups()) or written.strip().upper().endswith("T"):
        return np.nan
    return sum(
        float(part or 0) * hours
        for part, hours in zip(match.groups(), (168.0, 24.0, 1.0, 1 / 60, 1 / 3600), strict=True)
    )


def since_first(ids: Codes, hours: Numbers) -> Numbers:
    """Hours since the first row of each person."""
    _, first, inverse = np.unique(ids, return_index=True, return_inverse=True)
    since: Numbers = np.round(hours - hours[first][inverse], 9)
    return since
