"""What the alerts find and what they invent, on streams whose truth was written first. Run: python benchmarks/alerts.py

Each stream is watched every five seconds as the clinic does it: what is new is shown, what is acknowledged is charted.
A call is an event that becomes open while nothing of it was open before. It is true where a truth covers it, else
false; a truth without an open alert in time is missed. With -v the calls of the streams that fail are listed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from alert_streams import BASELINE, CALM, CUFF, HAND, STREAMS, Points, Stream, Truth

from unwound import session
from unwound.session import Alert, Event, Reading

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
TICK_S, EVERY_S, CUFF_S, HAND_S = 5, 5, 300, 600
GRAVITY = ("review", "pause", "stop")


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
            yield Reading(at=moment(second), kind=sign, value=float(value), source=source)


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


def is_true(stream: Stream, second: float, alerts: tuple[Alert, ...]) -> bool:
    return any(
        truth.at_s <= second <= truth.at_s + truth.lasts_s + 60 and alert.episode.channel.sign in truth.signs
        for truth in stream.truths
        for alert in alerts
    )


def main() -> int:
    true = missed = false = loud = many = 0
    artefact_calls, artefact_h = 0, 0.0
    print(f"{'':2} {'true':>9} {'missed':>6} {'false':>5} {'calls':>5}  stream")
    for stream in STREAMS:
        played = play(stream)
        met = sum(
            truth in played.met_s and played.met_s[truth] <= truth.at_s + truth.within_s for truth in stream.truths
        )
        wrong = sum(not is_true(stream, second, alerts) for second, alerts in played.calls)
        too_many = stream.at_most is not None and len(played.calls) > stream.at_most
        bearable = 3 * stream.minutes / 60 if stream.artefact else 0
        true, missed, false = true + met, missed + len(stream.truths) - met, false + wrong
        loud, many = loud + (wrong > bearable), many + too_many
        if stream.artefact:
            artefact_calls, artefact_h = artefact_calls + wrong, artefact_h + stream.minutes / 60
        bad = met < len(stream.truths) or wrong > bearable or too_many
        mark = "!!" if bad else ""
        of = f"{met}/{len(stream.truths)}"
        print(f"{mark:2} {of:>9} {len(stream.truths) - met:6} {wrong:5} {len(played.calls):5}  {stream.name}")
        if "-v" in sys.argv and bad:
            for second, alerts in played.calls:
                print(f"{'':30}{second:6.0f} s  {'; '.join(f'{one.episode.rule} {one.because[0]}' for one in alerts)}")
    print(f"{len(STREAMS)} streams: {true} true, {missed} missed, {false} false; {loud} with too many false calls, ")
    print(f"{many} with more calls than events; artefact: {artefact_calls / artefact_h:.1f} false calls an hour")
    return int(bool(missed or loud or many))


if __name__ == "__main__":
    sys.exit(main())
