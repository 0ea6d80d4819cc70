"""`unwound simulate --events`: what a table says of people, routes and drugs reaches the simulation, or is asked."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from terminal import unwound

from unwound.cli import commands
from unwound.pharmacology import models
from unwound.pharmacology.dosing import Dose, infusion
from unwound.pharmacology.simulation import simulate
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError

WEIGHTS = "ID,TIME,AMT,RATE,WT\nlight,0,40,10,50\nlight,4,0,0,50\nheavy,0,40,10,120\nheavy,4,0,0,120\n"


def call(tmp_path: Path, text: str, *words: str) -> Result:
    (tmp_path / "table.csv").write_text(text)
    return CliRunner().invoke(
        commands, ["simulate", "--events", str(tmp_path / "table.csv"), *words], catch_exceptions=True
    )


def observed(tmp_path: Path, text: str, *words: str) -> list[dict[str, str]]:
    result = call(tmp_path, text, *words, "--observed", "--csv")
    assert result.exit_code == 0, result.exception
    return list(csv.DictReader(io.StringIO(result.stdout)))


def refused(tmp_path: Path, text: str, *words: str) -> str:
    result = call(tmp_path, text, *words)
    assert isinstance(result.exception, UnwoundError), result.output
    return str(result.exception)


def by_hand(
    weight: float, doses: list[Dose], hour: float, model: str = "kamp_2020", eta: list[float] | None = None
) -> float:
    subjects = Subjects(np.array([weight]), None if eta is None else np.array([eta]))
    return float(simulate(doses, subjects, model, [hour]).plasma[0, 0])


def test_each_person_has_the_weight_of_the_table(tmp_path: Path) -> None:
    rows = observed(tmp_path, WEIGHTS, "--model", "kamp_2020")
    wanted = [by_hand(weight, [infusion(0, 10, 4)], 4) for weight in (50, 120)]
    assert [float(row["PRED"]) for row in rows] == pytest.approx(wanted, rel=1e-5)
    assert wanted == pytest.approx([125.5, 52.3], abs=0.05)


def test_the_curve_is_of_that_weight_too(tmp_path: Path) -> None:
    result = call(tmp_path, WEIGHTS, "--model", "kamp_2020", "--until-h", "4", "--step-h", "4", "--json")
    both = json.loads(result.stdout)
    assert [person["weight_kg"] for person in both] == [50, 120]
    assert [person["plasma_ng_per_ml"][-1] for person in both] == pytest.approx([125.542, 52.3092], rel=1e-5)


def test_a_weight_beside_weights_in_the_table_is_refused_and_none_at_all_too(tmp_path: Path) -> None:
    said = refused(tmp_path, WEIGHTS, "--model", "kamp_2020", "--weight-kg", "70")
    assert "the table has weights of its own; leave --weight-kg out" in said
    assert "never assumed" in refused(tmp_path, "ID,TIME,AMT\n1,0,40\n", "--model", "kamp_2020")
    assert "700 kg; a weight is a number" in refused(tmp_path, "ID,TIME,AMT,WT\n1,0,4,700\n", "--model", "kamp_2020")


def test_a_weight_that_changes_is_followed_exactly_and_no_population_is_made_of_it(tmp_path: Path) -> None:
    text = "ID,TIME,AMT,WT\n1,0,40,70\n1,6,0,70\n1,12,0,50\n"
    rows = observed(tmp_path, text, "--model", "kamp_2020")
    assert float(rows[0]["PRED"]) == pytest.approx(by_hand(70, [Dose(time_h=0, amount_mg=40)], 6), rel=1e-5)
    assert float(rows[1]["PRED"]) != pytest.approx(by_hand(70, [Dose(time_h=0, amount_mg=40)], 12), rel=1e-2)
    curve = json.loads(
        call(tmp_path, text, "--model", "kamp_2020", "--until-h", "12", "--step-h", "6", "--json").stdout
    )
    assert curve["plasma_ng_per_ml"][-1] == pytest.approx(float(rows[1]["PRED"]), rel=1e-5)
    assert "a population cannot follow" in refused(tmp_path, text, "--model", "otto_2021", "--population", "3")


def test_deviations_in_the_table_reach_the_curve_by_number_or_by_name(tmp_path: Path) -> None:
    model = models.model("otto_2021")
    named = model.variability.parameters[1]
    text = f"ID,TIME,AMT,RATE,WT,ETA1,ETA_{named}\n1,0,20,10,70,0.2,-0.1\n1,2,0,0,70,0.2,-0.1\n"
    (row,) = observed(tmp_path, text, "--model", "otto_2021")
    eta = [0.2, -0.1, *[0.0] * (len(model.variability.parameters) - 2)]
    assert float(row["IPRED"]) == pytest.approx(by_hand(70, [infusion(0, 10, 2)], 2, "otto_2021", eta), rel=1e-5)
    assert float(row["PRED"]) == pytest.approx(by_hand(70, [infusion(0, 10, 2)], 2, "otto_2021"), rel=1e-5)
    result = call(tmp_path, text, "--model", "otto_2021", "--until-h", "2")
    assert f"1 is {model.variability.parameters[0]}, {named.upper()} is {named}" in result.stderr


def test_deviations_that_are_not_the_models_are_refused(tmp_path: Path) -> None:
    text = "ID,TIME,AMT,WT,ETA9\n1,0,20,70,0.2\n"
    assert "ETA 9 is not one of otto_2021" in refused(tmp_path, text, "--model", "otto_2021")
    assert "it does not say how people differ" in refused(tmp_path, text, "--model", "kamp_2020")
    text = "ID,TIME,AMT,WT,ETA1\n1,0,20,70,0.2\n"
    assert "a population draws them" in refused(tmp_path, text, "--model", "otto_2021", "--population", "3")


def test_deviations_may_change_by_occasion(tmp_path: Path) -> None:
    text = "ID,TIME,AMT,EVID,WT,OCC,ETA1\n1,0,20,1,70,1,0\n1,2,0,0,70,1,0\n1,0,20,4,70,2,0.5\n1,2,0,0,70,2,0.5\n"
    rows = observed(tmp_path, text, "--model", "otto_2021")
    rest = [0.0] * (len(models.model("otto_2021").variability.parameters) - 1)
    wanted = [by_hand(70, [Dose(time_h=0, amount_mg=20)], 2, "otto_2021", [eta, *rest]) for eta in (0.0, 0.5)]
    assert [float(row["IPRED"]) for row in rows] == pytest.approx(wanted, rel=1e-5)
    assert [float(row["TIME"]) for row in rows] == [2, 2]


def test_a_trough_before_a_bolus_is_no_peak_in_the_fit_either(tmp_path: Path) -> None:
    trough = by_hand(70, [Dose(time_h=0, amount_mg=20)], 24, "otto_2021")
    text = f"ID,TIME,AMT,EVID,DV,WT\n1,0,20,1,.,70\n1,24,0,0,{trough},70\n1,24,20,1,.,70\n1,24,0,0,.,70\n"
    rows = observed(tmp_path, text, "--model", "otto_2021")
    assert float(rows[0]["IPRED"]) == pytest.approx(trough, rel=0.01)
    assert abs(float(rows[0]["IWRES"])) < 0.05
    assert float(rows[1]["PRED"]) > 100 * trough
    assert rows[1]["DV"] == rows[1]["IWRES"] == ""


def test_an_empty_iwres_says_why(tmp_path: Path) -> None:
    text = "ID,TIME,AMT,EVID,DV,WT\n1,0,20,1,.,70\n1,2,0,0,30,70\n"
    said = call(tmp_path, text, "--model", "kamp_2020", "--observed", "--csv")
    assert said.stdout.splitlines()[1].endswith(","), "IPRED is there, IWRES is not"
    assert "IWRES is empty for plasma" in said.stderr
    assert "does not state how far a measured «plasma» varies" in said.stderr


def test_what_is_measured_is_named_by_its_output_or_asked(tmp_path: Path) -> None:
    text = "ID,TIME,AMT,EVID,DV,WT,DVID\n1,0,20,1,.,70,1\n1,2,0,0,50,70,1\n1,2,0,0,30,70,2\n"
    assert "which output is «2»?" in refused(tmp_path, text, "--model", "otto_2021", "--observed")
    rows = observed(tmp_path, text, "--model", "otto_2021", "--cmt", "2=norketamine")
    assert [row["OUTPUT"] for row in rows] == ["plasma", "norketamine"]


def test_routes_come_from_words_and_from_the_map(tmp_path: Path) -> None:
    by_word = "ID,TIME,AMT,ROUTE,WT\n1,0,56,intranasal,70\n1,1,0,.,70\n"
    by_map = "ID,TIME,AMT,CMT,WT\n1,0,56,1,70\n1,1,0,2,70\n"
    wanted = by_hand(70, [Dose(time_h=0, amount_mg=56, route="nasal")], 1, "perez_ruixo_2021")
    (word,) = observed(tmp_path, by_word, "--model", "perez_ruixo_2021")
    (number,) = observed(tmp_path, by_map, "--model", "perez_ruixo_2021", "--cmt", "1=nasal,2=plasma")
    assert float(word["PRED"]) == float(number["PRED"]) == pytest.approx(wanted, rel=1e-5)


def test_a_route_that_the_model_lacks_is_said_with_those_it_has(tmp_path: Path) -> None:
    text = "ID,TIME,AMT,ROUTE,WT\n1,0,56,sc,70\n"
    assert "by the route subcutaneous; kamp_2020 takes iv" in refused(tmp_path, text, "--model", "kamp_2020")


@pytest.mark.parametrize("cmt", ["", "1", "1=", "=iv", "1=osmosis", "1=iv,1=oral"])
def test_a_map_that_is_none_is_refused(tmp_path: Path, cmt: str) -> None:
    assert "give each compartment its route" in refused(
        tmp_path, "ID,TIME,AMT,WT\n1,0,4,70\n", "--model", "kamp_2020", "--cmt", cmt
    )


def test_a_table_of_one_drug_is_not_simulated_with_a_model_of_the_other(tmp_path: Path) -> None:
    text = "ID,TIME,AMT,DRUG,WT\n1,0,40,esketamine,70\n"
    said = refused(tmp_path, text, "--model", "kamp_2020")
    assert "never share a dose scale; name a model of esketamine, such as otto_2021" in said
    assert "is that racemic ketamine or esketamine?" in refused(
        tmp_path, text.replace("esketamine", "K-2"), "--model", "kamp_2020"
    )
    arm = "ID,TIME,AMT,TRT,WT\n1,0,40,S-ketamine,70\n"
    assert "never share a dose scale" in refused(tmp_path, arm, "--model", "kamp_2020")
    assert call(tmp_path, arm.replace("S-ketamine", "arm B"), "--model", "kamp_2020", "--until-h", "2").exit_code == 0


def test_a_steady_state_is_held_to_the_ceilings_as_its_doses_are(tmp_path: Path) -> None:
    words = ("--model", "kamp_2020", "--until-h", "2")
    often = "ID,TIME,AMT,II,SS,WT\n1,0,100,0.1,1,70\n"
    assert "1100 mg within an hour" in refused(tmp_path, often, *words)
    endless = "ID,TIME,AMT,RATE,SS,WT\n1,0,0,600,1,70\n"
    said = refused(tmp_path, endless, *words)
    assert "600 mg within an hour" in said
    assert "if the table is of esketamine, name one of flint_2017, otto_2021" in said
    assert call(tmp_path, endless.replace("600", "20"), *words).exit_code == 0


def test_what_the_table_made_us_do_is_said_beside_the_result(tmp_path: Path) -> None:
    text = "C,ID,TIME,AMT,WT,RACE\n.,1,0,40,70,2\nC,1,1,40,70,2\n.,1,4,0,70,2\n"
    result = call(tmp_path, text, "--model", "kamp_2020", "--until-h", "4")
    assert "not used by this model: RACE" in result.stderr
    assert "1 rows left out by C" in result.stderr


def test_observed_rows_go_with_a_table_only(tmp_path: Path) -> None:
    result = CliRunner().invoke(commands, ["simulate", "--protocol", "mood_ketamine_40_min", "--observed"])
    assert result.exit_code == 2
    assert "belong to --events" in result.output
    assert (
        "--observed goes with"
        in call(tmp_path, WEIGHTS, "--model", "otto_2021", "--observed", "--population", "3").output
    )


def test_age_counts_where_the_model_has_an_effect_of_it_and_is_named_where_it_has_none(tmp_path: Path) -> None:
    rows = (
        "ID,TIME,AMT,RATE,AGE,WT\nyoung,0,1400,14,50,70\nyoung,100,.,.,.,70\nold,0,1400,14,80,70\nold,100,.,.,80,70\n"
    )
    table = tmp_path / "ages.csv"
    table.write_text(rows)
    counted = unwound("simulate", "--events", table, "--model", "perez_ruixo_2021", "--observed", "--csv")
    assert "AGE changes Qh" in counted.stderr
    young, old = (float(line.split(",")[5]) for line in counted.stdout.splitlines()[1:])
    assert old / young == pytest.approx(109.0 / 84.2, rel=0.01)
    named = unwound("simulate", "--events", table, "--model", "otto_2021", "--observed", "--csv")
    assert "not used by this model: AGE" in named.stderr
    both = unwound("simulate", "--events", table, "--model", "perez_ruixo_2021", "--age-years", "50")
    assert (both.returncode, "the table has ages of its own (AGE)" in both.stderr) == (2, True)


@pytest.mark.parametrize("age", [">89", "-99", ".", "130"])
def test_an_age_that_is_none_is_refused_only_where_the_model_uses_it(tmp_path: Path, age: str) -> None:
    table = tmp_path / "ages.csv"
    table.write_text(f"ID,TIME,AMT,RATE,AGE,WT\n1,0,20,10,{age},70\n1,2,.,.,{age},70\n")
    used = unwound("simulate", "--events", table, "--model", "perez_ruixo_2021", "--observed")
    assert (used.returncode, "an age is from 0 to 120 years" in used.stderr) == (2, True)
    assert unwound("simulate", "--events", table, "--model", "otto_2021", "--observed").returncode == 0


def test_an_age_on_the_command_line_says_where_it_changes_nothing() -> None:
    given = ("simulate", "--protocol", "crps_esketamine_6_days", "--weight-kg", "70", "--age-years", "80", "--json")
    assert "used by no part of otto_2021" in unwound(*given).stderr
    peaks = [
        max(json.loads(unwound(*given[:5], *age, "--json", "--model", "perez_ruixo_2021").stdout)["plasma_ng_per_ml"])
        for age in ((), ("--age-years", "80"))
    ]
    assert peaks[1] > 1.2 * peaks[0]
