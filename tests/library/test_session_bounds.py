"""«<70»: a monitor that writes no more than a bound is believed as far as that proves, and alarms there."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from session_builder import acknowledged, alerts, at, read, started, watched

from unwound import session
from unwound.exchange import hl7v2
from unwound.exchange.fhir import vitals
from unwound.exchange.readings_csv import read_csv
from unwound.exchange.readings_json import read_json
from unwound.session import Alert, Reading, Watched
from unwound.session.resuming import not_back
from unwound.session.signs import ReadingState


def bound(minute: float, kind: str, value: float, side: ReadingState = ReadingState.BELOW) -> Reading:
    return Reading(at=at(minute), kind=kind, value=value, source="monitor", status=side)  # type: ignore[arg-type]


def of_limits(*readings: Reading, minute: float) -> list[Alert]:
    return alerts(watched(readings, minute=minute), "limit")


@pytest.mark.parametrize(
    ("kind", "value", "side", "says", "does"),
    [
        ("spo2", 70, ReadingState.BELOW, "oxygen saturation below 70 % (monitor)", "stop"),
        ("spo2", 80, ReadingState.BELOW, "oxygen saturation below 80 % (monitor)", "stop"),
        ("spo2", 30, ReadingState.BELOW, "oxygen saturation below 30 % (monitor)", "stop"),
        ("respiratory_rate", 4, ReadingState.BELOW, "respiratory rate below 4 /min (monitor)", "stop"),
        ("heart_rate", 250, ReadingState.ABOVE, "heart rate (ECG) above 250 /min (monitor)", "review"),
        ("systolic", 50, ReadingState.BELOW, "systolic blood pressure below 50 mmHg (monitor)", "review"),
    ],
)
def test_a_bound_beyond_a_limit_calls_at_its_bound(
    kind: str, value: float, side: ReadingState, says: str, does: str
) -> None:
    (alert,) = of_limits(bound(5, kind, value, side), minute=5.4)
    assert (alert.because, alert.does, alert.until) == ((says,), does, None)


@pytest.mark.parametrize(("value", "calls"), [(89, True), (90, True), (91, False), (95, False)])
def test_a_bound_at_the_limit_is_below_it_and_one_above_it_proves_nothing(value: float, calls: bool) -> None:
    told = [bound(5 + n / 60, "spo2", value) for n in range(30)]
    assert bool(of_limits(*told, minute=5.6)) == calls


def test_what_proves_nothing_ends_nothing() -> None:
    low = [read(5 + n / 60, "spo2", 85) for n in range(30)]
    assert [alert.until for alert in of_limits(*low, bound(6, "spo2", 95), minute=6.1)] == [None]
    assert [alert.until for alert in of_limits(*low, bound(6, "spo2", 90, ReadingState.ABOVE), minute=6.1)] == [at(6)]


def test_deeper_than_what_was_acknowledged_calls_again() -> None:
    low = [read(5 + n / 60, "spo2", 85) for n in range(30)]
    (alert,) = of_limits(*low, minute=5.5)
    seen = watched([*low, bound(5.6, "spo2", 70)], [started(), acknowledged(alert, 5.55)], minute=5.65)
    assert [alert.open for alert in alerts(seen, "limit")] == [True]


def test_it_is_the_current_value_and_nothing_is_resumed_by_it() -> None:
    seen = watched([read(4, "spo2", 97), bound(5, "spo2", 70)], minute=5.1)
    (current,) = seen.current
    assert (current.reading.shows(), current.stale, seen.beyond) == (
        "<70",
        False,
        ("oxygen saturation below 70 % (monitor) (below 90 %)",),
    )
    assert "oxygen saturation below 70 %: no value is known; measure again" in not_back(session.usual(), seen, [])


def test_the_record_keeps_the_bound_as_the_lowest_and_the_time_below_the_limit() -> None:
    (limit,) = (rule for rule in session.usual().limits if rule.sign == "spo2")
    told = [read(0, "spo2", 97), bound(1, "spo2", 70), read(2, "spo2", 70), bound(3, "spo2", 95), read(4, "spo2", 96)]
    (below,) = session.beyond(told, limit, at(0), at(5))
    assert below.extreme is not None
    assert (below.extreme.shows(), below.beyond_s, below.known_s) == ("<70", 120, 240)
    (row,) = session.grid(told, 5, at(0), at(4))
    (cell,) = row.cells.values()
    assert cell.lowest is not None
    assert cell.lowest.shows() == "<70"


NOW = datetime(2026, 11, 21, 11, tzinfo=UTC)


@given(st.integers(10, 990), st.sampled_from(["<", "≤", "<= "]))
def test_every_door_reads_it_alike(tenths: int, side: str) -> None:
    value, now = tenths / 10, NOW
    written = f"{side}{value}"
    message = hl7v2.read(
        "MSH|^~\\&|MON|W|U|C|20261121110000+0000||ORU^R01|1|P|2.6\rPID|1||7\rPV1||I|^^B1\rOBR|1\r"
        f"OBX|1|ST|150456^MDC_PULS_OXIM_SAT_O2^MDC|1|{written}|%|||||F|||20261121110000+0000\r",
        received_at=now,
    )
    posted = read_json(
        f'[{{"kind": "spo2", "value": "{written}", "unit": "%", "at": "{now.isoformat()}"}}]', received_at=now
    )
    table = read_csv(f"time,kind,value,unit\n{now.isoformat()},spo2,{written},%\n", received_at=now)
    for batch in (message, posted, table):
        (charted,) = batch.readings
        assert (charted.reading.value, charted.reading.state) == (value, "below")
    (charted,) = posted.readings
    sent = json.dumps(vitals.observation(charted.reading, patient="Patient/1"))
    again = vitals.read_readings(sent, received_at=now)
    assert [(each.reading.value, each.reading.status) for each in again.readings] == [(value, "below")]


def test_below_is_at_least_as_grave_as_its_number() -> None:
    def gravest(seen: Watched) -> set[str]:
        return {alert.does for alert in seen.open}

    for value in range(40, 100):
        exact = gravest(watched([read(5 + n / 60, "spo2", value) for n in range(30)], minute=5.6))
        assert gravest(watched([bound(5 + n / 60, "spo2", value) for n in range(30)], minute=5.6)) >= exact
