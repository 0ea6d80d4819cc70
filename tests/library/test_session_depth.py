"""How often the pressure is due by the depth of sedation that was charted last, on either side of each limit."""

from __future__ import annotations

import pytest
from session_builder import alerts, at, minutes, read, started, watched

from unwound import monitoring, protocols, session
from unwound.session import Event, EventKind, Reading
from unwound.session.past import begin, settle
from unwound.session.readings import gather

PRESSURE = ("systolic", "diastolic")


def cuff(*times: float) -> list[Reading]:
    return [read(time, sign, value) for time in times for sign, value in zip(PRESSURE, (120, 75), strict=True)]


def next_pressure(readings: list[Reading], minute: float, *events: Event) -> list[tuple[float, str]]:
    """When the pressure is due, and why where it is because of a depth."""
    seen = watched(readings, [started(), *events], minute)
    lines = [line for line in seen.due if "systolic" in line.signs]
    return [((line.at - at(0)).total_seconds() / 60, line.because) for line in lines]


@pytest.mark.parametrize(
    ("scale", "within", "beyond", "says"),
    [("sedation", -1, -2, "RASS -2"), ("moaas", 4, 3, "MOAA/S 3"), ("poss", 2, 3, "POSS 3")],
)
def test_the_pressure_is_due_every_five_minutes_from_one_step_beyond_the_limit(
    scale: str, within: float, beyond: float, says: str
) -> None:
    assert next_pressure([*cuff(10), read(10, scale, within, "")], 11) == [(25, "")]
    assert next_pressure([*cuff(10), read(10, scale, beyond, "")], 11) == [(15, says)]


def test_a_cuff_that_is_older_than_the_new_interval_is_due_at_once() -> None:
    assert next_pressure([*cuff(2), read(12, "sedation", -2, "")], 12) == [(12, "RASS -2")]


def test_what_was_charted_last_counts_on_whichever_scale_it_is_and_the_deeper_of_two_at_once() -> None:
    deep = [*cuff(10), read(10, "sedation", -2, "")]
    assert next_pressure([*deep, read(12, "moaas", 5, "")], 13) == [(25, "")]
    assert next_pressure([*deep, read(12, "moaas", 5, ""), read(13, "poss", 3, "")], 13) == [(15, "POSS 3")]
    assert next_pressure([*deep, read(10, "moaas", 5, "")], 13) == [(15, "RASS -2")]


def test_a_cuff_that_stays_away_calls_after_the_shorter_interval_and_says_the_depth() -> None:
    readings = [*cuff(10), read(10, "sedation", -2, "")]
    assert not alerts(watched(readings, [started()], 17), rule="pressure_sedated")
    (late,) = alerts(watched(readings, [started()], 17.1), rule="pressure_sedated")
    assert minutes([late]) == [17]
    assert late.because == ("not recorded: blood pressure", "RASS -2")
    lighter = [*readings, read(16, "sedation", 0, "")]
    assert not alerts(watched(lighter, [started()], 25), rule="pressure_sedated")


def test_it_is_so_after_the_infusion_too() -> None:
    stopped = Event(at=at(30), kind=EventKind.STOP)
    readings = [*cuff(10, 25, 31), read(31, "sedation", -2, "")]
    assert next_pressure(readings, 32, stopped) == [(36, "RASS -2")]


@pytest.mark.parametrize("protocol", protocols.protocols())
def test_every_setting_measures_as_often_at_this_depth(protocol: str) -> None:
    limits = monitoring.limits(protocol)
    readings = [*cuff(10), read(10, "sedation", -2, "")]
    first = watched(readings, [started()], 11, limits).due
    assert min(line.at for line in first if "systolic" in line.signs) == at(15)


@pytest.mark.parametrize("scale", ["sedation", "moaas", "poss"])
def test_a_past_keeps_how_deep_it_was(scale: str) -> None:
    deep = {"sedation": -2, "moaas": 3, "poss": 3}[scale]
    light = {"sedation": 0, "moaas": 5, "poss": 1}[scale]
    charted = [read(time, scale, deep if 4 <= time < 30 else light, "") for time in range(2, 40)]
    readings = gather([*cuff(1, 29), *charted])
    past, after = settle(begin(session.usual()), readings, [started()], at(35))
    whole = session.watch(session.usual(), readings, [started()], at(45))
    short = session.watch(session.usual(), after, [started()], at(45), past)
    assert whole.due == short.due
    assert alerts(whole, rule="pressure_sedated") == alerts(short, rule="pressure_sedated")
    assert alerts(whole, rule="pressure_sedated")
