"""The record of a session: what was given, whether it adds up, the nadir, the time beyond a limit, the grid."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from session_builder import START, at, none, read, started

from unwound import session
from unwound.pharmacology.dosing import Dose, total_mg
from unwound.session import Channel, Event, Lot, Reading, SessionError

BELOW_90 = next(rule for rule in session.usual().limits if rule.id == "spo2_low")
HIGH = next(rule for rule in session.usual().limits if rule.id == "systolic_high")


def told(minute: float, kind: str, rate: float | None = None) -> Event:
    return Event(at=at(minute), kind=kind, rate_mg_per_h=rate)  # type: ignore[arg-type]


def given_mg(*events: Event, minute: float = 240) -> float:
    return total_mg(session.doses_given(events, at(minute)))


def test_the_doses_are_the_rates_that_really_ran() -> None:
    events = [started(20), told(60, "rate", 30), told(90, "pause"), told(120, "resume"), told(150, "stop")]
    doses = session.doses_given(events, at(240))
    assert [(one.time_h, one.duration_h, one.rate_mg_per_h) for one in doses] == [
        (0, 1, 20),
        (1, 0.5, 30),
        (2, 0.5, 30),
    ]
    assert all(one.by_rate for one in doses)
    assert total_mg(doses) == pytest.approx(50)


def test_what_still_runs_is_counted_up_to_now_and_no_further() -> None:
    assert given_mg(started(20), minute=90) == pytest.approx(30)
    assert given_mg(started(20), told(120, "stop"), minute=90) == pytest.approx(30)
    assert given_mg(told(0, "rate", 20), minute=90) == 0


def test_a_rate_told_in_a_pause_holds_from_when_it_goes_on() -> None:
    assert given_mg(started(20), told(60, "pause"), told(70, "rate", 40), told(120, "resume"), minute=180) == 60


def test_nothing_goes_on_after_the_stop_and_leaving_is_a_stop() -> None:
    assert given_mg(started(20), told(60, "stop"), told(61, "resume"), told(62, "rate", 90)) == 20
    assert given_mg(started(20), told(60, "leave")) == 20


def test_a_bolus_is_a_dose_at_once_and_an_event_taken_back_is_none() -> None:
    bolus = Event(at=at(30), kind="bolus", amount_mg=5)
    events = [started(0), bolus]
    assert session.doses_given(events, at(60)) == (Dose(time_h=0.5, amount_mg=5),)
    withdrawn = Event(at=at(30), kind="bolus", amount_mg=5, withdrawn="never given")
    assert session.doses_given([*events, withdrawn], at(60)) == ()


def test_an_event_without_what_it_needs_is_refused() -> None:
    with pytest.raises(SessionError, match="event «rate»: rate_mg_per_h is needed"):
        Event(at=START, kind="rate")
    with pytest.raises(SessionError, match="rate_mg_per_h -1 is not possible"):
        Event(at=START, kind="rate", rate_mg_per_h=-1)


changes = st.lists(
    st.tuples(
        st.integers(0, 300),
        st.sampled_from(["rate", "pause", "resume", "stop"]),
        st.integers(0, 40).map(float),
    ),
    max_size=8,
    unique_by=lambda one: one[0],
)


@given(changes, st.randoms(use_true_random=False))
def test_what_was_given_is_the_rate_summed_minute_by_minute(
    changes: list[tuple[int, str, float]], random: object
) -> None:
    events = [
        started(20),
        *(told(minute, kind, rate if kind == "rate" else None) for minute, kind, rate in changes if minute),
    ]
    doses = session.doses_given(events, at(300))
    assert total_mg(doses) == pytest.approx(
        by_minute({minute: (kind, rate) for minute, kind, rate in changes if minute})
    )
    assert all(one.end_h <= other.time_h + 1e-9 for one, other in pairwise(doses))
    random.shuffle(events)  # type: ignore[attr-defined]
    assert session.doses_given([*events, *events], at(300)) == doses


def by_minute(changes: dict[int, tuple[str, float]]) -> float:
    """The same said slowly: a pump that is asked every minute."""
    rate, runs, over, total = 20.0, True, False, 0.0
    for minute in range(300):
        kind, new = changes.get(minute, ("", 0.0))
        rate = new if kind == "rate" else rate
        over = over or kind == "stop"
        runs = not over and (kind == "resume" or (runs and kind != "pause"))
        total += rate / 60 if runs else 0.0
    return total


def lot(drawn: str, given_: str, wasted: str = "0", returned: str = "0", **more: str) -> Lot:
    return Lot(
        lot="A1",
        drug="ketamine",
        drawn_mg=Decimal(drawn),
        given_mg=Decimal(given_),
        wasted_mg=Decimal(wasted),
        returned_mg=Decimal(returned),
        **more,
    )


SEEN = {"wasted_by": "nurse A", "witness": "nurse B"}


def test_a_balance_closes_to_the_last_fraction() -> None:
    assert session.balance([lot("200", "120.5", "79.5", **SEEN)]).closes.holds is True
    open_ = session.balance([lot("200", "120.5", "79.4", **SEEN)])
    assert open_.closes.holds is False
    assert open_.difference_mg == {"ketamine": Decimal("0.1")}
    assert open_.closes.because == ("ketamine: 0.1 mg not accounted for",)
    assert session.balance([lot("200", "200.1")]).closes.because == ("ketamine: 0.1 mg more than was drawn up",)


def test_one_drug_never_makes_up_for_another() -> None:
    midazolam = Lot(
        lot="B2",
        drug="midazolam",
        drawn_mg=Decimal(5),
        given_mg=Decimal(6),
        wasted_mg=Decimal(0),
        returned_mg=Decimal(0),
    )
    assert session.balance([lot("200", "199"), midazolam]).difference_mg == {
        "ketamine": Decimal(1),
        "midazolam": Decimal(-1),
    }


def test_what_is_not_written_leaves_it_open_and_is_asked() -> None:
    unknown = session.balance([Lot(lot="A1", drug="ketamine", drawn_mg=Decimal(200), given_mg=Decimal(120))])
    assert unknown.closes.holds is None
    assert unknown.closes.ask == ("lot A1: wasted", "lot A1: returned")
    assert unknown.difference_mg == {}


@pytest.mark.parametrize("two", [{}, {"wasted_by": "nurse A"}, {"wasted_by": "nurse A", "witness": "Nurse A "}])
def test_waste_needs_one_who_does_it_and_another_who_sees_it(two: dict[str, str]) -> None:
    refused = session.balance([lot("200", "120", "80", **two)])
    assert refused.closes.holds is False
    assert "one person and a different witness are needed" in refused.closes.because[0]


def test_an_amount_below_zero_is_refused() -> None:
    with pytest.raises(SessionError, match="lot A1: given_mg -1 is not possible"):
        lot("200", "-1")


def test_the_lowest_value_and_the_time_below_are_those_of_the_readings() -> None:
    readings = [read(minute, "spo2", value) for minute, value in enumerate([98, 98, 82, 98, 98])]
    (one,) = session.beyond(readings, BELOW_90, at(0), at(4))
    assert one.extreme == read(2, "spo2", 82)
    assert (one.beyond_s, one.known_s, one.gaps) == (60, 240, ())
    assert one.boundary == "below 90 %"


def test_a_value_at_the_limit_is_not_below_it() -> None:
    (one,) = session.beyond([read(0, "spo2", 90)], BELOW_90, at(0), at(1))
    assert one.beyond_s == 0
    (one,) = session.beyond([read(0, "spo2", 89)], BELOW_90, at(0), at(1))
    assert one.beyond_s == 60


def test_nothing_is_carried_across_a_gap() -> None:
    readings = [read(0, "spo2", 85), read(10, "spo2", 85), read(11, "spo2", 97)]
    (one,) = session.beyond(readings, BELOW_90, at(0), at(12))
    assert (one.beyond_s, one.known_s) == (60, 120)
    assert one.gaps == (session.Gap(at(0), at(10)),)


def test_a_silence_as_long_as_the_gap_is_still_known_and_a_second_more_is_not() -> None:
    gap = session.sign("spo2").gap.value
    for silence, known in ((gap, gap), (gap + 1, 0)):
        (one,) = session.beyond([read(0, "spo2", 85)], BELOW_90, at(0), at(silence / 60))
        assert one.known_s == known


def test_an_artefact_and_a_sensor_that_is_off_are_not_known_time() -> None:
    readings = [read(0, "spo2", 85), read(1, "spo2", 36), none(2, "spo2", "no-sensor"), read(3, "spo2", 97)]
    (one,) = session.beyond(readings, BELOW_90, at(0), at(4))
    assert one.extreme == read(0, "spo2", 85)
    assert (one.beyond_s, one.known_s) == (60, 120)
    assert one.gaps == (session.Gap(at(1), at(3)),)


def test_a_peak_is_sought_where_the_limit_is_above() -> None:
    readings = [read(0, "systolic", 150), read(10, "systolic", 190), read(20, "systolic", 185)]
    (one,) = session.beyond(readings, HIGH, at(0), at(30))
    assert one.extreme == read(10, "systolic", 190)
    assert one.beyond_s == 1200


def test_a_probe_without_a_value_that_is_believed_has_no_extreme_and_is_one_gap() -> None:
    (one,) = session.beyond([read(1, "spo2", 36)], BELOW_90, at(0), at(4))
    assert (one.extreme, one.known_s, one.gaps) == (None, 0, (session.Gap(at(0), at(4)),))
    with pytest.raises(SessionError, match="ends after it starts"):
        session.beyond([], BELOW_90, at(1), at(0))


seconds = st.integers(0, 1200)
some = st.lists(
    st.one_of(
        st.builds(lambda s, v: read(s / 60, "spo2", v), seconds, st.sampled_from([85.0, 89.0, 90.0, 97.0, 36.0])),
        st.builds(lambda s, w: none(s / 60, "spo2", w), seconds, st.sampled_from(["missing", "no-sensor"])),
    ),
    max_size=40,
)


@given(some)
def test_known_time_and_gaps_are_the_whole_and_what_is_beyond_is_part_of_what_is_known(readings: list[Reading]) -> None:
    for one in session.beyond(readings, BELOW_90, at(0), at(20)):
        gaps = sum(gap.seconds for gap in one.gaps)
        assert one.known_s + gaps == pytest.approx(1200)
        assert 0 <= one.beyond_s <= one.known_s
        assert all(gap.since < gap.until for gap in one.gaps)
        assert all(before.until < after.since for before, after in pairwise(one.gaps))
        assert one.extreme is None or one.extreme in readings


def test_the_grid_shows_the_first_of_each_interval_and_keeps_the_low_one_between() -> None:
    readings = [read(minute, "spo2", value) for minute, value in enumerate([98, 98, 82, 98, 97])]
    first, second = session.grid(readings, 4, at(0), at(4))
    cell = first.cells[Channel("spo2", "monitor")]
    assert (cell.reading, cell.lowest, cell.highest) == (readings[0], readings[2], readings[0])
    assert second.cells[Channel("spo2", "monitor")].reading == readings[4]


def test_an_empty_cell_says_why_and_an_artefact_is_kept_beside_it() -> None:
    readings = [read(0, "spo2", 97), none(5, "spo2", "no-sensor"), read(10, "spo2", 36)]
    rows = session.grid(readings, 5, at(0), at(15))
    cells = [row.cells[Channel("spo2", "monitor")] for row in rows]
    assert [cell.why for cell in cells] == ["value", "no-sensor", "implausible", "missing"]
    assert cells[2].artefact == readings[2]
    assert [cell.reading for cell in cells[1:]] == [None, None, None]
    with pytest.raises(SessionError, match="above zero"):
        session.grid(readings, 0, at(0), at(1))


@given(some, st.integers(1, 10))
def test_every_cell_is_a_reading_that_was_made_in_its_interval(readings: list[Reading], every: int) -> None:
    shown = set()
    for row in session.grid(readings, every, at(0), at(20)):
        for cell in row.cells.values():
            for one in (cell.reading, cell.lowest, cell.highest, cell.artefact):
                if one is not None:
                    assert one in readings
                    assert row.at <= one.at < row.at + timedelta(minutes=every)
                    shown.add(one)
    lows = [one for one in readings if one.state == "value"]
    if lows:
        assert min(one.value or 0 for one in lows) == min(one.value or 0 for one in shown if one.state == "value")
