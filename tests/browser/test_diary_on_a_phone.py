"""The diary of the months after, on a phone: a few taps, offline once, kept over a reload, sent once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from asked import treated
from django.utils import timezone
from looking import fits
from playwright.sync_api import BrowserContext, Page, expect
from small_clinic import House

from unwound import intake
from unwound.catalogue import load_rule
from unwound_clinic.follow_up import links
from unwound_clinic.follow_up.actions import agreement
from unwound_clinic.models import Alarm, Asking, Entry

SECONDS = 60
"""What a diary of an ordinary week may take, at the pace that the first form is counted by."""


@pytest.fixture
def link(house: House) -> str:
    """The address of a patient who is asked today about the seventh day."""
    today = timezone.now().astimezone(house.site.zone).date()
    agreement.say_who_reads(by=house.by("administrator"), site=house.site, read_when="in the morning", acts="nurses")
    house.patient.phone = "555-0101"
    house.patient.save()
    plan = treated(house, house.patient, on=today - timedelta(days=7))
    row = agreement.agree(by=house.by("nurse"), patient=house.patient, plan=plan, channel="telephone")
    Asking.objects.create(patient=house.patient, follow_up=row, day=7, on=today)
    return f"/d/{links.token(row.nonce)}/"


def test_a_minute_on_a_phone_offline_once(
    contexts: Callable[..., BrowserContext], link: str, axe: Callable[[Page], None], look: Callable[..., Path]
) -> None:
    context = contexts(phone=True)
    page = context.new_page()
    page.goto(link)
    page.get_by_label("Your date of birth").fill("1980-05-05")
    page.get_by_role("button", name="Open my form").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How are you?")
    axe(page)
    fits(page)
    look(page, "diary")
    fields = page.locator("form[data-diary] fieldset")
    taps = 0
    for n in range(fields.count()):
        fields.nth(n).locator("label").first.click()
        taps += 1
    pace = load_rule("intake_time", intake.Pace)
    assert taps <= 10
    assert (taps + 1) * pace.seconds_a_tap.value <= SECONDS, f"{taps} fields and a button"
    expect(page.locator("[data-urgent-help]")).to_be_hidden()

    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("How are you?")
    expect(page.locator("form[data-diary] input:checked")).to_have_count(taps)

    context.set_offline(True)
    page.get_by_text("Hopeless", exact=True).click()
    expect(page.locator("[data-urgent-help]")).to_be_visible()
    expect(page.locator("[data-urgent-help]")).to_contain_text("Call us: 555-0100")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#send-state")).to_contain_text("Not sent yet: no connection")
    assert not Entry.objects.filter(kind="answers").exists()
    context.set_offline(False)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")
    expect(page.get_by_role("heading", name="Please read this now")).to_be_visible()
    axe(page)
    kept = Entry.objects.filter(kind="answers").values_list("key", flat=True)
    assert sorted(key.split()[0] for key in kept) == ["pain_sleep_nrs", "peg", "pgic"]
    assert Alarm.objects.get().finding == "diary_hopeless"
    assert Asking.objects.get().events.filter(what="done").count() == 1
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('unwound-')).length") == 0
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")


def test_it_works_without_a_script(contexts: Callable[..., BrowserContext], link: str) -> None:
    page = contexts(phone=True, java_script_enabled=False).new_page()
    page.goto(link)
    page.get_by_label("Your date of birth").fill("1980-05-05")
    page.get_by_role("button", name="Open my form").click()
    page.get_by_text("All right", exact=True).click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")
