"""The first pages in a browser: the home page, the list, one patient; nothing on them is hard to reach or read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from looking import fits
from playwright.sync_api import Page, expect
from small_clinic import House


@pytest.mark.parametrize("phone", [False, True])
def test_today_the_list_and_a_patient(
    page_as: Callable[..., Page],
    house: House,
    axe: Callable[[Page], None],
    look: Callable[..., Path],
    phone: bool,
) -> None:
    page = page_as("nurse", phone=phone)
    for address, heading in [("/", "What needs my attention today"), ("/patients/", "Patients")]:
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        axe(page)
    page.get_by_role("link", name="Testcase, One").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Testcase, One")
    axe(page)
    look(page, f"patient-{'phone' if phone else 'desktop'}")
    fits(page)
