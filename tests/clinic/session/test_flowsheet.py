"""The flowsheet on paper: the order, its limits, when to stop and whom to call, on the paper of the country."""

from __future__ import annotations

import json
import re

import pytest
from in_session import checked_plan
from small_clinic import House

from unwound_clinic.models import OrderState, Plan
from unwound_clinic.session import flowsheet

pytestmark = pytest.mark.django_db


def words(plan: Plan) -> str:
    return json.dumps(flowsheet.content(plan), ensure_ascii=False)


def size(pdf: bytes) -> tuple[int, ...]:
    """Width and height of its first page, mm."""
    box = re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", pdf)
    assert box
    return tuple(round(float(side) / 72 * 25.4) for side in box.groups())


def test_it_says_what_to_give_when_to_stop_and_whom_to_call(house: House) -> None:
    plan = checked_plan(house)
    answer = house.client("nurse").get(f"/patients/{house.patient.pk}/plan/{plan.pk}/flowsheet.pdf")
    assert answer["Content-Type"] == "application/pdf"
    text = words(plan)
    for said in (
        "One Testcase", "born 5 May 1980", "2 mg/mL", "11.90", "5.95", "Test Physician", "555-0100", "112",
        "Example Line 116 123", "Oxygen saturation below 90", "Blood pressure every 15 minutes",
        "The bedside monitor is the primary alarm", "allergies",
    ):  # fmt: skip
        assert said in text, said
    assert "DO NOT GIVE" not in text


@pytest.mark.parametrize("state", [OrderState.ORDERED, OrderState.CANCELLED, OrderState.REPLACED, OrderState.REFUSED])
def test_an_order_that_must_not_be_given_says_so_large(house: House, state: str) -> None:
    plan = checked_plan(house)
    plan.state = state
    assert "DO NOT GIVE" in words(plan)
    assert flowsheet.render(plan, "a4")[:5] == b"%PDF-"


@pytest.mark.parametrize(("asked", "millimetres"), [("", (297, 210)), ("letter", (279, 216)), ("a3", (297, 210))])
def test_on_a4_or_letter(house: House, asked: str, millimetres: tuple[int, int]) -> None:
    plan = checked_plan(house)
    answer = house.client("nurse").get(f"/patients/{house.patient.pk}/plan/{plan.pk}/flowsheet.pdf?paper={asked}")
    assert size(answer.content) == millimetres


def test_in_the_united_states_the_paper_is_letter(house: House) -> None:
    plan = Plan.objects.select_related("patient__site").get(pk=checked_plan(house).pk)
    plan.patient.site.jurisdiction = "US"
    assert flowsheet.usual_paper(plan) == "letter"
