"""Tables in the shapes of public data sets that others made: read right, or refused for a stated reason.

Rewritten, with numbers of our own, after: fxa.data.csv of metrumresearchgroup/bbr; multidose.csv and whale_dose.csv of
billdenney/pknca; moxo.csv of pharmpy/pharmpy; dig_all1.csv and mx19.csv of UUPharmacometrics/PsN; a table that NONMEM
printed in nlmixr2/nlmixr2test; data.csv of ronkeizer/vpc; mrgsolve's example of occasions; nlmixr2lib's Simons_2022;
the data sets of xgxr, nlmixr2data (nimoData), nonmemica and puzzle; SDTM EX and ADaM ADPC; PKPDsim's events; and of
bug reports: rxode2 #440, #717, #732, #928; nlmixr #82; nlmixr2 #157; mrgsolve #221, #249, #340, #522, #808, #1302;
PKNCA #38, #135, #517; aNCA #374.
"""

import numpy as np
import pytest

from unwound.exchange import event_table
from unwound.exchange.event_table import Course
from unwound.record import UnwoundError


def first(table: str, **compartments: str) -> Course:
    return next(
        iter(event_table.read(table, "t.csv", {key[1:]: way for key, way in compartments.items()}).courses.values())
    )


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        # The dose of the arm on every row, as data frames for plotting have it: each row was once given as a bolus.
        (
            '"subject","weight","time","dose","cobs","inh.obs"\n1,60,0,5,0,2\n1,60,0.5,5,20,9\n',
            "row 2, DOSE: every row has",
        ),
        ("Subject,Wt,Dose,time,conc,Day\n1,80,4,0,0,1\n1,80,4,1,0,1\n", "CONC was measured on them"),
        ("Subject,Wt,Dose,time,conc,Day\n1,80,4,0,0.7,1\n1,80,4,1,2.8,1\n", "an amount and a measurement on one row"),
        # FLG says which quantity a row measured: a heart rate is no concentration.
        (
            "ID,TIME,DV,AMT,RATE,FLG,EVID\n1,0,0,32,390,2,1\n1,0,136,0,0,0,0\n1,16,1,0,0,1,0\n",
            "«2»: does this row count",
        ),
        ("PAT,DAT1,DOSE,FLAG,TIME,DV,VID,SS,VID,CMT\n1,3,200,0,8,1,1,0,1,1\n", "VID» is there twice"),
        ("DOI,Animal,time,dose,doseu\n10.1/a,Beluga,0,12,mg/kg\n", "there is no column ID"),
        ("DOI,ID,time,dose,doseu\n10.1/a,Beluga,0,12,mg/kg\n", "«mg/kg» is not a mass"),
        ("ID,TIME,AMT,CMT,COMP,ADM\n1,0,5,1,1,2\n", "mean the same"),
        # A missing value written -99, and a logarithm, were measured concentrations.
        ("ID,TIME,AMT,DV\n1,0,35,-99\n1,1,.,-99\n", "row 3, DV: -99 is below 0"),
        # A period of days with how often in it is no infusion of days.
        (
            "USUBJID,EXDOSE,EXDOSFRQ,EXSTDTC,EXENDTC\nX,20,BID,2024-03-01T08:00,2024-03-05T08:00\n",
            "EXDOSFRQ: «BID» is how often",
        ),
        ("ID,DATETIME,AMT\n1,2024-03-01T08:00Z,20\n1,2024-03-01T09:00,.\n", "no offset from UTC and other rows"),
        ("ID,DATETIME,AMT\n1,03/04/2024 08:00,20\n1,03/04/2024 09:00,.\n", "may be two dates"),
        ("id,t,dose,t_inf,evid,rate,type\n1,0,40,2,1,20,1\n1,2,0,0,2,-20,1\n", "RATE: -20 beside EVID 2"),
    ],
)
def test_refused(table: str, reason: str) -> None:
    with pytest.raises(UnwoundError) as told:
        event_table.read(table, "t.csv")
    assert reason in str(told.value)


def test_a_crossover_with_a_steady_state_after_its_reset_and_covariates_on_every_row() -> None:
    table = (
        "ID,VISI,AGE,SEX,WT,COMP,TIME,CRCL,AMT,SS,II,CMT,DV,EVID\n"
        "11,3,56,1,68,1,0.0,58,10,0,0,1,0.0,1\n11,3,68,1,55,1,1.0,70,0,0,0,2,25,0\n"
        "11,8,55,1,76,1,40.0,102,20,1,12,1,33,4\n11,8,61,1,50,1,40.0,64,0,0,0,2,33,0\n"
    )
    course = first(table, _1="oral", _2="plasma")
    assert [(dose.time_h, dose.amount_mg, dose.reset, dose.steady_h) for dose in course.doses] == [
        (0, 10, False, 0), (40, 20, True, 12),
    ]  # fmt: skip
    assert course.weights_kg == (68, 55, 76, 50)
    assert [(seen.time_h, seen.value, seen.after) for seen in course.observed] == [(1, 25, 1), (40, 33, 2)]


def test_a_table_that_nonmem_printed_with_what_it_had_reckoned() -> None:
    heads = " ID TIME LNDV MDV AMT EVID DOSE VI CLI CL V ETA1 ETA2 IPRED IWRES DV PRED"
    rows = (
        "  1.0000E+00  0.0000E+00 0 1.0E+00 1.2E+01 1.0E+00 1.2E+01 75 3 3 78 -.185  .092 0 NaN 0.0 0.0\n"
        "  1.0000E+00  2.5000E-01 5.8E+00 0 0 0 1.2E+01 75 3 3 78 -.185  .092 380 -.48 343.2 416\n"
    )
    read = event_table.read(f"TABLE NO.  1\n{heads}\n{rows}", "t.csv")
    course = read.courses["1"]
    assert [(dose.time_h, dose.amount_mg) for dose in course.doses] == [(0, 12)]
    assert course.observed[0].value == pytest.approx(343.2)
    assert course.etas == ({"1": -0.185, "2": 0.092},)
    assert {"DOSE", "IPRED", "CL"} <= set(read.left_aside)


def test_a_reset_on_the_first_row_and_no_dose_at_all() -> None:
    course = first("ID,TIME,SDV,DOSE,CL,TYPE,CONC,EVID\n1,0,0,0,.04,1,0,3\n1,1,0,0,.04,0,2,0\n")
    assert not any(dose.given for dose in course.doses)
    assert course.observed[0].value == 2


def test_further_doses_of_an_occasion_belong_to_the_occasion_of_their_time() -> None:
    course = first("ID,time,amt,cmt,ii,addl,evid,OCC\n1,0,9,1,0,0,1,1\n1,24,9,1,24,1,1,2\n1,72,9,1,24,2,1,3\n")
    assert course.occasions == ("1", "2", "3")
    assert [dose.time_h for dose in course.doses] == [0, 24, 48, 72, 96, 120]
    assert course.of_doses == (0, 1, 2, 2, 2, 2)
    assert np.allclose(course.ends_h, (0, 24))


def test_two_visits_of_a_film_with_an_infusion_after_it() -> None:
    table = (
        "ID,TIME,AMT,DUR,EVID,ROUTE,OCC,WT\na,0,50,0,1,film,1,70\na,6,20,0.3333,1,iv,1,70\n"
        "a,168,100,0,1,film,2,70\na,174,20,0.3333,1,iv,2,70\n"
    )
    course = first(table)
    assert [dose.route for dose in course.doses] == ["film", "iv", "film", "iv"]
    assert course.of_doses == (0, 0, 1, 1)


@pytest.mark.parametrize(
    "heading",
    ["PUMPRATE", "FLOWRATE", "RATEMLH", "MLHR", "DOSEMGKG", "DOSEPERKG", "VTBI", "NDOSES", "ADDLDOSES", "BOLUSMG",
     "LOADINGDOSE", "KETAMT", "ENDDATE", "CONCMGML", "DISCONTINUED"],
)  # fmt: skip
def test_a_name_of_words_run_together_could_change_a_dose_as_much(heading: str) -> None:
    with pytest.raises(UnwoundError, match=f"«{heading}» is not known and could change a dose"):
        event_table.read(f"ID,TIME,AMT,{heading}\n1,0,20,2\n", "t.csv")


@pytest.mark.parametrize("heading", ["ENDPOINT", "INFECTION", "BIOMARKER", "DURABLE", "STOPWATCH", "LAGOS"])
def test_a_name_that_only_begins_with_such_a_word_is_kept(heading: str) -> None:
    assert event_table.read(f"ID,TIME,AMT,{heading}\n1,0,20,2\n", "t.csv").left_aside == (heading,)


@pytest.mark.parametrize(
    ("heads", "row"),
    [
        ("ID,TIMEMIN,AMTMCG,DURMIN", "1,90,20000,45"),
        ("ID,TIMEHR,DOSEMG,TINFMIN", "1,1.5,20,45"),
        ("ID,TIMEDAYS,AMTUG,DURHOURS", "1,0.0625,20000,.75"),
    ],
)
def test_a_unit_run_together_with_its_name_is_read(heads: str, row: str) -> None:
    dose = first(f"{heads}\n{row}\n").doses[0]
    assert (dose.time_h, dose.amount_mg, dose.duration_h) == pytest.approx((1.5, 20, 0.75))


def test_the_end_of_a_dose_is_read_where_it_is_a_date_with_a_time() -> None:
    table = (
        "USUBJID,EXTRT,EXDOSE,EXDOSU,EXDOSFRQ,EXSTDTC,EXENDTC\n"
        "X-1,KETAMINE,20,mg,ONCE,2024-03-01T08:00,2024-03-01T10:00\n"
        "X-1,KETAMINE,20,mg,ONCE,2024-03-02T08:00,\n"
    )
    assert [(dose.time_h, dose.duration_h) for dose in first(table).doses] == [(0, 2), (24, 0)]


@pytest.mark.parametrize(
    "times",
    [("21.11.2026 09:00", "21.11.2026 13:30"), ("11/21/2026 9:00 AM", "11/21/2026 1:30 PM"),
     ("2026-11-21T09:00:00+01:00", "2026-11-21T12:30:00Z"), ("2026/11/21 9:00", "2026/11/21 13:30")],
)  # fmt: skip
def test_dates_as_spreadsheets_and_standards_write_them(times: tuple[str, str]) -> None:
    course = first(f"ID,DATETIME,AMT,DV\n1,{times[0]},20,.\n1,{times[1]},,9\n")
    assert course.observed[0].time_h == pytest.approx(4.5)


@pytest.mark.parametrize(("written", "hour"), [("12:15 AM", 0.25), ("12:15 pm", 12.25), ("1:15 p.m.", 13.25)])
def test_a_day_of_two_halves(written: str, hour: float) -> None:
    table = f"ID,DATE,TIME,AMT,DV\n1,2026-11-21,0:00,20,.\n1,2026-11-21,{written},.,9\n"
    assert first(table).observed[0].time_h == pytest.approx(hour)


@pytest.mark.parametrize("column", ["NOTGIVEN", "EXSTAT", "DELFLAG"])
def test_a_dose_that_was_not_given_is_none(column: str) -> None:
    word = "NOT DONE" if column == "EXSTAT" else "1"
    table = f"ID,TIME,AMT,{column}\n1,0,20,{word}\n1,4,20,\n1,6,.,\n"
    assert [dose.time_h for dose in first(table).doses] == [4]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("ID,EVID,CMT,AMT,TIME\n1,1,1,40,0\n1,5,2,0,5\n", "EVID: 5 is not known"),
        ("id,time,amt,evid,cmt\n1,0,32,1,1\n1,0,32,1,2\n", "CMT: «2» is not known; say which way"),
        ("ID,TIME,AMT,RATE,II,SS,EVID,ADDL\n1,0,0,5,0,1,1,4\n", "an infusion without an end (SS 1, AMT 0) has no II"),
        ("ID,amt,evid,doserate,rate,time\n1,15,1,60,60,0\n", "«DOSERATE» is not known and could change a dose"),
        ("ID,time,amt,rate,evid,D1I\n1,0,0,0,0,2\n1,1,40,-2,1,1\n", "RATE: -2 leaves it to a model"),
        ("ID,time,amt,rate,evid\n1,0,-1,-3,1\n", "AMT: -1 is negative"),
        ("SUBJID,TIME,DOSE,EXDUR_C1D1\n1,0,40,45\n", "«EXDUR_C1D1» is not known and could change a dose"),
        ("SUBJID,PKATPD,DOSE,PKPTMS,PKCNCN\n7,0,6,0,0\n", "there is no column TIME"),
        ("ID,OCC,TIME,AMT,TINF\n1,1,0,40,2\n1,1,3,.,.\n1,1,0,40,2\n", "TIME: 0 h comes after 3 h"),
        ("ID,TIME,EVID,AMT\n1,0,1,20\n1,2,1,-20\n", "AMT: -20 is negative"),
        ("USUBJID,EXDOSE,EXSTDTC,EXENDTC\nS,40,2024-03,2024-03\n", "«2024-03» is no date with a time"),
        ("USUBJID,AFRLT,AVAL,DOSEA,EVID\nS,0,,40,1\n", "«DOSEA» is not known"),
        ("ID,TIME,AMT,RATE,RATEU\n1,0,40,5,mcg/kg/min\n", "«mcg/kg/min» is not a rate known here"),
        ("C,ID,DATE,TIME,AMT\n.,1,03-01,08:00,40\n", "«03-01» is no date"),
    ],
)
def test_shapes_of_bug_reports_that_are_refused(table: str, reason: str) -> None:
    with pytest.raises(UnwoundError) as told:
        event_table.read(table, "t.csv")
    assert reason in str(told.value)


@pytest.mark.parametrize(
    ("table", "doses"),
    [
        ("ID,TIME,AMT,RATE,EVID\n1,0,25,0,1\n1,6,30,15,1\n", [(0, 25, 0), (6, 30, 2)]),
        ("ID,TIME,AMT,RATE,EVID\n1,0,30,10,1\n1,4,20,0,1\n", [(0, 30, 3), (4, 20, 0)]),
        ("ID,TIME,DV,AMT,RATE\n1,0,0,25,600\n1,1,42,0,0\n", [(0, 25, 25 / 600)]),
        (
            "ID,TIME,DOSE,II,ADDL,EVID,AMT\n1,0,10,24,1,1,10\n1,12,20,24,1,1,20\n",
            [(0, 10, 0), (12, 20, 0), (24, 10, 0), (36, 20, 0)],
        ),
        ("ID,TIME,AMT,EVID,II,SS\n1,0,20,1,0,0\n1,6,0,0,0,0\n1,0,20,4,12,1\n", [(0, 20, 0), (7, 20, 0)]),
        ("ID;Clock;Dose (mg);Infusion time (min)\n1;08:00;40;120\n1;11:00;;\n", [(0, 40, 2)]),
        ("id,time,amt,evid,cmt,dur,route\n1,0,40,1,Central,2,iv\n1,3,missing,0,.,.,.\n", [(0, 40, 2)]),
    ],
)
def test_shapes_of_bug_reports_that_are_read(table: str, doses: list[tuple[float, float, float]]) -> None:
    read = [(dose.time_h, dose.amount_mg, dose.duration_h) for dose in first(table).doses]
    assert np.array(read) == pytest.approx(np.array(doses))


def test_what_else_was_measured_is_never_taken_for_the_drug_in_plasma() -> None:
    """Urine beside plasma and a metabolite beside the drug stood among the plasma values, a warning to stderr apart."""
    for column, values in (("MATRIX", ("plasma", "urine")), ("OUTPUT", ("1", "2")), ("PCTESTCD", ("KET", "NKET"))):
        table = f"ID,TIME,AMT,DV,{column}\n1,0,40,.,.\n1,2,.,80,{values[0]}\n1,2,.,120,{values[1]}\n"
        assert [seen.output for seen in first(table).observed] == list(values)


@pytest.mark.parametrize("column", ["AVALU", "Y_UNIT", "OBS_UNITS", "DVU"])
def test_a_unit_of_what_was_measured_is_read_by_whatever_name(column: str) -> None:
    (seen,) = first(f"ID,TIME,AMT,DV,{column}\n1,0,40,.,\n1,2,.,0.08,ug/mL\n").observed
    assert seen.value == pytest.approx(80)
