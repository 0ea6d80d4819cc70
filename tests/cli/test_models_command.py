"""`unwound models`: what a model is, how people differ in it, what it leaves unexplained, and the checks it holds."""

import json
import re

import pytest
from click.testing import CliRunner

from unwound.cli import commands
from unwound.pharmacology import models


def said(*words: str) -> str:
    result = CliRunner().invoke(commands, ["models", *words])
    assert result.exit_code == 0, result.output
    return re.sub(r"\s+", " ", result.output)


@pytest.mark.parametrize("id", sorted(models.models()))
def test_every_model_says_its_blood_its_spread_and_its_error_or_that_they_are_not_known(id: str) -> None:
    told, one = said(id), models.model(id)
    assert f"{one.sampling} blood" in told
    assert ("People differ: not known" in told) == (not one.variability.parameters)
    assert ("Residual error: not known" in told) == (not one.residual)
    for parameter in one.variability.parameters:
        assert re.search(rf"\b{parameter}\b", told)


def test_what_varies_together_is_told_with_its_correlation() -> None:
    assert "CL with V1 (correlation 0.48); CLnk with Vnk (correlation 0.69)" in said("otto_2021")


@pytest.mark.parametrize("id", sorted(models.models()))
def test_the_json_of_a_model_is_enough_to_simulate_its_people_elsewhere(id: str) -> None:
    told, one = json.loads(said(id, "--json")), models.model(id)
    assert told["carries"] == one.carries
    assert told["reference_kg"] == one.reference_kg.value
    assert told["variability"]["parameters"] == list(one.variability.parameters)
    assert told["variability"]["covariance"] == [list(row) for row in one.variability.covariance]
    assert set(told["residual"]) == set(one.residual)
    assert all(check["nearness"] in ("close", "within twofold", "outside") for check in told["checks"])


def test_a_range_of_ages_is_in_the_json() -> None:
    assert json.loads(said("flint_2017", "--json"))["valid"]["age_years"]["high"] == 12.5


def test_a_model_says_how_many_independent_observations_it_comes_near() -> None:
    assert "4 independent observations: 3 close, 1 within twofold, 0 outside" in said()
    assert "no independent observation" in said()
    page = said("hijazi_2003")
    assert "koppel_1990" in page
    assert "outside" in page


def test_the_table_of_all_models_keeps_what_does_not_count_in_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    table = said("--checks")
    row = table.split("mg/kg over 40 minutes, peak")[1]
    assert row.split("(zarate_2006)")[1].replace("│", " ").split()[:9] == [
        *("0.96", "1.30", "(1.05)", "(1.37)", "1.22", "(1.37)", "(0.85)", "(0.67)", "(1.56)"),
    ]  # fmt: skip
