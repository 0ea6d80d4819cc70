"""A round with one hand: the phone lies in a palm, the thumb reaches its lower two thirds, and one tap charts it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.utils import timezone
from in_session import given, infusing, monitored
from playwright.sync_api import Locator, Page, expect
from small_clinic import House

from unwound_clinic.models import SessionEvent
from unwound_clinic.session.actions import rounds

FINGER_PX = 44
"""As wide and high as what a finger hits without looking."""
REACH = 1 / 3
"""Above this part of the screen the thumb of the hand that holds it does not come."""


def in_reach(page: Page, *targets: Locator) -> None:
    """Each is large enough, whole on the screen, and below the upper third."""
    size = page.viewport_size
    assert size is not None
    for target in targets:
        box = target.bounding_box()
        assert box is not None, target
        assert min(box["width"], box["height"]) >= FINGER_PX, (target, box)
        assert size["height"] * REACH <= box["y"], (target, box)
        assert box["y"] + box["height"] <= size["height"] + 1, (target, box)


def test_a_round_is_charted_with_the_thumb_of_the_hand_that_holds_the_phone(
    page_as: Callable[..., Page], house: House, axe: Callable[[Page], None], look: Callable[..., Path]
) -> None:
    row = infusing(house)
    SessionEvent.objects.filter(session=row, kind="start").update(at=timezone.now() - timedelta(minutes=30))
    monitored(house, row, 97, 97, 97)
    monitored(house, row, 14, 14, 14, sign="respiratory_rate")
    found = {"sedation": 0.0, "pain": 3.0, "dissociation": 1.0}
    rounds.chart_round(**given(house, row), values=found, at=timezone.now() - timedelta(minutes=15))
    page = page_as("nurse", phone=True)
    page.goto(f"/sessions/{row.pk}/")
    expect(page.locator("[data-link]")).to_contain_text("up to date")
    reach = page.get_by_role("navigation", name="Chart").get_by_role("link")
    in_reach(page, *reach.all())
    reach.filter(has_text="Round").tap()
    calm = page.get_by_role("button", name="0 alert and calm")
    expect(calm).to_be_in_viewport()
    look(page, "round-with-one-hand", whole=False)
    expect(calm).to_be_in_viewport(ratio=1)
    panel = page.locator("#round")
    in_reach(page, *panel.get_by_role("button").all(), panel.get_by_role("link", name="Close"))
    axe(page)
    calm.tap()
    expect(page.locator("[data-said]")).to_have_text("Round charted.")
    charted = row.events.filter(kind="round").latest("id")
    assert set(charted.content["observed"]) == {"pain", "dissociation"}
    assert set(charted.content["observed"].values()) == {"observed, unchanged"}
    assert charted.by_name == house.users["nurse"].name
