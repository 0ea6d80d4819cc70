"""The first form on a phone: every page looked at, the browser killed midway, nothing lost, the clinic alarmed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from looking import fits
from playwright.sync_api import BrowserContext, Page, expect
from small_clinic import House

from unwound import intake
from unwound_clinic.models import Alarm, Entry, IntakeLink, Patient
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.actions import patients
from unwound_clinic.record.entries import current

Look = Callable[..., Path]


@pytest.fixture
def link(house: House) -> str:
    """The address of a patient's own link."""
    house.site.phone, house.site.emergency, house.site.crisis_line = "555-0100", "911", "Lifeline 988"
    house.site.save()
    _, token = patients.invite(by=house.by("nurse"), patient=house.patient)
    return f"/i/{token}/"


def opened(page: Page, link: str, born: str = "1980-05-05") -> Page:
    page.goto(link)
    page.get_by_label("Your date of birth").fill(born)
    page.get_by_role("button", name="Open my form").click()
    if page.url.endswith(link):
        page.wait_for_url(f"**{link}*/")  # until its script is there as well
    return page


def saved(page: Page) -> None:
    expect(page.locator("#save-state")).to_have_text("Saved")


@pytest.mark.thorough
def test_every_page_can_be_read_and_reached(
    visitor: Callable[..., Page], link: str, axe: Callable[[Page], None], look: Look
) -> None:
    page = visitor(phone=True)
    page.goto(link)
    axe(page)
    look(page, "intake-00-door")
    opened(page, link)
    pages = [step for step in intake.steps().values() if not step.only.tried]
    for number, step in enumerate(pages, 1):
        expect(page.get_by_role("heading", level=1)).to_have_text(step.title)
        axe(page)
        fits(page)
        look(page, f"intake-{number:02d}")
        page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your answers")
    axe(page)
    fits(page)
    look(page, "intake-99-review-empty")


@pytest.mark.thorough
def test_pages_are_legible_in_the_dark(visitor: Callable[..., Page], link: str, axe: Callable[[Page], None]) -> None:
    page = opened(visitor(phone=True, color_scheme="dark"), link)
    for name in ("your_pain", "body", "tried", "form_phq_9", "review"):
        page.goto(f"{link}{name}/")
        axe(page)


def test_a_killed_browser_loses_nothing_and_comes_back_to_where_it_was(
    contexts: Callable[..., BrowserContext], link: str, house: House, look: Look
) -> None:
    first = contexts(phone=True)
    page = opened(first.new_page(), link)
    page.get_by_label("What is it like?").press_sequentially("My left hand burns", delay=5)
    saved(page)
    page.locator('path[data-region="front-left-hand"]').click()
    page.locator('path[data-region="back-left-forearm"]').click()
    saved(page)
    look(page, "intake-body-map-marked", whole=False)
    page.get_by_role("button", name="Next").click()
    page.get_by_label("burning").check()
    saved(page)
    first.close()

    page = opened(contexts(phone=True).new_page(), link)
    expect(page.get_by_role("heading", level=1)).to_have_text("What it feels like")
    expect(page.get_by_label("burning")).to_be_checked()
    page.get_by_role("button", name="Back").click()
    expect(page.locator("path.marked")).to_have_count(2)
    expect(page.get_by_label("What is it like?")).to_have_value("My left hand burns")
    held = {(entry.kind, entry.key): entry.value for entry in current(house.patient)}
    assert held["fact", "pain_descriptors"] == ["burning"]
    assert held["story", "body-map"] == {"regions": ["front-left-hand", "back-left-forearm"]}


def test_what_is_typed_without_a_connection_is_kept_as_soon_as_there_is_one(
    contexts: Callable[..., BrowserContext], link: str, house: House
) -> None:
    context = contexts(phone=True)
    page = opened(context.new_page(), link)
    page.wait_for_load_state("load")  # the script has to be there before the connection goes
    context.set_offline(True)
    page.get_by_label("How did it begin?").fill("A fall on the ice")
    expect(page.locator("#save-state")).to_have_text("Not saved yet – will try again")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your pain")
    context.set_offline(False)
    saved(page)
    assert Entry.objects.get(patient=house.patient, key="began", current=True).value == {"text": "A fall on the ice"}


def test_thoughts_of_death_are_answered_at_once_and_the_clinic_sees_an_alarm(
    visitor: Callable[..., Page],
    page_as: Callable[..., Page],
    link: str,
    house: House,
    axe: Callable[[Page], None],
    look: Look,
) -> None:
    page = opened(visitor(phone=True), link)
    page.goto(f"{link}form_phq_9/")
    last = page.get_by_role("group", name="Thoughts that you would be better off dead")
    last.get_by_label("Several days").check()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("local emergency number")
    expect(alert).to_contain_text("988")
    expect(alert).to_contain_text("555-0100")
    expect(alert).to_be_in_viewport()
    axe(page)
    look(page, "intake-help-at-once", whole=False)
    assert Alarm.objects.get(patient=house.patient).finding == "suicide_item_9"
    clinic = page_as("nurse")
    clinic.goto("/")
    expect(clinic.get_by_role("region", name="Alarm")).to_contain_text("PHQ-9 item 9")
    look(clinic, "home-alarm")


@pytest.mark.thorough
def test_the_whole_form_filled_in_and_sent(
    visitor: Callable[..., Page], link: str, house: House, axe: Callable[[Page], None], look: Look
) -> None:
    page = opened(visitor(phone=True), link)
    page.get_by_label("How long have you had this pain?").fill("4")
    page.get_by_label("days, weeks, months or years").select_option("years")
    saved(page)
    page.goto(f"{link}tried/")
    _treatment(page, 0, "Gabapentin", "1800", "3", "months", "A little", "It did not help")
    page.get_by_role("button", name="Add another treatment").click()
    _treatment(page, 1, "Cymbalta", "60 mg", "6", "weeks", "No", "Side effects")
    look(page, "intake-tried")
    axe(page)
    page.goto(f"{link}medicines_and_allergies/")
    page.get_by_label("Name").fill("Lyrica 75 mg twice a day")
    page.get_by_role("group", name="Is this everything").get_by_label("Yes").check()
    page.get_by_label("I have no allergies").check()
    saved(page)
    page.goto(f"{link}your_pain/")
    for number in page.get_by_label("7", exact=True).all():
        number.check()
    saved(page)
    page.get_by_role("button", name="See all my answers and send them").click()
    expect(page.get_by_text("Gabapentin", exact=False).first).to_be_attached()
    axe(page)
    look(page, "intake-99-review")
    page.get_by_role("button", name="Send to the clinic").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")
    axe(page)
    look(page, "intake-99-sent")
    _as_the_library_reads_it(house)


def _treatment(page: Page, n: int, name: str, dose: str, number: str, unit: str, effect: str, stopped: str) -> None:
    row = page.get_by_role("group", name=f"Treatment {n + 1}")
    row.get_by_label("Medicine or treatment").fill(name)
    row.get_by_label("Highest dose").fill(dose)
    row.get_by_label("For how long?").fill(number)
    row.get_by_label("days, weeks, months or years").select_option(unit)
    row.get_by_role("group", name="Did it help?").get_by_label(effect, exact=True).check()
    row.get_by_role("group", name="If you stopped").get_by_label(stopped).check()
    saved(page)


def _as_the_library_reads_it(house: House) -> None:
    patient = Patient.objects.get(pk=house.patient.pk)
    recorded: Any = record_translate.patient(patient, IntakeLink.objects.get().finished_at.date())
    assert recorded.value("pain_duration_days") == 4 * 365
    assert [(trial.therapy, trial.top_dose, trial.days, trial.effect) for trial in recorded.trials] == [
        ("Gabapentin", 1800, 90, "some"),
        ("Cymbalta", 60, 42, "none"),
    ]
    assert recorded.medications[0].drug == "Lyrica 75 mg twice a day"
    assert [form.instrument for form in recorded.answers] == ["peg"]
    assert (patient.stage, patient.due_what) == ("consultation", "consultation")
