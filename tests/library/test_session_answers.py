"""An acknowledgement is a pause: when it ends, to whom an alert is escalated, and when an infusion may be resumed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from session_builder import acknowledged, alerts, at, baseline, none, raised, read, started, watched

from unwound import session
from unwound.session import Event, Reading


def falling(*values: float) -> list[Reading]:
    """One value a minute, from minute 10 on, as a probe sends it."""
    return [read(10 + n, "spo2", value) for n, value in enumerate(values)]


def open_rules(readings: list[Reading], events: list[Event], minute: float) -> list[str]:
    return [one.episode.rule for one in watched(readings, events, minute).open if one.kind in ("limit", "trend")]


def test_one_acknowledgement_does_not_silence_a_fall_from_88_to_71() -> None:
    readings = [read(10, "spo2", 88), read(11.5, "spo2", 71)]
    (one,) = watched(readings[:1], minute=10.5).alerts
    events = [raised(one, 10), acknowledged(one, 11)]
    assert open_rules(readings, events, 11.4) == []
    (again,) = watched(readings, events, 11.5).open
    assert again.again == "worse since it was acknowledged at 88: 71"
    assert (again.acknowledged and again.acknowledged.by) == "nurse A"


@pytest.mark.parametrize(
    ("seen", "then", "calls"),
    [(89, 87, False), (89, 86, True), (86, 85, False), (86, 84, True), (85, 84, True), (84, 82, False), (84, 81, True)],
    ids=str,
)
def test_worse_is_three_points_or_the_next_band(seen: float, then: float, calls: bool) -> None:
    readings = falling(seen, then)
    (one,) = watched(readings[:1], minute=10.5).alerts
    assert open_rules(readings, [acknowledged(one, 10.5)], 11) == (["spo2_low"] if calls else [])


@pytest.mark.parametrize(
    ("kind", "value", "rule", "holds_min"),
    [
        ("spo2", 88, "spo2_low", 2),
        ("sedation", -2, "sedation_light", 5),
        ("heart_rate", 45, "heart_rate_low", 15),
    ],
)
def test_it_holds_for_its_time_and_not_a_second_longer(kind: str, value: float, rule: str, holds_min: float) -> None:
    readings = [read(minute, kind, value) for minute in range(1, 40)]
    one = alerts(watched(readings[:1], minute=1.5), rule=rule)[0]
    events = [acknowledged(one, 2)]
    assert open_rules(readings, events, 2 + holds_min - 1 / 60) == []
    assert open_rules(readings, events, 2 + holds_min) == [rule]
    (again,) = watched(readings, events, 2 + holds_min).open
    assert again.again == f"still present {holds_min} min after it was acknowledged"


def test_what_was_over_within_its_pause_does_not_call_again_and_what_came_back_does() -> None:
    dip = [*falling(88, 88, 96), read(12.5, "spo2", 88)]
    (one,) = watched(dip[:1], minute=10.5).alerts
    events = [acknowledged(one, 10.5)]
    assert open_rules(dip[:3], events, 30) == []
    assert open_rules(dip, events, 12.8) == ["spo2_low"]


def test_cyclic_desaturation_calls_every_two_minutes_though_each_dip_was_over() -> None:
    cycle = [read(minute + part, "spo2", value) for minute in range(1, 20) for part, value in ((0, 84), (0.34, 97))]
    (one,) = watched(cycle[:2], minute=1.3).alerts
    events = [acknowledged(one, 1.4)]
    assert open_rules(cycle, events, 3) == []
    assert open_rules(cycle, events, 4.1) == ["spo2_low"]
    assert open_rules(cycle, [*events, acknowledged(one, 4.2)], 6) == []
    assert open_rules(cycle, [*events, acknowledged(one, 4.2)], 7.1) == ["spo2_low"]


def test_a_probe_that_is_off_calls_again_after_five_minutes() -> None:
    readings = [read(0, "spo2", 97), *(none(n, "spo2", "no-sensor") for n in range(1, 50))]
    (one,) = alerts(watched(readings, [started()], 3), "sensor-off")
    events = [started(), acknowledged(one, 3)]
    assert alerts_open(readings, events, 7.9) == []
    assert alerts_open(readings, events, 8) == ["sensor-off"]


def alerts_open(readings: list[Reading], events: list[Event], minute: float) -> list[str]:
    return [one.kind for one in watched(readings, events, minute).open if one.episode.channel.sign == "spo2"]


def test_what_was_seen_counts_and_not_what_arrived_late() -> None:
    """The nurse saw 88; the 71 of ten seconds earlier came after the answer."""
    (one,) = watched([read(10, "spo2", 88)], minute=10.5).alerts
    seen = replace(acknowledged(one, 11), value=88.0)
    assert open_rules([read(10, "spo2", 88), read(10.9, "spo2", 71)], [seen], 11.1) == ["spo2_low"]


def test_an_old_acknowledgement_without_what_was_seen_is_of_all_that_had_been_read_by_then() -> None:
    readings = [read(10, "spo2", 71), read(11, "spo2", 85), read(11.5, "spo2", 72)]
    (one,) = watched(readings[:2], minute=11).alerts
    assert open_rules(readings, [acknowledged(one, 11)], 11.6) == []


def test_after_the_patient_left_nothing_calls_again() -> None:
    (one,) = watched([read(10, "spo2", 88)], minute=10.5).alerts
    events = [started(), acknowledged(one, 11), Event(at=at(12), kind="leave")]
    assert open_rules([read(10, "spo2", 88)], events, 600) == []


def test_an_alert_that_advises_stopping_is_escalated_after_two_minutes_or_when_it_calls_again() -> None:
    readings = [read(10 + n / 4, "spo2", 88) for n in range(40)]
    says = session.usual().answering.escalate_says
    assert [one.escalation for one in watched(readings, minute=11.9).open] == [""]
    assert [one.escalation for one in watched(readings, minute=12).open] == [says]
    (one,) = watched(readings, minute=11).alerts
    assert [one.escalation for one in watched(readings, [acknowledged(one, 11)], 12.5).alerts] == [""]
    assert [one.escalation for one in watched(readings, [acknowledged(one, 11)], 13).alerts] == [says]
    slow = [read(n, "heart_rate", 45) for n in range(20)]
    assert {one.escalation for one in watched(slow, minute=19).open} == {""}


values = st.lists(st.integers(60, 97).map(float), min_size=2, max_size=12)


@settings(max_examples=50)
@given(values, st.integers(0, 11), st.integers(0, 11))
def test_no_acknowledgement_lowers_the_number_of_worsenings_that_call(told: list[float], one: int, other: int) -> None:
    """Slowly: after an answer, whatever is three points below all that was seen is open at that moment."""
    events: list[Event] = []
    worst_seen: float | None = None
    for place, value in enumerate(told):
        minute = 10 + place / 2
        readings = [read(10 + n / 2, "spo2", v) for n, v in enumerate(told[: place + 1])]
        seen = watched(readings, events, minute + 0.49)
        here = [alert for alert in seen.open if alert.episode.rule == "spo2_low"]
        if value < 90 and (worst_seen is None or value <= worst_seen - 3):
            assert here, (told[: place + 1], worst_seen)
        events += [raised(alert, minute) for alert in seen.alerts if not alert.raised]
        if place in (one, other) and here:
            events += [acknowledged(alert, minute + 0.49) for alert in here]
            worst_seen = min(v for v in told[: place + 1])


LIMITS = session.usual()
PAUSED = [started(), Event(at=at(12), kind="pause")]


def against(readings: list[Reading], minute: float, events: list[Event] = PAUSED) -> tuple[str, ...]:
    return session.not_back(LIMITS, watched(readings, events, minute), events)


def test_resuming_asks_for_a_believed_value_of_the_last_minute_within_the_stop() -> None:
    low = [read(11, "spo2", 84)]
    assert against(low, 11.9) == ("oxygen saturation 84 % (below 90 %)",)
    assert against(low, 14) == ("Oxygen saturation: no plausible value in the last 60 s; measure it now",)
    back = [*low, read(14, "spo2", 96, "")]
    assert against(back, 15) == ()
    assert against(back, 15 + 1 / 60) == ("Oxygen saturation: no plausible value in the last 60 s; measure it now",)


def test_resuming_is_refused_by_any_probe_that_is_still_beyond_or_not_believed() -> None:
    two = [read(11, "spo2", 84, "finger"), read(13, "spo2", 97, "ear"), read(13, "spo2", 85, "finger")]
    assert against(two, 13.2) == ("oxygen saturation 85 % (below 90 %)",)
    gone = [*two[:2], read(13, "spo2", 36, "finger")]
    (reason,) = against(gone, 13.2)
    assert "36 % is outside the plausible range" in reason


def test_a_pause_of_another_reason_asks_nothing_and_neither_does_what_was_over_before_the_last_resume() -> None:
    assert against([read(11, "spo2", 97)], 30) == ()
    early = [read(2, "spo2", 84), read(3, "spo2", 97)]
    events = [started(), *(Event(at=at(n), kind=kind) for n, kind in ((4, "pause"), (6, "resume"), (12, "pause")))]  # type: ignore[arg-type]
    assert against(early, 20, events) == ()
    assert against(early, 20, events[:2]) != ()


def test_a_pulse_stands_in_for_the_ecg_and_a_pressure_is_measured_again() -> None:
    high = [read(11, "systolic", 190)]
    assert against(high, 13, [*PAUSED, baseline("systolic", 120)]) != ()
    assert against([*high, read(13, "systolic", 150)], 13.5) == ()
