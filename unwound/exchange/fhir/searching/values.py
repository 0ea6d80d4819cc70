"""Whether what stands in a resource is what was asked for, by the kinds of FHIR R4: token, string, date, reference."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

Resource = dict[str, Any]
Span = tuple[datetime, datetime]
"""The first moment that is meant, and the first after it."""

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII
)
_EVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
_NEAR = 0.1
"""`ap`: within a tenth of the time between now and the date, as FHIR suggests."""


def at(node: Any, path: str) -> Iterator[Any]:
    """Every value at a path of a resource, lists opened."""
    if isinstance(node, list):
        for item in node:
            yield from at(item, path)
    elif not path:
        yield node
    elif isinstance(node, dict):
        first, _, rest = path.partition(".")
        if first in node:
            yield from at(node[first], rest)


def codes(value: Any) -> Iterator[tuple[str, str]]:
    """The codes of what stands there with their systems: a code, a concept, an identifier, true or false."""
    if isinstance(value, bool):
        yield "", str(value).lower()
    elif isinstance(value, str):
        yield "", value
    elif isinstance(value, dict):
        for coding in value.get("coding", ()):
            yield str(coding.get("system", "")), str(coding.get("code", ""))
        if "code" in value:
            yield str(value.get("system", "")), str(value["code"])
        if "value" in value:
            yield str(value.get("system", "")), str(value["value"])


def token(value: Any, wanted: str) -> bool:
    """«code», «system|code», «|code» or «system|»."""
    system, bar, code = wanted.rpartition("|")
    for has, own in codes(value):
        if bar and system != has and not (isinstance(value, str) and system):
            continue  # a plain code has the system of its element, whatever that is called
        if not code or own == code:
            return True
    return False


def words(value: Any) -> Iterator[str]:
    """The texts of what stands there: of a name every part."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in ("text", "family", "given", "prefix", "suffix"):
            yield from words(value.get(part))
    elif isinstance(value, list):
        for item in value:
            yield from words(item)


def plain(text: str) -> str:
    """Without accents and in one case, as FHIR compares strings."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(sign for sign in apart if not unicodedata.combining(sign)).split())


def called(value: Any, wanted: str) -> bool:
    """Whether what a code is called begins with it: the text of a concept, or the display of one of its codes."""
    if not isinstance(value, dict):
        return False
    names = [
        value.get("text", ""),
        value.get("display", ""),
        *(coding.get("display", "") for coding in value.get("coding", ())),
    ]
    return any(plain(str(name)).startswith(plain(wanted)) for name in names if name)


def string(value: Any, wanted: str, modifier: str) -> bool:
    """Begins with it; `contains` anywhere; `exact` letter by letter."""
    for word in words(value):
        if modifier == "exact":
            if word == wanted:
                return True
        elif modifier == "contains":
            if plain(wanted) in plain(word):
                return True
        elif plain(word).startswith(plain(wanted)):
            return True
    return False


def reference(value: Any, wanted: str) -> bool:
    """«Type/id», or an id alone."""
    pointed = str(value.get("reference", "")) if isinstance(value, dict) else ""
    return bool(pointed) and (pointed == wanted or ("/" not in wanted and pointed.rpartition("/")[2] == wanted))


def span(written: str) -> Span | None:
    """What a date means, from its first moment to the end of its day, month or year; None for what is none."""
    match = _DATE.fullmatch(written.replace(" ", "+"))  # a «+» that was not encoded arrives as a blank
    if match is None:
        return None
    year, month, day, hour, minute, second, part, zone = match.groups()
    try:
        if hour is not None:
            whole = f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}{(part or '')[:7]}"
            begins = datetime.fromisoformat(whole + ("+00:00" if zone in (None, "Z") else zone)).astimezone(UTC)
            long = timedelta(minutes=1) if second is None else timedelta(seconds=1)
            return begins, begins + (long if not part else timedelta(microseconds=1000))
        begins = datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
        days = 1 if day else calendar.monthrange(begins.year, begins.month)[1] if month else 365
        days += 1 if not month and calendar.isleap(begins.year) else 0
        return begins, begins + timedelta(days=days)
    except (ValueError, OverflowError):
        return None


def spans(value: Any) -> Span | None:
    """What stands there as a span: a date, or a period whose open end reaches for ever."""
    if isinstance(value, str):
        return span(value)
    if not isinstance(value, dict) or not value.keys() & {"start", "end"}:
        return None
    start, end = span(str(value.get("start", ""))), span(str(value.get("end", "")))
    return start[0] if start else _EVER[0], end[1] if end else _EVER[1]


def date(value: Any, wanted: str, now: datetime) -> bool:
    """By the prefixes of FHIR; without one the whole of what stands there lies within what was asked."""
    prefix, asked = apart(wanted)
    has, within = spans(value), span(asked)
    if has is None or within is None:
        return prefix == "ne"
    if prefix == "ap":
        near = abs(now - within[0]) * _NEAR
        return has[0] < within[1] + near and has[1] > within[0] - near
    return {
        "eq": within[0] <= has[0] and has[1] <= within[1],
        "ne": not (within[0] <= has[0] and has[1] <= within[1]),
        "gt": has[1] > within[1],
        "ge": has[1] > within[0],
        "lt": has[0] < within[0],
        "le": has[0] < within[1],
        "sa": has[0] >= within[1],
        "eb": has[1] <= within[0],
    }[prefix]


def apart(wanted: str) -> tuple[str, str]:
    """The prefix of a date and the rest of it."""
    return (wanted[:2], wanted[2:]) if wanted[:2] in PREFIXES else ("eq", wanted)
