"""What an infusion gave, from its events alone: for pages that show many sessions and no readings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from unwound import session
from unwound.session import Event
from unwound.session.events import EventKind, course, in_order
from unwound_clinic.models import InfusionSession, SessionEvent
from unwound_clinic.session import times, translate


def total_mg(rows: Iterable[SessionEvent], now: datetime) -> float | None:
    """How much ran in up to now, as charted, mg; None where no infusion was started."""
    doses = session.doses_given(_events(rows, now), now)
    return sum(dose.amount_mg for dose in doses) if doses else None


@dataclass(frozen=True, slots=True)
class Ran:
    """From when to when an infusion ran, as charted; without a start none has begun."""

    start: datetime | None
    stop: datetime | None


def ran(rows: Iterable[SessionEvent], now: datetime) -> Ran:
    """When the infusion of a session began and stopped, up to now; the appointment says nothing of it."""
    happened = course(in_order(_events(rows, now), now))
    return Ran(happened.start, happened.stop)


def began_on(row: InfusionSession) -> date | None:
    """The day at the site on which an infusion began; None where none did, or its start was voided."""
    start = translate.latest_event(times.events_of(row), EventKind.START)
    return None if start is None else start.at.astimezone(row.site.zone).date()


def _events(rows: Iterable[SessionEvent], now: datetime) -> tuple[Event, ...]:
    charted = times.corrected(sorted(rows, key=lambda row: row.pk), now)
    return tuple(translate.watched_events(sorted(charted, key=lambda row: (row.at, row.pk))))
