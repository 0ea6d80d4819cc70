"""An idle screen locks by a cover: what is typed stays, an infusion stays readable, a PIN opens it again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password
from in_session import infusing, monitored
from playwright.sync_api import Page, expect
from small_clinic import PASSWORD, House

from unwound_clinic.models import AuditEvent, User

PageAs = Callable[..., Page]
Look = Callable[..., Path]
Axe = Callable[[Page], None]


def opened(page: Page, address: str) -> None:
    """A page whose clock the test sets."""
    page.clock.install()
    page.goto(address)


def idle(page: Page, share: float) -> None:
    """So large a share of the time after which a screen locks goes by without a key or a tap."""
    page.clock.fast_forward(round(share * settings.IDLE_LOCK_MINUTES * 60_000))


def with_pin(house: House, role: str) -> None:
    User.objects.filter(pk=house.users[role].pk).update(pin=make_password("2580"))


def locked(page: Page) -> None:
    idle(page, 1.1)
    expect(page.get_by_role("heading", name="Locked")).to_be_visible()


def test_what_is_being_typed_stays_under_the_lock_and_is_there_after_it(
    page_as: PageAs, house: House, axe: Axe, look: Look
) -> None:
    with_pin(house, "nurse")
    page = page_as("nurse")
    opened(page, f"/patients/{house.patient.pk}/consultation/")
    box = page.locator("textarea[name=text]")
    story = "Burning since the operation in spring."
    for word in story.split():
        box.press_sequentially(f"{word} ")
        idle(page, 0.6)
    expect(page.get_by_role("heading", name="Locked")).to_have_count(0)
    assert page.locator("body.locked").count() == 0, "keys are use: nobody is locked out while typing"
    locked(page)
    axe(page)
    look(page, "lock-page", whole=False)
    page.get_by_label("PIN or password").fill("1111")
    page.get_by_role("button", name="Unlock").click()
    expect(page.get_by_text("This is not your PIN. 4 more tries")).to_be_visible()
    page.get_by_label("PIN or password").fill("2580")
    page.get_by_role("button", name="Unlock").click()
    expect(page.locator("body.locked")).to_have_count(0)
    expect(box).to_have_value(f"{story} ")
    page.get_by_role("button", name="Save the history").click()
    expect(page.get_by_text("Not saved yet")).to_have_count(0)


def test_the_values_of_a_running_infusion_stay_readable_with_initials(
    page_as: PageAs, house: House, axe: Axe, look: Look
) -> None:
    row = infusing(house)
    page = page_as("nurse")
    opened(page, f"/sessions/{row.pk}/")
    locked(page)
    expect(page.get_by_text("Testcase, One")).to_be_hidden()
    expect(page.get_by_text("5 May 1980")).to_be_hidden()
    expect(page.get_by_text("T. O.")).to_be_visible()
    monitored(house, row, 97, 97, 76)
    expect(page.locator(".tile").get_by_text("76")).to_be_visible()
    expect(page.get_by_text(re.compile("below 90 %")).first).to_be_visible()
    axe(page)
    look(page, "lock-room", whole=False)
    page.get_by_role("button", name="Pause infusion").click(force=True)
    row.refresh_from_db()
    assert row.state == "infusing", "only acting asks who it is"
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Unlock").click()
    expect(page.get_by_text("Testcase, One").first).to_be_visible()
    page.get_by_role("button", name="Pause infusion").click()
    expect(page.get_by_role("button", name="Resume infusion")).to_be_visible()


def test_the_board_stays_readable_too(page_as: PageAs, house: House, look: Look) -> None:
    infusing(house)
    page = page_as("nurse")
    opened(page, "/board/")
    locked(page)
    expect(page.get_by_text("Testcase, One")).to_be_hidden()
    expect(page.get_by_text("T. O.").first).to_be_visible()
    look(page, "lock-board", whole=False)


def test_five_wrong_pins_end_the_session(page_as: PageAs, house: House) -> None:
    with_pin(house, "nurse")
    page = page_as("nurse")
    opened(page, "/patients/")
    locked(page)
    for left in ("4 more", "3 more", "2 more", "1 more", ""):
        page.get_by_label("PIN or password").fill("9999")
        page.get_by_role("button", name="Unlock").click()
        if left:
            expect(page.get_by_text(left)).to_be_visible()
    expect(page).to_have_url(re.compile("/accounts/login/"))
    assert AuditEvent.objects.filter(detail__icontains="five wrong PINs").exists()


def test_a_pin_signs_nothing(house: House) -> None:
    with_pin(house, "physician")
    client = house.client("physician")
    answer = client.post("/unlock/", {"password": "2580"})
    assert answer.status_code == 200
    assert "not your password" in answer.content.decode() or "not the right password" in answer.content.decode()
