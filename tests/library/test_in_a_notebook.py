"""The library as somebody meets it in a notebook: what it offers, and what a result says of itself in a line."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import unwound
from unwound import notebook, pathway, protocols
from unwound.exchange import case_file
from unwound.pathway import Review
from unwound.pharmacology import effects, individualise, simulate, subject_of
from unwound.pharmacology.dosing import infusion
from unwound.pharmacology.population import population

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


class _Page(HTMLParser):
    """What is open must be closed: a page that escapes nothing is noticed by its tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.said, self.lines = list[str](), "", 0
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "path":
            self.open.append(tag)
        self.lines += tag == "polyline"

    def handle_endtag(self, tag: str) -> None:
        if tag != "path":
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said += data


def test_a_notebook_shows_a_review_and_a_plan_as_one_screen_that_names_nobody(review: Review) -> None:
    plan = protocols.plan("crps_ketamine_10_days", review.patient, concentration_mg_per_ml=2)
    refused = pathway.review(review.patient.knowing(pregnant=True))
    said = [_Page(one._repr_html_()).said for one in (review, refused, plan)]
    assert said[0].startswith("candidate (review of 2026-11-21)")
    assert all(one.question in said[0] for one in review.to_ask)
    early = CASE.with_name("diabetic_neuropathy_gabapentin_900.toml")
    unasked = pathway.review(case_file.read_case(early.read_text(encoding="utf-8"), early.name).patient)
    assert _Page(unasked._repr_html_()).said.startswith("first line first (provisional) (review of ")
    assert "Contraindications" in said[1] or "To be acted on first" in said[1]
    assert "planned; 880.6 mg" in said[2]
    not_planned = protocols.plan("crps_ketamine_10_days", refused.patient, concentration_mg_per_ml=2)
    for one in (plan, not_planned):
        assert all(f"{reason.title}: {reason.action}" in _Page(one._repr_html_()).said for reason in one.reasons)
    assert "Refused because" in not_planned._repr_html_()
    for private in ("Wren", "E-001", "1980"):
        assert private not in "".join(said)


def test_a_notebook_draws_curves_populations_and_fits(review: Review) -> None:
    dose = infusion(0, 20, 4)
    curve = simulate([dose], subject_of(review.patient), "clements_1981", np.linspace(0, 8, 900))
    people = population([dose], "clements_1981", n=20, times_h=[0.0, 4.0, 8.0], weight_kg=70, seed=1)
    fit = individualise.individualise([(4, "plasma", 124)], [dose], weight_kg=70, model="otto_2021")
    shown = [_Page(one._repr_html_()) for one in (curve, people, fit)]
    assert [one.lines for one in shown] == [len(curve.concentrations), len(people.probabilities), 0]
    assert f"{curve.plasma.max():.4g} ng/mL" in shown[0].said
    assert all(name in shown[2].said for name in fit.parameters)


def test_what_is_shown_is_text_and_never_markup() -> None:
    page = _Page(
        notebook.shown("<b>x</b>", (("<i>", ("<script>",)), ("empty", ())))
        + notebook.curves([0, 1], {"<&>": [1, 2]}, "<u>")
    )
    assert "<script>" in page.said
    assert "<&>" in page.said
    assert "empty" not in page.said


def test_patients_and_cases_say_how_much_is_known_and_name_nobody(review: Review) -> None:
    case = case_file.read_case(CASE.read_text(encoding="utf-8"), CASE.name)
    said = repr(case) + repr(case.patient) + str(case.patient) + repr(pathway.decide(case.patient).patient)
    assert repr(case.patient).startswith("Patient(as_of='2026-11-21', facts=")
    assert len(repr(case)) < 200
    for private in ("Wren", "E-001", "1980", "wrist"):
        assert private not in said


def test_equal_results_are_equal_keys(review: Review) -> None:
    again = pathway.review(case_file.read_case(CASE.read_text(encoding="utf-8"), CASE.name).patient)
    other = pathway.review(review.patient.knowing(pregnant=True))
    plans = [protocols.plan("crps_ketamine_10_days", one.patient, concentration_mg_per_ml=2) for one in (review, again)]
    for one, same in ((review, again), (review.patient, again.patient), (review.candidacy, again.candidacy), plans):
        assert one == same
        assert hash(one) == hash(same)
    assert len({review, again, other}) == 2
    assert len({review.patient, other.patient}) == 2
    turned = review.patient.with_checked(facts=dict(reversed(list(review.patient.facts.items()))))
    assert turned == review.patient
    assert hash(turned) == hash(review.patient)


@pytest.mark.parametrize(("before", "then"), [("", "svg"), ("altair.renderers.enable('json')", "json")])
def test_charts_show_in_a_notebook_without_the_internet_unless_another_way_was_chosen(before: str, then: str) -> None:
    script = f"import altair; {before}\nfrom unwound import plots; plots.save\nprint(altair.renderers.active)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (then, "")
