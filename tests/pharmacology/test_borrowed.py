"""A spread that belongs to other people is said wherever it is used."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from unwound import plots
from unwound.cli import commands
from unwound.pharmacology import languages, models
from unwound.pharmacology.dosing import Dose
from unwound.pharmacology.individualise import individualise
from unwound.pharmacology.vpc import Person, check

CLEMENTS = models.model("clements_1981")
PEOPLE, ERROR = CLEMENTS.borrowed


def test_racemic_ketamine_in_adults_spreads_as_fifteen_adults_did() -> None:
    """Hasan 2021: clearance 1,530 (SD 380) mL/min, volume 5.6 (SD 2.1) L/kg; a half-life with SD 3.1 of 6.1 h."""
    covariance = np.array(CLEMENTS.variability.covariance)
    volume, clearance = np.array([1.0, 0.0]), np.array([1.0, 1.0])
    assert volume @ covariance @ volume == pytest.approx(np.log1p((2.1 / 5.6) ** 2), rel=1e-3)
    assert clearance @ covariance @ clearance == pytest.approx(np.log1p((380 / 1530) ** 2), rel=2e-3)
    assert volume @ covariance @ clearance == pytest.approx(0, abs=1e-4)
    assert covariance[1, 1] == pytest.approx(np.log1p((3.1 / 6.1) ** 2), rel=0.2)


def test_hijazis_patients_spread_as_printed() -> None:
    covariance = np.array(models.model("hijazi_2003").variability.covariance)
    both = np.array([1.0, 1.0])
    assert both @ covariance @ both == pytest.approx(np.log1p((13.3 / 36.0) ** 2), rel=1e-3)
    assert covariance[0, 0] == pytest.approx(np.log1p((8.6 / 16.0) ** 2), rel=1e-3)
    assert covariance[1, 1] == pytest.approx(np.log1p((1.6 / 4.9) ** 2), rel=1e-3)
    assert not models.model("hijazi_2003").borrowed


def test_a_fit_a_check_and_a_model_written_elsewhere_say_it() -> None:
    dose = Dose(time_h=0, amount_mg=35, duration_h=40 / 60)
    fit = individualise([(0.7, "plasma", 180.0), (3.0, "plasma", 45.0)], [dose], 70, "clements_1981")
    assert {PEOPLE, ERROR} <= set(fit.because)
    one = Person(doses=[dose], weight_kg=70.0, times_h=np.array([0.7, 3.0]), ng_per_ml=np.array([180.0, 45.0]))
    found = check([one], "clements_1981", seed=1, copies=20, bins=2)
    assert PEOPLE in str(plots.vpc(found).to_dict())
    for language in languages.LANGUAGES:
        said = " ".join(languages.written("clements_1981", language).split())
        assert "How people differ is borrowed" in said, language


def test_the_commands_say_it() -> None:
    given = ["simulate", "--protocol", "ketamine_40_min", "--weight-kg", "70", "--until-h", "4"]
    alone = json.loads(CliRunner().invoke(commands, [*given, "--json"]).stdout)
    many = json.loads(CliRunner().invoke(commands, [*given, "--population", "40", "--json"]).stdout)
    assert (alone["borrowed"], many["borrowed"]) == ([], [PEOPLE, ERROR])
    assert PEOPLE in many["notes"]
    assert PEOPLE in CliRunner().invoke(commands, [*given, "--population", "40"]).stdout.replace("\n", " ")
    widths = [max(many["plasma_ng_per_ml"][quantile]) for quantile in ("0.05", "0.95")]
    assert widths[1] > 2 * widths[0]
    page = json.loads(CliRunner().invoke(commands, ["models", "clements_1981", "--json"]).stdout)
    assert (page[0] if isinstance(page, list) else page)["borrowed"] == [PEOPLE, ERROR]


def test_what_no_publication_prints_stays_unknown() -> None:
    for id in ("kamp_2020", "domino_1982"):
        assert not models.model(id).variability.parameters
