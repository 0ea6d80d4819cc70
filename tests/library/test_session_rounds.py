"""Signs that a round leaves without a number: the check was done, no value is made of it, and after two it asks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from session_builder import alerts, at, read, started, watched

from unwound.session import Event, Reading, Readings, SessionError, gather
from unwound.session.rounds import How, judged
from unwound.session.signs import signs


def observed(minute: float, sign: str = "pain", how: str = How.UNCHANGED) -> Event:
    return Event(at=at(minute), kind="observed", by="nurse A", of=sign, reason=how)


def round_(minute: float, **values: float) -> list[Reading]:
    return [read(minute, sign, value, source="") for sign, value in values.items()]


CALM = {"respiratory_rate": 14, "sedation": 0, "dissociation": 1, "pain": 3}
"""All that the check of a round asks."""


def test_what_was_observed_is_not_due_until_the_next_round() -> None:
    readings = [*round_(15, **CALM), *round_(30, respiratory_rate=14, sedation=0)]
    events = [started(), observed(30, "pain"), observed(30, "dissociation")]
    assert not alerts(watched(readings, events, minute=49.9), kind="overdue", rule="observation")
    (late,) = alerts(watched(readings, events, minute=51), kind="overdue", rule="observation")
    assert "pain" in late.because[0]
    (without,) = alerts(watched(readings, [started()], minute=49.9), kind="overdue", rule="observation")
    assert without.because == ("not recorded: dissociation, pain",)


def test_no_value_is_made_of_it() -> None:
    readings, events = round_(15, **CALM), [started(), observed(30)]
    seen = watched(readings, events, minute=40)
    (pain,) = [current for current in seen.current if current.channel.sign == "pain"]
    assert (pain.reading.value, pain.reading.at, pain.stale) == (3, at(15), True)


@pytest.mark.parametrize(
    ("before", "in_row", "asks"), [([], 0, False), ([30], 1, False), ([30, 45], 2, True), ([30, 45, 60], 3, True)]
)
def test_after_two_in_a_row_it_asks(before: list[float], in_row: int, asks: bool) -> None:
    pain = judged(gather(round_(15, pain=3)), [observed(minute) for minute in before], "pain", at(70))
    assert (pain.in_row, pain.asks, bool(pain.why_not(How.UNCHANGED))) == (in_row, asks, asks)


def test_a_number_begins_the_row_anew() -> None:
    readings = gather([*round_(15, pain=3), *round_(50, pain=4)])
    pain = judged(readings, [observed(30), observed(45), observed(65)], "pain", at(70))
    assert (pain.in_row, pain.last.value if pain.last else None) == (1, 4)


@pytest.mark.parametrize("sign", sorted(signs()))
def test_nothing_measured_and_no_depth_of_sedation_is_as_before(sign: str) -> None:
    readings = gather(round_(15, **{sign: signs()[sign].lowest.value}))
    judged_sign = judged(readings, [], sign, at(20))
    may = not judged_sign.why_not(How.UNCHANGED)
    assert may == (sign in {"pain", "dissociation", "nausea"})
    assert bool(judged_sign.why_not(How.ASLEEP)) == (sign not in {"pain", "dissociation", "nausea", "sedation"})


def test_without_a_value_before_nothing_is_unchanged() -> None:
    assert judged(Readings(), [], "pain", at(20)).why_not(How.UNCHANGED) == "pain has no value before this one"


def test_an_observation_needs_its_sign_who_and_how() -> None:
    for left_out in ("of", "by", "reason"):
        with pytest.raises(SessionError, match=left_out):
            Event(**{"at": at(1), "kind": "observed", "of": "pain", "by": "A", "reason": "unchanged", left_out: ""})


MINUTES = st.lists(st.integers(1, 90), max_size=8)


@given(values=MINUTES, without=MINUTES, now=st.integers(0, 100))
def test_how_often_in_a_row_as_counted_one_by_one(values: list[int], without: list[int], now: int) -> None:
    readings = gather(reading for minute in values for reading in round_(minute, pain=3))
    pain = judged(readings, [observed(minute) for minute in without], "pain", at(now))
    last = max((minute for minute in values if minute <= now), default=None)
    number = 0
    for minute in range(now + 1):  # minute by minute, as one would on paper
        number = 0 if minute in values else number + (minute in without)
    assert pain.in_row == number
    assert (pain.last.at if pain.last else None) == (None if last is None else at(last))


@given(without=MINUTES)
def test_an_observation_changes_no_alert_but_those_of_the_clock(without: list[int]) -> None:
    readings = [*round_(15, **CALM), *round_(20, spo2=84), *round_(40, pain=9)]
    plain = watched(readings, [started()], minute=95)
    seen = watched(readings, [started(), *map(observed, without)], minute=95)
    of_values = [one for one in plain.alerts if one.kind != "overdue"]
    assert [one for one in seen.alerts if one.kind != "overdue"] == of_values
    assert seen.current == plain.current
