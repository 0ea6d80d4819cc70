"""Consent in a browser: on the tablet and on a phone, drawn and typed, the browser killed in the middle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from coordinated import COURSE, decided
from looking import fits
from playwright.sync_api import Page, expect
from small_clinic import PASSWORD, House

from unwound_clinic.models import Consent, ConsentOffer

NEEDED = ("not approved", "may not help", "have read", "takes me home", "I tell my team", "stop at any time")


def laid_before(page: Page, house: House, where: str) -> None:
    page.goto(f"/patients/{house.patient.pk}/consent/")
    page.get_by_label("For which course").select_option(COURSE)
    page.get_by_label(where).check()
    page.get_by_label("I have discussed this").check()
    page.get_by_role("button", name="Offer it to the patient").click()


def opened(page: Page) -> None:
    page.get_by_label("Your date of birth").fill("1980-05-05")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Consent to ketamine")


def tick(page: Page, *words: str) -> None:
    for one in words:
        with page.expect_response(lambda answer: answer.request.method == "POST") as kept:
            page.get_by_label(one).check()
        assert kept.value.status == 204


def draw(page: Page) -> None:
    canvas = page.get_by_role("img", name="Area to draw")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.6 * box["height"])
    page.mouse.down()
    for step in range(1, 9):
        up = 0.3 if step % 2 else 0.7
        page.mouse.move(box["x"] + (0.1 + 0.09 * step) * box["width"], box["y"] + up * box["height"])
    page.mouse.up()


@pytest.mark.thorough
def test_on_the_clinics_tablet_the_patient_draws_and_the_team_prints(
    page_as: Callable[..., Page], house: House, axe: Callable[[Page], None], look: Callable[..., Path]
) -> None:
    decided(house)
    page = page_as("nurse")
    page.goto(f"/patients/{house.patient.pk}/consent/")
    axe(page)
    look(page, "consent-ask")
    laid_before(page, house, "On this screen, now")
    axe(page)
    opened(page)
    axe(page)
    tick(page, *NEEDED)
    draw(page)
    look(page, "consent-sign-tablet")
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. Your consent is signed")
    axe(page)
    page.goto(f"/patients/{house.patient.pk}/consent/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Locked")
    page.get_by_label("Your password, to continue").fill(PASSWORD)
    page.get_by_role("button", name="Unlock").click()
    expect(page.get_by_text("Consent valid until")).to_be_visible()
    axe(page)
    look(page, "consent-holds")
    page.get_by_role("link", name="Read or print what was signed").click()
    expect(page.get_by_role("img", name="Drawn signature of One Testcase")).to_be_visible()
    axe(page)
    look(page, "consent-signed")
    assert len(Consent.objects.get().signature[0]) >= 8


@pytest.mark.thorough
def test_a_killed_browser_leaves_no_half_signed_consent_and_the_ticks_are_there_again(
    page_as: Callable[..., Page],
    visitor: Callable[..., Page],
    house: House,
    axe: Callable[[Page], None],
    look: Callable[..., Path],
) -> None:
    decided(house)
    page = page_as("physician")
    laid_before(page, house, "On the patient's own device")
    address = page.get_by_label("Address").input_value()

    phone = visitor(phone=True)
    phone.goto(address)
    opened(phone)
    tick(phone, *NEEDED[:3])
    phone.get_by_label("Your full name").fill("One Testc")
    phone.context.close()
    assert not Consent.objects.exists()
    assert sum(ConsentOffer.objects.get().choices.values()) == 3

    again = visitor(phone=True)
    again.goto(address)
    opened(again)
    for one in NEEDED[:3]:
        expect(again.get_by_label(one)).to_be_checked()
    expect(again.get_by_label(NEEDED[3])).not_to_be_checked()
    expect(again.get_by_label("Your full name")).to_have_value("")
    axe(again)
    again.get_by_label("Your full name").fill("One Testcase")
    again.get_by_role("button", name="Sign", exact=True).click()
    expect(again.get_by_role("alert")).to_contain_text("Not signed yet")
    assert not Consent.objects.exists()
    tick(again, *NEEDED[3:])
    fits(again)
    look(again, "consent-sign-phone")
    again.get_by_label("Your full name").fill("One Testcase")
    again.get_by_role("button", name="Sign", exact=True).click()
    expect(again.get_by_role("heading", level=1)).to_have_text("Thank you. Your consent is signed")
    look(again, "consent-thanks-phone")
    consent = Consent.objects.get()
    assert (consent.signature, consent.signed_name, consent.taken_by) == (
        None,
        "One Testcase",
        house.users["physician"],
    )


@pytest.mark.thorough
def test_without_javascript_it_is_signed_by_typing(
    page_as: Callable[..., Page], contexts: Callable[..., object], house: House
) -> None:
    decided(house)
    staff = page_as("nurse")
    laid_before(staff, house, "On the patient's own device")
    address = staff.get_by_label("Address").input_value()
    page = contexts(java_script_enabled=False).new_page()  # type: ignore[attr-defined]
    page.goto(address)
    opened(page)
    for one in NEEDED[:2]:
        page.get_by_label(one).check()
    page.get_by_role("button", name="Save my ticks for later").click()
    for one in NEEDED[:2]:
        expect(page.get_by_label(one)).to_be_checked()
    expect(page.get_by_role("img", name="Area to draw")).to_be_hidden()
    for one in NEEDED[2:]:
        page.get_by_label(one).check()
    page.get_by_label("Your full name").fill("One Testcase")
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. Your consent is signed")


@pytest.mark.parametrize("what", ["consent/", "plan/", "letters/", "letters/new/summary/", "plan/compare/"])
def test_a_person_of_another_site_is_refused(
    page_as: Callable[..., Page], house: House, axe: Callable[[Page], None], look: Callable[..., Path], what: str
) -> None:
    decided(house)
    page = page_as("stranger")
    page.goto(f"/patients/{house.patient.pk}/{what}")
    expect(page.get_by_role("heading", level=1)).to_have_text("You do not have access.")
    assert "Testcase" not in page.content()
    axe(page)
    look(page, "refused")
