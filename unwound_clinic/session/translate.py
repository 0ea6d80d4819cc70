"""Rows of a session to the library's events, and an alert's identity to a row and back.

What is asked before the start and before leaving is in `before_and_after.py`, the readings are in `readings.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from unwound.session import Channel, Episode, Event
from unwound.session.events import AlertKind, EventKind
from unwound_clinic.models import SessionEvent
from unwound_clinic.models.session import ClinicEvent

Json = Any
WATCHED_KINDS = frozenset(EventKind)
"""Kinds of events that the library watches; the clinic has others of its own."""
NUMBERS = ("rate_mg_per_h", "amount_mg", "value")
WORDS = ("of", "reason", "note")


def valid_events(rows: Iterable[SessionEvent]) -> list[SessionEvent]:
    """The valid events: an amendment in place of its original, without what was retracted."""
    events = list(rows)
    amended = {row.amends_id for row in events if row.amends_id}
    return [row for row in events if row.pk not in amended and not row.in_error]


def watched_events(rows: Iterable[SessionEvent]) -> tuple[Event, ...]:
    """The valid events as the library watches them; of a round the signs that it left without a number."""
    return tuple(watched for row in valid_events(rows) for watched in _watched(row))


def _watched(row: SessionEvent) -> Iterator[Event]:
    if row.kind in WATCHED_KINDS:
        yield event(row.kind, row.at, row.by_name, row.content)
    elif row.kind == ClinicEvent.ROUND:
        for id, how in row.content.get("observed", {}).items():
            yield event(EventKind.OBSERVED, row.at, row.by_name, {"of": id, "reason": how})


def event(kind: str, at: datetime, by: str, content: Mapping[str, Json]) -> Event:
    """One event. SessionError, saying what is missing, where it cannot be."""
    numbers = {name: None if content.get(name) is None else float(content[name]) for name in NUMBERS}
    words = {name: str(content.get(name) or "") for name in WORDS}
    alert = episode(content["episode"]) if content.get("episode") else None
    return Event(at=at, kind=EventKind(kind), by=by, episode=alert, grade=content.get("grade"), **numbers, **words)  # type: ignore[arg-type]


def episode(content: Mapping[str, Json]) -> Episode:
    """The identity of an alert, from its row."""
    since = datetime.fromisoformat(content["since"])
    return Episode(
        AlertKind(content["kind"]), content["rule"], Channel(content["sign"], content.get("source", "")), since
    )


def episode_row(episode: Episode) -> Mapping[str, Json]:
    """The row for the identity of an alert."""
    return {
        "kind": episode.kind,
        "rule": episode.rule,
        "sign": episode.channel.sign,
        "source": episode.channel.source,
        "since": episode.since.isoformat(),
    }


def latest_values(rows: Iterable[SessionEvent], kind: str) -> dict[str, Json]:
    """The contents of all events of one kind together: the newest value of each name."""
    values: dict[str, Json] = {}
    for row in valid_events(rows):
        if row.kind == kind:
            values.update(row.content)
    return values


def latest_event(rows: Iterable[SessionEvent], kind: str) -> SessionEvent | None:
    """The last valid event of a kind."""
    return next((row for row in reversed(valid_events(rows)) if row.kind == kind), None)
