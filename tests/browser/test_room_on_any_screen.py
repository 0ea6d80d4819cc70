"""The infusion room on a phone, a tablet and at 200 %: what matters is in view, and charting is one tap away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from in_session import infusing, monitored
from looking import fits
from playwright.sync_api import BrowserContext, Locator, Page, expect
from small_clinic import House

Look = Callable[..., Path]
SCREENS = {"phone": (390, 844), "tablet": (1024, 768), "zoomed": (512, 384)}


def room(contexts: Callable[..., BrowserContext], house: House, number: int, width: int, height: int) -> Page:
    """The room on a screen of this size, touched with a finger."""
    context = contexts(viewport={"width": width, "height": height}, has_touch=True)
    page = context.new_page()
    page.goto("/healthz", timeout=60_000)
    session = house.client("nurse").cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": page.url}])
    page.goto(f"/sessions/{number}/")
    expect(page.locator("[data-link]")).to_contain_text("up to date")
    return page


def within(page: Page, part: Locator) -> bool:
    """Whether a part is whole on the screen as it is now, and nothing lies over it."""
    box, size = part.bounding_box(), page.viewport_size
    assert box is not None
    assert size is not None
    uncovered = part.evaluate(
        "part => { const box = part.getBoundingClientRect();"
        " const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);"
        " return part.contains(top) || top.contains(part); }"
    )
    return bool(uncovered and box["y"] >= 0 and box["y"] + box["height"] <= size["height"] + 1)


@pytest.mark.parametrize("screen", sorted(SCREENS))
def test_values_the_gravest_alert_and_pause_stay_in_view(
    contexts: Callable[..., BrowserContext],
    house: House,
    axe: Callable[[Page], None],
    look: Look,
    screen: str,
) -> None:
    row = infusing(house)
    monitored(house, row, 98, 97, 84, 84, 84)
    monitored(house, row, *[72.0] * 5, sign="heart_rate")
    page = room(contexts, house, row.pk, *SCREENS[screen])
    look(page, f"room-{screen}", whole=False)
    strip = page.locator(".strip").get_by_text("84")
    pause = page.get_by_role("button", name="Pause infusion")
    alert = page.locator(".glance p.alert").get_by_text("oxygen saturation 84 %")
    page.get_by_role("navigation", name="Chart").get_by_role("link", name="Side effect").click()
    for part in (strip, pause, alert, page.get_by_role("button", name="nausea")):
        assert within(page, part), part
    page.locator("#effect").get_by_role("link", name="Close").click()
    for _ in range(2):
        for part in (strip, pause, alert):
            assert within(page, part), part
        page.evaluate("document.querySelector('footer').scrollIntoView({block: 'end'})")
        expect(page.locator("footer")).to_be_in_viewport()
    look(page, f"room-{screen}-below", whole=False)
    page.get_by_role("navigation", name="Chart").get_by_role("link", name="Side effect").click()
    nausea = page.get_by_role("button", name="nausea")
    expect(nausea).to_be_in_viewport(ratio=1)
    assert within(page, strip)
    assert within(page, pause)
    fits(page)
    axe(page)
    look(page, f"room-{screen}-effect", whole=False)
    page.get_by_role("link", name="Drug", exact=True).click()
    expect(page.get_by_role("button", name="ondansetron")).to_be_in_viewport(ratio=1)
    look(page, f"room-{screen}-drug", whole=False)
    page.get_by_role("link", name="Round", exact=True).click()
    look(page, f"room-{screen}-round", whole=False)
    page.get_by_role("link", name="Side effect").click()
    page.locator("#effect").get_by_label("5 min ago").check()
    nausea.click()
    expect(page.locator("[data-said]")).to_have_text("Nausea, grade 1, charted.")
    event = row.events.get(kind="side-effect")
    assert 299 <= (event.recorded_at - event.at).total_seconds() <= 310
    assert event.content["charted_at"]
