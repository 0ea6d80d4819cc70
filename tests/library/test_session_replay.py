"""An hour of a real monitor replayed (record s25047, 72 minutes, one sample a minute): its artefacts and its gaps.

The record is 16-bit little-endian numbers, seven a minute: 0 is a value that is missing, -32768 one that never was.
"""

import os
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from unwound import session
from unwound.session import Channel, Event, Reading, Readings, Watched

FOLDER = Path(os.environ.get("UNWOUND_TESTDATA", Path(__file__).parents[3] / "shared" / "testdata")) / "vitals"
DATA = FOLDER / "3234460n.dat"
SIGNS = ("heart_rate", "pulse_rate", "respiratory_rate", "spo2", "systolic", "diastolic", "mean_pressure")
TENTHS = SIGNS[:4]
START = datetime(2704, 5, 4, 10, 44, 18, 529000, tzinfo=UTC)
MINUTES = 72

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the record is not there")


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def readings() -> list[Reading]:
    raw = struct.unpack(f"<{MINUTES * len(SIGNS)}h", DATA.read_bytes())
    rows = zip(*[iter(raw)] * len(SIGNS), strict=True)
    return [one(minute, id, number) for minute, row in enumerate(rows) for id, number in zip(SIGNS, row, strict=True)]


def one(minute: int, id: str, number: int) -> Reading:
    if number in (0, -32768):
        return Reading(at=at(minute), kind=id, value=None, source="s25047", status="missing")
    return Reading(at=at(minute), kind=id, value=number / 10 if id in TENTHS else float(number), source="s25047")


@pytest.fixture(scope="module")
def replayed() -> Readings:
    return session.gather(readings())


@pytest.fixture(scope="module")
def seen(replayed: Readings) -> Watched:
    return session.watch(session.usual(), replayed, [Event(at=START, kind="start", rate_mg_per_h=20)], at(MINUTES - 1))


def begun(seen: Watched, kind: str, id: str, rule: str = "") -> list[float]:
    return [
        (alert.since - START).total_seconds() / 60
        for alert in sorted(seen.alerts, key=lambda one: one.since)
        if (alert.kind, alert.episode.channel.sign) == (kind, id) and rule in ("", alert.episode.rule)
    ]


def test_every_sample_is_kept_as_it_came(replayed: Readings) -> None:
    assert len(replayed) == MINUTES * len(SIGNS)
    kept = {(one.at, one.kind): one for one in replayed}
    assert kept[at(63), "pulse_rate"].value == 277.0
    assert kept[at(70), "spo2"].value == 36.0


def test_a_pulse_of_277_and_a_saturation_of_36_are_artefacts_at_their_minutes(seen: Watched) -> None:
    assert begun(seen, "implausible", "pulse_rate") == [63]
    assert begun(seen, "implausible", "spo2") == [70]
    pulse = next(one for one in seen.alerts if one.kind == "implausible" and one.episode.channel.sign == "pulse_rate")
    # 277 alone would be a blink of the probe; that 272.8 stands there a minute later is what calls.
    assert (pulse.worst, pulse.does, pulse.until) == (272.8, "stop", at(69))
    assert all(one.worst not in (277.0, 36.0) for one in seen.alerts if one.kind in ("limit", "trend"))


def test_the_saturation_alerts_at_its_four_falls(seen: Watched) -> None:
    assert begun(seen, "limit", "spo2") == [15, 36, 40, 54]


def test_breathing_alerts_when_it_slows_and_when_it_races(seen: Watched) -> None:
    assert begun(seen, "limit", "respiratory_rate", "breathing_slow") == [40, 64, 68]
    assert begun(seen, "limit", "respiratory_rate", "breathing_fast") == [46, 49, 51, 55, 60]


def test_a_minute_without_saturation_is_no_data_ninety_seconds_after_the_last(seen: Watched) -> None:
    assert begun(seen, "no-data", "spo2") == [1.5, 14.5, 50.5, 58.5, 62.5, 65.5]
    assert begun(seen, "no-data", "heart_rate") == [6.5, 45.5]


def test_a_cuff_that_measured_nothing_is_missing_and_never_a_pressure(replayed: Readings, seen: Watched) -> None:
    systolic = [one for one in replayed if one.kind == "systolic"]
    assert [one.state for one in systolic].count("missing") == 72 - 18
    assert all(one.value is None or one.value > 0 for one in systolic)
    (current,) = (one for one in seen.current if one.channel.sign == "systolic")
    assert (current.reading.state, current.stale) == ("missing", False)
    assert current.believed is not None
    assert (current.believed.value, current.believed.at) == (96.0, at(57))


def test_the_probe_that_was_taken_off_is_stale_and_shows_no_value_for_now(seen: Watched) -> None:
    (heart,) = (one for one in seen.current if one.channel.sign == "heart_rate")
    assert heart.stale
    assert heart.believed is not None
    assert heart.believed.at == at(44)


def test_gaps_are_gaps_and_the_nadir_is_a_value_that_is_believed(replayed: Readings) -> None:
    limit = next(one for one in session.usual().limits if one.id == "spo2_low")
    (found,) = session.beyond(replayed, limit, START, at(MINUTES - 1))
    gaps = [((one.since - START).total_seconds() / 60, (one.until - START).total_seconds() / 60) for one in found.gaps]
    assert gaps == [(0, 2), (13, 15), (49, 51), (57, 59), (61, 63), (64, 71)]
    assert found.extreme == Reading(at=at(57), kind="spo2", value=41.9, source="s25047")
    assert found.beyond_s == 60 * len([15, 36, 40, 41, 42, 43, 44, 45, 54, 55, 56, 59])
    assert found.known_s + sum(one.seconds for one in found.gaps) == 60 * (MINUTES - 1)


def test_the_printed_grid_has_the_low_between_its_lines_and_says_where_nothing_was(replayed: Readings) -> None:
    rows = session.grid(replayed, 5, START, at(MINUTES - 1))
    cells = [row.cells[Channel("spo2", "s25047")] for row in rows]
    assert [cell.reading.value if cell.reading else cell.why for cell in cells] == [
        95.7, 99.4, 100.0, 89.5, 100.0, 99.9, 99.9, 95.6, 71.1, 78.1, 100.0, 88.0, 99.8, "missing", "implausible"
    ]  # fmt: skip
    assert cells[8].lowest == Reading(at=at(41), kind="spo2", value=42.9, source="s25047")


def test_watched_minute_by_minute_no_alert_comes_twice_and_none_goes(replayed: Readings) -> None:
    events: list[Event] = [Event(at=START, kind="start", rate_mg_per_h=20)]
    shown: set[session.Episode] = set()
    for minute in range(MINUTES):
        alerts = session.watch(session.usual(), replayed, events, at(minute)).alerts
        assert shown <= {alert.episode for alert in alerts}
        fresh = [alert for alert in alerts if not alert.raised]
        assert not shown & {alert.episode for alert in fresh}
        shown |= {alert.episode for alert in fresh}
        events += [Event(at=at(minute), kind="raised", episode=alert.episode) for alert in fresh]
    assert len(shown) > 30
