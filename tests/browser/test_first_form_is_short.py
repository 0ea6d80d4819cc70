"""The first form of somebody with one pain and no illness on a phone: how many screens, answers and seconds."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from looking import fits
from playwright.sync_api import Locator, Page, expect
from small_clinic import House

from unwound import screens
from unwound_clinic.models import Entry, Patient
from unwound_clinic.record import translate
from unwound_clinic.record.actions import patients

MOST_SCREENS = 12
"""The review included; the door is none."""
LEAST_SECONDS = 4
"""To think and tap, as `data/rules/intake_time.toml` counts an answer."""


@dataclass
class Hand:
    """Taps and types on the phone, and counts."""

    page: Page
    screens: int = 0
    answers: int = 0

    def tap(self, label: Locator) -> None:
        """One answer that is a tap."""
        label.check()
        self.answers += 1

    def write(self, box: Locator, text: str) -> None:
        """One answer that is written."""
        box.fill(text)
        self.answers += 1

    def next(self) -> None:
        """The next screen."""
        self.page.get_by_role("button", name="Next").click()


@pytest.mark.thorough
def test_one_pain_and_no_illness_take_at_most_twelve_screens(
    visitor: Callable[..., Page], house: House, axe: Callable[[Page], None], look: Callable[..., Path]
) -> None:
    _, token = patients.invite(by=house.by("nurse"), patient=house.patient)
    page = visitor(phone=True)
    page.goto(f"/i/{token}/")
    page.get_by_label("Your date of birth").fill("1980-05-05")
    said = re.search(r"takes about (\d+) minutes", page.locator("main").inner_text())
    begun = time.monotonic()
    page.get_by_role("button", name="Open my form").click()
    expect(page.locator("#progress-label")).to_be_visible()
    page.wait_for_load_state("load")
    hand, sections = Hand(page), list[str]()
    while page.get_by_role("button", name="Send to the clinic").count() == 0:
        hand.screens += 1
        expect(page.locator("#progress-label")).to_contain_text(f"page {hand.screens} of")
        expect(page.locator("#progress-label")).to_contain_text(re.compile(r"about \d+\s+minutes?\s+left"))
        sections.append(page.locator("#progress-label strong").inner_text())
        _answer(hand)
        fits(page)
        axe(page)
        look(page, f"short-{hand.screens:02d}")
        hand.next()
        expect(page.locator("#progress-label")).not_to_contain_text(f"page {hand.screens} of")
        page.wait_for_load_state("load")  # what is counted below has to be there
    hand.screens += 1
    look(page, "short-review")
    page.get_by_role("button", name="Send to the clinic").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you")
    seconds = time.monotonic() - begun
    print(f"{hand.screens} screens, {hand.answers} answers, {seconds:.0f} s by a machine, said: {said and said[1]} min")
    assert said
    assert 60 * int(said[1]) >= LEAST_SECONDS * hand.answers, "nobody is promised less than it takes to tap"
    assert hand.screens <= MOST_SCREENS
    assert sections == sorted(sections, key=sections.index), "the pages of a section follow each other"
    _nothing_is_missing(house)


def _answer(hand: Hand) -> None:
    """Answers every question of the page: «none of these» for a group, «no» for a question."""
    page = hand.page
    shape = page.locator("path[data-region=front-left-foot]")
    if shape.count():
        shape.click()
        hand.answers += 1
        hand.write(page.get_by_label("What is it like?"), "It burns")
        hand.write(page.get_by_label("How did it begin?"), "By itself")
        hand.write(page.get_by_label("How long have you had this pain?"), "4")
        page.get_by_label("days, weeks, months or years").select_option("years")
        for number in page.get_by_label("7", exact=True).all():
            hand.tap(number)
    for group in page.locator("[data-screen]").all():
        hand.tap(group.get_by_label("None of these"))
    for box in ("burning", "I have not tried anything", "I take nothing", "I have no allergies"):
        if page.get_by_label(box).count():
            hand.tap(page.get_by_label(box))
    for question in page.locator("fieldset.field:not([data-screen])").all():
        for answer in ("No", "Not at all"):
            if question.get_by_label(answer, exact=True).count():
                hand.tap(question.get_by_label(answer, exact=True))
    expect(page.locator("#save-state")).to_have_text("Saved")


def _nothing_is_missing(house: House) -> None:
    """Every group a patient is asked is answered by the patient, item 9 and the allergy to ketamine by themselves."""
    recorded: Any = translate.patient(Patient.objects.get(pk=house.patient.pk), house.patient.registered_at.date())
    assert {answer.group for answer in recorded.screened} == set(screens.screens()) - {"crps_signs", "signs_in_area"}
    assert {answer.by for answer in recorded.screened} == {"the patient"}
    assert recorded.value("ketamine_hypersensitivity") is False
    assert recorded.value("pregnancy_possible") is False
    (phq,) = (form for form in recorded.answers if form.instrument == "phq_9")
    assert phq.items == (0,) * 9
    assert not Entry.objects.filter(kind="screened", by__isnull=False).exists()
