"""A session in a browser: from check-in to the way home, a refused start, alerts, a second screen, readings by hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import F
from django.utils import timezone
from in_session import TODAY, infusing, prepared, recovering, scheduled
from looking import fits
from make_clinic import copies
from playwright.sync_api import BrowserContext, Page, expect
from small_clinic import PASSWORD, House, register

from unwound import numerals
from unwound.session import MONITOR_FIRST
from unwound_clinic.models import InfusionSession, VitalReading
from unwound_clinic.session import watching
from unwound_clinic.session.actions import (
    amendments,
    charting,
    controlled_drug,
    course,
    discharge,
    preparation,
    readings,
)

PageAs = Callable[..., Page]
Axe = Callable[[Page], None]
Look = Callable[..., Path]


def monitored(row: InfusionSession, minutes: int = 30, **now: float) -> None:
    """The bedside monitor has sent for so long, the last of it now."""
    at = timezone.now()
    values = {"spo2": 97.0, "heart_rate": 72.0, "pulse_rate": 73.0, "respiratory_rate": 14.0}
    made = [(at - timedelta(seconds=10 * back), sign, value + back // 6 % 3) for back in range(1, minutes * 6)
            for sign, value in values.items()]  # fmt: skip
    made += [(at, sign, value) for sign, value in {**values, "systolic": 126.0, "diastolic": 79.0, **now}.items()]
    VitalReading.objects.bulk_create(
        VitalReading(session=row, at=read, received_at=at, sign=sign, value=value, source="1")
        for read, sign, value in made
    )
    InfusionSession.objects.filter(pk=row.pk).update(changed=F("changed") + 1)


def test_from_check_in_to_the_start(page_as: PageAs, house: House, axe: Axe, look: Look) -> None:
    row = scheduled(house)
    page = page_as("nurse")
    page.goto("/sessions/")
    axe(page)
    page.get_by_role("link", name="Check in").click()
    expect(page.get_by_text("Ask the patient to state")).to_be_visible()
    axe(page)
    page.get_by_label("The patient stated their full name").check()
    page.get_by_label("Date of birth, as stated by the patient").fill("1980-05-05")
    page.get_by_role("button", name="Check in").click()
    expect(page.get_by_text("not met yet")).to_be_visible()
    axe(page)
    page.get_by_label("Weight today").fill(str(row.plan.weight_kg))
    page.get_by_label("Hours since the last food").fill(str(TODAY["hours_without_food"]))
    page.get_by_label("Hours since the last clear fluid").fill(str(TODAY["hours_without_drink"]))
    page.get_by_label("Escort home (name)").fill("her son")
    page.get_by_role("group", name="Could the patient be pregnant?").get_by_label("No").check()
    page.get_by_label("Rescue drugs available and in date").check()
    page.get_by_label("Suction tested today").check()
    page.get_by_role("button", name="Save").click()
    start = page.locator("section", has=page.get_by_role("heading", name="Baseline vital signs"))
    for label, value in {"Systolic": 124, "Diastolic": 78, "HR": 70, "SpO2": 98, "RR": 14}.items():
        start.get_by_label(label, exact=True).fill(str(value))
    page.get_by_role("button", name="Chart baseline").click()
    expect(page.get_by_text("1 of 11 not met yet")).to_be_visible()
    look(page, "session-start")
    page.get_by_role("link", name="Hand over to the second person").click()
    axe(page)
    page.get_by_label("Weight you read on the scale").fill(str(row.plan.weight_kg))
    page.get_by_label("Concentration on the label of the syringe").fill("2")
    page.get_by_label("First rate of the pump").press_sequentially("5,95")
    page.get_by_label("Second person").select_option(label="Test Second")
    page.get_by_label("Their own password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm second check").click()
    page.get_by_role("button", name="Mark as ready to start").click()
    expect(page.get_by_role("button", name="Start infusion")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Start infusion").click()
    expect(page.get_by_text("infusing").first).to_be_visible()
    expect(page.get_by_text(MONITOR_FIRST)).to_be_visible()
    row.refresh_from_db()
    assert row.state == "infusing"


@pytest.mark.thorough
def test_from_the_infusion_to_the_way_home(page_as: PageAs, house: House, axe: Axe, look: Look) -> None:
    row = infusing(house)
    page = page_as("nurse")
    page.goto(f"/sessions/{row.pk}/")
    axe(page)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume infusion")).to_be_visible()
    page.locator("summary").get_by_text("End infusion").click()
    page.get_by_role("button", name="■ End infusion", exact=True).click()
    page.get_by_role("link", name="Controlled drug").click()
    waste = page.locator("form", has=page.get_by_role("heading", name="Waste or return, with a witness"))
    expect(waste).to_be_visible()
    axe(page)
    waste.get_by_label("Amount (mg)", exact=True).fill("200")
    waste.get_by_label("Second person").select_option(label="Test Second")
    waste.get_by_label("Their own password").fill(PASSWORD)
    waste.get_by_role("button", name="Chart witnessed waste").click()
    expect(page.get_by_text("Balance correct")).to_be_visible()
    given = {"by": house.by("physician"), "patient": house.patient, "session": row}
    discharge.override(**given, gate="leave", requirement="watched", reason="a test does not wait an hour")
    readings.enter_by_hand(**given, values={"systolic": 124, "diastolic": 78, "heart_rate": 70, "spo2": 98})
    page.get_by_role("link", name="Discharge").click()
    expect(page.get_by_text("not met yet")).to_be_visible()
    axe(page)
    page.get_by_label("Aldrete score").fill("10")
    page.get_by_label("PADSS").fill("10")
    for label in ("Escort present", "«When to call» page given", "Advised not to drive"):
        page.get_by_label(label).check()
    page.get_by_role("button", name="Save").click()
    look(page, "session-leave")
    page.get_by_label("Your password, to sign").fill(PASSWORD)
    page.get_by_role("button", name="Discharge patient").click()
    expect(page.get_by_text("discharged. The follow-up call is due as planned.")).to_be_visible()
    axe(page)
    row.refresh_from_db()
    assert row.state == "discharged"


def test_a_start_that_is_refused_says_why(page_as: PageAs, house: House) -> None:
    row = prepared(house, without=("driver",))
    page = page_as("nurse")
    page.goto(f"/sessions/{row.pk}/start/")
    expect(page.get_by_text("1 of 11 not met yet")).to_be_visible()
    expect(page.get_by_text("Who takes the patient home?")).to_be_visible()
    expect(page.get_by_role("button", name="Mark as ready to start")).to_have_count(0)


@pytest.mark.thorough
def test_an_alert_comes_by_itself_and_is_acknowledged_with_a_reason(
    page_as: PageAs, house: House, axe: Axe, look: Look
) -> None:
    row = infusing(house)
    monitored(row)
    page = page_as("nurse")
    page.goto(f"/sessions/{row.pk}/")
    expect(page.get_by_text("No open alerts.")).to_be_visible()
    given = {"by": house.by("physician"), "patient": house.patient, "session": row}
    readings.enter_by_hand(**given, values={"spo2": 84})
    expect(page.get_by_role("button", name="Acknowledge")).to_be_visible()
    axe(page)
    look(page, "session-room")
    page.get_by_label("seen at the bedside, patient well").check()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("No open alerts.")).to_be_visible()
    assert watching.live(InfusionSession.objects.get(pk=row.pk)).watched.open == ()


def test_what_gets_worse_after_its_acknowledgement_calls_again_and_resuming_asks_for_a_value(
    page_as: PageAs, house: House, axe: Axe, look: Look
) -> None:
    row = infusing(house)
    given = {"by": house.by("nurse"), "patient": house.patient, "session": row}
    readings.enter_by_hand(**given, values={"spo2": 88})
    page = page_as("nurse")
    page.goto(f"/sessions/{row.pk}/")
    page.get_by_label("seen at the bedside, patient well").check()
    page.get_by_role("button", name=re.compile("^Acknowledge")).click()
    expect(page.get_by_text("No open alerts")).to_be_visible()
    readings.enter_by_hand(**given, values={"spo2": 71})
    expect(page.get_by_text("Again: worse since it was acknowledged at 88: 71")).to_be_visible()
    expect(page.get_by_text("Call the physician or the anaesthesia provider").first).to_be_visible()
    axe(page)
    look(page, "session-worse-again")
    page.get_by_role("button", name="Pause").click()
    page.get_by_label("seen at the bedside, patient well").check()
    page.get_by_role("button", name=re.compile("^Acknowledge")).first.click()
    expect(page.get_by_text("No open alerts")).to_be_visible()
    page.get_by_role("button", name="Resume infusion").click()
    expect(page.get_by_text("Not charted: oxygen saturation 71 % (below 90 %)")).to_be_visible()
    page.get_by_label("SpO2", exact=True).fill("96")
    page.get_by_role("button", name="Chart readings").click()
    expect(page.get_by_text("Readings charted.")).to_be_visible()
    page.get_by_role("button", name="Resume infusion").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    row.refresh_from_db()
    assert row.state == "infusing"


@pytest.mark.thorough
def test_a_board_of_many_beds_fits_and_leads_to_the_gravest(
    page_as: PageAs, house: House, axe: Axe, look: Look
) -> None:
    nurse = house.by("nurse")
    copies(house, [register(nurse, house.site, f"Testcase-{number}", "In-Bed") for number in range(1, 13)])
    for row in InfusionSession.objects.exclude(bed=""):
        monitored(row, spo2=74 if row.bed == "B7" else 97)
    InfusionSession.objects.filter(bed="").update(state="discharged")
    page, phone = page_as("nurse"), page_as("nurse", phone=True)
    for one in (page, phone):
        one.goto("/board/")
        fits(one)
        axe(one)
        expect(one.get_by_text("Consider stopping the infusion")).to_be_in_viewport()
    look(page, "board-many")
    phone.get_by_role("link", name="B7", exact=True).click()
    expect(phone.get_by_role("heading", name="B7 · Testcase-7")).to_be_in_viewport()


def test_a_second_screen_sees_what_is_done_on_the_first(page_as: PageAs, house: House, axe: Axe, look: Look) -> None:
    row = infusing(house)
    first, second = page_as("nurse"), page_as("physician")
    second.goto("/board/")
    first.goto(f"/sessions/{row.pk}/")
    axe(second)
    first.get_by_role("button", name="Pause").click()
    expect(second.get_by_text("paused")).to_be_visible()
    first.get_by_label("SpO2", exact=True).fill("93")
    first.get_by_role("button", name="Chart readings").click()
    expect(first.get_by_text("Charted.")).to_be_visible()
    expect(second.locator(".bed-values").get_by_text("93")).to_be_visible()
    look(second, "board")
    assert row.readings.filter(sign="spo2", value=93, by=house.users["nurse"]).exists()


@pytest.mark.thorough
def test_a_refusal_is_read_in_the_room_beside_what_was_typed(page_as: PageAs, house: House, axe: Axe) -> None:
    row = infusing(house)
    page = page_as("nurse")
    page.goto(f"/sessions/{row.pk}/")
    page.get_by_label("New rate").fill("7")
    page.get_by_role("button", name="Chart rate").click()
    expect(page.get_by_role("alert")).to_contain_text("state who ordered it, and why")
    expect(page.get_by_label("New rate")).to_have_value("7")
    axe(page)
    page.locator("#doubt-reason").fill("Dr Test at the bedside")
    page.get_by_role("button", name="Yes, it was given: chart it").click()
    expect(page.get_by_role("status")).to_contain_text("Rate 14 mg/h charted.")


def test_what_can_be_charted_follows_the_state_without_loading_the_page(page_as: PageAs, house: House) -> None:
    row = prepared(house)
    given = {"by": house.by("nurse"), "patient": house.patient, "session": row}
    preparation.ready(**given)
    page = page_as("nurse")
    page.goto(f"/sessions/{row.pk}/")
    expect(page.get_by_role("heading", name="Chart an event")).to_be_hidden()
    course.start(**given, rate_mg_per_h=10)
    expect(page.get_by_role("button", name="Chart rate")).to_be_visible()
    course.stop(**given)
    expect(page.get_by_role("button", name="Chart rate")).to_be_hidden()
    expect(page.get_by_role("button", name="ondansetron")).to_be_visible()


def test_the_gravest_alert_is_what_a_phone_shows_first(page_as: PageAs, house: House, look: Look) -> None:
    row = infusing(house)
    given = {"by": house.by("nurse"), "patient": house.patient, "session": row}
    readings.enter_by_hand(**given, values={"heart_rate": 100}, at=timezone.now() - timedelta(seconds=40))
    readings.enter_by_hand(**given, values={"spo2": 84})
    page = page_as("nurse", phone=True)
    page.goto(f"/sessions/{row.pk}/")
    first = page.locator("[data-alert]").first
    expect(first).to_contain_text("oxygen saturation 84 %")
    alert, value = (one.bounding_box() for one in (first, page.locator(".tile").first))
    assert alert is not None
    assert value is not None
    assert alert["y"] < value["y"]


def test_in_the_room_and_on_the_board_a_finger_finds_everything(page_as: PageAs, house: House) -> None:
    row = infusing(house)
    given = {"by": house.by("nurse"), "patient": house.patient, "session": row}
    charting.side_effect(**given, effect="nausea", grade=1)
    readings.enter_by_hand(**given, values={"spo2": 84})
    page = page_as("nurse", phone=True)
    for address in (f"/sessions/{row.pk}/", "/board/"):
        page.goto(address)
        small = page.locator("main").evaluate(
            """main => [...main.querySelectorAll("a, button, select, summary, input:not([type=hidden])")]
            .filter(one => one.checkVisibility() && !one.closest("h2"))
            .map(one => [one.closest("label") || one, one.outerHTML.slice(0, 80)])
            .filter(([box]) => box.getBoundingClientRect().height < 44).map(([, html]) => html)"""
        )
        assert small == [], address
    card = page.locator(".bed").first
    box = card.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 8)
    expect(page).to_have_url(re.compile(rf"/sessions/{row.pk}/$"))


def test_what_is_being_typed_survives_the_news(page_as: PageAs, house: House) -> None:
    row = infusing(house)
    page = page_as("nurse")
    page.goto(f"/sessions/{row.pk}/")
    page.get_by_role("textbox", name="Note").fill("half a sent")
    charting.side_effect(by=house.by("physician"), patient=house.patient, session=row, effect="nausea", grade=1)
    expect(page.get_by_label("Recent events").get_by_text("nausea")).to_be_visible()
    expect(page.get_by_role("textbox", name="Note")).to_have_value("half a sent")


def test_a_screen_without_an_answer_says_that_its_values_are_old(page_as: PageAs, house: House) -> None:
    row = infusing(house)
    page = page_as("nurse")
    page.goto(f"/sessions/{row.pk}/")
    page.context.set_offline(True)
    expect(page.get_by_text("No connection to the server since")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("up to date at")).to_be_visible()


@pytest.mark.thorough
@pytest.mark.parametrize("phone", [False, True])
def test_every_page_of_a_session_is_reachable_and_fits(
    page_as: PageAs, house: House, axe: Axe, look: Look, phone: bool
) -> None:
    row = recovering(house)
    given = {"by": house.by("nurse"), "patient": house.patient, "session": row}
    for minutes, value in ((4, 97), (3, 84), (2, 31), (1, 96)):
        readings.enter_by_hand(**given, values={"spo2": value}, at=timezone.now() - timedelta(minutes=minutes))
    event = charting.note(**given, text="calm")
    amendments.amend(**given, event=event, content={"note": "calm, talks"}, at=event.at, reason="more of it")
    controlled_drug.account(**given, what="given", lot="K-77", drug="racemic ketamine", mg="10")
    page = page_as("nurse", phone=phone)
    pages = ("", "leave/", "drug/", "record/", "when-to-call/", "appointment/", f"events/{event.pk}/")
    for address in pages:
        page.goto(f"/sessions/{row.pk}/{address}")
        axe(page)
        fits(page)
        look(page, f"session-{address.split('/')[0] or 'room'}-{'phone' if phone else 'desktop'}")
    for address in ("/sessions/", "/board/", f"/patients/{house.patient.pk}/sessions/"):
        page.goto(address)
        axe(page)
        fits(page)


@pytest.mark.thorough
@pytest.mark.parametrize("scripts", [True, False])
def test_on_a_phone_the_pages_are_one_line_that_unfolds(
    contexts: Callable[..., BrowserContext], house: House, axe: Axe, scripts: bool
) -> None:
    row = infusing(house)
    context = contexts(phone=True, java_script_enabled=scripts)
    page = context.new_page()
    page.goto("/healthz")
    session = house.client("nurse").cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": page.url}])
    for address, label, count in (
        (f"/patients/{house.patient.pk}/plan/", "Patient", 14),
        (f"/sessions/{row.pk}/record/", "Session", 7),
    ):
        page.goto(address)
        tabs = page.get_by_role("navigation", name=label)
        box = tabs.bounding_box()
        assert box is not None
        assert box["height"] < 60
        tabs.locator("summary").click()
        expect(tabs.get_by_role("link")).to_have_count(count)
        for link in tabs.get_by_role("link").all():
            place = link.bounding_box()
            assert place is not None
            assert place["height"] >= 44
        if scripts:
            axe(page)
    tabs.get_by_role("link", name="Infusion room").click()
    expect(page.get_by_text(MONITOR_FIRST)).to_be_visible()


def test_on_paper_no_page_of_it_has_fields_or_buttons(page_as: PageAs, house: House) -> None:
    row = infusing(house)
    page = page_as("physician")
    page.emulate_media(media="print")
    plan = f"/patients/{house.patient.pk}/plan/"
    for address in (f"/sessions/{row.pk}/", f"/sessions/{row.pk}/record/", f"/sessions/{row.pk}/when-to-call/", plan):
        page.goto(address)
        expect(page.locator("h1")).to_be_visible()
        shown = page.locator("input:visible, select:visible, textarea:visible, button:visible")
        assert [one.get_attribute("name") for one in shown.all()] == [], address


def test_without_scripts_everything_can_still_be_done(house: House, contexts: Callable[..., object]) -> None:
    row = infusing(house)
    context = contexts(java_script_enabled=False)
    page: Page = context.new_page()  # type: ignore[attr-defined]
    page.goto("/healthz")
    session = house.client("nurse").cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": page.url}])  # type: ignore[attr-defined]
    page.goto(f"/sessions/{row.pk}/")
    page.get_by_label("SpO2", exact=True).fill("85")
    page.get_by_role("button", name="Chart readings").click()
    page.get_by_label("or in your own words").fill("oxygen given")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("No open alerts.")).to_be_visible()
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_text("▶")).to_be_visible()


def test_a_comma_typed_on_an_english_screen_is_a_decimal_sign(page_as: PageAs, house: House, look: Look) -> None:
    """The harm as it was found: «2,5» became 25, and a bolus of «0,5» one of 5 mg."""
    row = infusing(house)
    page = page_as("nurse")
    page.goto(f"/sessions/{row.pk}/")
    rate = page.get_by_label("New rate")
    rate.press_sequentially("2,5")
    expect(page.locator("#rate + .echo")).to_have_text("= 2.5 mL/h")
    page.get_by_label("Unit", exact=True).select_option("mg")
    expect(page.locator("#rate + .echo")).to_have_text("= 2.5 mg/h")
    page.get_by_role("button", name="Chart rate").click()
    expect(page.get_by_text("Rate 2.5 mg/h charted.")).to_be_visible()
    page.locator("summary", has_text="Bolus").click()
    page.get_by_label("Dose (mg)").press_sequentially("1,250")
    expect(page.locator("#bolus + .echo")).to_have_text("1.25 or 1250?")
    page.get_by_label("Dose (mg)").fill("30")
    page.locator("#bolus-reason").fill("Dr Test by phone")
    page.get_by_role("button", name="Chart bolus").click()
    expect(page.get_by_text("If it is correct, confirm it below.")).to_be_visible()
    look(page, "session-really")
    page.get_by_role("button", name="Yes, it was given: chart it").click()
    expect(page.get_by_text("Bolus of 30 mg charted.")).to_be_visible()
    assert row.events.get(kind="rate").content["rate_mg_per_h"] == 2.5
    assert row.events.get(kind="bolus").content["amount_mg"] == 30


def test_the_echo_reads_numbers_as_the_server_does(page_as: PageAs, house: House) -> None:
    row = infusing(house)
    page = page_as("nurse")
    page.goto(f"/sessions/{row.pk}/")
    page.locator("summary", has_text="Bolus").click()
    for typed in (
        "2,5",
        "0,125",
        "1.250",
        "1 250,5",
        "1'250",
        "1,250,000",
        "1.250.5",
        "5,",
        "1e3",
        "12345,678",
        "",
        "x",
        "-3",
    ):
        page.locator("#bolus").fill(typed)
        values = numerals.meanings(typed)
        echo = " or ".join(f"{value:.15g}" for value in values) + "?" if len(values) > 1 else ""
        expected = echo or (f"= {values[0]:.15g} mg" if values else "")
        expect(page.locator("#bolus + .echo")).to_have_text(expected)
