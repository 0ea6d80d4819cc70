"""Appointments for a calendar elsewhere (iCalendar, RFC 5545): times and places, and no word about anybody's care.

What is in a calendar lies with whoever runs it, and shows on locked telephones: no patient, no medicine, no name that
somebody gave a room. Whoever may see more follows the link and logs in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from unwound.session.states import SessionState
from unwound_clinic.core.access import Staff
from unwound_clinic.models import Feed, InfusionSession
from unwound_clinic.session import timetable

BEFORE, AHEAD = timedelta(days=30), timedelta(days=400)
LINE_OCTETS = 75
"""A longer line is folded."""
_PLAIN_PLACE = re.compile(r"(?:bed|chair|bay|room|place|cubicle|unit)?[\s.:#-]*(?:\d{1,4}[a-z]?|[a-z])?", re.IGNORECASE)
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


def sessions_of(feed: Feed, by: Staff, now: datetime) -> Iterable[InfusionSession]:
    """The sessions that a link shows: of the sites where its owner may see appointments now."""
    rows = InfusionSession.objects.filter(
        site__in=by.sites_where("schedule-session"),
        scheduled_at__gt=now - BEFORE,
        scheduled_at__lt=now + AHEAD,
    ).exclude(state=SessionState.ABORTED)
    if feed.only_mine:
        rows = rows.filter(provider=feed.user_id)
    return rows.select_related("plan", "site").order_by("scheduled_at", "id")


def calendar(rows: Iterable[InfusionSession], address: str, now: datetime) -> str:
    """The sessions as a calendar; `address` is that of the clinic, under which each has its page."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Unwound//Appointments//EN", "METHOD:PUBLISH",
             "X-WR-CALNAME:Appointments", "REFRESH-INTERVAL;VALUE=DURATION:PT15M"]  # fmt: skip
    for row in rows:
        lines += _event(row, address, now)
    return "".join(f"{folded}\r\n" for line in (*lines, "END:VCALENDAR") for folded in _folded(line))


def _event(row: InfusionSession, address: str, now: datetime) -> Iterator[str]:
    place = plain_place(row.bed)
    yield "BEGIN:VEVENT"
    yield f"UID:appointment-{row.pk}@{escaped(address.partition('://')[2].partition('/')[0])}"
    yield f"DTSTAMP:{_utc(now)}"
    yield f"SEQUENCE:{row.changed}"
    yield f"DTSTART:{_utc(row.scheduled_at)}"
    yield f"DTEND:{_utc(row.scheduled_at + timetable.lasts(row))}"
    yield f"SUMMARY:{escaped(f'Appointment, {place}' if place else 'Appointment')}"
    yield f"URL:{address}/sessions/{row.pk}/appointment/"
    yield "CLASS:PRIVATE"
    yield "END:VEVENT"


def plain_place(bed: str) -> str:
    """The name of a bed where it is one by number or letter («Bed 3»); empty where it may say anything else."""
    name = " ".join(bed.split())
    return name if _PLAIN_PLACE.fullmatch(name) else ""


def escaped(text: str) -> str:
    """A text as it stands in a calendar."""
    return text.translate(_ESCAPED)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _folded(line: str) -> Iterator[str]:
    """A line in parts of at most 75 octets, none of which ends within a letter; the later ones begin with a space."""
    part, begun = "", False
    for sign in line:
        if len(f"{' ' if begun else ''}{part}{sign}".encode()) > LINE_OCTETS:
            yield f"{' ' if begun else ''}{part}"
            part, begun = "", True
        part += sign
    yield f"{' ' if begun else ''}{part}"
