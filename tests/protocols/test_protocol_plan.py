"""A plan for a patient: the numbers on the pump, what holds them down, and when there is no plan."""

import math
from dataclasses import FrozenInstanceError, fields
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patients_to_plan import weighing, wren

from unwound import protocols
from unwound.patient import Patient
from unwound.pharmacology.dosing import Dose, total_mg
from unwound.protocols import Plan, knowledge
from unwound.protocols.schedule import binding
from unwound.record import UnwoundError

EVERY = list(protocols.protocols())
WEIGHTS = range(30, 201)
weights = st.floats(30, 200)
concentrations = st.floats(0.5, 5)  # weaker or stronger ones no pump may give: tests/protocols/test_pump.py
ids = st.sampled_from(EVERY)


def planned(id: str, patient: Patient, mg_per_ml: float = 1.0) -> Plan:
    plan = protocols.plan(id, patient, concentration_mg_per_ml=mg_per_ml)
    assert plan.verdict == "planned", plan.refusals
    return plan


def fastest(plan: Plan) -> float:
    return max(one.mg_per_h for one in plan.rates)


def said(plan: Plan) -> dict[str, str]:
    return {one.id: one.level for one in plan.reasons}


def test_ten_days_in_crps_at_68_kg_with_1_mg_per_ml() -> None:
    plan = planned("crps_ketamine_10_days", wren())
    assert [round(day.mg, 2) for day in plan.days] == [47.6, 71.4, *[95.2] * 8]
    assert [day.day for day in plan.days] == [1, 2, 3, 4, 5, 8, 9, 10, 11, 12]
    assert plan.total_mg == pytest.approx(880.6)
    assert plan.total_ml == pytest.approx(880.6)
    assert plan.hours == 40


def test_the_cap_of_25_mg_an_hour_lies_between_71_and_72_kg() -> None:
    below, above = (planned("crps_ketamine_10_days", weighing(kg)) for kg in (71, 72))
    assert (fastest(below), fastest(above)) == (pytest.approx(24.85), 25)
    assert "cap" not in said(below)
    assert said(above)["cap"] == "note"
    because = next(one for one in above.reasons if one.id == "cap").because
    assert because == ("at 72 kg the rate would be 25.2 mg/h; it is held at 25 mg/h (25 mg/h, schwartzman_2009)",)


def test_the_ceiling_of_1_mg_per_kg_lies_between_39_and_40_kg_at_40_mg_an_hour() -> None:
    below, above = (planned("crps_ketamine_5_days", weighing(kg)) for kg in (39, 40))
    assert (fastest(below), fastest(above)) == (39, 40)
    assert said(below)["ceiling"] == "ask"
    assert "ceiling" not in said(above)
    assert not [one for one in below.ceilings if one.binds and not one.within]


def test_the_esketamine_cap_lies_between_94_and_95_kg() -> None:
    below, above = (planned("crps_esketamine_4_days", weighing(kg)) for kg in (94, 95))
    assert fastest(below) == pytest.approx(29.811, abs=1e-3)
    assert fastest(above) == 30
    assert ("cap" in said(below), "cap" in said(above)) == (False, True)


@pytest.mark.parametrize("id", EVERY)
def test_at_every_weight_from_30_to_200_kg_the_rate_is_below_every_binding_ceiling_and_cap(id: str) -> None:
    known = protocols.protocol(id)
    caps = [step.cap.value for step in known.steps if step.cap]
    for kg in WEIGHTS:
        most = min([knowledge.for_weight(one, kg) for one in binding(known.drug)] + caps)
        for one in protocols.doses(id, kg):
            assert one.rate_mg_per_h <= most * (1 + 1e-12), (id, kg)


@pytest.mark.parametrize("id", EVERY)
@pytest.mark.parametrize(("outside", "inside"), [(29.9, 30), (200.1, 200)])
def test_the_lightest_and_the_heaviest_have_a_plan_and_a_step_further_nobody(
    id: str, outside: float, inside: float
) -> None:
    assert planned(id, weighing(inside)).doses
    refused = protocols.plan(id, weighing(outside), concentration_mg_per_ml=1)
    assert (refused.verdict, refused.doses, refused.total_mg) == ("refused", (), 0)
    assert said(refused)["weight_out_of_range"] == "stop"
    with pytest.raises(UnwoundError, match="30 to 200 kg"):
        protocols.doses(id, outside)


@given(ids, weights, weights)
def test_the_total_never_falls_with_weight(id: str, one: float, other: float) -> None:
    light, heavy = sorted((one, other))
    assert total_mg(protocols.doses(id, light)) <= total_mg(protocols.doses(id, heavy)) * (1 + 1e-12)


@given(weights)
def test_by_the_kilogram_the_total_grows_with_weight_until_the_cap(kg: float) -> None:
    per_kg = total_mg(protocols.doses("crps_ketamine_10_days", kg)) / kg
    full = total_mg(protocols.doses("crps_ketamine_10_days", 30)) / 30
    assert per_kg == pytest.approx(full) if kg <= 71.4 else per_kg < full


@settings(max_examples=50)
@given(ids, weights, concentrations)
def test_milligrams_are_millilitres_times_concentration(id: str, kg: float, mg_per_ml: float) -> None:
    plan = planned(id, weighing(kg), mg_per_ml)
    for mg, ml in [
        (plan.total_mg, plan.total_ml),
        *((one.mg, one.ml) for one in (*plan.rates, *plan.days)),
        *((one.mg_per_h, one.ml_per_h) for one in plan.rates),
    ]:
        assert mg == pytest.approx(ml * mg_per_ml)


@settings(max_examples=50)
@given(ids, weights, concentrations)
def test_half_the_concentration_doubles_the_volume_and_changes_no_milligram(
    id: str, kg: float, mg_per_ml: float
) -> None:
    whole, half = (planned(id, weighing(kg), one) for one in (mg_per_ml, mg_per_ml / 2))
    assert half.total_ml == pytest.approx(2 * whole.total_ml)
    assert half.doses == whole.doses


@settings(max_examples=50)
@given(ids, weights)
def test_days_rates_and_doses_say_the_same_total(id: str, kg: float) -> None:
    plan = planned(id, weighing(kg))
    assert plan.total_mg == pytest.approx(total_mg(plan.doses))
    assert plan.total_mg == pytest.approx(sum(day.mg for day in plan.days))
    assert plan.hours == pytest.approx(sum(day.hours for day in plan.days))
    assert plan.hours == pytest.approx(sum(dose.duration_h for dose in plan.doses))


@pytest.mark.parametrize("id", EVERY)
def test_infusions_follow_in_time_and_never_overlap(id: str) -> None:
    doses = protocols.doses(id, 70)
    assert doses[0].time_h == 0
    for one, following in pairwise(doses):
        assert following.time_h >= one.end_h - 1e-9
    assert all(isinstance(one, Dose) and one.amount_mg > 0 for one in doses)


def test_without_a_weight_nothing_is_reckoned_and_it_is_asked() -> None:
    plan = protocols.plan("ketamine_single_80_mg", wren().not_knowing("weight_kg"), concentration_mg_per_ml=1)
    assert (plan.verdict, plan.doses, plan.weight_kg) == ("cannot-tell", (), None)
    assert "weight_kg" in plan.ask
    assert plan.refusals == ()


@pytest.mark.parametrize("written", ["ketamine", "Ketalar", "esketamine nasal spray"])
def test_an_allergy_on_record_refuses(written: str) -> None:
    allergic = wren().model_copy(update={"allergies": ("penicillin", written)})
    plan = protocols.plan("ketamine_single_80_mg", allergic, concentration_mg_per_ml=1)
    assert (plan.verdict, plan.doses) == ("refused", ())
    assert [one.id for one in plan.refusals] == ["allergy", "hypersensitivity"]
    assert written in plan.refusals[0].because[0]


def test_another_allergy_does_not_refuse() -> None:
    assert planned("ketamine_single_80_mg", wren()).reasons == ()


@pytest.mark.parametrize(
    ("changed", "stop"),
    [
        ({"ketamine_hypersensitivity": True}, "hypersensitivity"),
        ({"pregnant": True}, "pregnancy"),
        ({"psychosis_active": True}, "psychosis_active"),
        ({"systolic_mmhg": 181.0}, "blood_pressure_uncontrolled"),
        ({"age_years": 17.0}, "age_under_18"),
    ],
)
def test_what_the_cautions_stop_the_plan_refuses_with_its_reason(changed: dict[str, float], stop: str) -> None:
    plan = protocols.plan("ketamine_single_80_mg", wren().knowing(**changed), concentration_mg_per_ml=1)
    assert plan.verdict == "refused"
    found = next(one for one in plan.refusals if one.id == stop)
    assert found.because
    assert found.sources
    assert found.action
    assert plan.doses == plan.rates == plan.days == plan.ceilings == plan.checks == plan.liver_tests == ()


def test_181_systolic_refuses_and_180_does_not() -> None:
    plan = protocols.plan("ketamine_single_80_mg", wren().knowing(systolic_mmhg=180.0), concentration_mg_per_ml=1)
    assert plan.verdict == "planned"


def test_a_relative_stop_can_be_decided_otherwise_and_stays_on_the_plan() -> None:
    alone = wren().knowing(escort_available=False)
    assert protocols.plan("crps_ketamine_5_days", alone, concentration_mg_per_ml=1).verdict == "refused"
    plan = protocols.plan("crps_ketamine_5_days", alone, concentration_mg_per_ml=1, despite={"escort"})
    assert plan.verdict == "planned"
    of_dose = {"limit_passed", "fixed_dose", "concentration_near"}
    assert [(one.id, one.level, one.overridden) for one in plan.reasons if one.id not in of_dose] == [
        ("escort", "note", True)
    ]


def test_an_absolute_stop_cannot_be_decided_otherwise() -> None:
    allergic = wren().knowing(ketamine_hypersensitivity=True)
    plan = protocols.plan("ketamine_single_80_mg", allergic, concentration_mg_per_ml=1, despite={"hypersensitivity"})
    assert plan.verdict == "refused"


@pytest.mark.parametrize("id", EVERY)
def test_the_other_drug_in_the_vial_is_refused_and_never_converted(id: str) -> None:
    mine = protocols.protocol(id).drug
    for drug in knowledge.DRUGS:
        plan = protocols.plan(id, weighing(70), concentration_mg_per_ml=1, drug=drug)
        assert (plan.verdict == "planned") == (drug == mine)
        assert ("wrong_drug" in said(plan)) == (drug != mine)


def test_an_unknown_fact_never_refuses_and_is_asked() -> None:
    plan = planned("ketamine_single_80_mg", weighing(70))
    assert "pregnant" in plan.ask
    assert "psychosis_active" in plan.ask
    assert plan.refusals == ()


def test_a_course_from_another_condition_is_asked_about() -> None:
    assert said(planned("sci_ketamine_7_days", wren())) == {"indication": "ask"}
    assert said(planned("crps_ketamine_10_days", wren().knowing(height_cm=170.0))) == {}


def test_a_dose_by_the_kilogram_asks_which_weight_is_meant_from_a_body_mass_index_of_30_on() -> None:
    heavy = wren().knowing(weight_kg=90.0)
    above, below = (heavy.knowing(height_cm=cm) for cm in (173.2, 173.3))
    assert said(planned("ketamine_40_min", above))["obesity"] == "ask"
    assert "obesity" not in said(planned("ketamine_40_min", below))
    assert "obesity" not in said(planned("sci_ketamine_7_days", above)), "80 mg is 80 mg whatever the weight"


def test_a_height_is_asked_for_only_where_the_dose_is_by_the_kilogram() -> None:
    assert "height_cm" in planned("crps_ketamine_10_days", wren()).ask
    assert "height_cm" not in planned("ketamine_single_80_mg", wren()).ask


@pytest.mark.parametrize("mg_per_ml", [0, -1, math.nan, math.inf])
def test_an_impossible_concentration_is_told(mg_per_ml: float) -> None:
    with pytest.raises(UnwoundError, match="a positive number"):
        protocols.plan("ketamine_40_min", weighing(70), concentration_mg_per_ml=mg_per_ml)


@pytest.mark.parametrize(("id", "strongest"), [("ketamine_40_min", 100), ("crps_esketamine_4_days", 25)])
def test_a_solution_stronger_than_any_vial_is_a_mistake(id: str, strongest: float) -> None:
    assert protocols.plan(id, weighing(70), concentration_mg_per_ml=strongest).protocol == id
    with pytest.raises(UnwoundError, match="stronger than any vial"):
        protocols.plan(id, weighing(70), concentration_mg_per_ml=strongest + 1)


def test_an_unknown_protocol_is_told_with_those_there_are() -> None:
    with pytest.raises(UnwoundError, match=r"no protocol «crps».*crps_ketamine_10_days"):
        protocols.plan("crps", weighing(70), concentration_mg_per_ml=1)


def test_liver_tests_of_four_days_fall_before_on_days_3_and_5_and_a_week_after() -> None:
    plan = protocols.plan(
        "crps_esketamine_4_days", wren(), concentration_mg_per_ml=1, start=date(2026, 12, 1)
    )  # fmt: skip
    assert [(one.day, str(one.on)) for one in plan.liver_tests] == [
        (1, "2026-12-01"),
        (3, "2026-12-03"),
        (5, "2026-12-05"),
        (12, "2026-12-12"),
    ]
    assert [str(day.on) for day in plan.days] == [f"2026-12-0{day}" for day in range(1, 6)]


def test_boosters_have_the_liver_tested_every_four_weeks_while_they_go_on() -> None:
    plan = planned("crps_booster_taper", weighing(70))
    assert [one.day for one in plan.liver_tests] == [1, 29, 57, 85, 113]
    assert all(one.on is None for one in plan.liver_tests)


def test_outpatients_are_looked_at_every_quarter_of_an_hour_to_the_end() -> None:
    plan = planned("crps_ketamine_10_days", wren())
    pressure = next(one for one in plan.checks if "blood pressure" in one.what)
    assert pressure.minutes() == tuple(15.0 * row for row in range(17))
    always = next(one for one in plan.checks if "ECG" in one.what)
    assert (always.every_min, always.until_h) == (None, 4)


def test_a_short_infusion_is_watched_for_an_hour_after_it() -> None:
    plan = planned("ketamine_40_min", wren())
    after = plan.checks[-1]
    assert (after.since_h, after.until_h) == (pytest.approx(2 / 3), pytest.approx(5 / 3))
    assert after.minutes() == pytest.approx((40, 55, 70, 85, 100))


def test_in_hospital_the_intervals_grow_without_a_gap_to_the_end_of_the_infusion() -> None:
    plan = planned("crps_esketamine_4_days", wren())
    pressure = [one for one in plan.checks if "blood pressure" in one.what]
    assert [(one.since_h, one.until_h) for one in pressure] == [(0, 1), (1, 3), (3, 12), (12, 100)]
    assert [one.every_min for one in pressure] == [15, 30, 60, 120]


@pytest.mark.parametrize("id", EVERY)
def test_every_plan_says_how_it_is_watched_when_it_is_stopped_and_on_whose_authority(id: str) -> None:
    plan = planned(id, wren())
    assert plan.checks
    assert plan.stop_rules
    assert plan.watch_after_min.value >= 60
    assert plan.sources
    assert plan.setting.fasting.text
    assert plan.checked in ("primary", "secondary", "other-use", "unchecked")


def test_a_plan_is_never_changed_after() -> None:
    plan = planned("ketamine_40_min", wren())
    with pytest.raises(FrozenInstanceError):
        plan.total_mg = 0.0  # type: ignore[misc]
    assert planned("ketamine_40_min", wren()) == plan
    assert {one.name for one in fields(plan)} >= {"doses", "rates", "days", "reasons"}


@pytest.mark.parametrize("wrong", [None, 3, {"id": "crps_ketamine_10_days"}])
def test_what_is_no_protocol_is_refused_in_words(wrong: Any) -> None:
    with pytest.raises(UnwoundError, match="protocol: an id or a Protocol is needed, not"):
        protocols.plan(wrong, Patient(as_of=date(2026, 11, 21)), concentration_mg_per_ml=2)
