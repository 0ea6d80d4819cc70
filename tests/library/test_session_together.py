"""One event is one alert with its facts; a blink of a probe waits; breathing is watched."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from session_builder import acknowledged, alerts, at, baseline, none, raised, read, started, watched

from unwound import session
from unwound.session import Event, Reading


def events(readings: list[Reading], minute: float, *told: Event) -> list[tuple[str, ...]]:
    """The rules of each event, the leading one first."""
    seen = watched(readings, told, minute)
    return [tuple(alert.episode.rule for alert in event.alerts) for event in seen.happenings]


def test_one_cuff_reading_of_186_112_is_one_event_and_the_stop_leads() -> None:
    cuff = [read(5, "systolic", 186), read(5, "diastolic", 112), read(5, "mean_pressure", 137)]
    start = (baseline("systolic", 122), baseline("diastolic", 74))
    (one,) = events(cuff, 5, *start)
    assert one[:2] == ("diastolic_high", "systolic_high")
    assert len(one) == 6
    (event,) = watched(cuff, start, 5).happenings
    assert event.facts[:2] == (
        "diastolic blood pressure 112 mmHg (monitor)",
        "systolic blood pressure 186 mmHg (monitor)",
    )


def test_ecg_and_pulse_and_two_monitors_are_one_slow_heart() -> None:
    slow = [read(5, kind, 44, source) for kind in ("heart_rate", "pulse_rate") for source in ("a", "b")]
    assert events(slow, 6) == [("heart_rate_low",) * 2 + ("pulse_rate_low",) * 2]


@pytest.mark.parametrize(("ecg", "pulse"), [(72, 36), (152, 75), (100, 45)])
def test_ecg_against_pulse_is_named_as_a_disagreement(ecg: float, pulse: float) -> None:
    (event,) = watched([read(5, "heart_rate", ecg), read(5, "pulse_rate", pulse)], minute=5.5).happenings
    assert event.disagreement.endswith("ECG and pulse disagree: feel the pulse.")
    assert f"{ecg} /min" in event.disagreement
    assert f"{pulse} /min" in event.disagreement


def test_ecg_and_pulse_twenty_apart_do_not_disagree_yet() -> None:
    (event,) = watched([read(5, "heart_rate", 65), read(5, "pulse_rate", 45)], minute=5.5).happenings
    assert event.disagreement == ""


def test_breathing_and_oxygen_are_two_events_and_a_probe_that_fell_off_is_a_third() -> None:
    told = [read(5, "spo2", 78), read(5, "etco2", 0), read(4, "heart_rate", 72), none(5, "heart_rate", "no-sensor")]
    assert events(told, 5.6) == [("etco2_silent",), ("spo2_low",), ("sensor-off",)] or events(told, 5.6) == [
        ("spo2_low",),
        ("etco2_silent",),
        ("sensor-off",),
    ]


def test_a_monitor_that_fell_silent_is_one_fact_with_its_signs_and_two_monitors_are_two() -> None:
    told = [read(1, sign, value, source) for source in ("A", "B") for sign, value in (("spo2", 97), ("heart_rate", 72))]
    seen = watched(told, [started()], 10)
    facts = {fact for event in seen.happenings for fact in event.facts if fact.startswith("no reading")}
    assert facts == {f"no reading: heart rate, oxygen saturation ({source})" for source in "AB"}


def test_two_falls_far_apart_are_two_events() -> None:
    told = [read(5, "spo2", 78), read(5.2, "spo2", 97), read(15, "spo2", 76), read(15.2, "spo2", 97)]
    assert len(events(told, 16)) == 2


@pytest.mark.parametrize(
    ("value", "lasts_s", "calls"),
    [(84, 15, False), (84, 16, True), (80, 15, False), (79, 1, True), (50, 1, True)],
    ids=str,
)
def test_a_dip_of_15_seconds_at_80_or_above_waits_and_below_80_nothing_does(
    value: float, lasts_s: float, calls: bool
) -> None:
    told = [read(5, "spo2", value), read(5 + lasts_s / 60, "spo2", 97)]
    assert bool(alerts(watched(told, minute=10), "limit")) is calls
    assert len(session.gather(told)) == 2, "the raw readings stay"


def test_short_dips_within_one_minute_count_together_and_rare_ones_do_not() -> None:
    def dips(every_s: float) -> list[Reading]:
        return [
            read(5 + (n * every_s + part) / 60, "spo2", value) for n in range(20) for part, value in ((0, 84), (5, 97))
        ]

    assert len(alerts(watched(dips(15), minute=30), "limit")) == 1
    assert alerts(watched(dips(50), minute=30), "limit") == []


def test_what_a_person_charts_never_waits() -> None:
    assert len(alerts(watched([read(5, "spo2", 88, "")], minute=5), "limit", "spo2_low")) == 1


def test_a_sensor_off_for_half_a_minute_waits() -> None:
    told = [read(5, "spo2", 97), none(5.1, "spo2", "no-sensor")]
    assert alerts(watched(told, minute=5.6), "sensor-off") == []
    assert len(alerts(watched(told, minute=5.61), "sensor-off")) == 1


@pytest.mark.parametrize(("kind", "calm"), [("etco2", 38), ("respiratory_rate", 14)])
def test_no_breath_is_a_stop_within_half_a_minute(kind: str, calm: float) -> None:
    told = [read(4, kind, calm), *(read(5 + n / 12, kind, 0) for n in range(20))]
    assert "stop" in {one.does for one in watched(told, minute=5.5).open}


def test_a_device_that_sent_breathing_and_falls_silent_is_missed_though_the_nurse_counts_by_hand() -> None:
    told = [read(n, "respiratory_rate", 14) for n in range(5)] + [
        read(n, "respiratory_rate", 14, "") for n in (5, 15, 25)
    ]
    silent = alerts(watched(told, [started()], 10), "no-data", "breathing")
    assert [one.episode.channel.source for one in silent] == ["monitor"]
    by_hand = [read(n, "respiratory_rate", 14, "") for n in (5, 15)]
    assert alerts(watched(by_hand, [started()], 16), "no-data", "breathing") == []


def test_nothing_of_a_patient_who_left_calls() -> None:
    told = [read(30, "spo2", 97), *(none(n, "spo2", "no-sensor") for n in range(41, 50))]
    left = [Event(at=at(39), kind="stop"), Event(at=at(40), kind="leave")]
    assert alerts(watched(told, [started(), *left], 60), "sensor-off") == []


def test_a_probe_that_is_gone_no_longer_says_what_is_beyond_once_another_is_within() -> None:
    gone = [read(5, "spo2", 85, "old"), *(read(n, "spo2", 97, "new") for n in range(6, 19))]
    assert watched(gone[:2], minute=6.2).beyond == ("oxygen saturation 85 % (old) (below 90 %)",)
    assert watched(gone, minute=18.5).beyond == ()
    assert len(alerts(watched(gone, minute=18.5), "limit")) == 1, "the alert itself waits for its answer"
    both = [*gone, read(19, "spo2", 88, "new")]
    assert watched(both, minute=19.4).beyond == ("oxygen saturation 88 % (new) (below 90 %)",), "what is over stays so"
    assert watched(gone[:1], minute=60).beyond != (), "nobody else has seen the sign"


artefact = st.sampled_from([101.0, -1.0, None])


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 120), st.integers(70, 99).map(float)), max_size=20),
    st.lists(st.tuples(st.integers(0, 120), artefact), max_size=8),
)
def test_readings_of_artefact_never_hide_a_true_alert(
    told: list[tuple[int, float]], wrong: list[tuple[int, float | None]]
) -> None:
    readings = [read(n / 12, "spo2", value) for n, value in told]
    more = [none(n / 12, "spo2", "no-sensor") if v is None else read(n / 12, "spo2", v) for n, v in wrong]

    def true(these: list[Reading]) -> set[session.Episode]:
        return {one.episode for one in watched(these, minute=12).open if one.kind == "limit"}

    assert true(readings) <= true([*readings, *more])


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["spo2", "systolic", "heart_rate"])), max_size=15))
def test_every_open_alert_is_in_exactly_one_event_and_the_gravest_leads(told: list[tuple[int, str]]) -> None:
    low = {"spo2": 70.0, "systolic": 190.0, "heart_rate": 41.0}
    seen = watched([read(n / 2, kind, low[kind]) for n, kind in told], [baseline("systolic", 120), started()], 40)
    grouped = [alert for event in seen.happenings for alert in event.alerts]
    assert sorted(alert.episode for alert in grouped) == sorted(alert.episode for alert in seen.open)
    order = ("stop", "pause", "review")
    for event in seen.happenings:
        assert order.index(event.lead.does) == min(order.index(alert.does) for alert in event.alerts)
    answers = [raised(one, 40) for one in seen.open] + [acknowledged(one, 40) for one in grouped]
    assert watched([], [*answers], 40).happenings == ()
