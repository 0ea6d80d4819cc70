"""What a course's source gave beside it: on its days, as much as it says, and nothing that it does not say."""

from datetime import date

import numpy as np
import pytest
from patients_to_plan import wren
from pydantic import ValidationError

from unwound import protocols
from unwound.catalogue import Checked, Cited, CitedText
from unwound.pharmacology.dosing import Dose
from unwound.pharmacology.ensemble import predict
from unwound.pharmacology.simulation import simulate
from unwound.pharmacology.subjects import Subjects
from unwound.protocols.adjuncts import NOT_STATED
from unwound.protocols.knowledge import CoMedication
from unwound.record import UnwoundError
from unwound.report.plan_json import plan_json
from unwound.terms import Drug


def test_ten_days_have_clonidine_once_and_midazolam_twice_on_each() -> None:
    start = date(2026, 12, 7)
    plan = protocols.plan("crps_ketamine_10_days", wren(), concentration_mg_per_ml=1.0, start=start)
    clonidine, midazolam = plan.adjuncts
    assert clonidine.days == midazolam.days == tuple(day.day for day in plan.days)
    assert len(clonidine.days) == 10
    assert clonidine.on[0] == start
    assert (clonidine.mg, clonidine.times, clonidine.route) == ((0.1, 0.1), (1, 1), "by mouth")
    assert midazolam.says == f"midazolam 2 mg into the vein, 2 times, {NOT_STATED}"
    assert plan_json(plan)["adjuncts"][1]["on"][0] == "2026-12-07"


def test_a_rescue_is_kept_for_what_its_source_says() -> None:
    plan = protocols.plan("crps_ketamine_5_days", wren(), concentration_mg_per_ml=1.0)
    clonidine, lorazepam = plan.adjuncts
    assert (clonidine.mg, clonidine.times) == ((0.1, 0.2), (1, 2))
    assert lorazepam.says.endswith("only where there is dysphoria or hallucination")
    assert lorazepam.mg == (1, 2)


def test_what_a_source_gives_without_a_dose_or_not_at_all_is_not_computed() -> None:
    for id, course in protocols.protocols().items():
        plan = protocols.plan(id, wren(), concentration_mg_per_ml=1.0)
        stated = {one.drug for one in course.co_medication if one.dose is not None}
        assert {one.drug for one in plan.adjuncts} == (stated if plan.days else set()), id
    text = CitedText(text="Midazolam before each.", source="schwartzman_2009", checked=Checked.PRIMARY)
    assert CoMedication(drug="midazolam", text=text).dose is None
    with pytest.raises(ValidationError, match="has a route"):
        CoMedication(
            drug="midazolam", text=text, dose=Cited(value=2, unit="mg", source=text.source, checked=text.checked)
        )


def test_other_routes_are_predicted_by_the_models_that_know_them_and_else_said() -> None:
    spray = [Dose(time_h=0, amount_mg=56, route="nasal")]
    found = predict(spray, Drug.ESKETAMINE, 70)
    assert [one.model for one in found.models] == ["perez_ruixo_2021"]
    assert "otto_2021" in found.without
    exact = simulate(spray, Subjects(np.array([70.0])), "perez_ruixo_2021", np.linspace(0, 6, 2000)).plasma.max()
    assert found.highest.peak_ng_per_ml == pytest.approx(exact, rel=2e-3)
    for route in ("intramuscular", "subcutaneous", "sublingual"):
        with pytest.raises(UnwoundError, match=f"no model of racemic ketamine knows doses by {route}"):
            predict([Dose(time_h=0, amount_mg=25, route=route)], Drug.RACEMIC, 70)
