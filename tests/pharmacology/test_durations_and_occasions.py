"""Durations as ISO 8601 writes them, and occasions whose time begins again: read in hours, or refused by name."""

from __future__ import annotations

import pytest

from unwound.exchange import event_table
from unwound.exchange.event_table import Course
from unwound.exchange.event_table.moments import iso_hours
from unwound.record import UnwoundError


def course(*rows: str) -> Course:
    (only,) = event_table.read("\n".join(rows) + "\n", "table.csv").courses.values()
    return only


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("PT2H", 2),
        ("PT40M", 2 / 3),
        ("PT1H30M", 1.5),
        ("PT90S", 0.025),
        ("P5D", 120),
        ("P1DT12H", 36),
        ("PT0.5H", 0.5),
        ("PT0,5H", 0.5),
        ("pt4h", 4),
        ("P1W", 168),
    ],
)
def test_a_duration_of_iso_8601_is_so_many_hours(written: str, hours: float) -> None:
    assert iso_hours(written) == pytest.approx(hours, abs=1e-12)
    read = course("USUBJID,TIME,AMT,EXDUR,EVID", f"p,0,40,{written.replace(',', '.')},1", "p,200,.,,0")
    assert read.doses[0].duration_h == pytest.approx(hours, abs=1e-12)


@pytest.mark.parametrize("written", ["P1M", "P1Y", "PT", "P", "P2H", "PT2", "PT2H3", "3"])
def test_what_has_no_length_is_refused_beside_others(written: str) -> None:
    with pytest.raises(UnwoundError, match=r"row 3, EXDUR: «\w+» is no duration beside those in ISO 8601"):
        course("USUBJID,TIME,AMT,EXDUR,EVID", "p,0,40,PT2H,1", f"p,24,40,{written},1")


def test_the_unit_of_another_column_does_not_change_an_iso_duration() -> None:
    read = course("ID,TIME_MIN,AMT,DUR,EVID", "p,0,40,PT40M,1", "p,60,.,,0")
    assert read.doses[0].duration_h == pytest.approx(2 / 3)
    assert read.observed_h == (1.0,)


def test_a_time_that_begins_again_with_another_occasion_starts_from_nothing() -> None:
    """As Monolix reads it: the occasion before is over, and its infusion went in whole."""
    table = "ID,OCC,TIME,AMT,DUR,EVID\n1,1,0,40,4,1\n1,1,2,.,.,0\n1,2,0,.,.,0\n1,2,0,30,1,1\n1,2,2,.,.,0\n"
    events = event_table.read(table, "table.csv")
    read = events.courses["1"]
    assert [(dose.amount_mg, dose.reset) for dose in read.doses] == [(40, False), (0, True), (30, False)]
    assert read.doses[0].duration_h == 4
    assert read.doses[2].time_h >= 4
    assert read.occasions == ("1", "2")
    assert any("begins again with another occasion (1 times)" in note for note in events.notes)


def test_one_that_begins_with_a_dose_starts_from_nothing_too() -> None:
    read = course("ID,OCC,TIME,AMT,II,ADDL,EVID", "1,1,0,40,24,2,1", "1,1,1,.,.,.,0", "1,2,0,30,.,.,1")
    assert [dose.reset for dose in read.doses] == [False, False, False, True]
    assert read.doses[3].time_h >= 48


@pytest.mark.parametrize("occasion", ["1,1", "1,2"])
def test_a_time_that_falls_within_an_occasion_is_refused(occasion: str) -> None:
    first, second = occasion.split(",")
    rows = ("ID,OCC,TIME,AMT,EVID", "1,1,0,40,1", "1,1,24,40,1", f"1,{first},12,40,1", f"1,{second},6,40,1")
    with pytest.raises(UnwoundError, match="put the rows of an ID in the order of time"):
        course(*rows)


def test_a_reset_within_one_occasion_still_ends_what_runs() -> None:
    read = course("ID,TIME,AMT,DUR,EVID", "1,0,40,4,1", "1,2,.,.,0", "1,0,.,.,3", "1,0,30,1,1")
    assert (read.doses[0].amount_mg, read.doses[0].duration_h) == (30, 3)


@pytest.mark.parametrize("heading", ["IGNOREDLINE", "IGNORED_LINE", "IGNORELINE"])
def test_a_line_that_monolix_ignores_gives_no_dose(heading: str) -> None:
    """It was left aside as a column without meaning, and its dose was given."""
    read = course(f"ID,TIME,AMT,DV,{heading}", "1,0,40,.,0", "1,1,40,.,1", "1,2,.,5,0")
    assert [dose.time_h for dose in read.doses] == [0]


def test_an_observation_that_monolix_ignores_is_not_measured() -> None:
    read = course("ID,TIME,AMT,DV,IGNOREDOBS", "1,0,40,.,0", "1,1,.,99,1", "1,2,.,5,0")
    assert [row.value for row in read.observed if row.value is not None and row.value == row.value] == [5]
    assert len(read.doses) == 1


@pytest.mark.parametrize("heading", ["LINE_EXCLUDED", "ROWIGNORED", "DELETEDROW", "OBS_DROPPED"])
def test_another_word_for_it_is_asked_about(heading: str) -> None:
    with pytest.raises(UnwoundError, match="could change a dose"):
        course(f"ID,TIME,AMT,{heading}", "1,0,40,0", "1,1,40,1")


@pytest.mark.parametrize("written", ["0800", "0040", "0959"])
def test_a_time_of_day_without_a_colon_is_no_number_of_hours(written: str) -> None:
    """As a number 0800 is 800 hours."""
    with pytest.raises(UnwoundError, match=f"TIME: «{written}» may be a time of day"):
        course("ID,TIME,AMT", f"1,{written},40", "1,1000,40")


def test_numbers_of_hours_with_nought_before_them_stay_numbers() -> None:
    assert [dose.time_h for dose in course("ID,TIME,AMT", "1,0,40", "1,00.5,40", "1,24,40").doses] == [0, 0.5, 24]


def test_a_time_of_day_far_down_a_table_is_seen_too() -> None:
    begun = [f"{person},1{person % 10}00,40" for person in range(1, 400)]
    with pytest.raises(UnwoundError, match="row 401, TIME: «0815» may be a time of day"):
        course("ID,TIME,AMT", *begun, "400,0815,40")


@pytest.mark.parametrize(
    ("heading", "row", "doubted"),
    [
        ("ID,TIME_H,AMT", "1,0800,40", "TIME_H: «0800»"),
        ("ID,CLOCK,AMT", "1,0800,40", "CLOCK: «0800»"),
        ("ID,CLOCK,AMT", "1,1300,40", "CLOCK: «1300»"),
        ("ID,DATE,TIME,AMT", "1,2026-01-02,1300,40", "TIME: «1300»"),
        ("ID,TIME,END,AMT", "1,0,0930,40", "END: «0930»"),
        ("ID,TIME,END,AMT", "1,8:00,0930,40", "END: «0930»"),
    ],
)
def test_so_it_is_in_every_column_of_times(heading: str, row: str, doubted: str) -> None:
    with pytest.raises(UnwoundError, match=f"{doubted} may be a time of day"):
        course(heading, row)


@pytest.mark.parametrize("hours", ["168", "120.0", "24"])
def test_hours_beside_a_date_stay_hours_where_they_are_no_time_of_day(hours: str) -> None:
    first, second = "1,2026-01-02,0,40", f"1,2026-01-02,{hours},40"
    assert [dose.time_h for dose in course("ID,DATE,TIME,AMT", first, second).doses] == [0, float(hours)]
