"""What belongs together: the alerts of one event as one, with all its facts and the gravest rule leading.

A cuff reading crosses several limits, a slow heart is counted by the ECG and by the pulse, two monitors see one
patient: whoever stands at the bed is called once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from unwound.record import unique
from unwound.session.alerts import Alert
from unwound.session.events import AlertKind
from unwound.session.signs import DEVICE_ALARM, ReadingState, listed, sign, signs
from unwound.terms import Advice

if TYPE_CHECKING:
    from unwound.session.watching import Current

LOST = (AlertKind.SENSOR_OFF, AlertKind.NO_DATA)
KINDS = (AlertKind.LIMIT, AlertKind.IMPLAUSIBLE, AlertKind.TREND)
"""What leads, among rules of one gravity: a limit before a distance from baseline."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event: its alerts, the gravest first, and whether two ways of counting disagree."""

    alerts: tuple[Alert, ...]
    disagreement: str = ""
    hint: str = ""
    """What else was going on, as a cuff on the arm of the probe; it silences nothing."""

    @property
    def lead(self) -> Alert:
        """The alert that stands for the event."""
        return self.alerts[0]

    @property
    def facts(self) -> tuple[str, ...]:
        """What was measured, each once; the signs that one device no longer sends in one fact."""
        lost: dict[tuple[str, str], list[Alert]] = {}
        for alert in self.alerts:
            if alert.kind in LOST and len(alert.because) == 1:
                head = alert.because[0].partition(": ")[0]
                lost.setdefault((head, alert.episode.channel.source), []).append(alert)
        several = {id(alert): fact for (head, _), own in lost.items() if len(own) > 1
                   for fact in (_lost(head, own),) for alert in own}  # fmt: skip
        return unique(
            fact for alert in self.alerts for fact in ((several[id(alert)],) if id(alert) in several else alert.because)
        )


def _lost(head: str, alerts: Sequence[Alert]) -> str:
    """«no reading: heart rate, oxygen saturation (monitor 1)»."""
    channel = alerts[0].episode.channel
    signs_lost = listed(alert.episode.channel.sign for alert in alerts)
    return f"{head}: {signs_lost}" + (f" ({channel.probe})" if channel.source else "")


def happenings(open_alerts: Iterable[Alert], current: Sequence[Current], rejoin_s: float) -> tuple[Happening, ...]:
    """The open alerts by event: of one family of signs, or one device that is lost, and overlapping in time."""
    families: dict[str, list[Alert]] = {}
    for alert in open_alerts:
        families.setdefault(_family(alert), []).append(alert)
    parts = [part for alerts in families.values() for part in _overlapping(alerts, timedelta(seconds=rejoin_s))]
    disagreements = dict(_disagreements(current))
    each = (Happening(part, disagreements.get(_family(part[0]), "")) for part in _with_device_alarms(parts, rejoin_s))
    return tuple(sorted(each, key=lambda happening: _place(happening.lead)))


def _family(alert: Alert) -> str:
    channel = alert.episode.channel
    if alert.kind in LOST:
        return f"lost {channel.source}"
    return (sign(channel.sign).family or channel.sign) if channel.sign else alert.kind


def _with_device_alarms(parts: Sequence[tuple[Alert, ...]], rejoin_s: float) -> Iterator[tuple[Alert, ...]]:
    """The same; what a device calls in words goes with the gravest that its values show at that time."""
    rejoin = timedelta(seconds=rejoin_s)
    joined = {number: list(part) for number, part in enumerate(parts) if part[0].kind in KINDS and not _in_words(part)}
    alone = []
    for part in parts:
        if _in_words(part):
            near = [own for own in joined.values() if _meet(own, part, rejoin)]
            if near:
                min(near, key=lambda own: _place(min(own, key=_place))).extend(part)
            else:
                alone.append(part)
        elif part[0].kind not in KINDS:
            alone.append(part)
    yield from (tuple(sorted(own, key=_place)) for own in joined.values())
    yield from alone


def _in_words(part: Sequence[Alert]) -> bool:
    return all(alert.episode.channel.sign == DEVICE_ALARM for alert in part)


def _meet(first: Iterable[Alert], second: Iterable[Alert], rejoin: timedelta) -> bool:
    """Whether any of these overlaps any of those in time, or follows it soon enough."""
    return any(
        (before.until is None or other.since < before.until + rejoin)
        and (other.until is None or before.since < other.until + rejoin)
        for before in first
        for other in second
    )


def _overlapping(alerts: Iterable[Alert], rejoin: timedelta) -> Iterator[tuple[Alert, ...]]:
    # An alert that is still on has no end, so that everything after it belongs to the same part.
    part: list[Alert] = []
    until: datetime | None = None
    for alert in sorted(alerts, key=lambda alert: alert.since):
        if part and until is not None and alert.since >= until + rejoin:
            yield tuple(sorted(part, key=_place))
            part, until = [], alert.since
        ends = None if alert.until is None or (part and until is None) else alert.until
        until = ends if not part or ends is None or until is None else max(until, ends)
        part.append(alert)
    if part:
        yield tuple(sorted(part, key=_place))


def _place(alert: Alert) -> tuple[object, ...]:
    kind = KINDS.index(alert.kind) if alert.kind in KINDS else len(KINDS)
    return tuple(Advice).index(alert.does), alert.until is not None, kind, alert.since, alert.episode.id


def _disagreements(current: Sequence[Current]) -> Iterator[tuple[str, str]]:
    """Of signs that count the same thing: the family, and both values where they are too far apart."""
    for id, first in signs().items():
        if first.compare is None:
            continue
        for value in _holding(current, id):
            for other in _holding(current, first.compare.sign):
                if abs(value - other) > first.compare.beyond.value:
                    words = f"{first.says(value)}, {sign(first.compare.sign).says(other)}"
                    yield first.family or id, f"{words}: {first.compare.text.text}"


def _holding(current: Sequence[Current], id: str) -> Iterator[float]:
    for probe in current:
        here = probe.channel.sign == id and not probe.channel.by_hand and not probe.stale
        if here and probe.reading.state == ReadingState.VALUE and probe.reading.value is not None:
            yield probe.reading.value
