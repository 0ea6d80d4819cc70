"""One person on several occasions: in a table, in a simulation, in a population and in a fit."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from unwound.cli import commands
from unwound.exchange import event_table
from unwound.pharmacology import models
from unwound.pharmacology.dosing import Dose, columns_of
from unwound.pharmacology.individualise import forecast, individualise
from unwound.pharmacology.population import draw_occasions, population
from unwound.pharmacology.simulation import simulate
from unwound.pharmacology.subjects import Occasions, Subjects
from unwound.record import UnwoundError

OTTO = models.model("otto_2021")
VARIES = models.with_occasions(OTTO, {"CL": 0.09})
DOSES = [Dose(time_h=0, amount_mg=40, duration_h=4), Dose(time_h=168, amount_mg=40, duration_h=4)]
TWO = Occasions(of_periods=("1", "2"), ends_h=(100.0,))
TIMES = np.array([1.0, 4, 6, 8, 169, 172, 174, 176])
TABLE = """ID,TIME,AMT,DUR,EVID,DV,OCC
a,0,40,4,1,.,1
a,4,0,0,0,80,1
a,8,0,0,0,20,.
a,168,40,4,1,.,2
a,172,0,0,0,120,2
b,0,40,4,1,.,1
b,4,0,0,0,90,1
"""


def on(of_occasion: tuple[float, float]) -> np.ndarray:
    """Plasma of one person with these deviations of CL."""
    person = TWO.changing(np.array([70.0]), np.zeros((1, 4)), np.array([of_occasion])[:, :, None])
    return simulate(DOSES, person, VARIES, TIMES).plasma[0]


def test_a_deviation_of_one_occasion_acts_on_that_occasion_alone() -> None:
    typical = simulate(DOSES, Subjects(np.array([70.0])), OTTO, TIMES).plasma[0]
    np.testing.assert_allclose(on((0, 0)), typical, rtol=1e-9)
    np.testing.assert_allclose(on((0, 0.4))[:4], typical[:4], rtol=1e-9)
    assert (on((0, 0.4))[4:] < 0.95 * typical[4:]).all()
    assert (on((0.4, 0))[:4] < typical[:4]).all()
    # The clearance of an occasion is that of somebody whose clearance is always so.
    always = Subjects(np.array([70.0]), np.array([[0, 0.4, 0, 0]]))
    np.testing.assert_allclose(on((0.4, 0))[:4], simulate(DOSES, always, OTTO, TIMES).plasma[0, :4], rtol=1e-9)


def test_doses_as_columns_and_one_by_one_agree() -> None:
    person = TWO.changing(np.array([50.0, 90.0]), np.zeros((2, 4)), np.array([[[0.3], [-0.2]], [[0.0], [0.5]]]))
    by_columns = simulate(columns_of([DOSES]), person, VARIES, TIMES)
    np.testing.assert_allclose(simulate(DOSES, person, VARIES, TIMES).plasma, by_columns.plasma, rtol=1e-9)


def test_deviations_of_an_occasion_do_not_depend_on_how_many_people_or_occasions_there_are() -> None:
    every = draw_occasions(VARIES, 9000, 7, 3)
    assert (draw_occasions(VARIES, 10, 7, 2, first=8190) == every[8190:8200, :2]).all()
    np.testing.assert_allclose(every.var(axis=0), 0.09, rtol=0.06)
    assert abs(np.corrcoef(every[:, 0, 0], every[:, 1, 0])[0, 1]) < 0.03


def test_a_population_is_wider_by_the_variance_between_occasions() -> None:
    tied = models.with_occasions(OTTO, {"CL": 1e-12})
    wide, narrow = (
        population(DOSES, model, n=300, seed=1, times_h=TIMES, weight_kg=70.0, occasions=TWO)
        for model in (VARIES, tied)
    )
    plain = population(DOSES, OTTO, n=300, seed=1, times_h=TIMES, weight_kg=70.0)
    np.testing.assert_allclose(narrow.concentrations["plasma"], plain.concentrations["plasma"], rtol=1e-4)
    ratio = [found.concentrations["plasma"][2] / found.concentrations["plasma"][0] for found in (wide, narrow)]
    assert (ratio[0] > 1.1 * ratio[1])[[1, 2, 5, 6]].all()


def test_film_varies_between_occasions_as_its_paper_printed() -> None:
    film = [Dose(time_h=0, amount_mg=50, route="film")]
    found = population(film, "simons_2022", n=300, seed=2, times_h=[0.5, 1, 3], weight_kg=70.0)
    without = models.model("simons_2022").model_copy(update={"between_occasions": models.Variability()})
    narrow = population(film, without, n=300, seed=2, times_h=[0.5, 1, 3], weight_kg=70.0)
    spread = [np.log(one.concentrations["plasma"][2] / one.concentrations["plasma"][0]) for one in (found, narrow)]
    assert (spread[0] > 1.4 * spread[1]).all()


def test_a_fit_finds_each_occasion_and_a_new_one_is_forecast_wider() -> None:
    seen = [(float(time), "plasma", float(value)) for time, value in zip(TIMES, on((0.4, -0.4)), strict=True)]
    together = individualise(seen, DOSES, 70, OTTO)
    fit = individualise(seen, DOSES, 70, VARIES, TWO)
    assert fit.converged
    assert fit.of_occasions[0, 0] > 0.2
    assert fit.of_occasions[1, 0] < -0.2
    assert max(abs(one.weighted_residual) for one in fit.seen) < max(
        abs(one.weighted_residual) for one in together.seen
    )
    assert "stated by whoever asked" in fit.because[-1]
    third = Occasions(of_periods=("1", "2", "3"), ends_h=(100.0, 300.0))
    coming = [*DOSES, Dose(time_h=336, amount_mg=40, duration_h=4)]
    bands = forecast(fit, coming, [172.0, 340.0], occasions=third, draws=200).concentrations["plasma"]
    assert bands[2, 1] / bands[0, 1] > bands[2, 0] / bands[0, 0]


def test_what_varies_by_nothing_is_fitted_as_one_person() -> None:
    seen = [(4.0, "plasma", 90.0), (172.0, "plasma", 95.0)]
    tied = individualise(seen, DOSES, 70, models.with_occasions(OTTO, {"CL": 1e-10}), TWO)
    np.testing.assert_allclose(tied.eta, individualise(seen, DOSES, 70, OTTO).eta, atol=1e-3)


def test_occasions_of_a_model_that_states_no_variance_are_refused() -> None:
    for job in (
        lambda: individualise([(4.0, "plasma", 90.0)], DOSES, 70, OTTO, TWO),
        lambda: population(DOSES, OTTO, n=3, seed=1, times_h=TIMES, weight_kg=70.0, occasions=TWO),
    ):
        with pytest.raises(UnwoundError, match="from one occasion to the next is not known"):
            job()
    with pytest.raises(UnwoundError, match="has no parameter «Q9»"):
        models.with_occasions(OTTO, {"Q9": 0.1})
    with pytest.raises(UnwoundError, match="above 0"):
        models.with_occasions(OTTO, {"CL": -0.1})


def test_a_table_has_occasions_over_time_and_fills_their_gaps() -> None:
    courses = event_table.read(TABLE, "t.csv").courses
    assert courses["a"].occasions == ("1", "2")
    assert courses["a"].ends_h == (8.0,)
    assert courses["a"].of_doses == (0, 1)
    assert courses["b"].occasions == ("1",)


def test_a_dose_of_the_moment_of_the_last_row_before_it_belongs_to_its_own_occasion() -> None:
    table = "ID,TIME,AMT,EVID,OCC\na,0,20,1,1\na,24,0,0,1\na,24,20,1,2\na,25,0,0,2\n"
    course = event_table.read(table, "t.csv").courses["a"]
    assert (course.ends_h, course.of_doses) == ((24.0,), (0, 1))


def test_a_person_without_any_occasion_is_refused() -> None:
    with pytest.raises(UnwoundError, match="row 2, OCC: no occasion of this person"):
        event_table.read("ID,TIME,AMT,OCC\na,0,20,.\nb,0,20,1\n", "t.csv")


def run(tmp_path: Path, *arguments: str) -> Result:
    path = tmp_path / "t.csv"
    path.write_text(TABLE)
    given = ["simulate", "--events", str(path), "--model", "otto_2021", "--weight-kg", "70", *arguments]
    return CliRunner().invoke(commands, given)


def test_the_command_fits_occasions_only_with_a_variance(tmp_path: Path) -> None:
    asked = run(tmp_path, "--observed", "--json")
    assert "--iov CL=0.04" in asked.output
    done = run(tmp_path, "--observed", "--csv", "--iov", "CL=0.09")
    rows = [line.split(",") for line in done.stdout.splitlines()[1:]]
    of = {(row[0], float(row[1])): float(row[6]) / float(row[5]) for row in rows}
    assert of["a", 4] < of["a", 172]
    assert "stated by whoever asked" in done.output


def test_the_command_simulates_a_population_over_occasions(tmp_path: Path) -> None:
    assert "--iov CL=0.04" in str(run(tmp_path, "--population", "20").exception)
    done = run(tmp_path, "--population", "20", "--iov", "CL=0.09", "--json", "--until-h", "180")
    first = json.loads(done.stdout)[0]
    assert first["occasions"] == ["1", "2"]
    assert any("each of 2 occasions" in note for note in first["notes"])
    assert "such as CL=0.04" in str(run(tmp_path, "--iov", "CL").exception)
