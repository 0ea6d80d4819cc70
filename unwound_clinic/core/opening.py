"""On which days a site gives infusions, and the days of a course that fall on them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from unwound_clinic.core import dates
from unwound_clinic.models import Site

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LONGEST_CLOSED = 60
"""Days after which an open one is no longer looked for."""


def why_closed(site: Site, day: date) -> str:
    """Why there are no infusions on a day, in words; empty where it is open, or nobody has said."""
    named = dict(site.closed_days)
    if day.isoformat() in named:
        return f"closed, {named[day.isoformat()]}"
    if site.open_on and str(day.weekday()) not in site.open_on:
        return f"no infusions on {WEEKDAYS[day.weekday()]}s"
    return ""


def is_said(site: Site) -> bool:
    """Whether anybody has said when the site is open."""
    return bool(site.open_on or site.closed_days)


MOST_CLOSED = 400
_DAY = re.compile(r"\s*(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\w+[\s./,-]+\w+[\s./,-]+\d{4})[\s,:;–-]*(.*)")


def closed_days(text: str, order: tuple[str, ...]) -> list[list[str]]:
    """The days that are closed, as they are stored, from lines «25 Dec 2026 Christmas»; each day once, in order.

    ValueError names the line that begins with no day.
    """
    days: dict[str, str] = {}
    for line in filter(str.strip, text.splitlines()):
        parts = _DAY.fullmatch(line)
        if parts is None:
            raise ValueError(f"«{line.strip()[:40]}» does not begin with a day: write 25 Dec 2026 Christmas.")
        days[dates.read(parts[1], order).isoformat()] = parts[2].strip()[:60] or "closed"
    if len(days) > MOST_CLOSED:
        raise ValueError(f"These are {len(days)} days; at most {MOST_CLOSED} can be kept.")
    return [[day, days[day]] for day in sorted(days)]


def written(site: Site) -> list[str]:
    """The closed days as they are typed."""
    return [f"{date.fromisoformat(day):%-d %b %Y} {name}" for day, name in site.closed_days]


def series(site: Site, first: date, course_days: Iterable[int]) -> list[date]:
    """The days of the infusions of a course that begins on a day: those of the order, each moved on to an open day.

    Where one is moved, those after it are moved as far, so that no gap becomes shorter than in the order. Where the
    site is closed for months, the day stays as it is.
    """
    days, late = [], timedelta(0)
    course = sorted(course_days)
    for number in course:
        ordered = first + timedelta(days=number - course[0]) + late
        later = next((n for n in range(LONGEST_CLOSED) if not why_closed(site, ordered + timedelta(days=n))), 0)
        late += timedelta(days=later)
        days.append(ordered + timedelta(days=later))
    return days
