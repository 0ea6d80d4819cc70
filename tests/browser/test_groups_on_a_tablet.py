"""Groups asked as one in the consultation, on a tablet without any script: read, ticked, answered, taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from looking import fits
from playwright.sync_api import BrowserContext, Page, expect
from small_clinic import House

from unwound_clinic.record.entries import current

TABLET = {"viewport": {"width": 820, "height": 1180}, "has_touch": True}


@pytest.mark.thorough
def test_a_group_is_ticked_answered_and_taken_back_by_touch(
    contexts: Callable[..., BrowserContext], house: House, axe: Callable[[Page], None], look: Callable[..., Path]
) -> None:
    context = contexts(**TABLET)
    session = house.client("nurse").cookies["sessionid"].value
    page = context.new_page()
    page.goto("/healthz", timeout=60_000)
    context.add_cookies([{"name": "sessionid", "value": session, "url": page.url}])
    consultation = f"/patients/{house.patient.pk}/consultation/"
    page.goto(consultation)
    axe(page)
    fits(page)
    look(page, "consultation-groups")

    page.locator("details:has(ol.asks) > summary").click()
    mind = page.locator("#group-mind")
    mind.get_by_label("has a history of psychosis").tap()
    mind.get_by_role("button", name="Save what is ticked").tap()
    expect(page.get_by_role("status")).to_contain_text("The others are still open")
    expect(mind).to_contain_text("has a history of psychosis or schizophrenia")
    expect(mind).to_contain_text("on record")
    mind.get_by_role("button", name="None of the others").tap()
    expect(page.get_by_role("status")).to_contain_text("Mind: none of the others")
    answered = page.locator("#answered-mind")
    expect(answered).to_contain_text("Test Nurse")
    axe(page)
    look(page, "consultation-group-answered")

    answered.get_by_text("Retract the answer").first.tap()
    answered.get_by_label("Reason").fill("the wrong patient")
    answered.get_by_role("button", name="Retract the answer", exact=True).tap()
    expect(answered).to_have_count(0)
    assert [(entry.kind, entry.key) for entry in current(house.patient)] == [("fact", "psychosis_history")]
