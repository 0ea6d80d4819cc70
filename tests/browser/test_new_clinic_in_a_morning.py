"""From nothing to the first patient of one's own, by one person with one account; the search on every page."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import hotp_value
from django.contrib.auth import get_user_model
from looking import fits
from playwright.sync_api import Page, expect
from small_clinic import House

from unwound_clinic.models import Patient, Site

MOST_PAGES, MOST_ACCOUNTS, MOST_FIELDS = 5, 1, 12


class Counted:
    """A person at the pages: each page they came to, and each field they filled, is counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.fields, self.pages = page, 0, []
        page.on("framenavigated", lambda frame: self.pages.append(frame.url))

    def fill(self, label: str, value: str) -> None:
        self.page.get_by_label(label, exact=True).fill(value)
        self.fields += 1

    def choose(self, label: str, value: str) -> None:
        self.page.get_by_label(label, exact=True).select_option(label=value)
        self.fields += 1


@pytest.mark.thorough
@pytest.mark.parametrize("phone", [False, True])
def test_from_nothing_to_the_first_patient(
    transactional_db: None, visitor: Callable[..., Page], axe: Callable[[Page], None], look: Callable[..., Path],
    settings: Any, monkeypatch: pytest.MonkeyPatch, phone: bool,
) -> None:  # fmt: skip
    settings.MFA_REQUIRED = True
    settings.MFA_TOTP_TOLERANCE = 4  # half-minutes that a busy machine may take to type the code
    monkeypatch.setenv("UNWOUND_SETUP_KEY", "the-key")
    name = "phone" if phone else "desktop"
    page = visitor(phone=phone)
    at = Counted(page)
    page.goto("/setup/?key=the-key")
    axe(page)
    at.fill("Name of the clinic", "Solo Pain Clinic")
    at.choose("Country", "Germany")
    expect(page.get_by_label("Emergency number", exact=True)).to_have_value("112")
    expect(page.get_by_label("Crisis line", exact=True)).to_have_value("TelefonSeelsorge 116 123 or 0800 111 0 111")
    expect(page.get_by_label("Time zone", exact=True)).not_to_have_value("")
    at.fill("Telephone that patients call", "030/123456")
    at.fill("Your name", "Dr Test Solo")
    at.fill("Your e-mail address, used to log in", "solo@example.test")
    at.fill("Password", "correct horse battery")
    at.choose("Besides being its administrator you are", "physician here")
    look(page, f"set-up-{name}")
    fits(page)
    page.get_by_role("button", name="Create the clinic").click()
    secret = page.get_by_label("Or type this secret into the app").input_value()
    at.fill("Authenticator code", f"{hotp_value(secret, int(time.time()) // 30):06d}")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="register a patient").click()
    at.fill("Family name", "Doublet")
    at.fill("Given name", "Testcase")
    at.fill("Date of birth", "29 Feb 1956")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Doublet, Testcase")
    assert len(at.pages) <= MOST_PAGES, at.pages
    assert at.fields <= MOST_FIELDS
    assert get_user_model().objects.count() <= MOST_ACCOUNTS
    assert Patient.objects.get().site == Site.objects.get()
    page.goto("/")
    expect(page.get_by_role("heading", name="What this clinic still needs")).to_be_visible()
    axe(page)
    look(page, f"checklist-{name}")
    fits(page)


def test_the_search_is_one_key_away_and_what_was_typed_in_no_address(
    page_as: Callable[..., Page], house: House, axe: Callable[[Page], None], look: Callable[..., Path]
) -> None:
    page = page_as("nurse")
    page.goto("/sessions/")
    page.keyboard.press("/")
    expect(page.get_by_label("Find a patient", exact=True)).to_be_focused()
    page.keyboard.type("testcsae")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Testcase, One")).to_be_visible()
    assert "test" not in page.url.split("/patients/")[1]
    axe(page)
    look(page, "found-desktop")


@pytest.mark.parametrize("phone", [False, True])
def test_a_link_is_copied_scanned_or_marked(
    page_as: Callable[..., Page], house: House, axe: Callable[[Page], None], look: Callable[..., Path], settings: Any,
    phone: bool,
) -> None:  # fmt: skip
    page = page_as("nurse", phone=phone)
    page.goto(f"/patients/{house.patient.pk}/")
    page.get_by_role("button", name="Create a link").click()
    expect(page.get_by_text("It names this machine")).to_be_visible()
    axe(page)
    look(page, f"link-here-{'phone' if phone else 'desktop'}")
    settings.ADDRESS = "https://clinic.example.org"
    page.goto(f"/patients/{house.patient.pk}/")
    page.get_by_role("button", name="Create a new link").click()
    expect(page.get_by_role("img", name="QR code of the address")).to_be_visible()
    page.get_by_role("button", name="Copy the address").click()
    expect(page.get_by_role("status").filter(has_text="opied")).to_be_visible()
    axe(page)
    look(page, f"link-{'phone' if phone else 'desktop'}")
    fits(page)
