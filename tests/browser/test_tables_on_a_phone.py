"""On a phone the lists that a shift begins with are read without pushing a table aside."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from in_session import infusing
from playwright.sync_api import Page, expect
from small_clinic import House

PageAs = Callable[..., Page]
Axe = Callable[[Page], None]
PUSHED = "tables => tables.filter(table => table.scrollWidth > table.clientWidth + 1).map(table => table.ariaLabel)"


@pytest.mark.parametrize("place", ["/patients/", "/sessions/", "/calendar/"])
def test_no_table_of_a_day_is_cut_at_its_edge(page_as: PageAs, house: House, axe: Axe, place: str) -> None:
    infusing(house)
    page = page_as("nurse", phone=True)
    page.goto(place)
    expect(page.locator("main .scroll table").last).to_contain_text("Testcase")
    assert page.locator("main .scroll").evaluate_all(PUSHED) == []
    axe(page)
