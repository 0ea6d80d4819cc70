"""`unwound simulate` as it is typed: what comes out, and what is said when something is wrong."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from click.testing import CliRunner, Result

from unwound import protocols
from unwound.cli import commands, guard
from unwound.pharmacology import simulate
from unwound.pharmacology.dosing import Dose
from unwound.pharmacology.subjects import Subjects
from unwound.protocols.comparison import MODELS
from unwound.record import UnwoundError

EVENTS = "ID,TIME,AMT,RATE,EVID,CMT\n1,0,192,8,1,1\n1,24,336,14,1,1\n1,48,1092,21,1,1\n"
FORTY = "ID,TIME,AMT,DUR,EVID,CMT\n1,0,28,0.66666667,1,1\n"
ESKETAMINE = next(id for id, one in protocols.protocols().items() if one.drug == "esketamine")
RACEMIC = next(id for id, one in protocols.protocols().items() if one.drug == "racemic")


def call(*words: str) -> Result:
    return CliRunner().invoke(commands, ["simulate", *words])


def told(*words: str) -> str:
    """The one line that says what is wrong."""
    result = call(*words)
    assert result.exit_code != 0, result.output
    if isinstance(result.exception, UnwoundError):
        return str(result.exception)
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    return result.output.strip().splitlines()[-1]


def found(*words: str) -> dict[str, Any]:
    result = call(*words, "--json")
    assert result.exit_code == 0, result.output
    object: dict[str, Any] = json.loads(result.stdout)
    return object


@pytest.fixture
def four_days(tmp_path: Path) -> str:
    (tmp_path / "four.csv").write_text(EVENTS)
    return str(tmp_path / "four.csv")


@pytest.fixture
def forty_minutes(tmp_path: Path) -> str:
    (tmp_path / "forty.csv").write_text(FORTY)
    return str(tmp_path / "forty.csv")


OTTO = ("--model", "otto_2021", "--weight-kg", "70")


def test_json_has_the_keys_that_are_promised_and_arrays_of_one_length(four_days: str) -> None:
    said = found("--events", four_days, *OTTO)
    promised = ("model", "doses", "times_h", "plasma_ng_per_ml", "norketamine_ng_per_ml", "relief_fraction")
    assert set(promised) <= set(said)
    assert said["model"] == "otto_2021"
    assert [dose["amount_mg"] for dose in said["doses"]] == [192, 336, 1092]
    assert {len(said[key]) for key in promised[2:]} == {len(said["times_h"])}
    assert said["data_end_days"] == 77
    assert said["data_end_h"] == 100 + 77 * 24
    assert said["stop_h"] == pytest.approx(100)
    assert "dahan_2011" in said["sources"]


def test_the_numbers_are_those_of_the_library(four_days: str) -> None:
    said = found("--events", four_days, *OTTO, "--until-h", "100", "--step-h", "10")
    doses = [
        Dose(time_h=0, amount_mg=192, duration_h=24),
        Dose(time_h=24, amount_mg=336, duration_h=24),
        Dose(time_h=48, amount_mg=1092, duration_h=52),
    ]
    curve = simulate(doses, Subjects(np.array([70.0])), "otto_2021", said["times_h"])
    assert said["plasma_ng_per_ml"] == pytest.approx(curve.plasma[0], rel=1e-5)
    assert {0.0, 10.0, 24.0, 48.0, 100.0} <= set(said["times_h"])


def test_four_days_relieve_for_weeks_and_forty_minutes_do_not(four_days: str, forty_minutes: str) -> None:
    def after(said: dict[str, Any], days: float) -> float:
        return float(np.interp(said["stop_h"] + 24 * days, said["times_h"], said["relief_fraction"]))

    long, short = found("--events", four_days, *OTTO), found("--events", forty_minutes, *OTTO)
    assert after(long, 7) == pytest.approx(0.75, abs=0.06)
    assert after(long, 77) < 0.05
    assert after(short, 7) < 0.1


def test_norketamine_is_null_where_the_model_has_none(forty_minutes: str) -> None:
    said = found("--events", forty_minutes, "--model", "kamp_2020", "--weight-kg", "70", "--until-h", "5")
    assert said["norketamine_ng_per_ml"] is None
    assert said["drug"] == "racemic"
    assert any("half esketamine" in note for note in said["notes"])


def test_every_output_of_the_model_is_told_and_how_norketamine_is_carried(four_days: str) -> None:
    simons = ("--events", four_days, "--model", "simons_2022", "--weight-kg", "70", "--until-h", "30", "--step-h", "5")
    told = found(*simons)
    assert max(told["hydroxynorketamine_ng_per_ml"]) > 0
    assert any("carries norketamine as moles" in note for note in told["notes"])
    table = list(csv.DictReader(io.StringIO(call(*simons, "--csv").stdout)))
    assert [float(row["hydroxynorketamine_ng_per_ml"]) for row in table] == told["hydroxynorketamine_ng_per_ml"]
    assert any(
        "carries norketamine as mass" in note
        for note in found("--events", four_days, *OTTO, "--until-h", "30")["notes"]
    )


def test_a_protocol_brings_the_model_of_its_drug() -> None:
    for id, model in ((ESKETAMINE, "otto_2021"), (RACEMIC, "clements_1981")):
        said = found("--protocol", id, "--weight-kg", "70")
        assert said["model"] == model
        assert sum(dose["amount_mg"] for dose in said["doses"]) > 0


def test_a_population_gives_quantiles_that_the_seed_fixes(four_days: str) -> None:
    words = ("--events", four_days, *OTTO, "--population", "40", "--until-h", "120", "--step-h", "20")
    one, same, other = (found(*words, "--seed", seed) for seed in ("5", "5", "6"))
    assert one == same
    assert one["plasma_ng_per_ml"] != other["plasma_ng_per_ml"]
    assert list(one["plasma_ng_per_ml"]) == list(one["relief_fraction"]) == ["0.05", "0.5", "0.95"]
    low, middle, high = (np.array(row) for row in one["relief_fraction"].values())
    assert (low <= middle).all()
    assert (middle <= high).all()
    assert one["population"] == {"n": 40, "seed": 5}


def test_a_population_without_a_seed_says_which_it_took(four_days: str) -> None:
    result = call("--events", four_days, *OTTO, "--population", "5", "--until-h", "10")
    assert result.exit_code == 0
    assert "seed 1" in result.stderr
    assert "5 simulated people" in result.stdout


def test_weights_may_spread_in_a_population_only(four_days: str) -> None:
    words = ("--events", four_days, "--model", "otto_2021", "--weight-kg", "75,12,50,110")
    assert "MEAN,SD,LOW,HIGH goes with --population" in told(*words)
    result = call(*words, "--population", "5", "--until-h", "30")
    assert result.exit_code == 0
    assert "75 kg on average (50 to 110 kg)" in result.stdout


def test_csv_and_parquet_hold_the_same_table(four_days: str, tmp_path: Path) -> None:
    out = tmp_path / "curve.parquet"
    result = call("--events", four_days, *OTTO, "--until-h", "30", "--step-h", "6", "--csv", "--parquet", str(out))
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    table = pyarrow.parquet.read_table(out).to_pydict()
    assert list(table) == ["id", "time_h", "plasma_ng_per_ml", "norketamine_ng_per_ml", "relief_fraction"]
    assert [float(row["plasma_ng_per_ml"]) for row in rows] == table["plasma_ng_per_ml"]
    assert [float(row["time_h"]) for row in rows] == [0, 6, 12, 18, 24, 30]


def test_every_id_of_an_event_table_is_one_schedule(tmp_path: Path) -> None:
    (tmp_path / "two.csv").write_text(EVENTS + "2,0,20,30,1,1\n")
    result = call("--events", str(tmp_path / "two.csv"), *OTTO, "--json", "--plot", str(tmp_path / "two.svg"))
    both = json.loads(result.stdout)
    assert [one["id"] for one in both] == ["1", "2"]
    assert "beyond this line: no controlled data" in (tmp_path / "two.svg").read_text(encoding="utf-8")


def test_the_picture_shows_both_clocks(four_days: str, tmp_path: Path) -> None:
    result = call("--events", four_days, *OTTO, "--plot", str(tmp_path / "one.svg"))
    assert result.exit_code == 0, result.output
    drawn = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert "Concentration (ng/mL)" in drawn
    assert "Weeks from the end of the last infusion" in drawn
    assert "Controlled data end 77 days" in result.stdout


@pytest.mark.parametrize("weight", ["0", "-70", "nan", "inf", "heavy", ""])
def test_a_weight_that_is_none_is_refused(four_days: str, weight: str) -> None:
    assert "--weight-kg" in told("--events", four_days, "--model", "otto_2021", f"--weight-kg={weight}")


@pytest.mark.parametrize("weights", ["70,0,50,90", "70,nan,50,90", "70,10,90,50", "70,10,50,50"])
def test_a_spread_of_weights_that_is_none_is_refused(four_days: str, weights: str) -> None:
    said = told("--events", four_days, "--model", "otto_2021", "--population", "3", f"--weight-kg={weights}")
    assert "SD is above 0 and LOW below HIGH" in said


@pytest.mark.parametrize("people", ["0", "-3", "99999999999999999999"])
def test_a_number_of_people_that_is_none_is_refused_at_once(four_days: str, people: str) -> None:
    assert told("--events", four_days, *OTTO, "--population", people).startswith(f"--population {people}")


def test_a_weight_is_never_assumed(four_days: str) -> None:
    assert "give --weight-kg" in told("--events", four_days, "--model", "otto_2021")
    assert "give --weight-kg" in told("--protocol", RACEMIC)


def test_a_protocol_is_refused_for_weights_no_plan_is_made_for() -> None:
    assert "29 is outside the 30 to 200 kg" in told("--protocol", RACEMIC, "--weight-kg", "29")
    words = ("--protocol", RACEMIC, "--population", "5", "--until-h", "4", "--weight-kg")
    assert "201 is outside" in told(*words, "75,12,50,201")
    assert call(*words, "75,12,50,200").exit_code == 0


def test_racemic_and_esketamine_never_share_a_dose_scale() -> None:
    said = told("--protocol", RACEMIC, "--model", "otto_2021", "--weight-kg", "70")
    assert "racemic" in said
    assert "never share a dose scale" in said
    assert "never share" in told("--protocol", ESKETAMINE, "--model", "kamp_2020", "--weight-kg", "70")


def test_a_dose_beyond_every_anaesthetic_is_refused_with_its_hour_unless_it_is_meant(tmp_path: Path) -> None:
    (tmp_path / "many.csv").write_text("ID,TIME,AMT,DUR\nA,0,20,4\nA,24,490,1\nA,48,0,0\n")
    (tmp_path / "more.csv").write_text("ID,TIME,AMT,DUR\nA,0,20,4\nA,24,491,1\n")
    words = ("--model", "kamp_2020", "--weight-kg", "70", "--until-h", "30")
    assert call("--events", str(tmp_path / "many.csv"), *words).exit_code == 0
    said = told("--events", str(tmp_path / "more.csv"), *words)
    assert (
        "ID A: 491 mg within an hour from 24 h; at 70 kg not even an anaesthetic with racemic ketamine takes more"
        in said
    )
    assert "The model kamp_2020 is of racemic ketamine: if the table is of esketamine, name one of" in said
    assert call("--events", str(tmp_path / "more.csv"), *words, "--beyond-ceilings").exit_code == 0


@pytest.mark.parametrize(
    ("model", "row", "warns", "refused"),
    [
        ("kamp_2020", "20,0", False, False),  # 0.29 mg/kg at once
        ("kamp_2020", "25,0", True, False),  # 0.36, over the 0.35 of courses for pain
        ("kamp_2020", "140,0", True, False),  # 2 mg/kg, an induction
        ("kamp_2020", "315,0", True, False),  # 4.5 mg/kg, the label's most
        ("kamp_2020", "490,0", True, True),  # 7 mg/kg at once
        ("kamp_2020", "35,0.5", False, False),
        ("otto_2021", "30,0.5", False, False),
        ("otto_2021", "35,0.5", True, False),  # ran by racemic models and was refused by this one
        ("otto_2021", "35,0", True, False),  # 0.5 mg/kg, an induction
        ("otto_2021", "70,0", True, False),
        ("otto_2021", "71,0", True, True),
    ],
)
def test_an_anaesthetic_is_simulated_with_a_warning_that_names_the_models_drug(
    tmp_path: Path, model: str, row: str, warns: bool, refused: bool
) -> None:
    (tmp_path / "t.csv").write_text(f"ID,TIME,AMT,DUR\nA,0,{row}\n")
    done = call("--events", str(tmp_path / "t.csv"), "--model", model, "--weight-kg", "70", "--until-h", "3")
    assert (done.exit_code != 0) == refused
    said = str(done.exception or "") + done.stderr
    assert ("The model " + model in said) == warns
    assert ("an anaesthetic's dose" in said) == (warns and not refused)


def test_every_protocol_passes_the_guard_of_tables_without_a_word() -> None:
    for id in protocols.protocols():
        model_id = MODELS[protocols.protocol(id).drug]
        for weight in (30.0, 70.0, 200.0):
            assert guard.guard(id, protocols.doses(id, weight), model_id, weight) == ""


def test_columns_that_are_not_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_text("ID,TIME,AMT,DUR,HEIGHT\nA,0,20,4,180\n")
    result = call("--events", str(tmp_path / "wide.csv"), *OTTO, "--until-h", "5")
    assert "not used by this model: HEIGHT" in result.stderr
    assert result.exit_code == 0


def test_a_steady_state_is_shown_from_its_first_row_on(tmp_path: Path) -> None:
    (tmp_path / "steady.csv").write_text("ID,TIME,AMT,RATE,II,ADDL,SS\nA,0,80,20,24,3,1\n")
    out = tmp_path / "steady.svg"
    said = found(
        "--events", str(tmp_path / "steady.csv"), *OTTO, "--until-h", "96", "--step-h", "24", "--plot", str(out)
    )
    drawn = re.search(r'width="(\d+)', out.read_text(encoding="utf-8"))
    assert drawn is not None
    assert int(drawn[1]) < 800, "the run-in lies outside of the picture"
    assert said["times_h"][0] == 0
    every_day = [said["plasma_ng_per_ml"][said["times_h"].index(hour)] for hour in (0, 24, 48, 72)]
    assert every_day == pytest.approx([every_day[0]] * 4, rel=1e-5)
    assert every_day[0] > 0


def test_a_picture_of_hours_shows_the_blood_alone_and_several_need_their_weeks(four_days: str, tmp_path: Path) -> None:
    out = tmp_path / "hours.svg"
    assert call("--events", four_days, *OTTO, "--until-h", "20", "--plot", str(out)).exit_code == 0
    assert "Weeks from the end" not in out.read_text(encoding="utf-8")
    (tmp_path / "two.csv").write_text(EVENTS + "2,0,20,30,1,1\n")
    said = told("--events", str(tmp_path / "two.csv"), *OTTO, "--until-h", "20", "--plot", str(tmp_path / "two.svg"))
    assert "leave --until-h out" in said
    assert not (tmp_path / "two.svg").exists()


def test_a_population_of_a_model_without_variation_says_so(forty_minutes: str) -> None:
    words = ("--population", "4", "--weight-kg", "70", "--until-h", "5", "--events", forty_minutes)
    assert "does not say how people differ" in call(*words, "--model", "kamp_2020").stdout
    assert "does not say how people differ" not in call(*words, "--model", "otto_2021").stdout


def test_a_result_never_takes_the_place_of_the_table_or_of_a_pipe(four_days: str, tmp_path: Path) -> None:
    before = Path(four_days).read_bytes()
    assert "three files" in told("--events", four_days, *OTTO, "--until-h", "10", "--parquet", four_days)
    assert Path(four_days).read_bytes() == before
    os.mkfifo(tmp_path / "pipe")
    said = told("--events", four_days, *OTTO, "--until-h", "10", "--parquet", str(tmp_path / "pipe"))
    assert "not an ordinary file" in said
    assert (tmp_path / "pipe").is_fifo()


def test_what_does_not_exist_is_said_with_what_does(four_days: str) -> None:
    assert "otto_2021" in told("--events", four_days, "--model", "nobody_1999", "--weight-kg", "70")
    assert ESKETAMINE in told("--protocol", "no_such_protocol", "--weight-kg", "70")
    assert "does not say its drug" in told("--events", four_days, "--weight-kg", "70")


def test_options_that_do_not_go_together_are_said(four_days: str) -> None:
    assert "either --protocol ID or --events FILE" in told("--weight-kg", "70")
    assert "either --protocol ID or --events FILE" in told("--protocol", RACEMIC, "--events", four_days)
    assert "exclude each other" in told("--events", four_days, *OTTO, "--json", "--csv")
    assert "belong to --population" in told("--events", four_days, *OTTO, "--seed", "4")
    assert "belong to --population" in told("--events", four_days, *OTTO, "--cluster", "tcp://here:1")


@pytest.mark.parametrize("address", ["rubbish", "tcp://here", "tcp://here:port", ""])
def test_an_address_that_is_none_is_named(four_days: str, address: str) -> None:
    said = told("--events", four_days, *OTTO, "--population", "2", "--cluster", address)
    assert said.startswith(f"no dask scheduler answers at «{address}»")


def test_an_address_that_is_none_is_told_in_one_line_whatever_dask_logs(four_days: str) -> None:
    command = [sys.executable, "-c", "from unwound.cli import main; main()", "simulate", "--events", four_days, *OTTO]
    asked = [*command, "--population", "2", "--cluster", "tcp://here:port"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("unwound: no dask scheduler answers at «tcp://here:port»")
    assert done.stderr.count("\n") == 1


def test_times_that_make_no_sense_are_refused(four_days: str) -> None:
    assert "--until-h" in told("--events", four_days, *OTTO, "--until-h", "-5")
    assert "--step-h" in told("--events", four_days, *OTTO, "--step-h", "0")
    assert "give a longer --step-h" in told("--events", four_days, *OTTO, "--step-h", "0.0001")


BAD = {
    "no columns": "hello\n",
    "out of order": "ID,TIME,AMT,RATE,EVID,CMT\n1,24,100,10,1,1\n1,0,100,10,1,1\n",
    "a gap": "ID,TIME,AMT,RATE,EVID,CMT\n1,,100,10,1,1\n",
    "no number": "ID,TIME,AMT,RATE,EVID,CMT\n1,0,much,10,1,1\n",
    "negative": "ID,TIME,AMT,RATE,EVID,CMT\n1,0,-100,10,1,1\n",
    "empty": "",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_a_bad_event_table_is_one_line_that_names_it_and_nothing_is_written(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.csv").write_text(text)
    out = tmp_path / "out.svg"
    said = told("--events", str(tmp_path / "bad.csv"), *OTTO, "--plot", str(out))
    assert "bad.csv" in said
    assert "\n" not in said
    assert not out.exists()


def test_a_file_that_is_not_there_or_no_text_is_said(tmp_path: Path) -> None:
    assert "cannot be read" in told("--events", str(tmp_path / "none.csv"), *OTTO)
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00\x9c")
    assert "UTF-8" in told("--events", str(tmp_path / "bytes.csv"), *OTTO)


def test_nothing_is_written_where_the_picture_cannot_be(four_days: str, tmp_path: Path) -> None:
    assert "a picture ends in" in told("--events", four_days, *OTTO, "--plot", str(tmp_path / "x.pdf"))
    (tmp_path / "file").write_text("")
    said = told("--events", four_days, *OTTO, "--until-h", "10", "--parquet", str(tmp_path / "file" / "x.parquet"))
    assert "cannot be written" in said
    assert sorted(os.listdir(tmp_path)) == ["file", "four.csv"]


def test_the_help_says_which_model_is_taken_and_why() -> None:
    said = " ".join(call("--help").output.split())
    assert "otto_2021 for esketamine, clements_1981 for racemic ketamine, both from venous blood" in said
    assert "Never assumed" in said
