"""A screen knows by its own clock that nothing fresh came; a page that could not be shown comes back by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from in_session import infusing
from playwright.sync_api import Page, Route, expect
from small_clinic import House

from unwound_clinic.session.pages import room

PageAs = Callable[..., Page]
Axe = Callable[[Page], None]


@pytest.mark.parametrize("place", ["/board/", "/sessions/{}/"])
def test_a_screen_whose_server_hangs_says_so_within_seconds(page_as: PageAs, house: House, place: str) -> None:
    row, page = infusing(house), page_as("nurse")
    page.goto(place.format(row.pk))
    expect(page.locator("[data-link]")).to_contain_text("up to date")
    page.route("**/now/**", lambda _: None)  # asked, and never answered
    expect(page.locator("[data-link]")).to_contain_text("No connection to the server since", timeout=60_000)
    expect(page.locator("body")).to_have_class(re.compile("cut-off"))
    page.unroute_all()
    expect(page.locator("[data-link]")).to_contain_text("up to date", timeout=60_000)


def test_a_clock_that_was_set_is_said_on_a_screen_that_stands_open(page_as: PageAs, house: House) -> None:
    row, page = infusing(house), page_as("nurse")

    def told(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "x-unwound-clock": "The clock was set back by 2 h."})

    page.goto(f"/sessions/{row.pk}/")
    page.route("**/now/**", told)
    expect(page.locator("[data-clock]")).to_have_text("The clock was set back by 2 h.")
    page.unroute_all(behavior="wait")  # an answer that is still under way would fail the next test
    expect(page.locator("[data-clock]")).to_have_count(0)


def test_a_screen_that_met_a_locked_database_comes_back_by_itself(
    page_as: PageAs, house: House, axe: Axe, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: Any, **__: Any) -> None:
        raise OperationalError("database is locked")

    page = page_as("nurse")
    with monkeypatch.context() as now:
        now.setattr(room, "_beds", locked)
        page.goto("/board/")
        expect(page.get_by_role("heading", level=1)).to_have_text("The database is busy")
        axe(page)
    expect(page.locator("[data-link]")).to_contain_text("up to date", timeout=60_000)
