"""`unwound vpc`: a table of people beside what the model would measure of them."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from unwound.cli import commands
from unwound.pharmacology.dosing import Dose
from unwound.pharmacology.population import draw
from unwound.pharmacology.simulation import simulate

TIMES = [1.0, 2.0, 4.0, 6.0, 9.0]


def table(path: Path, times_more: float = 1.0, column: str = "", cell: str = "") -> Path:
    """Thirty people as the model has them, with its own residual error and a weight each."""
    drawn = draw("otto_2021", 30, 4, weight_kg=(70, 12, 45, 110))
    levels = simulate([Dose(time_h=0, amount_mg=20, duration_h=2)], drawn, "otto_2021", TIMES).plasma
    seen = levels * times_more * np.exp(0.236 * np.random.default_rng(8).standard_normal(levels.shape))
    rows = [f"ID,TIME,AMT,DUR,EVID,DV,WT{column}"]
    for person, weight in enumerate(drawn.weight_kg.tolist()):
        rows.append(f"{person},0,20,2,1,.,{weight:.1f}{cell}")
        rows += [
            f"{person},{time},0,0,0,{value:.3f},{weight:.1f}{cell}"
            for time, value in zip(TIMES, seen[person], strict=True)
        ]
    path.write_text("\n".join(rows) + "\n")
    return path


def run(path: Path, *more: str) -> Result:
    given = ["vpc", "--events", str(path), "--model", "otto_2021", "--copies", "100", "--bins", "5", *more]
    return CliRunner().invoke(commands, given)


def test_people_of_the_model_lie_in_its_bands_and_others_do_not(tmp_path: Path) -> None:
    own = json.loads(run(table(tmp_path / "a.csv"), "--json").stdout)
    assert (own["people"], own["values"], own["prediction_corrected"]) == (30, 150, True)
    out = [
        low <= seen <= high
        for name in range(3)
        for low, seen, high in zip(*(own[f"{one}_ng_per_ml"][name] for one in ("low", "observed", "high")), strict=True)
    ]
    assert sum(out) >= 12
    far = run(table(tmp_path / "b.csv", 2.0)).stdout
    assert far.count("  outside") >= 10
    assert "150 values of 30 people by otto_2021" in far


def test_it_is_drawn_and_what_is_below_a_limit_is_counted(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv")
    lines = path.read_text().splitlines()
    lines[5] = ",".join([*lines[5].split(",")[:5], "<2", lines[5].split(",")[6]])
    path.write_text("\n".join(lines) + "\n")
    done = run(path, "--plot", str(tmp_path / "p.svg"), "--plain")
    assert "1 values below a limit are left out" in done.output
    assert "What was measured beside" in (tmp_path / "p.svg").read_text()
    assert "as measured" in done.stdout


def test_what_cannot_be_checked_says_why(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv")
    for more, reason in (
        (("--output", "norketamine"), "nobody has a value of norketamine"),
        (("--weight-kg", "70"), "the table has weights of its own"),
        (("--copies", "3"), "20 copies"),
    ):
        assert reason in str(run(path, *more).exception)
    path = table(tmp_path / "eta.csv", column=",ETA_CL", cell=",0.1")
    assert "deviations change, or are given" in str(run(path).exception)


@pytest.mark.parametrize("variance", [None, "CL=0.05"])
def test_occasions_are_copied_only_with_a_variance(tmp_path: Path, variance: str | None) -> None:
    path = table(tmp_path / "o.csv", column=",OCC", cell=",1")
    rows = [line[:-2] + ",2" if line.split(",")[1] == "9.0" else line for line in path.read_text().splitlines()]
    path.write_text("\n".join(rows) + "\n")
    done = run(path, *(["--iov", variance] if variance else []))
    if variance:
        assert "quantiles lie outside" in done.stdout
    else:
        assert "from one occasion to the next is not known" in str(done.exception)
