"""What a plan asks about its own dose: a light patient, a limit that others keep, a concentration of sleep."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patients_to_plan import weighing

from unwound import protocols
from unwound.pharmacology.landmarks import landmarks
from unwound.protocols import Plan, knowledge
from unwound.protocols.reasons import Reason
from unwound.report.planning import beside

FIVE = "crps_ketamine_5_days"
OF_DOSE = {"limit_passed", "fixed_dose", "concentration_high", "concentration_near"}


def planned(id: str, kg: float) -> Plan:
    return protocols.plan(id, weighing(kg), concentration_mg_per_ml=1)


def of_dose(id: str, kg: float) -> dict[str, Reason]:
    return {one.id: one for one in planned(id, kg).reasons if one.id in OF_DOSE}


def test_five_days_at_40_kg_ask_in_words_to_act_on() -> None:
    high = of_dose(FIVE, 40)["concentration_high"]
    assert high.level == "ask"
    assert (
        "872 ng/mL by the highest model (clements_1981, venous blood) and at 463 by the lowest of 4" in high.because[0]
    )
    assert "At 73 % of every rate (at most 29.4 mg/h) no model passes 642 ng/mL" in high.action
    assert high.sources == ("idvall_1979",)
    fixed = of_dose(FIVE, 40)["fixed_dose"]
    assert "at 40 kg its 40 mg/h are 1 mg/kg/h, more than 0.5 mg/kg/h (anzca_ps12_2021)" in fixed.because[0]


def test_the_ask_lies_where_the_highest_model_passes_what_people_woke_at() -> None:
    below, above = of_dose(FIVE, 55), of_dose(FIVE, 54)  # 34,906 / 54.4 kg by Clements is 642 ng/mL
    assert "concentration_high" not in below
    assert below["concentration_near"].level == "note"
    assert above["concentration_high"].level == "ask"


def test_a_limit_that_does_not_bind_and_is_passed_is_asked_about_and_one_that_is_reached_is_at_it() -> None:
    below, above = planned(FIVE, 80), planned(FIVE, 79.9)
    assert "limit_passed" not in {one.id for one in below.reasons}
    assert "limit_passed" in {one.id for one in above.reasons}
    words = {one.id: beside(one) for one in below.ceilings}
    assert words["inpatient_position"] == "at it"
    assert words["rate_without_intensive_monitoring"] == "below it"
    assert {one.id: beside(one) for one in above.ceilings}["inpatient_position"] == "above it"


def test_what_was_written_for_the_ward_is_not_held_against_forty_minutes() -> None:
    plan = planned("ketamine_40_min", 70)
    position = next(one for one in plan.ceilings if one.id == "inpatient_position")
    assert (position.within, position.applies, position.exceeded) == (False, False, False)
    assert beside(position) == "of other courses"


@pytest.mark.parametrize(
    ("id", "light", "heavy"),
    [
        (FIVE, 79.9, 80),  # 40 mg/h by 0.5 mg/kg/h
        ("crps_booster_quarterly", 71.4, 71.5),  # 25 mg/h by 0.35
        ("crps_booster_taper", 71.4, 71.5),
        ("ketamine_single_80_mg", 57.1, 57.2),  # 20 mg/h
        ("sci_ketamine_7_days", 45.7, 45.8),  # 16 mg/h
    ],
)
def test_a_dose_for_everybody_asks_of_the_light(id: str, light: float, heavy: float) -> None:
    assert of_dose(id, light)["fixed_dose"].level == "ask"
    assert "fixed_dose" not in of_dose(id, heavy)


def test_a_dose_for_everybody_without_a_limit_by_the_kilogram_always_asks() -> None:
    course = protocols.protocol("sci_ketamine_7_days")
    bare = course.model_copy(update={"steps": tuple(step.model_copy(update={"per_kg": None}) for step in course.steps)})
    plan = protocols.plan(bare, weighing(150), concentration_mg_per_ml=1)
    fixed = next(one for one in plan.reasons if one.id == "fixed_dose")
    assert "no limit by the kilogram" in fixed.because[0]


def test_every_course_with_a_fixed_dose_carries_a_limit_by_the_kilogram() -> None:
    for id, course in protocols.protocols().items():
        for step in course.steps:
            size = step.rate or step.amount
            assert size is not None
            assert (step.per_kg is not None) == (size.unit in knowledge.FIXED), id


@settings(max_examples=25)
@given(st.sampled_from(list(protocols.protocols())), st.floats(30, 200))
def test_no_plan_reaches_a_concentration_of_sleep_and_stays_silent(id: str, kg: float) -> None:
    plan = planned(id, kg)
    assert plan.predicted is not None
    least = min(mark.asks_ng_per_ml for mark in landmarks(plan.drug).values() if mark.asks_ng_per_ml is not None)
    highest = max(one.peak_ng_per_ml for one in plan.predicted.models if not one.children)
    assert (highest >= least) == ("concentration_high" in {one.id for one in plan.reasons})


@settings(max_examples=25)
@given(st.sampled_from(list(protocols.protocols())), st.floats(30, 200))
def test_every_limit_of_such_courses_that_is_passed_is_named(id: str, kg: float) -> None:
    plan = planned(id, kg)
    passed = [one for one in plan.ceilings if one.applies and one.planned > one.most * (1 + 1e-9)]
    named = next((one.because for one in plan.reasons if one.id == "limit_passed"), ())
    assert len(named) == len(passed)


def test_the_most_of_a_day_and_of_a_course_stand_beside_every_plan() -> None:
    limits = {one.id: one for one in planned(FIVE, 70).ceilings}
    assert (limits["day"].planned, limits["course"].planned) == (960, 3600)
    assert (beside(limits["day"]), beside(limits["course"])) == ("at it", "below it")
    assert (
        beside({one.id: one for one in planned("crps_booster_quarterly", 80).ceilings}["course"]) == "of other courses"
    )


def test_a_plan_loads_no_compiled_kernels() -> None:
    code = (
        "import sys, datetime; from unwound import protocols; from unwound.patient import Fact, Patient; "
        "day = datetime.date(2026, 12, 1); "
        "who = Patient(as_of=day, facts={'weight_kg': Fact(value=70.0, on=day)}); "
        "assert protocols.plan('crps_ketamine_5_days', who, concentration_mg_per_ml=1).predicted; "
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
