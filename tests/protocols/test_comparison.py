"""Short against prolonged for the same patient: what each protocol gives, what it costs, and where knowledge ends."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patients_to_plan import weighing, wren

from unwound import protocols
from unwound.pharmacology.dosing import total_mg
from unwound.pharmacology.models import model, parameters
from unwound.protocols import Compared, Comparison, comparison
from unwound.record import UnwoundError

COURSES = [
    "ketamine_40_min",
    "ketamine_single_80_mg",
    "chronic_pain_ketamine_40_min_5_days",
    "sci_ketamine_7_days",
    "crps_ketamine_10_days",
    "crps_esketamine_4_days",
    "chronic_pain_ketamine_5_days",
    "crps_ketamine_5_days",
    "crps_esketamine_6_days",
]


@pytest.fixture(scope="module")
def seventy() -> Comparison:
    return protocols.compare(70.0)


def of(found: Comparison, id: str) -> Compared:
    return next(one for one in found.compared if one.protocol == id)


def test_every_course_against_pain_is_compared_from_the_fewest_hours_on_and_boosters_are_not(
    seventy: Comparison,
) -> None:
    assert [one.protocol for one in seventy.compared] == COURSES
    hours = [one.chair_hours for one in seventy.compared]
    assert hours == sorted(hours)


def test_four_days_of_infusion_give_weeks_and_forty_minutes_nothing_that_lasts(seventy: Comparison) -> None:
    long, short = of(seventy, "crps_esketamine_4_days"), of(seventy, "ketamine_40_min")
    assert long.relief_after[7].value == pytest.approx(0.75, abs=0.03)
    assert long.relief_after[28].value == pytest.approx(0.44, abs=0.03)
    assert long.relief_after[77].value < 0.05
    assert max(band.value for band in short.relief_after.values()) < 0.05
    assert long.full_relief_days.value > 25 > 1 > short.full_relief_days.value


def test_the_last_hours_buy_the_least_and_what_its_own_plan_asks_about_is_shown_and_not_ranked(
    seventy: Comparison,
) -> None:
    longest = ("crps_ketamine_10_days", "crps_esketamine_4_days", "crps_ketamine_5_days")
    ten, hundred, five = (of(seventy, id) for id in longest)
    early = (hundred.full_relief_days.value - ten.full_relief_days.value) / (hundred.chair_hours - ten.chair_hours)
    late = (five.full_relief_days.value - hundred.full_relief_days.value) / (five.chair_hours - hundred.chair_hours)
    assert late < early / 2
    assert seventy.says[0].startswith("More is not always better.")
    assert seventy.unbeaten == tuple(id for id in COURSES if id not in longest[1:])
    assert {step[1] for step in seventy.further_hour}.isdisjoint({hundred.short, five.short})
    assert [reason.id for reason in hundred.asked] == ["limit_passed"]
    assert [reason.id for reason in five.asked] == ["limit_passed", "fixed_dose"]
    assert any(text.startswith("ketamine 5 days is not ranked: its own plan asks first") for text in seventy.says)


@settings(max_examples=8)
@given(st.integers(30, 200))
def test_nothing_is_ranked_that_its_own_plan_asks_about(kg: int) -> None:
    compared = protocols.compare(float(kg))
    for id in compared.unbeaten:
        plan = protocols.plan(id, weighing(kg), concentration_mg_per_ml=1)
        assert not {"ceiling", "limit_passed", "fixed_dose", "concentration_high"} & {one.id for one in plan.reasons}
    assert [one for one in compared.compared if not one.asked]


def test_the_five_days_at_40_kg_are_not_ranked_whatever_relief_they_promise() -> None:
    compared = protocols.compare(40.0)
    five = of(compared, "crps_ketamine_5_days")
    assert five.full_relief_days.value == max(one.full_relief_days.value for one in compared.compared)
    assert "concentration_high" in [reason.id for reason in five.asked]
    assert "crps_ketamine_5_days" not in compared.unbeaten


def test_it_says_where_controlled_data_end_and_what_each_own_study_saw(seventy: Comparison) -> None:
    said = "\n".join(seventy.says)
    assert "Controlled data end 50 to 77 days after the infusion" in said
    assert "ketamine 7 x 80 mg: its own studies saw relief up to day 14" in said
    assert "ketamine 40 min: its own studies saw relief only while it ran" in said
    assert "67%" in said
    assert "half esketamine" in said


def test_each_drug_has_its_own_model_and_never_the_others(seventy: Comparison) -> None:
    for one in seventy.compared:
        assert model(one.model).drug == one.drug == protocols.protocol(one.protocol).drug
    with pytest.raises(UnwoundError, match="is for esketamine, not for racemic"):
        protocols.compare(70.0, using={"racemic": "otto_2021", "esketamine": "otto_2021"})


def test_bands_hold_the_value_and_the_average_counts_those_who_do_not_respond(seventy: Comparison) -> None:
    for one in seventy.compared:
        for band in (one.full_relief_days, one.mean_relief, *one.relief_after.values()):
            assert 0 <= band.low <= band.value <= band.high
        assert one.mean_relief.high <= 1
        assert one.average_full_relief_days == pytest.approx(0.67 * one.full_relief_days.value)
        assert one.mean_relief.value == pytest.approx(one.full_relief_days.value / 84)


def test_burden_is_hours_sessions_milligrams_liver_tests_and_dissociation(seventy: Comparison) -> None:
    ten = of(seventy, "crps_ketamine_10_days")
    assert (ten.hours, ten.sessions, ten.chair_hours) == (pytest.approx(40), 10, pytest.approx(50))
    assert (ten.total_mg, ten.last_day) == (pytest.approx(906.5), 12)
    assert [one.day for one in ten.liver_tests] == [1, 19]
    for one in seventy.compared:
        assert 0 < one.peak_dissociation[0] <= one.peak_dissociation[1] < 1
        assert one.peak_ng_per_ml[0] <= one.peak_ng_per_ml[1]


def test_exposure_is_the_dose_over_the_clearance_and_half_of_it_for_the_racemate(seventy: Comparison) -> None:
    for id, share in (("crps_esketamine_4_days", 1.0), ("sci_ketamine_7_days", 0.5)):
        one = of(seventy, id)
        curve = protocols.doses(id, 70)
        known = model(one.model)
        found = parameters(known, np.array([70.0]))
        clearance = float(found["CL"][0]) if "CL" in found else float((found["k10"] * found["V1"])[0])
        assert one.esketamine_ng_h_per_ml == pytest.approx(share * total_mg(curve) / clearance * 1000, rel=1e-9)


def test_one_that_gives_less_for_more_hours_is_beaten() -> None:
    found = protocols.compare(75.0, protocols=["ketamine_single_80_mg", "crps_booster_quarterly", "ketamine_40_min"])
    assert found.unbeaten == tuple(one.protocol for one in found.compared)
    beaten = protocols.compare(200.0, protocols=["depression_ketamine_40_min", "ketamine_single_80_mg"])
    assert [one.protocol for one in beaten.compared] == ["depression_ketamine_40_min", "ketamine_single_80_mg"]
    assert beaten.unbeaten == ("depression_ketamine_40_min",)


def test_for_a_patient_what_is_refused_is_named_with_its_reason_and_not_simulated() -> None:
    found = protocols.compare(wren().knowing(pregnant=True))
    assert found.compared == ()
    assert {*found.refused} == {*COURSES}
    assert [one.id for one in found.refused["ketamine_40_min"]] == ["pregnancy"]
    assert found.says == ()


def test_what_a_clinician_decided_otherwise_on_is_compared() -> None:
    alone = wren().knowing(escort_available=False)
    assert protocols.compare(alone).compared == ()
    assert len(protocols.compare(alone, despite={"escort"}).compared) == len(COURSES)


def test_for_a_patient_who_may_have_ketamine_all_are_compared_at_their_weight() -> None:
    found = protocols.compare(wren())
    assert (found.weight_kg, len(found.compared), dict(found.refused)) == (68, len(COURSES), {})
    assert found.compared[0].total_mg == pytest.approx(0.4 * 68)


def test_without_a_weight_or_with_an_impossible_one_it_is_told() -> None:
    with pytest.raises(UnwoundError, match="weight_kg is not known"):
        protocols.compare(wren().not_knowing("weight_kg"))
    with pytest.raises(UnwoundError, match="30 to 200 kg"):
        protocols.compare(20.0)
    with pytest.raises(UnwoundError, match="no protocol"):
        protocols.compare(70.0, protocols=["none"])


def test_a_patient_and_the_same_weight_alone_give_the_same_numbers() -> None:
    whole, alone = protocols.compare(weighing(68)), protocols.compare(68.0)
    assert [one.full_relief_days for one in whole.compared] == [one.full_relief_days for one in alone.compared]


@settings(max_examples=10)
@given(st.floats(30, 200))
def test_at_every_weight_relief_falls_after_four_weeks_and_lies_between_nothing_and_all(kg: float) -> None:
    for one in protocols.compare(kg).compared:
        after = [one.relief_after[day].value for day in comparison.DAYS_AFTER]
        assert 1 > after[1] >= after[2] >= 0
        assert 0 < one.full_relief_days.value < 84
