"""From a rate to a pump, a syringe and a bag; and the four weights a dose can be by."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patients_to_plan import weighing, wren

from unwound import protocols
from unwound.patient import Patient
from unwound.protocols import Basis, Plan, WeightKind, body_weights, pump, weights
from unwound.protocols.pump import settable
from unwound.record import UnwoundError
from unwound.report.plan_json import plan_json
from unwound.terms import Sex

every = st.sampled_from(list(protocols.protocols()))


def plan(id: str, kg: float, mg_per_ml: float) -> Plan:
    return protocols.plan(id, weighing(kg), concentration_mg_per_ml=mg_per_ml)


def ids(made: Plan) -> set[str]:
    return {one.id for one in made.reasons}


@pytest.mark.parametrize(
    ("ml_per_h", "set_to"),
    [(12.34, 12.3), (12.36, 12.4), (0.14, 0.1), (0.05, 0.0), (24.85, 24.8), (19.95, 19.9), (42, 42)],
)
def test_a_pump_takes_tenths_and_half_a_tenth_goes_down(ml_per_h: float, set_to: float) -> None:
    assert settable(ml_per_h) == pytest.approx(set_to)


@given(st.floats(0.1, 1200))
def test_rounding_moves_by_half_a_tenth_at_most(ml_per_h: float) -> None:
    assert abs(settable(ml_per_h) - ml_per_h) <= 0.05 + 1e-6
    assert math.isclose(settable(ml_per_h) * 10, round(settable(ml_per_h) * 10), abs_tol=1e-9)


def test_a_solution_so_weak_that_no_pump_gives_it_is_refused_with_what_would_do() -> None:
    made = plan("ketamine_40_min", 70, 0.001)
    assert (made.verdict, made.doses, made.pump) == ("refused", (), None)
    reason = next(one for one in made.refusals if one.id == "pump_too_fast")
    assert "42,000 mL/h; pumps reach 1,200" in reason.because[0]
    assert "micrograms" in reason.action
    assert "from 0.035 mg/mL on" in reason.action


@pytest.mark.parametrize(("mg_per_ml", "refused"), [(0.0349, True), (0.0351, False)])  # 42 mg/h over 1,200 mL/h = 0.035
def test_the_fastest_pump_is_the_boundary(mg_per_ml: float, refused: bool) -> None:
    assert (plan("ketamine_40_min", 70, mg_per_ml).verdict == "refused") == refused


def test_a_rate_below_what_pumps_begin_at_is_refused() -> None:
    made = plan("crps_esketamine_4_days", 35, 25)  # 2.5 mg/h of 25 mg/mL: exactly 0.1 mL/h
    assert made.verdict == "planned"
    slower = plan("crps_esketamine_4_days", 34, 25)
    assert "pump_too_slow" in ids(slower)
    assert slower.verdict == "refused"


def test_undiluted_racemic_ketamine_is_refused_and_half_of_it_is_not() -> None:
    assert "undiluted" in ids(plan("ketamine_40_min", 70, 51))
    assert plan("ketamine_40_min", 70, 50).verdict == "planned"


@pytest.mark.parametrize(
    ("mg_per_ml", "says"),
    [(0.99, {"weak_solution"}), (1, set()), (2, set()), (2.01, {"strong_solution"})],
)
def test_the_solution_is_held_against_the_label(mg_per_ml: float, says: set[str]) -> None:
    assert ids(plan("ketamine_40_min", 70, mg_per_ml)) & {"weak_solution", "strong_solution"} == says


def test_rounding_that_changes_the_dose_is_asked_about() -> None:
    made = plan("crps_esketamine_4_days", 70, 25)  # 5 mg/h is 0.2 mL/h; 22.2 is 0.888 and set to 0.9; 15 is 0.6
    assert "rounding" not in ids(made)
    rough = plan("crps_esketamine_4_days", 63, 25)  # 4.5 mg/h is 0.18 mL/h and set to 0.2: 11 % more
    assert "up to 11.1 %" in next(one for one in rough.reasons if one.id == "rounding").because[0]


def test_much_fluid_is_asked_about() -> None:
    assert "fluid_load" not in ids(plan("crps_ketamine_5_days", 40, 1))  # 960 mL, 24 mL/kg
    assert "fluid_load" in ids(plan("crps_ketamine_5_days", 40, 0.9))  # 1,067 mL, 27 mL/kg


@settings(max_examples=25)
@given(every, st.floats(30, 200), st.sampled_from([0.5, 1.0, 2.0, 5.0]))
def test_syringes_and_bags_hold_what_goes_in_and_none_hangs_longer_than_a_day(id: str, kg: float, conc: float) -> None:
    made = plan(id, kg, conc)
    used = made.pump
    assert used is not None
    assert used.total_mg == pytest.approx(sum(rate.set_mg_per_h * (rate.end_h - rate.start_h) for rate in made.rates))
    for supply in used.supplies:
        assert supply.count == len(supply.put_up_h)
        assert supply.count * supply.volume_ml >= used.total_ml - 1e-6
        assert list(supply.put_up_h) == sorted(set(supply.put_up_h))
        for rate in made.rates:
            before = [hour for hour in supply.put_up_h if hour <= rate.start_h + 1e-6]
            assert before, "something hangs when it begins"
            assert rate.start_h - before[-1] <= 24 + 1e-6


@settings(max_examples=20)
@given(every, st.floats(30, 200))
def test_half_the_strength_is_twice_the_fluid(id: str, kg: float) -> None:
    one, half = plan(id, kg, 2).pump, plan(id, kg, 1).pump
    assert one is not None
    assert half is not None
    assert half.total_ml == pytest.approx(2 * one.total_ml, rel=0.02)


def test_the_ward_weans_in_equal_falls_outside_the_totals_and_the_chair_does_not() -> None:
    made = plan("crps_ketamine_5_days", 70, 1)
    assert made.pump is not None
    assert [(step.start_h, step.hours, step.mg_per_h) for step in made.pump.weaning] == [
        (120, 4, 30),
        (124, 4, 20),
        (128, 4, 10),
    ]
    assert (made.pump.weaning_mg, made.total_mg) == (240, 3600)
    chair = plan("crps_ketamine_10_days", 70, 1).pump
    assert chair is not None
    assert chair.weaning == ()


def obese(sex: Sex | None = Sex.FEMALE) -> Patient:
    known = wren().knowing(weight_kg=160.0, height_cm=165.0)
    return known.model_copy(update={"sex": sex})


@pytest.mark.parametrize("example", weights.formulas().examples, ids=lambda example: example.name)
def test_every_example_of_the_weights_comes_out(example: weights.WeightExample) -> None:
    assert weights.lean(example.weight_kg, example.height_cm, example.sex) == pytest.approx(example.lean, rel=1e-6)
    assert weights.ideal(example.height_cm, example.sex) == pytest.approx(example.ideal, rel=1e-6)


def test_obesity_asks_with_the_dose_by_each_weight() -> None:
    made = protocols.plan("ketamine_40_min", obese(), concentration_mg_per_ml=1)
    reason = next(one for one in made.reasons if one.id == "obesity")
    assert reason.level == "ask"
    assert reason.because[1:] == (
        "by actual weight, 160 kg: at most 96 mg/h, 64 mg in all",
        "by ideal weight, 56.91 kg: at most 34.15 mg/h, 22.76 mg in all",
        "by adjusted weight, 98.15 kg: at most 58.89 mg/h, 39.26 mg in all",
        "by lean weight, 64.15 kg: at most 38.49 mg/h, 25.66 mg in all",
    )


def test_a_chosen_weight_doses_and_says_who_chose_it() -> None:
    made = protocols.plan(
        "ketamine_40_min", obese(), concentration_mg_per_ml=1, basis=Basis(WeightKind.LEAN, "Dr Testcase")
    )
    assert made.total_mg == pytest.approx(25.661, abs=1e-3)
    assert (made.weight_kg, made.dosing_weight_kg) == (160, pytest.approx(64.153, abs=1e-3))
    reason = next(one for one in made.reasons if one.id == "obesity")
    assert (reason.level, reason.action) == ("note", "Chosen by Dr Testcase.")
    assert plan_json(made)["dosing_weight"]["chosen_by"] == "Dr Testcase"
    json.dumps(plan_json(made))


def test_a_weight_nobody_chose_or_nobody_knows_or_above_the_actual_one_is_refused() -> None:
    with pytest.raises(UnwoundError, match="say whose"):
        Basis(WeightKind.LEAN, " ")
    with pytest.raises(UnwoundError, match="it needs sex at birth"):
        protocols.plan("ketamine_40_min", obese(None), concentration_mg_per_ml=1, basis=Basis(WeightKind.LEAN, "Dr T"))
    thin = wren().knowing(weight_kg=40.0, height_cm=180.0)
    with pytest.raises(UnwoundError, match="more than the actual 40 kg"):
        protocols.plan("ketamine_40_min", thin, concentration_mg_per_ml=1, basis=Basis(WeightKind.IDEAL, "Dr T"))


@settings(max_examples=30)
@given(st.floats(40, 200), st.floats(153, 210), st.sampled_from(Sex))
def test_lean_is_below_actual_and_adjusted_between_ideal_and_actual(kg: float, cm: float, sex: Sex) -> None:
    known = body_weights(wren().knowing(weight_kg=kg, height_cm=cm).model_copy(update={"sex": sex}))
    assert known is not None
    assert known.ideal is not None
    assert known.lean is not None
    assert known.lean < kg or kg / (cm / 100) ** 2 < 18, "the formula was not made for the very thin"
    assert known.adjusted is None or known.ideal < known.adjusted < kg
    assert (known.adjusted is None) == (kg <= known.ideal)


def test_what_changes_the_dose_is_said_as_far_as_it_is_known() -> None:
    made = protocols.plan(
        "ketamine_40_min", wren().knowing(egfr_ml_per_min=20.0, dialysis=True), concentration_mg_per_ml=1
    )
    said = {one.id: one for one in made.modifiers}
    assert said["kidney"].holds
    assert "No source read gives another dose" in said["kidney"].known.text
    assert said["dialysis"].not_known
    assert "age" not in said, "she is 46"


def test_the_wean_and_the_pump_are_knowledge() -> None:
    known = pump.pump()
    assert (known.rate.low, known.rate.high, known.step.value) == (0.1, 1200, 0.1)
