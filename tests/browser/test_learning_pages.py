"""The public pages as a reader meets them: on a phone, without scripts, and for those who do not see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from small_clinic import House

from unwound import self_check


def test_the_self_check_works_without_scripts_and_leaves_no_cookie(visitor: Callable[..., Page], house: House) -> None:
    page = visitor(phone=True, java_script_enabled=False)
    page.goto("/learn/check/", timeout=60_000)
    page.get_by_label("Which country are you in?").select_option("GB")
    for group in self_check.knowledge().warning_groups:
        page.locator(f"input[name=group-{group}][value=none]").check()
    for question in (*self_check.knowledge().warnings, self_check.knowledge().crisis[0]):
        page.locator(f"input[name={question.fact}][value=no]").check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("What has a doctor called your pain?").select_option("trigeminal_neuralgia")
    page.get_by_label("Where is it most of all?").select_option("trigeminal")
    page.get_by_role("button", name="Show what could come next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Try these first, and talk to your doctor")
    expect(page.get_by_role("link", name="Carbamazepine")).to_be_visible()
    assert page.url.endswith("/learn/check/")
    assert not page.context.cookies()
    page.get_by_role("link", name="Clear").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check yourself")
    expect(page.locator("input:checked")).to_have_count(0)
    page.get_by_label("Search these pages in your own words").fill("burning feet at night")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("heading", name="What may fit")).to_be_visible()
    assert page.url.endswith("/learn/search/")
    assert not page.context.cookies()


@pytest.mark.thorough
def test_a_sample_of_pages_is_accessible_and_no_wider_than_a_phone(
    visitor: Callable[..., Page], axe: Callable[[Page], Any], look: Callable[..., Any], house: House
) -> None:
    page = visitor(phone=True)
    for address, title in (
        ("/learn/conditions/crps_1/", "CRPS (complex regional pain syndrome) without a nerve injury"),
        ("/learn/conditions/crps_1/clinician/", "CRPS (complex regional pain syndrome) without a nerve injury"),
        ("/learn/check/", "Check yourself"),
    ):
        page.goto(address, timeout=60_000)
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
        look(page, "public" + address.replace("/", "-"))


def test_on_a_slow_phone_without_scripts_the_answer_is_there_before_the_pictures(
    visitor: Callable[..., Page], house: House
) -> None:
    page = visitor(phone=True, java_script_enabled=False)
    page.goto("/healthz", timeout=60_000)  # the first page of a server brings everything along
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions",
              {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 20_000})  # fmt: skip
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/learn/questions/short_or_long/", wait_until="domcontentloaded", timeout=60_000)
    expect(page.get_by_role("heading", name="In short")).to_be_visible()
    expect(page.locator("figure img")).to_have_attribute("loading", "lazy")
    assert not [one for one in asked if one.endswith(".js")]
    assert len(asked) <= 5, "the page, two style sheets, an icon, a picture"
