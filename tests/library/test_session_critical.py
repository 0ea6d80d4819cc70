"""A value beyond what is believed, after believed ones of the same probe, is looked at now: critical or artefact."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from session_builder import alerts, none, read, watched

from unwound import session
from unwound.session import Reading

CRITICAL = "Critical or artefact: look at the patient now, then check the probe."


def last_alert(kind: str, *told: tuple[float, float]) -> session.Alert:
    """The alert on an implausible value, half a minute after the last of them."""
    readings = [read(minute, kind, value) for minute, value in told]
    (one,) = alerts(watched(readings, minute=told[-1][0] + 0.5), "implausible")
    return one


@pytest.mark.parametrize(
    ("kind", "calm", "then"),
    [
        ("heart_rate", 72, 0),
        ("pulse_rate", 72, 0),
        ("spo2", 97, 36),
        ("spo2", 97, 0),
        ("respiratory_rate", 14, 72),
        ("heart_rate", 72, 290),
        ("systolic", 120, 30),
        ("mean_pressure", 90, 12),
    ],
)
def test_after_believed_values_of_the_probe_it_is_a_stop(kind: str, calm: float, then: float) -> None:
    one = last_alert(kind, (9, calm), (9.5, then))
    assert (one.does, one.says, one.worst) == ("stop", CRITICAL, then)


@pytest.mark.parametrize(
    ("kind", "calm", "then"),
    [
        ("spo2", 97, 101),
        ("spo2", 97, -1),
        ("heart_rate", 72, -1),
        ("heart_rate", 72, 65535),
        ("temperature", 37, 384.5),
        ("systolic", 120, 2047),
        ("respiratory_rate", 14, 255),
    ],
)
def test_what_cannot_be_true_of_anybody_is_an_artefact(kind: str, calm: float, then: float) -> None:
    assert last_alert(kind, (9, calm), (9.5, then)).does == "review"


def test_it_must_follow_a_believed_value_within_the_gap_of_the_sign() -> None:
    gap = session.sign("heart_rate").gap.value / 60
    assert last_alert("heart_rate", (5, 72), (5 + gap, 0)).does == "stop"
    assert last_alert("heart_rate", (5, 72), (5 + gap + 1 / 60, 0)).does == "review"


@pytest.mark.parametrize(
    ("kind", "calm", "then", "every_s"),
    [("spo2", 97, 36, 1), ("heart_rate", 72, 0, 5), ("respiratory_rate", 14, 72, 1), ("systolic", 120, 30, 300)],
)
def test_after_a_silence_it_is_critical_once_it_stays(kind: str, calm: float, then: float, every_s: float) -> None:
    """97 %, ten minutes without a message, then 36 for as long as it goes on: no blink of a probe lasts so long."""
    waits, back = session.sign(kind).waits_s, 5 + session.sign(kind).gap.value / 60 + 10
    comes = [back + n * every_s / 60 for n in range(int(waits / every_s) + 2)]
    last_waiting = [minute for minute in comes if minute - back <= waits / 60 + 1e-9]
    assert last_alert(kind, (5, calm), *((minute, then) for minute in last_waiting)).does == "review"
    assert last_alert(kind, (5, calm), *((minute, then) for minute in comes)).does == "stop"


@pytest.mark.parametrize(("kind", "shows"), [("heart_rate", 0), ("spo2", 36), ("respiratory_rate", 72)])
def test_a_probe_that_was_never_believed_is_a_stop_where_nothing_else_tells(kind: str, shows: float) -> None:
    """A monitor that is connected in the middle of an arrest has no value before it."""
    one = last_alert(kind, *((5 + n / 60, shows) for n in range(120)))
    assert (one.does, "no other probe tells" in one.says) == ("stop", True)


@pytest.mark.parametrize(("other", "value"), [("pulse_rate", 72), ("heart_rate", 70)])
def test_a_new_probe_beside_a_believed_one_is_not_on_the_patient_yet(other: str, value: float) -> None:
    new = [read(5 + n / 60, "heart_rate", 0, "ecg") for n in range(61)]
    beside = [read(5 + n / 60, other, value, "oximeter") for n in range(61)]
    assert [one.does for one in alerts(watched([*new, *beside], minute=6), "implausible")] == ["review"]
    gap = session.sign(other).gap.value / 60
    silent = [*new, read(6 + gap, "heart_rate", 0, "ecg"), *beside]
    assert [one.does for one in alerts(watched(silent, minute=6 + gap + 1 / 60), "implausible")] == ["stop"]
    both = [*silent, read(6.1 + gap, other, value, "oximeter"), read(6.2 + gap, "heart_rate", value, "ecg")]
    assert [one.does for one in alerts(watched(both, minute=7 + gap), "implausible")] == ["stop"], "it was not answered"


def test_what_nobody_can_have_of_a_new_probe_stays_an_artefact() -> None:
    assert last_alert("heart_rate", *((5 + n / 60, 500) for n in range(120))).does == "review"


def test_a_typed_value_that_nobody_believes_stays_an_artefact() -> None:
    (one,) = alerts(watched([read(5, "spo2", 36, "")], minute=5.5), "implausible")
    assert one.does == "review"


@pytest.mark.parametrize(
    ("kind", "before", "then", "does"),
    [
        ("spo2", 59, 37, "stop"),
        ("spo2", 84, 37, "stop"),
        ("spo2", 85, 37, "review"),
        ("heart_rate", 205, 290, "stop"),
        ("heart_rate", 205, 5, "review"),
        ("heart_rate", 39, 0, "stop"),
    ],
)
def test_after_a_silence_it_is_critical_where_the_last_believed_value_was_grave_on_its_side(
    kind: str, before: float, then: float, does: str
) -> None:
    """59 %, two minutes without a message, then 37: an acknowledged alert made the second value an artefact."""
    assert last_alert(kind, (5, before), (30, then)).does == does


def test_another_probe_does_not_make_it_believed() -> None:
    seen = watched([read(5, "spo2", 97, "ear"), read(5.1, "spo2", 20, "finger")], minute=5.4)
    assert [one.does for one in seen.alerts] == ["review"]


def test_it_stays_critical_however_long_it_lasts_and_however_often_the_lead_falls_off() -> None:
    asystole = [read(5, "heart_rate", 72), *(read(5 + n / 6, "heart_rate", 0) for n in range(1, 60))]
    (one,) = alerts(watched(asystole, minute=15), "implausible")
    assert (one.does, one.until) == ("stop", None)
    off = [*asystole[:4], none(5.7, "heart_rate", "no-sensor"), read(6, "heart_rate", 0)]
    assert {one.does for one in alerts(watched(off, minute=6.5), "implausible")} == {"stop"}


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 40), st.sampled_from([97.0, 85.0, 78.0, 36.0, 0.0, None])), max_size=15))
def test_a_fall_is_never_calmer_than_one_that_stays_believed(told: list[tuple[int, float | None]]) -> None:
    """Whatever came before: 36 after a believed value is at least as grave as 58 would be."""

    def gravest(value: float) -> set[str]:
        before = [
            none(n / 6, "spo2", "no-sensor") if v is None else read(n / 6, "spo2", v) for n, v in sorted(told, key=str)
        ]
        readings: list[Reading] = [*before, read(7, "spo2", 97), read(7.1, "spo2", value)]
        return {one.does for one in watched(readings, minute=7.6).open if one.until is None}

    assert "stop" in gravest(58)
    assert "stop" in gravest(36)
