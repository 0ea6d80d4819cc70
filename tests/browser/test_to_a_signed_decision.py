"""From the consultation to a signed decision in a browser: accepted, and overridden with a reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from known_patients import CANDIDATE, FIRST_LINE_FIRST, known
from looking import fits
from playwright.sync_api import Page, expect
from small_clinic import PASSWORD, House

from unwound_clinic.core.page import today
from unwound_clinic.models import Decision, Entry, Stage

PageAs = Callable[..., Page]
Axe = Callable[[Page], None]
Look = Callable[..., Path]


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Patient").get_by_role("link", name=name, exact=True).click()


@pytest.mark.thorough
def test_from_what_is_missing_to_a_signed_decision(page_as: PageAs, house: House, axe: Axe, look: Look) -> None:
    known(house, FIRST_LINE_FIRST)
    page = page_as("physician")
    page.goto(f"/patients/{house.patient.pk}/consultation/")
    expect(page.get_by_role("heading", name="What is missing")).to_be_visible()
    axe(page)
    look(page, "consultation")
    page.locator("ol.asks a").filter(has_not_text="daily dose").first.click()
    expect(
        page.get_by_role("link", name="Back to the consultation").or_(
            page.get_by_role("link", name="Back to the treatments tried")
        )
    ).to_be_visible()
    page.goto(f"/patients/{house.patient.pk}/consultation/mood/")
    page.get_by_label("What is the MADRS score?").fill("7")
    axe(page)
    look(page, "consultation-group")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("1 value saved")
    # The first chart of a server brings its library along: on a busy machine that takes its time.
    page.set_default_timeout(60_000)
    open_tab(page, "Ledger")
    expect(page.get_by_role("img")).to_have_js_property("complete", True, timeout=60_000)
    assert page.get_by_role("img").evaluate("picture => picture.naturalWidth") > 100
    axe(page)
    look(page, "ledger")
    open_tab(page, "Assessment")
    expect(page.locator(".verdict").first).to_have_text("First-line treatment first (provisional)")
    page.get_by_text("What would change the decision").click()
    expect(page.get_by_text("Each change was tested")).to_be_visible()
    axe(page)
    look(page, "assessment")
    assert page.pdf(format="A4").count(b"/Type /Page\n") == 1
    page.get_by_role("link", name="Decide and sign").click()
    page.get_by_label("Accept: First-line treatment first").check()
    page.get_by_label("Next review on").fill((today(house.site) + timedelta(days=40)).isoformat())
    page.get_by_label("Note").fill("Talked through with the patient.")
    page.get_by_label("Your password, to sign").fill(PASSWORD)
    axe(page)
    look(page, "decision")
    page.get_by_role("button", name="Sign").click()
    expect(page.get_by_role("heading", name="Decided: First-line treatment first")).to_be_visible()
    axe(page)
    look(page, "decision-signed")
    page.get_by_role("link", name="Recompute with today's knowledge").click()
    expect(page.locator(".verdict")).to_have_text("No difference")
    axe(page)
    house.patient.refresh_from_db()
    assert (house.patient.stage, Decision.objects.get().overridden) == (Stage.FIRST_LINE, False)


def test_to_decide_otherwise_asks_for_the_reason(page_as: PageAs, house: House, axe: Axe, look: Look) -> None:
    known(house, CANDIDATE)
    page = page_as("physician")
    page.goto(f"/patients/{house.patient.pk}/decision/")
    page.get_by_label("Override: Not a candidate today").check()
    page.get_by_label("Your password, to sign").fill(PASSWORD)
    page.get_by_role("button", name="Sign").click()
    expect(page.get_by_text("Enter a reason of at least 10 characters")).to_be_visible()
    expect(page.get_by_label("Override: Not a candidate today")).to_be_checked()
    axe(page)
    assert Decision.objects.count() == 0
    page.get_by_label("Reason for overriding the advice").fill("The patient does not want an infusion.")
    page.get_by_label("Your password, to sign").fill(PASSWORD)
    page.get_by_role("button", name="Sign").click()
    expect(page.get_by_text("advice overridden")).to_be_visible()
    look(page, "decision-overridden")
    open_tab(page, "Plain words")
    expect(page.get_by_text("does not look right for you now")).to_be_visible()
    axe(page)
    look(page, "plain-words")


@pytest.mark.thorough
def test_a_treatment_is_added_and_amended_by_keyboard_alone(page_as: PageAs, house: House, axe: Axe) -> None:
    page = page_as("nurse")
    page.goto(f"/patients/{house.patient.pk}/ledger/trial/")
    page.get_by_label("Treatment").focus()
    page.keyboard.type("Gabapentin")
    axe(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Gabapentin")
    page.get_by_role("link", name=re.compile("^Amend")).focus()
    page.keyboard.press("Enter")
    page.get_by_label("Highest daily dose").fill("900")
    page.get_by_label("Reason for the amendment").fill("found the box")
    page.keyboard.press("Enter")
    expect(page.get_by_text("amended 1 time")).to_be_visible()
    assert Entry.objects.filter(patient=house.patient, kind="trial").count() == 2


@pytest.mark.thorough
@pytest.mark.parametrize("phone", [True])
def test_every_page_of_the_way_fits_a_phone(page_as: PageAs, house: House, axe: Axe, look: Look, phone: bool) -> None:
    known(house, CANDIDATE)
    page = page_as("physician", phone=phone)
    base = f"/patients/{house.patient.pk}"
    for name in ("consultation", "consultation/crps", "consultation/medicines", "consultation/import", "ledger",
                 "ledger/trial", "assessment", "decision", "plain"):  # fmt: skip
        page.goto(f"{base}/{name}/")
        fits(page)
        axe(page)
        look(page, f"{name.replace('/', '-')}-phone")
    for address in ("/library/", "/library/therapies/gabapentin/", "/library/evidence/cohen_2018/"):
        page.goto(address)
        fits(page)
        axe(page)


def test_without_scripts_everything_is_reached(contexts: Callable[..., object], house: House) -> None:
    known(house, CANDIDATE)
    context = contexts(java_script_enabled=False)
    page: Page = context.new_page()  # type: ignore[attr-defined]
    page.goto("/healthz")
    session = house.client("physician").cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": page.url}])  # type: ignore[attr-defined]
    page.goto(f"/patients/{house.patient.pk}/assessment/")
    page.get_by_text("What would change the decision").click()
    page.get_by_role("link", name="Calculate it").click()
    expect(page.get_by_text("Each change was tested")).to_be_visible()
