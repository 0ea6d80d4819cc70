"""Ten minutes without a network: what is tapped waits and is sent once, in order; a refusal stays beside its entry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.utils import timezone
from in_session import given, infusing, monitored
from playwright.sync_api import Page, expect
from small_clinic import House

from unwound_clinic.models import SessionEvent
from unwound_clinic.session.actions import readings, rounds

PageAs = Callable[..., Page]
WAITING = "Object.keys(localStorage).filter((key) => key.startsWith('unwound-waiting:')).length"

NINE_MINUTES_AGO = """Object.keys(localStorage).filter((key) => key.startsWith('unwound-waiting:')).forEach((key) => {
  const entry = JSON.parse(localStorage.getItem(key));
  localStorage.setItem(key, JSON.stringify({...entry, tapped: entry.tapped - 540000}));
})"""
"""As if all of it had been tapped nine minutes before."""


def test_what_is_tapped_without_a_network_is_charted_once_with_its_time(
    page_as: PageAs, house: House, axe: Callable[[Page], None], look: Callable[..., Path]
) -> None:
    row = infusing(house)
    SessionEvent.objects.filter(session=row, kind="start").update(at=timezone.now() - timedelta(minutes=15))
    monitored(house, row, 97, 97, 97)
    found = {"sedation": 0.0, "pain": 3.0, "dissociation": 1.0}
    rounds.chart_round(**given(house, row), values=found, at=timezone.now() - timedelta(minutes=12))
    page = page_as("nurse", phone=True)
    page.goto(f"/sessions/{row.pk}/")
    expect(page.locator("[data-link]")).to_contain_text("up to date")
    page.context.set_offline(True)
    reach = page.get_by_role("navigation", name="Chart")
    reach.get_by_role("link", name="Side effect").click()
    page.get_by_role("button", name="nausea").click()
    waiting = page.get_by_role("region", name="Not sent yet").get_by_role("listitem")
    expect(waiting).to_have_count(1)
    reach.get_by_role("link", name="Drug").click()
    page.get_by_label("Dose, unit and route").fill("4 mg IV")
    page.get_by_role("button", name="ondansetron").click()
    expect(waiting).to_have_count(2)
    reach.get_by_role("link", name="Round").click()
    page.get_by_role("button", name="0 alert and calm").dblclick()
    expect(waiting).to_have_count(3)
    reach.get_by_role("link", name="Note").click()
    page.get_by_role("textbox", name="Note").fill("left arm is warm")
    page.get_by_role("button", name="Chart note").click()
    expect(waiting).to_have_count(4)
    page.get_by_role("button", name="Pause").click()
    expect(waiting).to_have_count(5)
    expect(page.locator("[data-link]")).to_contain_text("values shown are", timeout=20_000)
    axe(page)
    look(page, "room-offline", whole=False)
    assert not row.events.filter(kind__in=("side-effect", "rescue-drug", "pause")).exists()
    page.evaluate(NINE_MINUTES_AGO)
    page.context.set_offline(False)
    expect(waiting).to_have_count(0)
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    kinds = list(row.events.order_by("id").exclude(kind__in=("moved", "raised")).values_list("kind", flat=True))
    assert kinds[-5:] == ["side-effect", "rescue-drug", "round", "note", "pause"]
    times = list(row.events.filter(kind__in=("side-effect", "rescue-drug", "pause")).order_by("id"))
    assert [event.at for event in times] == sorted(event.at for event in times)
    assert all(530 < (event.recorded_at - event.at).total_seconds() < 700 for event in times)
    assert {event.content["charted_how"] for event in times} == {"waited"}
    assert page.evaluate(WAITING) == 0, "nothing stays in the browser after it was sent"


def test_an_alert_acknowledged_without_a_network_calls_again_if_it_became_worse(
    page_as: PageAs, house: House, look: Callable[..., Path]
) -> None:
    row = infusing(house)
    given_here = given(house, row)
    readings.enter_by_hand(**given_here, values={"spo2": 88})
    page = page_as("nurse", phone=True)
    page.goto(f"/sessions/{row.pk}/")
    expect(page.get_by_role("button", name="Acknowledge")).to_be_visible()
    page.context.set_offline(True)
    page.get_by_label("seen at the bedside, patient well").check()
    page.get_by_role("button", name="Acknowledge").click()
    waiting = page.get_by_role("region", name="Not sent yet").get_by_role("listitem")
    expect(waiting).to_contain_text("Acknowledge")
    expect(page.get_by_role("button", name="Acknowledge")).to_be_visible()  # it stays until the clinic knows
    look(page, "alert-offline")
    readings.enter_by_hand(**given_here, values={"spo2": 79})
    page.context.set_offline(False)
    expect(page.get_by_text("Again: worse since it was acknowledged at 88: 79")).to_be_visible()
    expect(page.locator("#said")).to_contain_text("It will alert again")
    assert row.events.filter(kind="acknowledged").count() == 1


def test_what_is_refused_stays_beside_its_reason_and_goes_with_whoever_logs_out(
    page_as: PageAs, house: House, look: Callable[..., Path]
) -> None:
    row = infusing(house)
    page = page_as("nurse")
    page.goto(f"/sessions/{row.pk}/")
    expect(page.locator("[data-link]")).to_contain_text("up to date")
    page.context.set_offline(True)
    page.get_by_role("button", name="0 alert and calm").click()
    waiting = page.get_by_role("region", name="Not sent yet")
    expect(waiting.get_by_role("listitem")).to_have_count(1)
    page.context.set_offline(False)
    expect(waiting).to_contain_text("Not charted: dissociation has no value before this one")
    look(page, "room-refused")
    asked: list[str] = []

    def answer(dialog: object) -> None:
        asked.append(dialog.message)  # type: ignore[attr-defined]
        dialog.accept()  # type: ignore[attr-defined]

    page.on("dialog", answer)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    assert asked == ["Not charted yet: 1. Log out, and lose what is not charted?"]
    assert page.evaluate(WAITING) == 0
    assert set(page.evaluate("Object.keys(localStorage)")) <= {"unwound-touched", "unwound-sound"}, (
        "nothing of a patient"
    )
