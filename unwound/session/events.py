"""What happened in a session beside the readings: rate changes, pauses, drugs, notes, acknowledged alerts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from unwound.session.readings import Channel, in_utc
from unwound.session.signs import SessionError
from unwound.terms import Word


class EventKind(Word):
    """What can happen in a session."""

    START = "start"
    RATE = "rate"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    BOLUS = "bolus"
    LEAVE = "leave"
    BASELINE = "baseline"
    RESCUE_DRUG = "rescue-drug"
    SIDE_EFFECT = "side-effect"
    NOTE = "note"
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    OBSERVED = "observed"


class AlertKind(Word):
    """Why there is an alert."""

    LIMIT = "limit"
    TREND = "trend"
    OVERDUE = "overdue"
    NO_DATA = "no-data"
    SENSOR_OFF = "sensor-off"
    IMPLAUSIBLE = "implausible"
    SIDE_EFFECT = "side-effect"


class Phase(Word):
    """Where the infusion is, according to the events."""

    BEFORE = "before"
    INFUSING = "infusing"
    PAUSED = "paused"
    RECOVERY = "recovery"
    OVER = "over"


NEEDS: dict[EventKind, tuple[str, ...]] = {
    EventKind.START: ("rate_mg_per_h",),
    EventKind.RATE: ("rate_mg_per_h",),
    EventKind.BOLUS: ("amount_mg",),
    EventKind.BASELINE: ("of", "value"),
    EventKind.RESCUE_DRUG: ("of",),
    EventKind.SIDE_EFFECT: ("of",),
    EventKind.RAISED: ("episode",),
    EventKind.ACKNOWLEDGED: ("episode", "by", "reason"),
    EventKind.OBSERVED: ("of", "by", "reason"),
}

GRADES = range(1, 6)
"""Of a side effect: 1 is mild, 5 is death."""


@dataclass(frozen=True, slots=True, order=True)
class Episode:
    """The identity of an alert: its kind, the rule, the probe, and when it began; one episode is one alert."""

    kind: AlertKind
    rule: str
    channel: Channel
    since: datetime

    @property
    def id(self) -> str:
        """One word for pages and rows: `limit/spo2_low/spo2/probe-1/2026-11-21T10:12:00+00:00`."""
        return "/".join((self.kind, self.rule, self.channel.sign, self.channel.source, self.since.isoformat()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened; `of` is a drug, a side effect or a sign; `withdrawn` says why it was an error."""

    at: datetime
    kind: EventKind
    by: str = ""
    rate_mg_per_h: float | None = None
    amount_mg: float | None = None
    of: str = ""
    value: float | None = None
    grade: int | None = None
    episode: Episode | None = None
    reason: str = ""
    note: str = ""
    withdrawn: str = ""

    def __post_init__(self) -> None:
        # Every kind of event needs other fields, and a wrong number must never reach the chart.
        if self.at.tzinfo is not UTC:
            object.__setattr__(self, "at", in_utc(self.at))
        for name in NEEDS.get(self.kind, ()):
            value = getattr(self, name)
            if value is None or (isinstance(value, str) and not value):
                raise SessionError(f"event «{self.kind}»: {name} is needed")
        for name in ("rate_mg_per_h", "amount_mg"):
            number = getattr(self, name)
            if number is not None and not 0 <= number < float("inf"):
                raise SessionError(f"event «{self.kind}»: {name} {number:g} is not possible")
        if self.grade is not None and self.grade not in GRADES:
            raise SessionError(f"event «{self.kind}»: a grade is a whole number from 1 to 5, not {self.grade:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The times that tell where a session is: start and stop of the infusion, leaving; None where it did not happen."""

    start: datetime | None
    stop: datetime | None
    leave: datetime | None
    phase: Phase
    rises: tuple[datetime, ...] = ()
    """When the rate was raised after the start."""


def in_order(events: Iterable[Event], now: datetime) -> tuple[Event, ...]:
    """The events up to now that count, each once, by time; whatever their order, and without those retracted."""
    all_events = tuple(events)
    retracted = {replace(event, withdrawn="") for event in all_events if event.withdrawn}
    kept = {event for event in all_events if not event.withdrawn and event.at <= now} - retracted
    return tuple(sorted(kept, key=_place))


def course(events: tuple[Event, ...]) -> Course:
    """Where the session is after these events, which are in order."""
    # A second start after a stop continues the session; a leave ends it whatever comes after.
    start = stop = leave = None
    phase: Phase = Phase.BEFORE
    for event in events:
        if event.kind == EventKind.START:
            start, stop, phase = start or event.at, None, Phase.INFUSING
        elif event.kind == EventKind.LEAVE:
            leave, phase = leave or event.at, Phase.OVER
        elif event.kind in _TURNS and phase in (Phase.INFUSING, Phase.PAUSED):
            phase = _TURNS[event.kind]
            stop = event.at if event.kind == EventKind.STOP else None
    return Course(start=start, stop=stop, leave=leave, phase=phase, rises=tuple(_rises(events)))


def _rises(events: Iterable[Event]) -> Iterator[datetime]:
    rate = None
    for event in events:
        if event.kind in (EventKind.START, EventKind.RATE, EventKind.RESUME) and event.rate_mg_per_h is not None:
            if rate is not None and event.rate_mg_per_h > rate:
                yield event.at
            rate = event.rate_mg_per_h


_TURNS: Mapping[EventKind, Phase] = {
    EventKind.PAUSE: Phase.PAUSED,
    EventKind.RESUME: Phase.INFUSING,
    EventKind.STOP: Phase.RECOVERY,
}
_ORDER: tuple[EventKind, ...] = (
    EventKind.START,
    EventKind.BOLUS,
    EventKind.RATE,
    EventKind.RESUME,
    EventKind.PAUSE,
    EventKind.STOP,
    EventKind.LEAVE,
)


def _place(event: Event) -> tuple[object, ...]:
    """At one time a start comes before a pause and a stop after both: the safer reading of the two."""
    numbers = (
        -1.0 if number is None else number
        for number in (event.rate_mg_per_h, event.amount_mg, event.value, event.grade)
    )
    words = (event.kind, event.of, event.by, event.reason, event.note, event.episode.id if event.episode else "")
    return event.at, _ORDER.index(event.kind) if event.kind in _ORDER else -1, *words, *numbers
