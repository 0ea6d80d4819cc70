"""What happened in a session beside the readings: rate changes, pauses, drugs, notes, what was seen and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from unwound.session.readings import Channel, in_utc
from unwound.session.signs import SessionError

Happening = Literal[
    "start",
    "rate",
    "pause",
    "resume",
    "stop",
    "bolus",
    "leave",
    "baseline",
    "rescue-drug",
    "side-effect",
    "note",
    "raised",
    "acknowledged",
]
AlertKind = Literal["limit", "trend", "overdue", "no-data", "sensor-off", "implausible"]
Phase = Literal["before", "infusing", "paused", "recovery", "over"]

NEEDS: dict[Happening, tuple[str, ...]] = {
    "start": ("rate_mg_per_h",),
    "rate": ("rate_mg_per_h",),
    "bolus": ("amount_mg",),
    "baseline": ("of", "value"),
    "rescue-drug": ("of",),
    "side-effect": ("of",),
    "raised": ("episode",),
    "acknowledged": ("episode", "by", "reason"),
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
    kind: Happening
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
        object.__setattr__(self, "at", in_utc(self.at))
        for name in NEEDS.get(self.kind, ()):
            if getattr(self, name) in (None, ""):
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
    """The events up to now that count, each once, by time; whatever their order, and without those taken back."""
    told = tuple(events)
    taken_back = {replace(one, withdrawn="") for one in told if one.withdrawn}
    kept = {one for one in told if not one.withdrawn and one.at <= now} - taken_back
    return tuple(sorted(kept, key=_place))


def course(events: tuple[Event, ...]) -> Course:
    """Where the session is after these events, which are in order."""
    start = stop = leave = None
    phase: Phase = "before"
    for one in events:
        if one.kind == "start":
            start, stop, phase = start or one.at, None, "infusing"
        elif one.kind == "leave":
            leave, phase = leave or one.at, "over"
        elif one.kind in _TURNS and phase in ("infusing", "paused"):
            phase = _TURNS[one.kind]
            stop = one.at if one.kind == "stop" else None
    return Course(start=start, stop=stop, leave=leave, phase=phase, rises=tuple(_rises(events)))


def _rises(events: Iterable[Event]) -> Iterator[datetime]:
    rate = None
    for one in events:
        if one.kind in ("start", "rate", "resume") and one.rate_mg_per_h is not None:
            if rate is not None and one.rate_mg_per_h > rate:
                yield one.at
            rate = one.rate_mg_per_h


_TURNS: Mapping[Happening, Phase] = {"pause": "paused", "resume": "infusing", "stop": "recovery"}
_ORDER: tuple[Happening, ...] = ("start", "bolus", "rate", "resume", "pause", "stop", "leave")


def _place(one: Event) -> tuple[object, ...]:
    """At one time a start comes before a pause and a stop after both: the safer reading of the two."""
    numbers = (
        -1.0 if number is None else number for number in (one.rate_mg_per_h, one.amount_mg, one.value, one.grade)
    )
    words = (one.kind, one.of, one.by, one.reason, one.note, one.episode.id if one.episode else "")
    return one.at, _ORDER.index(one.kind) if one.kind in _ORDER else -1, *words, *numbers
