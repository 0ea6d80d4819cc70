"""The library as somebody meets it in a notebook: what it offers, and what a result says of itself in a line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import unwound
from unwound import pathway, protocols
from unwound.exchange import case_file
from unwound.pathway import Review
from unwound.pharmacology import effects, individualise, simulate, subject_of
from unwound.pharmacology.dosing import infusion

CASE = Path(unwound.__file__).parent / "examples" / "crps_after_wrist_fracture.toml"


@pytest.fixture(scope="module")
def review() -> Review:
    return pathway.review(case_file.read_case(CASE.read_text(encoding="utf-8"), CASE.name).patient)


def test_what_the_library_offers_is_listed_and_loaded_when_it_is_asked_for() -> None:
    script = """
import sys
import unwound
assert set(unwound.__all__) <= set(dir(unwound))
assert "unwound.pathway" not in sys.modules
for name in unwound.__all__:
    assert getattr(unwound, name).__doc__
assert not hasattr(unwound, "pathways")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_every_module_that_help_names_is_offered() -> None:
    assert unwound.__doc__ is not None
    first = {re.split(r"[.(]", line)[0].strip() for line in unwound.__doc__.splitlines() if line.startswith("    ")}
    assert first <= set(unwound.__all__)
    assert len(first) > 5


def test_a_review_says_itself_in_a_line_without_naming_the_patient(review: Review) -> None:
    assert repr(review).startswith("<Review of 2026-11-21: candidate; ")
    assert repr(review.candidacy).startswith("<Candidacy: candidate; because ")
    for private in ("Wren", "E-001", "1980"):
        assert private not in repr(review) + repr(review.candidacy)


def test_what_was_planned_compared_simulated_and_fitted_says_itself_in_a_line(review: Review) -> None:
    plan = protocols.plan("crps_ketamine_10_days", review.patient, concentration_mg_per_ml=2)
    refused = protocols.plan("crps_ketamine_10_days", review.patient.knowing(pregnant=True), concentration_mg_per_ml=2)
    sites = effects.sites_of("chronic_relief")
    curve = simulate(plan.doses, subject_of(review.patient), "clements_1981", [4, 28], sites=sites)
    dose = infusion(0, 20, 4)
    fit = individualise.individualise([(4, "plasma", 124)], [dose], weight_kg=70, model="otto_2021")
    compared = protocols.compare(70, protocols=["ketamine_40_min"])
    said = [repr(one) for one in (plan, refused, curve, fit, compared)]
    assert said[0].startswith("<Plan of crps_ketamine_10_days (racemic): planned; 880.6 mg over 40 h for 68 kg")
    assert said[1].startswith("<Plan of crps_ketamine_10_days (racemic): refused; ")
    assert said[2] == (
        "<Curve of racemic by clements_1981: plasma, chronic_relief; subjects: 1, times: 2, from 4 to 28 h>"
    )
    assert said[3].startswith("<Fit of Otto 2021")
    assert said[4] == "<Comparison for 70 kg: ketamine_40_min; refused: none>"
