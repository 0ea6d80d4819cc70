"""The current status of a session, by the library's rules, and until when it holds if nothing arrives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from unwound import session
from unwound.session import Alert, AlertKind, Limits, Readings, Watched
from unwound.session.minutes import Minutes
from unwound.session.past import Past, begin
from unwound.session.readings import us
from unwound_clinic.models import InfusionSession, SessionEvent
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session import known, order, times, translate, withdrawn
from unwound_clinic.session import readings as session_readings

MINUTE = timedelta(minutes=1)
TICK = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """One session at one moment."""

    rows: tuple[SessionEvent, ...]
    readings: Readings
    """Those after the past; without a past all."""
    limits: Limits
    watched: Watched
    past: Past | None = None
    """What stands for the earlier readings, and for the events about alerts that are over."""

    @property
    def new(self) -> tuple[Alert, ...]:
        """Alerts that are not in the record yet."""
        return tuple(alert for alert in self.watched.alerts if not alert.raised)

    def values(self, id: str, since: datetime) -> tuple[Minutes, ...]:
        """The lowest and highest values over time of each probe of a sign, for pictures."""
        return (self.past or begin(self.limits)).values(self.readings, id, us(since))

    @property
    def arrivals(self) -> Readings:
        """Of all readings enough to tell silences, what is last, and all that a person judged; not each value."""
        return self.past.schedule_readings(self.readings) if self.past else self.readings

    @property
    def holds_until(self) -> datetime:
        """When the page changes by the clock alone: the next minute, a check due, a value gone stale."""
        return min(moment for moment in self._changes() if moment > self.watched.at)

    def _changes(self) -> Iterator[datetime]:
        """The moments at which something that the page shows changes by the clock; some are past."""
        yield self.watched.at.replace(second=0, microsecond=0) + MINUTE
        for due in self.watched.due:
            yield from (due.at + TICK, due.late_after + TICK)
        escalated = timedelta(minutes=self.limits.answering.escalate_min)
        for alert in self.watched.alerts:
            if alert.until is None or alert.kind == AlertKind.SIDE_EFFECT:
                yield from (alert.since + escalated, alert.paused_until or alert.since)
        for current in self.watched.current:
            waits = timedelta(seconds=session.sign(current.channel.sign).waits_s)
            yield from (
                current.reading.at + waits + TICK,
                current.reading.at + timedelta(seconds=self.limits.off_waits_s) + TICK,
            )
            gap = timedelta(seconds=session.sign(current.channel.sign).gap.value)
            yield from (
                reading.at + gap + TICK for reading in (current.reading, current.believed) if reading is not None
            )


def live(row: InfusionSession, now: datetime | None = None) -> Live:
    """The session as it is now, or at a moment: without reading again what was settled."""
    at = now or timezone.now()
    limits = order.limits(row.plan.protocol)
    here = known.at_moment(row, limits, tuple(withdrawn.as_events(row)), at)
    past, readings = here.known.past, here.known.after
    if past.until_us < 0:
        return Live(
            rows=here.rows, readings=readings, limits=limits, watched=session.watch(limits, readings, here.happened, at)
        )
    return Live(
        rows=here.rows,
        readings=readings,
        limits=limits,
        watched=session.watch(limits, readings, past.unheard(here.happened), at, past),
        past=past,
    )


def whole(row: InfusionSession, now: datetime | None = None) -> Live:
    """The same from every reading and every event, as the record shows them."""
    at = now or timezone.now()
    rows = tuple(sorted((*times.events_of(row, at), *withdrawn.as_events(row)), key=lambda event: event.at))
    readings = session_readings.of_session(row, voidings(rows))
    limits = order.limits(row.plan.protocol)
    return Live(
        rows=rows,
        readings=readings,
        limits=limits,
        watched=session.watch(limits, readings, translate.watched_events(rows), at),
    )


def voidings(rows: Iterable[SessionEvent]) -> frozenset[int]:
    """The ids of the events that void readings and were not retracted."""
    return frozenset(row.pk for row in translate.valid_events(rows) if row.kind == ClinicEvent.READING_IN_ERROR)
