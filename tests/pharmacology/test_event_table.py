"""Event tables: what each row means, what is refused and how it is said, and that nothing is lost on the way out."""

import csv
import io
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound.exchange import event_table
from unwound.pharmacology import effects, models
from unwound.pharmacology.dosing import Dose, infusion, repeat
from unwound.pharmacology.simulation import simulate
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError

HEAD = "ID,TIME,AMT,RATE,DUR,EVID,CMT,II,ADDL,SS\n"
ONE = Subjects(np.array([70.0]))


def doses(rows: str, head: str = HEAD) -> tuple[Dose, ...]:
    """The doses of a table with one ID."""
    (course,) = event_table.read(head + rows, "table.csv").courses.values()
    return course.doses


def told(text: str) -> str:
    with pytest.raises(UnwoundError) as error:
        event_table.read(text, "table.csv")
    said = str(error.value)
    assert said.startswith("table.csv: ")
    assert "\n" not in said
    return said


def plasma(given: tuple[Dose, ...], times: list[float]) -> np.ndarray:
    return simulate(given, ONE, "kamp_2020", times).plasma[0]


# --- what a row means ---


def test_an_amount_alone_goes_in_at_once() -> None:
    assert doses("1,2,35,0,0,1,1,0,0,0\n") == (Dose(time_h=2, amount_mg=35),)


def test_a_rate_makes_an_infusion_ordered_by_its_rate() -> None:
    assert doses("1,0,80,20,0,1,1,0,0,0\n") == (infusion(0, 20, 4),)


def test_a_duration_makes_an_infusion_ordered_by_its_duration() -> None:
    assert doses("1,0,80,0,4,1,1,0,0,0\n") == (Dose(time_h=0, amount_mg=80, duration_h=4),)


def test_rate_and_duration_that_agree_are_one_infusion_by_rate() -> None:
    assert doses("1,0,80,20,4,1,1,0,0,0\n") == (infusion(0, 20, 4),)


def test_rate_minus_two_takes_the_duration_that_stands_beside_it() -> None:
    assert doses("1,0,80,-2,4,1,1,0,0,0\n") == (Dose(time_h=0, amount_mg=80, duration_h=4),)


def test_further_doses_follow_at_their_interval() -> None:
    assert doses("1,0,80,20,0,1,1,24,9,0\n") == repeat(infusion(0, 20, 4), 24, 10)


def test_a_point_means_nothing_and_capitals_do_not_matter() -> None:
    assert doses("1,0,80,20,.,1,.,.,.,.\n", HEAD.lower()) == (infusion(0, 20, 4),)


def test_without_evid_a_row_with_an_amount_is_a_dose_and_without_one_an_observation() -> None:
    course = event_table.read("ID,TIME,AMT,DV,MDV\n7,0,35,.,1\n7,1,.,88.5,0\n7,2,0,.,1\n", "t").courses["7"]
    assert course.doses == (Dose(time_h=0, amount_mg=35),)
    assert course.observed_h == (1,)


def test_observations_keep_their_times_whatever_was_observed() -> None:
    table = "ID,TIME,AMT,EVID,CMT,DV\nA,0,35,1,1,.\nA,1,0,0,2,12\nA,1,0,0,3,13\nA,4,0,0,1,oops\nA,9,0,2,1,\n"
    assert event_table.read(table, "t").courses["A"].observed_h == (1, 4)


def test_several_people_keep_the_order_of_the_table() -> None:
    found = event_table.read("ID,TIME,AMT\nzoe,0,1\nzoe,5,2\nadam,-3,4\n", "t")
    assert list(found.courses) == ["zoe", "adam"]
    assert found.courses["adam"].first_h == -3


@pytest.mark.parametrize("separator", [";", "\t", " ", "   "])
def test_other_separators_and_comments_are_read(separator: str) -> None:
    table = "# made by hand\n\nID,TIME,AMT,DUR\n1,0,80,4\n\n# later\n1,24,80,4\n".replace(",", separator)
    (course,) = event_table.read("\ufeff" + table.replace("\n", "\r\n"), "t").courses.values()
    assert course.doses == (Dose(time_h=0, amount_mg=80, duration_h=4), Dose(time_h=24, amount_mg=80, duration_h=4))


def test_columns_that_say_nothing_about_doses_are_left_aside_and_named() -> None:
    found = event_table.read("ID,TIME,AMT,RATE,STRAT,RACE\n1,0,80,20,2,\n", "t")
    assert found.left_aside == ("STRAT", "RACE")


# --- resets ---


def test_a_reset_empties_the_body_and_a_reset_with_a_dose_begins_again() -> None:
    given = doses("1,0,50,0,0,1,1,0,0,0\n1,4,0,0,0,3,1,0,0,0\n1,6,50,0,0,4,1,0,0,0\n")
    assert given == (Dose(time_h=0, amount_mg=50), Dose(time_h=4, reset=True), Dose(time_h=6, amount_mg=50, reset=True))
    assert plasma(given, [5])[0] == 0
    assert plasma(given, [7])[0] == pytest.approx(plasma((Dose(time_h=6, amount_mg=50),), [7])[0], rel=1e-10)


def test_a_reset_ends_what_is_running_and_what_was_still_to_come() -> None:
    running = doses("1,0,80,20,0,1,1,0,0,0\n1,3,0,0,0,3,1,0,0,0\n")
    assert running == (infusion(0, 20, 3), Dose(time_h=3, reset=True))
    coming = doses("1,0,10,0,0,1,1,24,5,0\n1,48,0,0,0,3,1,0,0,0\n1,60,5,0,0,1,1,0,0,0\n")
    assert [dose.time_h for dose in coming] == [0, 24, 48, 60]
    assert plasma(coming, [50, 59.9]).tolist() == [0, 0]


def test_a_dose_on_the_row_before_a_reset_at_the_same_time_is_gone_and_one_after_it_stays() -> None:
    before = doses("1,4,50,0,0,1,1,0,0,0\n1,4,0,0,0,3,1,0,0,0\n")
    after = doses("1,4,0,0,0,3,1,0,0,0\n1,4,50,0,0,1,1,0,0,0\n")
    assert plasma(before, [4])[0] == 0
    assert plasma(after, [4])[0] == pytest.approx(2000)


# --- steady state ---


def test_a_steady_state_is_the_same_at_every_interval() -> None:
    given = doses("1,0,80,20,0,1,1,24,3,1\n")
    sites = effects.sites_of("chronic_relief", bounds=True)
    curve = simulate(given, ONE, "kamp_2020", [3, 27, 51, 75], sites=sites)
    for found in (curve.plasma[0], *(site[0] for site in curve.sites.values())):
        assert np.ptp(found) <= 1e-11 * found.max()


def test_a_steady_state_is_that_of_doses_given_for_years_at_the_slowest_site_too() -> None:
    slowest = min(effects.sites_of("chronic_relief", bounds=True).values())
    given = doses("1,0,24,0,0,1,1,24,0,1\n")
    site = simulate(given, ONE, "kamp_2020", [0], sites={"slow": slowest}).sites["slow"][0, 0]
    longer = simulate(
        repeat(Dose(time_h=-24.0 * 2000, amount_mg=24), 24, 2001), ONE, "kamp_2020", [0], sites={"slow": slowest}
    )
    assert site == pytest.approx(longer.sites["slow"][0, 0], rel=1e-10)  # rounding of 2,001 steps


def test_an_infusion_without_an_end_reaches_rate_over_clearance() -> None:
    given = doses("1,0,0,20,0,1,1,0,0,1\n")
    clearance = models.parameters(models.model("kamp_2020"), np.array([70.0]))["CL"][0]
    assert plasma(given, [0])[0] == pytest.approx(20 / clearance * 1000, rel=1e-9)
    assert plasma(given, [2])[0] < plasma(given, [0])[0]


def test_an_infusion_longer_than_its_interval_overlaps_itself() -> None:
    """Eight hours every four hours is twice the rate, all the time."""
    given = doses("1,0,80,10,0,1,1,4,0,1\n")
    clearance = models.parameters(models.model("kamp_2020"), np.array([70.0]))["CL"][0]
    assert plasma(given, [3.9])[0] == pytest.approx(20 / clearance * 1000, rel=1e-9)


# --- what is refused ---


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,,80,20,0,1,1,0,0,0", "row 2, TIME: empty; fill it"),
        ("1,.,80,20,0,1,1,0,0,0", "row 2, TIME: empty"),
        ("1,0,,20,0,1,1,0,0,0", "row 2, AMT: a dose of 0 mg; give the amount"),
        (",0,80,20,0,1,1,0,0,0", "row 2, ID: empty; name the subject"),
        ("1,0,80,20,0,1,1,0,0", "row 2: 9 cells under 10 headings"),
        ("1,0,80,20,0,1,1,0,0,0,0", "row 2: 11 cells under 10 headings"),
        ("1,0,much,20,0,1,1,0,0,0", "row 2, AMT: «much» is not a number"),
        ("1,0,nan,20,0,1,1,0,0,0", "row 2, AMT: a dose of 0 mg"),
        ("1,0,inf,20,0,1,1,0,0,0", "row 2, AMT: «inf» is not a number"),
        ("1,0,1e999,20,0,1,1,0,0,0", "row 2, AMT: «1e999» is not a number"),
        ("1,0,1_0,20,0,1,1,0,0,0", "row 2, AMT: «1_0» is not a number"),
        ("1,8:75,80,20,0,1,1,0,0,0", "row 2, TIME: «8:75» is no time of day"),
        ("1,0,-80,20,0,1,1,0,0,0", "row 2, AMT: -80 is negative"),
        ("1,0,80,0,-4,1,1,0,0,0", "row 2, DUR: -4 is negative"),
        ("1,0,80,-1,0,1,1,0,0,0", "row 2, RATE: -1 leaves it to a model"),
        ("1,0,80,-2,0,1,1,0,0,0", "row 2, RATE: -2 leaves it to a model"),
        ("1,0,80,-3,4,1,1,0,0,0", "row 2, RATE: -3 leaves it to a model"),
        ("1,0,80,20,5,1,1,0,0,0", "row 2, RATE: 20 mg/h for DUR 5 h are 100 mg, and AMT is 80"),
        ("1,0,1e300,1e-300,0,1,1,0,0,0", "row 2, RATE: 1e-300 mg/h would never end"),
        ("1,0,80,20,0,1,2,0,0,0", "row 2, CMT: «2» is not known; say which way each number goes, as in --cmt"),
        ("1,0,0,0,0,2,-1,0,0,0", "row 2, CMT: -1: no compartment is turned off"),
        ("1,0,80,20,0,1.5,1,0,0,0", "row 2, EVID: 1.5 is not a whole number"),
        ("1,0,80,20,0,5,1,0,0,0", "row 2, EVID: 5 is not known"),
        ("1,0,80,20,0,0,1,0,0,0", "row 2, AMT: 80 beside EVID 0; a dose has EVID 1"),
        ("1,0,80,0,0,3,1,0,0,0", "row 2, AMT: 80 beside EVID 3"),
        ("1,0,0,0,0,1,1,0,0,0", "row 2, AMT: a dose of 0 mg"),
        ("1,0,80,20,0,1,1,0,3,0", "row 2, ADDL: 3 further doses and no interval; give II"),
        ("1,0,80,20,0,1,1,24,-1,0", "row 2, ADDL: -1 is negative"),
        ("1,0,80,20,0,1,1,24,1e9,0", "row 2, II: 1,000,000,001 doses are too many"),
        ("1,0,80,20,0,1,1,0,0,1", "row 2, SS: a steady state needs the interval"),
        ("1,0,80,20,0,1,1,24,0,3", "row 2, SS: 3 is not known"),
        ("1,0,0,20,0,1,1,24,0,1", "row 2, II: an infusion without an end"),
        ("1,9,80,20,0,1,1,0,0,0\n1,8,80,20,0,1,1,0,0,0", "row 3, TIME: 8 h comes after 9 h"),
        ("1,0,8,0,0,1,1,0,0,0\n2,0,8,0,0,1,1,0,0,0\n1,-5,8,0,0,1,1,0,0,0", "row 4, ID: «1» comes again"),
    ],
)
def test_a_row_that_cannot_be_meant_is_named_with_what_to_do(row: str, said: str) -> None:
    assert said in told(f"{HEAD}{row}\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("\n \n# only a comment\n", "the file is empty"),
        ("hello\n", "there is no column ID and no TIME and no AMT"),
        ("ID,TIME\n1,0\n", "row 1: there is no column AMT"),
        (HEAD, "there are headings and no rows"),
        ("ID,TIME,AMT,AMT\n1,0,1,1\n", "the column «AMT» is there twice"),
        ("ID,TIME,AMT,RATES\n1,0,1,1\n", "the column «RATES» is not known; is it RATE?"),
        ("ID,TIME,AMT,Durration\n1,0,1,1\n", "the column «DURRATION» is not known; is it DURATION?"),
        ("ID,TIME,AMT,DATE\n1,0,1,2026-13-01\n", "row 2, DATE: «2026-13-01» is no date"),
        ('ID,TIME,AMT\n1,0,"1\n', "row 2: not readable as a table"),
    ],
)
def test_a_table_that_is_none_is_said_in_a_line(text: str, said: str) -> None:
    assert said in told(text)


@given(st.text(max_size=60) | st.text("ID,TIMEAMT\n0123456789.-e;\t", max_size=80).map(lambda tail: HEAD + tail))
def test_whatever_is_handed_in_is_read_or_refused_in_one_line(text: str) -> None:
    said = ""
    try:
        assert event_table.read(text, "t").courses
    except UnwoundError as error:
        said = str(error)
    assert not said or (said.startswith("t: ") and "\n" not in said)


# --- out and in again ---

hours = st.floats(-1000, 10_000).map(lambda value: round(value, 4))
amounts = st.floats(1e-3, 5000)
lengths = st.one_of(st.just(0.0), st.floats(1e-3, 500))


@st.composite
def a_dose(draw: st.DrawFn) -> Dose:
    time, amount, lasts = draw(hours), draw(amounts), draw(lengths)
    if lasts and draw(st.booleans()):
        return infusion(time, amount / lasts, lasts)
    return Dose(time_h=time, amount_mg=amount, duration_h=lasts)


names = st.text("abcxyzABC0123456789-_ ,;\"'é", min_size=1, max_size=8).filter(
    lambda id: id == id.strip() and id not in ("C", "c", "-") and (id == "0" or id[0] != "0")
)
tables = st.dictionaries(names, st.lists(a_dose(), min_size=1, max_size=5), min_size=1, max_size=3)


@given(tables, st.lists(hours, max_size=4, unique=True))
def test_what_is_written_is_read_back(doses_by_id: dict[str, list[Dose]], observed: list[float]) -> None:
    text = event_table.write(doses_by_id, dict.fromkeys(doses_by_id, observed))
    found = event_table.read(text, "again")
    assert list(found.courses) == list(doses_by_id)
    for id, course in found.courses.items():
        assert course.observed_h == tuple(sorted(observed))
        wanted = sorted(doses_by_id[id], key=lambda dose: dose.time_h)
        assert len(course.doses) == len(wanted)
        for one, other in zip(course.doses, wanted, strict=True):
            assert (one.time_h, one.amount_mg, one.by_rate) == (other.time_h, other.amount_mg, other.by_rate)
            assert one.duration_h == pytest.approx(other.duration_h, rel=1e-14)
    assert all(len(row) == 7 for row in csv.reader(io.StringIO(text)))


@settings(max_examples=40)
@given(st.lists(a_dose(), min_size=1, max_size=4), st.lists(hours, min_size=1, max_size=3))
def test_with_resets_what_is_read_back_does_the_same(given: list[Dose], resets: list[float]) -> None:
    """An infusion that runs through a reset becomes two, so the rows differ and the concentrations do not."""
    events = [*given, *(Dose(time_h=time, reset=True) for time in resets)]
    again = event_table.read(event_table.write({"1": events}), "again").courses["1"].doses
    edges = sorted({edge for dose in events for edge in (dose.time_h, dose.end_h)})
    times = [*(one for one, other in pairwise(edges) if other - one > 1e-6), edges[-1]]
    shown = sorted({*times, *(one + 0.01 for one in times)})
    shown = [one for one, other in pairwise([*shown, math.inf]) if other - one > 1e-6]
    one, other = (simulate(each, ONE, "kamp_2020", shown).plasma[0] for each in (events, again))
    assert np.allclose(one, other, rtol=1e-9, atol=1e-9 * max(one.max(), 1e-300))


def test_a_table_is_written_as_one_would_by_hand() -> None:
    course = [
        infusion(0, 20, 4),
        Dose(time_h=24, amount_mg=35, duration_h=0.5),
        Dose(time_h=48, amount_mg=10),
        Dose(time_h=50, reset=True),
    ]
    assert event_table.write({"A": course}, {"A": [1, 2.5]}).splitlines() == [
        "ID,TIME,AMT,RATE,DUR,EVID,CMT",
        "A,0,80,20,0,1,1",
        "A,1,0,0,0,0,1",
        "A,2.5,0,0,0,0,1",
        "A,24,35,-2,0.5,1,1",
        "A,48,10,0,0,1,1",
        "A,50,0,0,0,3,1",
    ]


def test_routes_and_steady_states_go_out_and_come_back() -> None:
    given = (
        Dose(time_h=0, amount_mg=28, route="nasal"),
        Dose(time_h=24, amount_mg=20, duration_h=0.5, steady_h=12, reset=True),
        Dose(time_h=48, amount_mg=10, steady_h=24),
        Dose(time_h=60, always_mg_per_h=20, reset=True),
    )
    assert event_table.read(event_table.write({"A": given}), "t").courses["A"].doses == given


def test_what_a_table_cannot_hold_is_said() -> None:
    for id in ("", ".", "#1", " a", "two\nlines", "NA", "-", "C", "1.0", "007"):
        with pytest.raises(UnwoundError, match="cannot hold it"):
            event_table.write({id: [Dose(time_h=0, amount_mg=28)]})
