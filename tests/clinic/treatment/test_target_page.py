"""Rates for a corridor on the plan's side, and which weight a course is dosed by and who chose it."""

from __future__ import annotations

from typing import Any

import pytest
from coordinated import COURSE, decided
from small_clinic import House
from test_plan import checked, consented, ordered, total

from unwound.pharmacology import target
from unwound.protocols.weights import Basis, WeightKind
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import Plan
from unwound_clinic.treatment.actions import plans

pytestmark = pytest.mark.one_database  # a calculation beside the database; the order itself is tried on both

WANTED = {
    "model": "kamp_2020", "at_least": "100", "at_least_site": "plasma", "plasma_at_most": "160", "hours": "4",
    "step_min": "30", "concentration_mg_per_ml": "2", "below": "20",
}  # fmt: skip


def page(house: House, **changed: str) -> Any:
    return house.client("physician").get(f"/patients/{house.patient.pk}/plan/target/", {**WANTED, **changed})


def test_the_steps_are_the_librarys_for_this_weight_and_the_corridor_is_whose_asks(house: House) -> None:
    decided(house)
    shown = page(house)
    assert not shown.context["form"].errors, shown.context["form"].errors
    made = shown.context["made"]
    same = target.plan(
        target.Corridor(
            by=made.corridor.by, at_least=target.Aim(ng_per_ml=100), at_most=(target.Aim(ng_per_ml=160),)
        ),
        model="kamp_2020", weight_kg=68.0, hours=4, step_h=0.5, finest_mg_per_h=0.2, below=(20.0,),
    )  # fmt: skip
    assert made.steps == same.steps
    assert made.corridor.by == house.by("physician").name
    text = shown.content.decode()
    assert "drives no pump" in text
    assert all(one.model in text for one in (made.own, *made.others))
    first = made.steps[0]
    assert f"{first.mg_per_h:.2f}" in text
    assert f"{first.mg_per_h / 2:.1f}" in text


def test_nothing_is_filled_in_and_what_cannot_be_planned_is_said(house: House) -> None:
    decided(house)
    blank = house.client("nurse").get(f"/patients/{house.patient.pk}/plan/target/")
    assert blank.context["made"] is None
    assert b'name="at_least" value' not in blank.content
    for changed, says in (
        ({"plasma_at_most": "50"}, "is below at least"),
        ({"given": "0, 20"}, "three numbers are needed"),
        ({"given": "0, 20, 9", "from_h": "2"}, "give doses as they really ran"),
        ({"step_min": "7"}, "do not fill"),
    ):
        answer = page(house, **changed)
        assert answer.status_code == 200
        assert answer.context["made"] is None
        assert says in answer.content.decode(), changed
    assert page(house, model="none").context["form"].errors["model"]


def test_what_ran_before_lowers_what_is_planned(house: House) -> None:
    decided(house)
    fresh, after = page(house).context["made"], page(house, given="0, 30, 1,5".replace("1,5", "1.5"), from_h="1,5")
    assert after.context["made"].steps[0].mg_per_h < fresh.steps[0].mg_per_h
    assert after.context["made"].from_h == 1.5


def test_the_picture_names_no_patient(house: House) -> None:
    answer = house.client("physician").get("/charts/target.svg", {**WANTED, "kg": "68.0"})
    assert answer["Content-Type"] == "image/svg+xml"
    assert b"Testcase" not in answer.content
    assert house.client("physician").get("/charts/target.svg", {**WANTED, "kg": "x"}).status_code == 404
    assert house.client("physician").get("/charts/target.svg", {"kg": "68"}).status_code == 404


def test_four_weights_stand_side_by_side_and_a_chosen_one_stays_in_the_order(house: House) -> None:
    consented(house, height_cm=160.0)
    look = {"protocol": COURSE, "concentration_mg_per_ml": "1", "drug": "racemic", "weight_basis": "lean"}
    shown = house.client("physician").get(f"/patients/{house.patient.pk}/plan/", look)
    text = shown.content.decode()
    name = house.by("physician").name
    assert "Weights side by side" in text
    assert f"Chosen by {name}" in text
    basis = Basis(WeightKind.LEAN, name)
    seen = total(house, basis=basis)
    assert shown.context["calculated"].total_mg == pytest.approx(seen)
    assert seen < total(house)
    with pytest.raises(Conflict, match="the record changed"):
        ordered(house, weight_basis="lean")
    order = ordered(house, weight_basis="lean", seen_total_mg=seen)
    assert order.shown["dosing_weight"]["chosen_by"] == name
    assert order.shown["dosing_weight"]["kg"] < order.weight_kg
    words = house.client("nurse").get(f"/patients/{house.patient.pk}/plan/{order.pk}/check/").content.decode()
    assert "the lean weight, not the actual one" in words
    assert checked(house, order, total_mg=round(seen, 1)) == (), "reckoned again by the weight that was chosen"
    assert Plan.objects.get().state == "checked"


def test_a_weight_that_is_not_known_is_not_dosed_by(house: House) -> None:
    consented(house, height_cm=150.0)
    look = {"protocol": COURSE, "concentration_mg_per_ml": "1", "drug": "racemic", "weight_basis": "ideal"}
    shown = house.client("physician").get(f"/patients/{house.patient.pk}/plan/", look)
    assert "ideal weight" in str(shown.context["course"].errors), shown.context["course"].errors
    assert "calculated" not in shown.context
    with pytest.raises(Conflict, match="ideal weight is not known"):
        plans.order(
            by=house.by("physician"), patient=house.patient, protocol=COURSE, concentration_mg_per_ml=1.0,
            seen_total_mg=1.0, weight_basis="ideal",
        )  # fmt: skip
