"""From a consent to an order that a second person checked, and a letter about it, in browsers of two people."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from coordinated import COURSE
from looking import fits
from playwright.sync_api import Page, expect
from small_clinic import PASSWORD, House
from test_plan import TOTAL_AT_68_KG, consented

from unwound_clinic.models import Letter, Plan
from unwound_clinic.treatment.second_check import WorkedOut


def drawn(page: Page) -> None:
    """Every chart of the page has come and is a picture."""
    for image in page.locator("main img").all():
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("complete", True, timeout=30_000)
        assert image.evaluate("one => one.naturalWidth") > 100
        assert image.get_attribute("alt")


@pytest.mark.thorough
def test_a_plan_is_ordered_by_one_and_checked_by_another(
    page_as: Callable[..., Page], house: House, axe: Callable[[Page], None], look: Callable[..., Path]
) -> None:
    consented(house)
    page = page_as("physician")
    page.goto(f"/patients/{house.patient.pk}/plan/")
    axe(page)
    page.get_by_label("Course").select_option(COURSE)
    strength = page.get_by_label("Concentration of the solution")
    strength.press_sequentially("2,5")
    expect(strength).to_have_value("2,5")
    expect(page.locator(".echo").first).to_have_text("= 2.5 mg/mL")
    page.get_by_role("button", name="Calculate", exact=True).click()
    expect(page.get_by_role("heading", name="On the pump")).to_be_visible()
    expect(page.get_by_text("2.50 mg/mL").first).to_be_visible()
    drawn(page)
    axe(page)
    look(page, "plan-look")
    page.get_by_label("Note to the team").fill("Slow start, please.")
    page.get_by_label("Your password, to sign").fill(PASSWORD)
    page.get_by_role("button", name="Sign the order").click()
    expect(page.get_by_text("Ordered. It awaits the second check.")).to_be_visible()
    expect(page.get_by_role("link", name="Do the second check")).to_have_count(0)
    axe(page)
    look(page, "plan-ordered")
    order = Plan.objects.get()
    page.goto(f"/patients/{house.patient.pk}/plan/{order.pk}/check/")
    expect(page.get_by_text("another person")).to_be_visible()

    second = page_as("nurse")
    second.goto(f"/patients/{house.patient.pk}/plan/")
    second.get_by_role("link", name="Do the second check").click()
    expect(second.get_by_label("Weight you measured")).to_be_visible()
    axe(second)
    look(second, "plan-check")
    right = WorkedOut.of(order)
    assert right.concentration_mg_per_ml == 2.5, "a comma is no tenfold concentration"
    second.get_by_label("Weight you measured").fill("86")
    second.get_by_label("Total amount").fill(f"{TOTAL_AT_68_KG:.1f}".replace(".", ","))
    second.get_by_label("Concentration of the solution").press_sequentially("2,5")
    second.get_by_label("First rate of the pump").fill(f"{right.first_rate_ml_per_h:.1f}")
    second.get_by_label("Your password, to sign").fill(PASSWORD)
    second.get_by_role("button", name="Sign the check").click()
    expect(second.get_by_text("The weight differs from the weight in the order.")).to_be_visible()
    axe(second)
    look(second, "plan-check-differs")
    second.get_by_label("Weight you measured").fill("68")
    second.get_by_label("Your password, to sign").fill(PASSWORD)
    second.get_by_role("button", name="Sign the check").click()
    expect(second.get_by_text("Ready:")).to_be_visible()
    look(second, "plan-ready")
    order.refresh_from_db()
    assert (order.state, order.checked_by) == ("checked", house.users["nurse"])


def test_courses_are_compared(
    page_as: Callable[..., Page], house: House, axe: Callable[[Page], None], look: Callable[..., Path]
) -> None:
    consented(house)
    page = page_as("physician")
    page.goto(f"/patients/{house.patient.pk}/plan/compare/")
    drawn(page)
    axe(page)
    look(page, "plan-compare")


@pytest.mark.thorough
def test_rates_for_a_corridor_are_planned_and_drawn(
    page_as: Callable[..., Page], house: House, axe: Callable[[Page], None], look: Callable[..., Path]
) -> None:
    consented(house)
    page = page_as("physician")
    page.goto(f"/patients/{house.patient.pk}/plan/target/")
    axe(page)
    page.get_by_label("Model to plan with").select_option("kamp_2020")
    page.get_by_label("At least").fill("100")
    page.get_by_label("At most in plasma").fill("160")
    page.get_by_label("For how long").fill("4")
    page.get_by_label("The rate may change every").fill("30")
    page.get_by_label("Concentration in the pump").fill("1")
    page.get_by_label("Show when plasma falls below").fill("20")
    page.get_by_role("button", name="Calculate", exact=True).click()
    expect(page.get_by_role("heading", name="Steps that the pump can do")).to_be_visible()
    drawn(page)
    axe(page)
    look(page, "plan-target")


@pytest.mark.thorough
@pytest.mark.parametrize("phone", [False, True])
def test_a_letter_is_drafted_left_found_again_and_written(
    page_as: Callable[..., Page],
    house: House,
    axe: Callable[[Page], None],
    look: Callable[..., Path],
    phone: bool,
) -> None:
    consented(house)
    page = page_as("coordinator", phone=phone)
    page.goto(f"/patients/{house.patient.pk}/letters/")
    axe(page)
    page.get_by_role("link", name="Medical necessity").click()
    expect(page.get_by_label("Opening text")).to_be_visible()
    axe(page)
    page.get_by_label("To", exact=True).fill("Example Health\nMedical review")
    page.get_by_label("Payer", exact=False).first.fill("Example Health")
    page.get_by_label("not covered", exact=True).check()
    page.get_by_label("Opening text").fill("Please review this case.")
    with page.expect_response(lambda answer: "/drafts/" in answer.url and answer.request.method == "POST"):
        page.get_by_label("Closing text").fill("Left in the middle")
    page.goto("/")
    page.goto(f"/patients/{house.patient.pk}/letters/")
    page.get_by_role("link", name="Medical necessity").click()
    expect(page.get_by_label("Opening text")).to_have_value("Please review this case.")
    expect(page.get_by_label("Closing text")).to_have_value("Left in the middle")
    expect(page.get_by_label("not covered", exact=True)).to_be_checked()
    look(page, f"letter-draft-{'phone' if phone else 'desktop'}")
    page.get_by_role("button", name="Finish the letter").click()
    expect(page.get_by_text(re.compile("Medical necessity: letter finished"))).to_be_visible()
    axe(page)
    look(page, f"letters-{'phone' if phone else 'desktop'}")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download").click()
    assert taken.value.suggested_filename.startswith("medical-necessity-testcase-")
    assert Path(taken.value.path()).read_bytes() == bytes(Letter.objects.get().pdf)
    fits(page)
