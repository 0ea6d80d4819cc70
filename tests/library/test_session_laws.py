"""Laws of a session: whatever is read and told in whatever order, these hold."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from session_builder import acknowledged, at, baseline, none, raised, read, started, watched

from unwound import session
from unwound.pharmacology.dosing import total_mg
from unwound.session import Event, Lot, Reading, SessionError
from unwound.session.turns import KINDS, TURNS, out_of_turn

kinds = st.sampled_from(sorted(KINDS | {"leave"}))
told = st.lists(st.tuples(st.integers(0, 60), kinds), max_size=8, unique_by=lambda one: one[0])


def happened(minute: int, kind: Any) -> Event:
    numbers: dict[str, Any] = {"start": {"rate_mg_per_h": 20.0}, "rate": {"rate_mg_per_h": 30.0}}
    numbers["bolus"] = {"amount_mg": 5.0}
    return Event(at=at(minute), kind=kind, **numbers.get(kind, {}))


def fits(kinds: list[str]) -> bool:
    """The same said slowly: one start; pauses and resumes by turns; after the stop or the leaving nothing."""
    runs, paused, over = False, False, False
    for kind in kinds:
        may = {
            "start": not runs and not over,
            "pause": runs and not paused,
            "resume": runs and paused,
            "stop": runs,
            "rate": runs,
            "bolus": runs,
            "leave": True,
        }
        if not may[kind]:
            return False
        paused = kind == "pause" or (paused and kind != "resume")
        runs, over = (runs or kind == "start") and kind not in ("stop", "leave"), over or kind in ("stop", "leave")
    return True


@given(told, st.randoms(use_true_random=False))
def test_a_course_fits_when_a_slow_walk_through_it_says_so(told: list[tuple[int, str]], random: Any) -> None:
    events = [happened(*one) for one in told]
    expected = fits([kind for _, kind in sorted(told)])
    random.shuffle(events)
    assert (out_of_turn(events) is None) is expected


@given(told)
def test_in_a_course_that_fits_no_dose_lies_before_the_start_or_after_the_end(told: list[tuple[int, str]]) -> None:
    events = [happened(*one) for one in told]
    if out_of_turn(events) is not None:
        return
    when = {one.kind: one.at for one in events}
    doses = session.doses_given(events, at(60))
    assert all(one.time_h >= 0 for one in doses)
    if "start" in when and (end := when.get("stop", when.get("leave"))):
        hours = (end - when["start"]) / timedelta(hours=1)
        assert all(one.end_h <= hours + 1e-9 for one in doses)
        assert total_mg(doses) <= 30 * hours + 5 * len(events) + 1e-9


def test_every_phase_says_what_can_happen_to_the_pump_and_nothing_leads_back_to_before() -> None:
    assert all("before" not in after.values() for after in TURNS.values())
    assert not TURNS["recovery"]
    assert not TURNS["over"]


def test_a_grade_is_from_one_to_five() -> None:
    for grade in (1, 5):
        assert Event(at=at(0), kind="side-effect", of="nausea", grade=grade).grade == grade
    for wrong in (0, 6, 2.5, float("nan")):
        with pytest.raises(SessionError, match="a grade is a whole number from 1 to 5"):
            Event(at=at(0), kind="side-effect", of="nausea", grade=wrong)  # type: ignore[arg-type]


SIGNS = ("spo2", "systolic", "respiratory_rate")
minutes = st.integers(0, 80).map(lambda half: half / 2)
values = st.sampled_from([5.0, 14.0, 60.0, 85.0, 97.0, 120.0, 190.0, 250.0])
reading = st.builds(read, minutes, st.sampled_from(SIGNS), values, st.sampled_from(["a", "b"]))
nothing = st.builds(
    none, minutes, st.sampled_from(SIGNS), st.sampled_from(["missing", "no-sensor"]), st.sampled_from(["a", "b"])
)
STARTS = [baseline("systolic", 120), started()]


@pytest.mark.thorough
@settings(max_examples=40)
@given(st.lists(st.one_of(reading, reading, nothing), max_size=20), st.sets(st.integers(1, 40)))
def test_watched_minute_by_minute_each_episode_is_raised_once_and_stays_until_answered(
    readings: list[Reading], answered: set[int]
) -> None:
    events, open_before = list(STARTS), set[session.Episode]()
    for minute in range(41):
        seen = watched([one for one in readings if one.at <= at(minute)], events, minute)
        assert open_before <= {one.episode for one in seen.open}
        events += [raised(one, minute) for one in seen.alerts if not one.raised]
        if minute in answered:
            events += [acknowledged(one, minute) for one in seen.open]
        open_before = set() if minute in answered else {one.episode for one in seen.open}
    last = watched(readings, events, 40)
    shown = Counter(one.episode for one in events if one.kind == "raised")
    assert set(shown.values()) <= {1}
    assert Counter(one.episode for one in last.alerts) == shown


@pytest.mark.thorough
@given(st.lists(reading, max_size=20), st.lists(nothing, max_size=6), st.lists(minutes, max_size=6))
def test_artefacts_and_sensors_that_are_off_neither_end_nor_part_nor_make_an_episode_beyond_a_limit(
    readings: list[Reading], off: list[Reading], artefacts: list[float]
) -> None:
    def limits(these: list[Reading]) -> list[session.Alert]:
        return [one for one in watched(these, STARTS, 40).alerts if one.kind in ("limit", "trend")]

    more = [read(minute, "spo2", 5, source) for minute in artefacts for source in ("a", "b")]
    assert limits([*readings, *off, *more]) == limits(readings)


zones = st.sampled_from(["UTC", "Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
AROUND = (
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # clocks go back in Europe
    datetime(2026, 3, 29, 0, 30, tzinfo=UTC),  # and ahead
    datetime(2028, 2, 28, 23, 40, tzinfo=UTC),  # into a leap day
    datetime(2026, 12, 31, 23, 40, tzinfo=UTC),  # over the year
)


@pytest.mark.thorough
@given(st.sampled_from(AROUND), st.lists(st.tuples(reading, zones), max_size=15), zones)
def test_the_zone_in_which_a_time_is_written_changes_nothing(
    begin: datetime, told: list[tuple[Reading, str]], zone: str
) -> None:
    def seen(local: bool) -> session.Watched:
        moved = [
            Reading(
                at=(begin + (one.at - at(0))).astimezone(ZoneInfo(written) if local else UTC),
                kind=one.kind, value=one.value, source=one.source,
            )
            for one, written in told
        ]  # fmt: skip
        start = Event(at=begin.astimezone(ZoneInfo(zone) if local else UTC), kind="start", rate_mg_per_h=20)
        return session.watch(session.usual(), moved, [start], begin + timedelta(minutes=40))

    assert seen(local=True) == seen(local=False)


amounts = st.integers(0, 300).map(lambda tenth: Decimal(tenth) / 10)
lots = st.builds(
    Lot,
    lot=st.sampled_from(["A1", "B2"]),
    drug=st.just("ketamine"),
    drawn_mg=amounts,
    given_mg=amounts,
    wasted_mg=amounts,
    returned_mg=amounts,
    wasted_by=st.just("nurse A"),
    witness=st.just("nurse B"),
)


@given(st.lists(lots, max_size=3))
def test_a_balance_that_closes_has_no_lot_of_which_more_went_than_was_drawn_up(each: list[Lot]) -> None:
    parts = [(one.drawn_mg, (one.given_mg or 0) + (one.wasted_mg or 0) + (one.returned_mg or 0)) for one in each]
    whole = sum(drawn or 0 for drawn, _ in parts) == sum(spent for _, spent in parts)
    assert (session.balance(each).closes.holds is True) is (whole and all((drawn or 0) >= s for drawn, s in parts))


@pytest.mark.parametrize(("given_mg", "agrees"), [("40", True), ("30", True), ("50", True), ("29.9", False)])
def test_what_is_given_agrees_with_what_ran_within_percents_of_what_was_drawn_up(given_mg: str, agrees: bool) -> None:
    lot = Lot(lot="A1", drug="Ketamine", drawn_mg=Decimal(200), given_mg=Decimal(given_mg))
    judged = session.agrees(
        [lot, Lot(lot="B2", drug="midazolam", drawn_mg=Decimal(5), given_mg=Decimal(5))], "ketamine", 40.0, 5
    )
    assert judged.holds is agrees
    assert agrees or judged.because == ("ketamine: 29.9 mg is charted as given, but the charted rates come to 40 mg",)


def test_nothing_drawn_up_agrees_only_with_nothing_that_ran() -> None:
    assert session.agrees([], "ketamine", 0.0, 5).holds is True
    assert session.agrees([], "ketamine", 0.1, 5).holds is False
