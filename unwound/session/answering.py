"""Which alerts were shown and acknowledged, and when an acknowledgement no longer holds.

An acknowledgement is a pause. It ends at once when the sign becomes worse than what was acknowledged, and after a time
that depends on what the alert advises, as long as its cause goes on. Until then nothing of it calls.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from unwound.catalogue import plain
from unwound.session.alerts import Alert, Detected
from unwound.session.events import AlertKind, Course, Episode, Event, EventKind
from unwound.session.limits import Answering
from unwound.session.readings import SECOND, Channel, from_us, us
from unwound.session.signs import sign
from unwound.terms import Advice

MINUTE = 60 * SECOND
NOT_SHOWN_NOW = "This alert was shown; later information no longer supports it."
LOST = (AlertKind.NO_DATA, AlertKind.SENSOR_OFF)


@dataclass(frozen=True, slots=True)
class Clock:
    """How long acknowledgements hold, and the time by which that is judged: now, or when the patient left."""

    answering: Answering
    now_us: int

    @classmethod
    def at(cls, answering: Answering, course: Course, now: datetime) -> Clock:
        """The clock of a session; it stands still once the patient has left."""
        return cls(answering, us(now if course.leave is None else min(now, course.leave)))

    def pause_min(self, detected: Detected) -> float:
        """How long an acknowledgement of it holds at most, in minutes; 0 for as long as it lasts."""
        if detected.kind in LOST and detected.does != Advice.STOP:
            return self.answering.lost_min
        return self.answering.pause_min(detected.does)


Key = tuple[AlertKind, str, Channel]
Place = tuple[bool, int, datetime, str]
Spoken = tuple[Detected, tuple[Event, ...], tuple[Event, ...]]
"""An episode with the events that showed it and those that acknowledged it."""


@dataclass(frozen=True, slots=True)
class Over:
    """Alerts of episodes that are over for good: they stay as they are until somebody speaks of them again."""

    alerts: tuple[Alert, ...] = ()
    """In the order in which alerts are listed."""
    spoken: Sequence[Spoken] = ()
    """In the same order."""
    by_rule: Mapping[Key, tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=dict)
    """For each rule and probe when its episodes began, in order of time, and which they are."""

    def hears(self, event: Event) -> bool:
        """Whether an event is among what was said of them."""
        if event.episode is None or event.kind not in (EventKind.RAISED, EventKind.ACKNOWLEDGED):
            return False
        numbers = self.spoken_of([(_key_of(event.episode), [event])])
        return any(event in of_it for number in numbers for of_it in self.spoken[number][1:])

    def with_more(self, closed: Iterable[Detected], happened: Iterable[Event], clock: Clock) -> Over:
        """These, with what these events say of them, and the closed episodes beside them."""
        events = tuple(happened)
        raised, acknowledged = (_by_rule(events, kind) for kind in (EventKind.RAISED, EventKind.ACKNOWLEDGED))
        again = self.spoken_of((*raised.items(), *acknowledged.items()))
        fresh: list[Spoken] = [(episode, (), ()) for episode in closed]
        each = [row for number, row in enumerate(zip(self.spoken, self.alerts, strict=True)) if number not in again]
        for episode, own, answers in (*(self.spoken[number] for number in again), *fresh):
            shown = _in_order(*own, *_during(episode, raised))
            answered = _in_order(*answers, *_during(episode, acknowledged))
            each.append(((episode, tuple(shown), tuple(answered)), _alert(episode, shown, answered, clock)))
        return over(each)

    def spoken_of(self, by_key: Iterable[tuple[Key, list[Event]]]) -> frozenset[int]:
        """The numbers of those of which these events say something."""
        numbers = set()
        for key, events in by_key:
            begun, which = self.by_rule.get(key, ((), ()))
            for event in events:
                place = bisect_right(begun, us(event.episode.since)) - 1 if event.episode else -1
                if place >= 0 and event.episode and us(event.episode.since) <= self.spoken[which[place]][0].last_us:
                    numbers.add(which[place])
        return frozenset(numbers)

    def among(self, others: Iterable[Alert], without: Collection[int]) -> tuple[Alert, ...]:
        """These without some, by their numbers, and others, in the order in which alerts are listed."""
        alerts = list(self.alerts)
        for number in sorted(without, reverse=True):
            del alerts[number]
        for alert in others:
            alerts.insert(bisect_right(alerts, _place(alert), key=_place), alert)
        return tuple(alerts)


def over(each: Iterable[tuple[Spoken, Alert]]) -> Over:
    """Episodes that are over, with the alert of each."""
    ordered = sorted(each, key=lambda row: _place(row[1]))
    return listed([alert for _, alert in ordered], [spoken for spoken, _ in ordered])


def listed(alerts: Sequence[Alert], spoken: Sequence[Spoken]) -> Over:
    """The same from alerts in the order in which they are listed, and what was said of each."""
    by_rule: dict[Key, list[tuple[int, int]]] = {}
    for number, alert in enumerate(alerts):
        by_rule.setdefault(_key_of(alert.episode), []).append((us(alert.since), number))
    by_time = {key: sorted(pairs) for key, pairs in by_rule.items()}
    of_rule = {key: (tuple(at for at, _ in own), tuple(number for _, number in own)) for key, own in by_time.items()}
    return Over(tuple(alerts), spoken, of_rule)


def with_acknowledgements(
    detected: Iterable[Detected], happened: Iterable[Event], clock: Clock, earlier: Over | None = None
) -> tuple[Alert, ...]:
    """The alerts with who acknowledged them: the unacknowledged first, then by gravity and time.

    `earlier` are those that are over for good; `happened` is then what was not yet said of them.
    """
    whole = earlier or Over()
    events = tuple(happened)
    raised, acknowledged = (_by_rule(events, kind) for kind in (EventKind.RAISED, EventKind.ACKNOWLEDGED))
    again = whole.spoken_of((*raised.items(), *acknowledged.items()))
    alerts = []
    fresh: Iterator[Spoken] = ((episode, (), ()) for episode in detected)
    for episode, shown, answers in (*(whole.spoken[number] for number in again), *fresh):
        own = _during(episode, raised)
        answered = _in_order(*answers, *_during(episode, acknowledged))
        alerts.append(_alert(episode, _in_order(*shown, *own), answered, clock))
        raised[_key(episode)] = [event for event in raised.get(_key(episode), ()) if event not in own]
    gone = {event.episode: event for own in raised.values() for event in reversed(own) if event.episode}
    alerts += [_gone(episode, event, acknowledged.get(_key_of(episode), ())) for episode, event in gone.items()]
    return whole.among(alerts, again)


def _in_order(*happened: Event) -> list[Event]:
    return sorted(happened, key=lambda event: event.at)


def _by_rule(events: Iterable[Event], kind: EventKind) -> dict[Key, list[Event]]:
    """The events about alerts of each rule and probe, in order."""
    by_rule: dict[Key, list[Event]] = {}
    for event in events:
        if event.kind == kind and event.episode is not None:
            by_rule.setdefault(_key_of(event.episode), []).append(event)
    return by_rule


def _key(detected: Detected) -> Key:
    return detected.kind, detected.rule, detected.channel


def _key_of(episode: Episode) -> Key:
    return episode.kind, episode.rule, episode.channel


def _during(detected: Detected, by_rule: Mapping[Key, list[Event]]) -> list[Event]:
    """The events about this episode: of its rule and probe, and about what began while it lasted."""
    return [
        event
        for event in by_rule.get(_key(detected), ())
        if event.episode is not None and detected.since_us <= us(event.episode.since) <= detected.last_us
    ]


def _alert(detected: Detected, raised: list[Event], acknowledgements: list[Event], clock: Clock) -> Alert:
    """It is acknowledged by the last answer after every part of it was shown."""
    first_shown: dict[Episode, datetime] = {}
    for event in raised:
        if event.episode is not None:
            first_shown.setdefault(event.episode, event.at)
    latest = max(first_shown.values(), default=None)
    answers = [event for event in acknowledgements if latest is None or event.at >= latest]
    answer = answers[-1] if answers else None
    since = from_us(detected.since_us)
    again = _again(detected, answers, clock) if answer else ""
    pause_us = round(clock.pause_min(detected) * MINUTE)
    return Alert(
        episode=min(
            first_shown,
            key=lambda episode: episode.since,
            default=Episode(detected.kind, detected.rule, detected.channel, since),
        ),
        does=detected.does,
        says=detected.says,
        because=detected.because,
        boundary=detected.boundary,
        sources=detected.sources,
        checked=detected.checked,
        since=since,
        until=None if detected.until_us is None else from_us(detected.until_us),
        worst=detected.worst,
        acknowledged=answer,
        again=again,
        paused_until=from_us(us(answer.at) + pause_us) if answer and not again and pause_us else None,
        escalation=_escalation(detected, answer, again, clock),
        raised=bool(first_shown),
    )


def _again(detected: Detected, answers: list[Event], clock: Clock) -> str:
    """Why it calls again after it was acknowledged; empty while the acknowledgement holds."""
    answer = answers[-1]
    seen = answer.value if answer.value is not None else detected.worst_by(us(answer.at))
    worsening = sign(detected.channel.sign).worsening if detected.channel.sign else None
    worst = detected.worst
    if worsening and seen is not None and worst is not None and worsening.since(seen, worst, low=detected.low):
        own = sign(detected.channel.sign)
        both = (own.shows(seen), own.shows(worst)) if own.grades else (plain(seen), plain(worst))
        return f"worse since it was acknowledged at {both[0]}: {both[1]}"
    minutes = clock.pause_min(detected)
    lasted_us = clock.now_us if detected.until_us is None else min(detected.until_us, clock.now_us)
    if minutes and lasted_us >= us(answer.at) + round(minutes * MINUTE):
        return f"still present {plain(minutes)} min after it was acknowledged"
    return ""


def _escalation(detected: Detected, answer: Event | None, again: str, clock: Clock) -> str:
    """To whom an alert that advises stopping is escalated: nobody answered it for too long, or it calls again."""
    over = detected.until_us is not None and detected.kind != AlertKind.SIDE_EFFECT
    if detected.does != Advice.STOP or over or (answer and not again):
        return ""
    waited_us = clock.now_us - detected.since_us
    due = bool(again) or waited_us >= round(clock.answering.escalate_min * MINUTE)
    return clock.answering.escalate_says if due else ""


def _gone(episode: Episode, raised: Event, acknowledgements: Iterable[Event]) -> Alert:
    """An alert that was shown and that later information no longer supports: it stays until acknowledged."""
    answers = [event for event in acknowledgements if event.episode == episode and event.at >= raised.at]
    because = (raised.note or NOT_SHOWN_NOW,)
    answer = answers[0] if answers else None
    return Alert(
        episode=episode,
        does=Advice.REVIEW,
        says=NOT_SHOWN_NOW,
        because=because,
        boundary="",
        sources=(),
        checked=None,
        since=episode.since,
        until=episode.since,
        worst=None,
        acknowledged=answer,
        raised=True,
    )


def _place(alert: Alert) -> Place:
    return not alert.open, tuple(Advice).index(alert.does), alert.since, alert.episode.id
