"""What the alerts find and what they invent, on streams whose truth was written first. Run: python benchmarks/alerts.py
(`… "own 3" later` plays those whose names begin so).

Each stream is watched every five seconds as the clinic does it: what is new is shown, what is acknowledged is charted.
A call is an event that becomes open while nothing of it was open before. It is true where a truth covers it, early
where it is of the truth's own sign and at most a minute before it, else false: each false one is printed. A truth
without an open alert in time is missed. It fails (exit code 1) by its goals: a truth that is missed, more than three
false calls an hour of artefact or over everything, two in one stream without artefact, more calls than events.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from alert_streams import BASELINE, CALM, CUFF, HAND, STREAMS, Points, Stream, Truth

from unwound import session
from unwound.exchange.device_words import bounded
from unwound.session import Alert, Event, Reading
from unwound.session.signs import ReadingState

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
TICK_S, EVERY_S, CUFF_S, HAND_S = 5, 5, 300, 600
GRAVITY = ("review", "pause", "stop")
MOST_AN_HOUR, MOST_ELSEWHERE = 3, 1
"""False calls that are bearable: an hour of artefact; in a stream of a patient, for a person to judge."""
EARLY_S = 60


def moment(second: float) -> datetime:
    return START + timedelta(seconds=second)


def readings(stream: Stream) -> list[Reading]:
    calm: dict[str | tuple[str, str], Points] = {sign: [(0, value)] for sign, value in (CALM | CUFF).items()}
    calm |= {(sign, ""): [(0, value)] for sign, value in HAND.items()}
    return [reading for key, points in (calm | dict(stream.parts)).items() for reading in _of(key, points, stream)]


def _of(key: str | tuple[str, str], points: Points, stream: Stream) -> Iterator[Reading]:
    sign, source = (key, "monitor") if isinstance(key, str) else key
    every = HAND_S if not source else CUFF_S if sign in CUFF else 60 if "once a minute" in stream.name else EVERY_S
    for second in range(0, int(stream.minutes * 60) + 1, every):
        value = [value for minute, value in points if minute * 60 <= second + 1e-6][-1]
        if value == "off":
            yield Reading(at=moment(second), kind=sign, value=None, source=source, status="no-sensor")
        elif value != "gone":
            number, side = bounded(str(value)) or (math.nan, ReadingState.VALUE)
            yield Reading(at=moment(second), kind=sign, value=number, source=source, status=side)


@dataclass(slots=True)
class Played:
    """What came of a stream: each call with its second and its alerts, and which truths were met, and when."""

    calls: list[tuple[float, tuple[Alert, ...]]]
    met_s: dict[Truth, float]


def play(stream: Stream) -> Played:
    kept = session.gather(readings(stream))
    events = [Event(at=START, kind="baseline", of=sign, value=value) for sign, value in BASELINE.items()]
    events.append(Event(at=START, kind="start", rate_mg_per_h=20))
    if stream.leaves_s is not None:
        events.append(Event(at=moment(stream.leaves_s - 60), kind="stop"))
        events.append(Event(at=moment(stream.leaves_s), kind="leave"))
    played, opened = Played([], {}), dict[tuple[object, ...], float]()
    for second in range(0, int(stream.minutes * 60) + 1, TICK_S):
        seen = session.watch(session.usual(), kept, events, moment(second))
        events += [
            Event(at=moment(second), kind="raised", episode=one.episode) for one in seen.alerts if not one.raised
        ]
        for together in seen.happenings:
            names = [(one.episode.kind, one.episode.rule, one.episode.channel, one.since) for one in together.alerts]
            if not any(name in opened for name in names):
                played.calls.append((second, together.alerts))
            opened |= {name: opened.get(name, second) for name in names}
        names = {(one.episode.kind, one.episode.rule, one.episode.channel, one.since) for one in seen.open}
        opened = {name: since for name, since in opened.items() if name in names}
        _meet(stream, seen.open, second, played)
        for one in seen.open:
            waited = second - opened[one.episode.kind, one.episode.rule, one.episode.channel, one.since]
            late = stream.answers_after_s is not None and waited >= stream.answers_after_s
            if second in stream.answers_s or late:
                told = Event(
                    at=moment(second),
                    kind="acknowledged",
                    by="nurse",
                    reason="seen",
                    episode=one.episode,
                    value=one.worst,
                )
                events.append(told)
    return played


def _meet(stream: Stream, open_alerts: tuple[Alert, ...], second: float, played: Played) -> None:
    for truth in stream.truths:
        if truth not in played.met_s and truth.at_s <= second and any(_serves(one, truth) for one in open_alerts):
            played.met_s[truth] = second


def _serves(alert: Alert, truth: Truth) -> bool:
    grave = GRAVITY.index(alert.does) >= GRAVITY.index(truth.does)
    return alert.episode.channel.sign in truth.signs and grave


def is_true(stream: Stream, second: float, alerts: tuple[Alert, ...], early_s: float = 0) -> bool:
    return any(
        truth.at_s - early_s <= second <= truth.at_s + truth.lasts_s + 60 and alert.episode.channel.sign in truth.signs
        for truth in stream.truths
        for alert in alerts
    )


@dataclass(frozen=True, slots=True)
class Fared:
    """How a stream fared against its truths."""

    stream: Stream
    played: Played

    @property
    def met(self) -> int:
        """Truths with an open alert in time."""
        met_s = self.played.met_s
        return sum(truth in met_s and met_s[truth] <= truth.at_s + truth.within_s for truth in self.stream.truths)

    @property
    def missed(self) -> int:
        return len(self.stream.truths) - self.met

    @property
    def false(self) -> list[tuple[float, tuple[Alert, ...]]]:
        """Calls that no truth covers, a minute early included."""
        return [call for call in self.played.calls if not is_true(self.stream, *call, EARLY_S)]

    @property
    def early(self) -> int:
        """Calls within a minute before a truth of their sign, and not within another."""
        return len(self.played.calls) - len(self.false) - sum(is_true(self.stream, *call) for call in self.played.calls)

    @property
    def loud(self) -> bool:
        """More false calls than are bearable."""
        bearable = MOST_AN_HOUR * self.stream.minutes / 60 if self.stream.artefact else MOST_ELSEWHERE
        return len(self.false) > bearable

    @property
    def many(self) -> bool:
        """More calls than events."""
        return self.stream.at_most is not None and len(self.played.calls) > self.stream.at_most


def main() -> int:
    fared = []
    print(f"{'':2} {'true':>9} {'missed':>6} {'early':>5} {'false':>5} {'calls':>5}  stream")
    wanted = tuple(sys.argv[1:])
    for stream in (stream for stream in STREAMS if stream.name.startswith(wanted or "")):
        one = Fared(stream, play(stream))
        fared.append(one)
        mark = "!!" if one.missed or one.loud or one.many else "?" if one.false else ""
        counts = f"{one.missed:6} {one.early:5} {len(one.false):5} {len(one.played.calls):5}"
        print(f"{mark:2} {f'{one.met}/{len(stream.truths)}':>9} {counts}  {stream.name}", flush=True)
        for second, alerts in one.played.calls if mark == "!!" else one.false:
            print(f"{'':36}{second:6.0f} s  {'; '.join(f'{one.episode.rule} {one.because[0]}' for one in alerts)}")
    return _goals(fared)


def _goals(fared: list[Fared]) -> int:
    """What it comes to, and whether the goals are reached."""
    met, missed, early = (sum(getattr(one, name) for one in fared) for name in ("met", "missed", "early"))
    false = sum(len(one.false) for one in fared)
    rates = {
        "artefact": _an_hour([one for one in fared if one.stream.artefact]), "everything": _an_hour(fared)
    }  # fmt: skip
    loud, many = sum(one.loud for one in fared), sum(one.many for one in fared)
    print(f"{len(fared)} streams: {met} true, {missed} missed, {early} early, {false} false")
    print(f"{loud} with too many false calls, {many} with more calls than events")
    print("; ".join(f"{what}: {rate:.1f} false calls an hour, at most {MOST_AN_HOUR}" for what, rate in rates.items()))
    return int(bool(missed or loud or many or max(rates.values()) > MOST_AN_HOUR))


def _an_hour(fared: list[Fared]) -> float:
    return sum(len(one.false) for one in fared) / (sum(one.stream.minutes for one in fared) / 60)


if __name__ == "__main__":
    sys.exit(main())
