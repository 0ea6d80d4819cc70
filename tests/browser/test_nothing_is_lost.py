"""What is typed stays: after a lock, a refusal, a crash, in another tab; and it goes when it is saved."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from in_session import infusing
from playwright.sync_api import Page, expect
from small_clinic import PASSWORD, House

from unwound_clinic.models import Draft, Entry, Patient

PageAs = Callable[..., Page]
STORY = "Burning since the operation in spring; worse at night, and the sheet hurts."


def kept(page: Page, act: Callable[[], object]) -> None:
    """Does something in one go, so that there is one draft, and waits until it has reached the server."""
    with page.expect_response(lambda answer: "/drafts/" in answer.url and answer.request.method == "POST"):
        act()


def test_a_story_is_found_again_after_the_page_crashed_and_in_another_tab(page_as: PageAs, house: House) -> None:
    page = page_as("nurse")
    address = f"/patients/{house.patient.pk}/consultation/"
    page.goto(address)
    box = page.locator("textarea[name=text]")
    kept(page, lambda: box.fill(STORY))
    page.goto("about:blank")
    page.goto(address)
    expect(box).to_have_value(STORY)
    expect(page.get_by_text("Not saved yet: what you typed on")).to_be_visible()
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("textarea[name=text]")).to_have_value(STORY)
    other.close()
    page.get_by_role("button", name="Save the history").click()
    expect(page.get_by_text("Not saved yet")).to_have_count(0)
    page.goto(address)
    expect(box).to_have_value(STORY)
    expect(page.get_by_text("Not saved yet")).to_have_count(0)
    assert not Draft.objects.exists()
    assert Entry.objects.filter(kind="story").count() == 1


def test_what_was_typed_before_the_lock_is_there_after_it(
    page_as: PageAs, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = page_as("nurse")
    address = f"/patients/{house.patient.pk}/consultation/"
    page.goto(address)
    box = page.locator("textarea[name=text]")
    kept(page, lambda: box.fill(STORY))
    with monkeypatch.context() as away:
        away.setattr(settings, "IDLE_LOCK_MINUTES", -1)
        page.get_by_role("button", name="Save the history").click()
        expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    page.get_by_label("Your password, to continue").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Unlock").click()
    expect(page.get_by_role("heading", name="Locked")).to_have_count(0)
    page.goto(address)
    expect(box).to_have_value(STORY)
    assert not Entry.objects.filter(kind="story").exists()


def test_a_refused_registration_keeps_what_was_typed(page_as: PageAs, house: House) -> None:
    page = page_as("coordinator")
    page.goto("/patients/new/")
    same = house.patient
    page.get_by_label("Family name").fill(same.family_name)
    page.get_by_label("Given name").fill(same.given_name)
    page.get_by_label("Date of birth").fill("5 5 1980")
    page.get_by_label("Phone").fill("555-0177")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("is already registered")).to_be_visible()
    kept(page, lambda: page.locator("[name=email]").press_sequentially("nine@example.test"))
    page.goto("about:blank")
    page.goto("/patients/new/")
    expect(page.locator("[name=email]")).to_have_value("nine@example.test")
    expect(page.get_by_label("Phone")).to_have_value("555-0177")
    expect(page.get_by_label("Date of birth")).to_have_value("5 5 1980")
    page.get_by_label("Given name").fill("Nine")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("Nine Testcase is registered")).to_be_visible()
    assert Patient.objects.filter(given_name="Nine", phone="555-0177").exists()
    page.goto("/patients/new/")
    expect(page.get_by_label("Phone")).to_have_value("")


@pytest.mark.thorough
def test_a_draft_brings_back_nothing_that_a_colleague_changed_since(page_as: PageAs, house: House) -> None:
    address = f"/patients/{house.patient.pk}/consultation/measurements/"
    page, colleague = page_as("nurse"), page_as("physician")
    page.goto(address)
    kept(page, lambda: page.locator("[name=weight_kg]").fill("71"))
    colleague.goto(address)
    expect(colleague.locator("[name=weight_kg]")).not_to_have_value("71"), "a draft is its writer's alone"
    colleague.locator("[name=height_cm]").fill("180")
    colleague.get_by_role("button", name="Save").first.click()
    expect(colleague.get_by_role("status")).to_contain_text("1 value saved")
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator("[name=weight_kg]")).to_have_value("71")
    expect(page.locator("[name=height_cm]")).to_have_value("180")


def test_a_password_lies_in_no_draft_and_a_draft_can_be_discarded(page_as: PageAs, house: House) -> None:
    page = page_as("nurse")
    page.goto("/mine/")
    page.goto(f"/patients/{house.patient.pk}/consultation/")
    kept(page, lambda: page.locator("textarea[name=text]").fill("wrong patient"))
    page.goto("about:blank")
    page.goto(f"/patients/{house.patient.pk}/consultation/")
    kept(page, page.get_by_role("button", name="Discard it").click)
    expect(page.locator("textarea[name=text]")).to_have_value("")
    assert not Draft.objects.exists()


def test_a_refusal_leads_back_to_where_what_was_typed_stands_again(page_as: PageAs, house: House) -> None:
    page = page_as("nurse")
    address = f"/patients/{house.patient.pk}/consultation/"
    page.goto(address)
    page.locator("textarea[name=text]").fill(f"{STORY} \u202e")
    page.get_by_role("button", name="Save the history").click()
    expect(page.get_by_text("a sign that reverses the direction of the text")).to_be_visible()
    expect(page.get_by_text("What you typed is kept")).to_be_visible()
    page.get_by_role("link", name="Go back and try again").click()
    expect(page.locator("textarea[name=text]")).to_have_value(re.compile(STORY[:20]))


@pytest.mark.thorough
def test_what_was_typed_in_the_room_comes_back_only_when_asked_for(page_as: PageAs, house: House) -> None:
    row = infusing(house)
    page, room = page_as("nurse"), f"/sessions/{row.pk}/"
    page.goto(room)
    form = page.locator("#new-rate")
    kept(page, lambda: form.locator("[name=rate]").fill("5"))
    page.goto("about:blank")
    page.goto(room)
    bar = form.locator("p.draft")
    expect(bar).to_contain_text("not charted: New rate 5; Unit mL/h.")
    expect(form.locator("[name=rate]")).to_have_value("")
    bar.get_by_role("button", name="Put it back").click()
    expect(form.locator("[name=rate]")).to_have_value("5")
    expect(bar).to_contain_text("check whether it is still correct")
    kept(page, bar.get_by_role("button", name="Discard it").click)
    page.wait_for_load_state()
    expect(page.locator("#new-rate p.draft")).to_have_count(0)
    assert not Draft.objects.exists()
    kept(page, lambda: page.locator("#effect-other").fill("itching"))
    page.goto(room)
    expect(page.locator("#effect p.draft")).to_contain_text("Other side effect itching")
    page.locator("#effect p.draft").get_by_role("button", name="Put it back").click()
    page.get_by_role("button", name="Chart side effect").click()
    expect(page.locator("[data-said]")).to_contain_text("Itching, grade 1, charted")
    expect(page.locator("#effect p.draft")).to_have_count(0)
    page.goto(room)
    expect(page.locator("#effect p.draft")).to_have_count(0)
    assert not Draft.objects.exists()
