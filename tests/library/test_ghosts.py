"""A probe that is gone: what it said last is over once another believed probe of the sign is within its limits."""

from __future__ import annotations

import pytest
from session_builder import at, started

from unwound import session
from unwound.session import Reading
from unwound.session.events import AlertKind
from unwound.session.signs import signs

GAP_MIN = signs()["spo2"].gap.value / 60


def spo2(minute: float, value: float | None, source: str, status: str = "value") -> Reading:
    return Reading(at=at(minute), kind="spo2", value=value, source=source, status=status)  # type: ignore[arg-type]


def stream(source: str, since: float, until: float, value: float = 97) -> list[Reading]:
    return [spo2(since + step / 6, value, source) for step in range(int((until - since) * 6) + 1)]


def going_on(readings: list[Reading], minute: float = 30) -> list[tuple[AlertKind, str]]:
    watched = session.watch(session.usual(), readings, [started()], at(minute))
    return [
        (alert.kind, alert.episode.channel.source)
        for alert in watched.alerts
        if alert.until is None and alert.episode.channel.sign == "spo2"
    ]


def test_a_monitor_swapped_in_mid_desaturation_leaves_nothing_going_on() -> None:
    old = [*stream("old", 0, 10), *stream("old", 10.2, 12, 86)]
    assert (AlertKind.LIMIT, "old") in going_on(old)
    assert going_on([*old, *stream("new", 12.5, 30)]) == []


def test_it_goes_on_while_the_other_is_beyond_too_or_doubted_or_implausible() -> None:
    old = [*stream("old", 0, 10), *stream("old", 10.2, 12, 86)]
    assert (AlertKind.LIMIT, "old") in going_on([*old, *stream("new", 12.5, 30, 87)])
    doubted = [spo2(reading.at.minute, 97, "new", "questionable") for reading in stream("new", 13, 30)]
    assert (AlertKind.LIMIT, "old") in going_on([*old, *doubted])
    assert (AlertKind.LIMIT, "old") in going_on([*old, *stream("new", 12.5, 30, 12)])


@pytest.mark.parametrize(("beyond_gap_s", "over"), [(-1, False), (1, True)])
def test_only_once_the_probe_is_gone(beyond_gap_s: float, over: bool) -> None:
    """The other probe was there all along: two probes that disagree both count while both speak."""
    old = [*stream("old", 0, 10), *stream("old", 10.2, 12, 86)]
    last = old[-1].at
    now = (last - at(0)).total_seconds() / 60 + GAP_MIN + beyond_gap_s / 60
    both = [*old, *stream("new", 0, 30)]
    values = [reading for reading in both if reading.at <= at(now)] + [spo2(now, 97, "new")]
    assert ((AlertKind.LIMIT, "old") not in going_on(values, now)) is over


def test_a_silent_probe_is_still_answered_once() -> None:
    readings = [*stream("old", 0, 12), *stream("new", 12, 30)]
    watched = session.watch(session.usual(), readings, [started()], at(30))
    silent = [
        alert for alert in watched.alerts if alert.kind == AlertKind.NO_DATA and alert.episode.channel.source == "old"
    ]
    assert [(alert.open, alert.until is not None) for alert in silent] == [(True, True)]


def test_a_value_by_hand_is_no_other_probe() -> None:
    old = [*stream("old", 0, 10), *stream("old", 10.2, 12, 86)]
    assert (AlertKind.LIMIT, "old") in going_on([*old, spo2(29, 97, "")])


def hints(readings: list[Reading], minute: float) -> list[str]:
    return [one.hint for one in session.watch(session.usual(), readings, [started()], at(minute)).happenings]


@pytest.mark.parametrize(
    ("lowest", "cuff_after_s", "hinted"),
    [(86, 30, True), (86, 60, True), (86, 61, False), (86, -1, False), (79, 30, False)],
)
def test_a_fall_while_a_cuff_inflates_says_that_it_may_be_the_cuff_and_still_calls(
    lowest: float, cuff_after_s: float, hinted: bool
) -> None:
    falls = [*stream("probe", 0, 10), *stream("probe", 10.5, 12, lowest)]
    cuff = Reading(at=at(10.5 + cuff_after_s / 60), kind="systolic", value=120, source="cuff")
    told = hints([*falls, cuff], 12)
    assert told, "the alert itself never waits for the hint"
    assert any("arm of the probe" in hint for hint in told) is hinted
