"""Event tables in the shapes that people and programs write: read right, or refused with a reason.

Three readers stand beside ours. `nonmem` follows NONMEM's rules record by record, slowly, with scipy's expm and steady
states that are run in; a table in another dialect must give the same doses as the plain table that says the same; and
what could mean two things must be refused in the words given.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapes_of_tables import FULL, INFUSED, LASTING, PLAIN, REFUSED, SAME
from slow_nonmem import nonmem, ours

from unwound.exchange import event_table
from unwound.exchange.event_table import records
from unwound.exchange.event_table.cells import Careful, NotTidyError, Tidy
from unwound.exchange.event_table.columns import meant
from unwound.pharmacology.dosing import Dose
from unwound.record import UnwoundError


@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN)
def test_a_plain_table_is_read_as_nonmem_reads_it(text: str) -> None:
    wanted, got = nonmem(text), ours(text)
    assert list(wanted) == list(got)
    for id, values in wanted.items():
        assert got[id] == pytest.approx(values, rel=1e-8, abs=1e-9 * max(values))


rows = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.0, 0.5, 3.0, 7.25]),
        st.sampled_from(["observe", "observe", "bolus", "infusion", "further", "steady", "on top", "reset", "again"]),
    ),
    min_size=2, max_size=8,
)  # fmt: skip

MEANS = {
    "observe": "0,0,0,0,0,0", "bolus": "20,0,1,0,0,0", "infusion": "30,10,1,0,0,0", "further": "8,4,1,5,3,0",
    "steady": "12,3,1,6,1,1", "on top": "12,0,1,6,0,2", "reset": "0,0,3,0,0,0", "again": "15,5,4,0,0,0",
}  # fmt: skip


@settings(max_examples=40)
@given(rows)
def test_whatever_the_order_of_records_ours_is_that_of_nonmem(drawn: list[tuple[float, str]]) -> None:
    time, text = 0.0, FULL
    for step, event in drawn:
        time = 0.0 if event == "again" else time + step
        text += f"1,{time},{MEANS[event]}\n"
    text += f"1,{time + 1},{MEANS['observe']}\n"
    wanted = nonmem(text)["1"]
    assert ours(text)["1"] == pytest.approx(wanted, rel=1e-7, abs=1e-9 * max(1e-9, *wanted))


@pytest.mark.parametrize(("text", "plain"), SAME.values(), ids=SAME)
def test_another_dialect_gives_the_doses_that_the_plain_table_gives(text: str, plain: str | None) -> None:
    got, wanted = event_table.read(text, "t"), event_table.read(plain or LASTING, "t")
    assert list(got.courses) == list(wanted.courses)
    for id, course in wanted.courses.items():
        same = got.courses[id]
        assert len(same.doses) == len(course.doses)
        for each, other in zip(same.doses, course.doses, strict=True):
            assert (each.route, each.reset, each.by_rate) == (other.route, other.reset, other.by_rate)
            assert (each.time_h, each.amount_mg, each.duration_h) == pytest.approx(
                (other.time_h, other.amount_mg, other.duration_h), rel=1e-9
            )
        assert same.observed_h == pytest.approx(course.observed_h, abs=1e-6)


# --- routes ---


@pytest.mark.parametrize(
    ("text", "cmt", "route"),
    [
        ("ID,TIME,AMT,CMT\n1,0,40,2\n", {"2": "iv"}, "iv"),
        ("ID,TIME,AMT,CMT\n1,0,40,1\n1,4,0,2\n", {"1": "oral", "2": "iv"}, "oral"),
        ("ID,TIME,AMT,CMT,EVID\n1,0,40,1.0,1\n1,4,0,2,0\n", {"1": "iv"}, "iv"),
        ("ID,TIME,AMT,ADM\n1,0,40,2\n", {"1": "iv", "2": "oral"}, "oral"),
        ("ID,TIME,AMT,EVID\n1,0,40,201\n", {"2": "nasal"}, "nasal"),
        ("ID,TIME,AMT,CMT\n1,0,40,oral\n", {}, "oral"),
        ("ID,TIME,AMT,ROUTE\n1,0,40,PO\n", {}, "oral"),
        ("ID,TIME,AMT,ROUTE\n1,0,40,intranasal\n", {}, "nasal"),
        ("ID,TIME,AMT,ROUTE\n1,0,40,s.c.\n", {}, "subcutaneous"),
        ("ID,TIME,AMT,ROUTE\n1,0,40,Film\n", {}, "film"),
        ("ID,TIME,AMT,ROUTE,CMT\n1,0,40,oral,1\n1,4,0,,2\n", {}, "oral"),
    ],
)
def test_a_route_is_known_by_its_word_or_by_the_map(text: str, cmt: dict[str, str], route: str) -> None:
    assert [dose.route for dose in event_table.read(text, "t", cmt).courses["1"].doses] == [route]


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_could_mean_two_things_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(UnwoundError) as error:
        event_table.read(text, "t")
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


def test_there_are_at_least_a_hundred_and_fifty_tables() -> None:
    assert len({*PLAIN.values(), *(text for text, _ in SAME.values()), *(text for text, _ in REFUSED.values())}) >= 150


# --- what is said, and what is kept ---


def test_what_was_left_out_or_taken_together_is_said() -> None:
    text = "C,ID,TIME,AMT,EVID\n.,1,0,40,1\nC,1,1,40,1\n.,2,0,40,1\n.,1,4,40,0\n.,2,4,40,0\n.,2,0,40,4\n"
    notes = event_table.read(text, "t").notes
    assert "1 rows left out by C" in notes
    assert any("stand apart" in note for note in notes)
    assert any("filled downwards" in note for note in notes)
    assert any("time begins again" in note for note in notes)


def test_a_measurement_is_read_in_its_unit_and_below_its_limit() -> None:
    text = "ID,TIME,AMT,DV,DVU\n1,0,40,.,\n1,1,0,0.124,mg/L\n1,2,0,<5,ng/mL\n1,3,0,BLQ,ng/mL\n"
    seen = event_table.read(text, "t").courses["1"].observed
    assert [each.value for each in seen] == pytest.approx([124, 5, np.nan], nan_ok=True)
    assert [each.below for each in seen] == [False, True, True]


def test_weights_in_pounds_and_gaps_in_them_are_filled() -> None:
    text = "ID,TIME,AMT,WT (lb)\n1,0,40,.\n1,1,0,154.323584\n1,2,0,.\n"
    assert event_table.read(text, "t").courses["1"].weights_kg == pytest.approx([70.0])


# --- the quick way and the careful one ---

cells = st.sampled_from(["0", "1", "2", "4.5", ".", "NA", "", "-1", "1e1", "x", "1D1", "nan"])


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from(["1", "2", "1.0", "#3"]), cells, cells, cells, cells), min_size=1, max_size=5)
)
def test_what_the_quick_way_reads_the_careful_one_reads_the_same(drawn: list[tuple[str, ...]]) -> None:
    text = "ID,TIME,AMT,EVID,DV\n" + "".join(",".join(row) + "\n" for row in drawn)
    quick = Tidy(text, "t")
    try:
        quick.load(["TIME", "AMT", "EVID"], ["ID"])
    except NotTidyError:
        return
    careful = Careful(text, "t")
    assert (quick.headings, quick.rows) == (careful.headings, careful.rows)
    for heading in ("TIME", "AMT", "EVID"):
        assert np.array_equal(quick.numbers(heading), careful.numbers(heading), equal_nan=True)
    assert [quick.words("ID").row(k) for k in range(quick.rows)] == [
        careful.words("ID").row(k) for k in range(careful.rows)
    ]


def test_a_tidy_table_goes_the_quick_way() -> None:
    for text in (PLAIN["steady on top"], SAME["R writes NA"][0], SAME["EXCL"][0], SAME["quotes"][0], SAME["tabs"][0]):
        assert isinstance(records.recorded(text, "t", {}).cells, Tidy)


# --- laws ---


@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_twice_the_amounts_give_twice_the_concentrations(factor: float) -> None:
    text = PLAIN["steady infusion on top"]
    more = text.replace(",20,10,", f",{20 * factor},{10 * factor},").replace(",10,5,", f",{10 * factor},{5 * factor},")
    assert ours(more)["1"] == pytest.approx([factor * value for value in ours(text)["1"]], rel=1e-12)


def test_a_change_of_heading_order_changes_nothing() -> None:
    turned = "EVID,AMT,ID,RATE,TIME\n1,40,1,10,0\n0,0,1,0,4\n"
    assert event_table.read(turned, "t").courses["1"].doses == event_table.read(INFUSED, "t").courses["1"].doses
    assert meant(["EVID", "ID"], "t").headings == {"event": "EVID", "id": "ID"}


def test_a_dose_by_vein_is_what_it_was() -> None:
    assert event_table.read(LASTING, "t").courses["1"].doses == (Dose(time_h=0, amount_mg=40, duration_h=4),)
