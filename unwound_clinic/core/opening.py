"""On which days a site gives infusions, and the days of a course that fall on them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from unwound import record
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


MOST_CLOSED, LONGEST_RANGE = 400, 62
_MONTH = r"[A-Za-z]{3,9}\.?,?"
_DAY = re.compile(
    rf"\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{4}}"
    rf"|\d{{1,2}}[\s./-]+{_MONTH}[\s./-]*\d{{4}}|{_MONTH}\s+\d{{1,2}},?\s+\d{{4}}"
)
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)
_WEEKDAY = re.compile("|".join(f"{name[:3]}(?:{name[3:]})?" for name in WEEKDAYS), re.IGNORECASE)
_APART = re.compile(r"[\t,;:|()\[\]]|\s[–—-]\s")
"""Between the parts of a line; a part that is only a weekday is not the name: «Thursday, 24 Dec», but «Good Friday»."""
_AROUND = " \t,;:|*•()[]–—-\"'"
TO = ("to", "until", "–", "—", "-", "..")
"""Between two days of a line: every day from the first to the second."""


def closed_days(text: str, order: tuple[str, ...]) -> list[list[str]]:
    """The days that are closed, as they are stored, from lines with a day, or two and what is between; in order.

    What else a line says is the name of the day. ValueError names a line that has no day, or that is not clear.
    """
    days: dict[str, str] = {}
    for line in filter(str.strip, text.splitlines()):
        on, name = _read_line(line.strip(), order)
        days |= {day.isoformat(): name for day in on}
    if len(days) > MOST_CLOSED:
        raise ValueError(f"These are {len(days)} days; at most {MOST_CLOSED} can be kept.")
    return [[day, days[day]] for day in sorted(days)]


def _read_line(line: str, order: tuple[str, ...]) -> tuple[list[date], str]:
    # A line names one day or a first and a last; any other number of days would close the wrong ones.
    plain = _ORDINAL.sub("", line)
    matches = list(_DAY.finditer(plain))
    if not matches:
        raise ValueError(f"«{line[:40]}» has no day with its year in it: write 25 Dec 2026 Christmas.")
    on = [dates.read(day[0].replace(".,", " "), order) for day in matches]
    if len(matches) > 1:
        between = plain[matches[0].end() : matches[1].start()].strip().lower()
        last = (on[1] - on[0]).days
        if len(matches) > 2 or between not in TO or not 0 < last <= LONGEST_RANGE:
            raise ValueError(f"«{line[:60]}» names several days: write each on a line, or «first to last».")
        on = [on[0] + timedelta(days=number) for number in range(last + 1)]
    rest = f"{plain[: matches[0].start()]}\t{plain[matches[-1].end() :]}"
    parts = (" ".join(part.split()).strip(_AROUND) for part in _APART.split(rest))
    name = ", ".join(part for part in parts if part and not _WEEKDAY.fullmatch(part.rstrip(".")))
    return on, name[:60] or "closed"


def written(site: Site) -> list[str]:
    """The closed days as they are typed."""
    return [f"{record.day(date.fromisoformat(day))} {name}" for day, name in site.closed_days]


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
