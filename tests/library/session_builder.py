"""Short words for the tests of a session: minutes from a start, and the watching of what was read."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from unwound import session
from unwound.session import Alert, Channel, Episode, Event, Limits, Reading, Watched

START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def read(minute: float, kind: str, value: float, source: str = "monitor") -> Reading:
    return Reading(at=at(minute), kind=kind, value=value, source=source)


def none(minute: float, kind: str, status: session.readings.Status = "missing", source: str = "monitor") -> Reading:
    return Reading(at=at(minute), kind=kind, value=None, source=source, status=status)


def started(rate_mg_per_h: float = 20.0, minute: float = 0.0) -> Event:
    return Event(at=at(minute), kind="start", rate_mg_per_h=rate_mg_per_h)


def baseline(kind: str, value: float, minute: float = -1.0) -> Event:
    return Event(at=at(minute), kind="baseline", of=kind, value=value)


def acknowledged(alert: Alert | Episode, minute: float, reason: str = "seen at the bedside") -> Event:
    episode = alert.episode if isinstance(alert, Alert) else alert
    return Event(at=at(minute), kind="acknowledged", by="nurse A", reason=reason, episode=episode)


def raised(alert: Alert, minute: float) -> Event:
    return Event(at=at(minute), kind="raised", episode=alert.episode)


def watched(
    readings: Iterable[Reading], events: Iterable[Event] = (), minute: float = 60.0, limits: Limits | None = None
) -> Watched:
    return session.watch(limits or session.usual(), readings, events, at(minute))


def alerts(seen: Watched, kind: str = "", rule: str = "") -> list[Alert]:
    return [one for one in seen.alerts if kind in ("", one.kind) and rule in ("", one.episode.rule)]


def minutes(found: Iterable[Alert]) -> list[float]:
    return sorted((one.since - START).total_seconds() / 60 for one in found)


PROBE = Channel("spo2", "monitor")
