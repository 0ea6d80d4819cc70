"""How long it takes to watch a session: 6 hours, one reading a second of 4 kinds. Run: python benchmarks/watching.py

The load of forty beds beside twenty screens is measured by `benchmarks/session.py`.

The page asks for 20 beds every 2 seconds. It keeps each session's `Readings` and adds what is new, so the second row is
what a bed costs; the others are what a cold start costs. Alerts are many on purpose: the values swing across limits.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np

from unwound import session
from unwound.session import Channel, Event, Reading
from unwound.session.readings import SECOND, us

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
HOURS, KINDS = 6, {"spo2": (96, 4), "pulse_rate": (75, 12), "heart_rate": (75, 12), "respiratory_rate": (14, 3)}
SECONDS = HOURS * 3600


def best(work: Callable[[], object], repeats: int = 7) -> float:
    work()
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def columns() -> list[session.readings.Series]:
    rng = np.random.default_rng(1)
    at = us(START) + SECOND * np.arange(SECONDS)
    swing = np.sin(np.arange(SECONDS) / 300)
    return [
        session.column(Channel(id, "probe"), at, np.round(mean + spread * swing + rng.normal(0, spread / 4, SECONDS)))
        for id, (mean, spread) in KINDS.items()
    ]


def happened() -> list[Event]:
    baselines = [Event(at=START, kind="baseline", of=id, value=mean) for id, (mean, _) in KINDS.items()]
    return [*baselines, Event(at=START, kind="start", rate_mg_per_h=20)]


def shown(seen: session.Watched) -> list[Event]:
    """Every alert shown and acknowledged, as at the end of a long day."""
    raised = [Event(at=one.since, kind="raised", episode=one.episode) for one in seen.alerts]
    return raised + [
        Event(at=one.since, kind="acknowledged", by="nurse", reason="seen", episode=one.episode) for one in seen.alerts
    ]


def main() -> None:
    limits, parts, told = session.usual(), columns(), happened()
    kept = session.gather_columns(parts)
    told += shown(session.watch(limits, kept, told, START + timedelta(hours=HOURS)))
    single = list(kept)
    now = START + timedelta(hours=HOURS)
    new = [Reading(at=now, kind=id, value=mean, source="probe") for id, (mean, _) in KINDS.items()]
    bare = [(us(one.at), one.kind, one.value) for one in single]
    rows = {
        "watch": best(lambda: session.watch(limits, kept, told, now)),
        "one second more, then watch": best(lambda: session.watch(limits, kept.plus(new), told, now)),
        "columns of a database, then watch": best(
            lambda: session.watch(limits, session.gather_columns(parts), told, now)
        ),
        "single readings, then watch": best(lambda: session.watch(limits, single, told, now), 3),
    }
    yardstick = best(lambda: json.loads(json.dumps(bare)), 3)
    alerts = session.watch(limits, kept, told, now).alerts
    print(f"{len(kept)} readings, {len(alerts)} alerts; once through JSON and back {1000 * yardstick:.0f} ms")
    for name, seconds in rows.items():
        print(f"{name:36} {1000 * seconds:8.2f} ms  {seconds / yardstick:6.3f} of that")
    print(f"20 beds every 2 s: {20 * rows['one second more, then watch'] / 2:.1%} of one core")


if __name__ == "__main__":
    main()
