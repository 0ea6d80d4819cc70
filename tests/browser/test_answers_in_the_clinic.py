"""Questionnaires in the clinic: over time, partial ones, one filled for the patient; the overview says what is open."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from looking import fits
from playwright.sync_api import Page, expect
from small_clinic import House

from unwound_clinic.core import access
from unwound_clinic.core.page import today
from unwound_clinic.intake.actions import answers, first_form
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.actions import patients
from unwound_clinic.record.entries import New


@pytest.fixture
def filled(house: House) -> str:
    """A patient with forms over three months, a partial one among them, and an unfinished first form."""
    day, nurse = today(house.site), house.by("nurse")
    for ago, items in [(60, [8, 8, 9]), (30, [6, 7, 6]), (0, [3, 4, 4])]:
        form = record_translate.new_answers({"instrument": "peg", "items": items}, day - timedelta(days=ago))
        answers.fill(by=nurse, patient=house.patient, form=form)
    madrs = record_translate.new_answers({"instrument": "madrs", "total": 24}, day)
    answers.fill(by=nurse, patient=house.patient, form=madrs)
    link, _ = patients.invite(by=nurse, patient=house.patient)
    by = access.patient_link(link)
    first_form.open_link(by=by, patient=house.patient, link=link, birth_date=house.patient.birth_date)
    own = (
        New(kind="story", key="pain", value={"text": "My left hand burns, day and night."}),
        New(kind="fact", key="diabetes", value=False, on=day),
        record_translate.new_answers({"instrument": "phq_9", "items": [2, 2, 1, None, 0, 0, 0, 0, 1]}, day),
        New(kind="story", key="not-sure-nerves", value={"facts": ["hiv"]}),
    )
    first_form.answer(by=by, patient=house.patient, link=link, entries=own)
    return f"/patients/{house.patient.pk}/"


@pytest.mark.thorough
@pytest.mark.parametrize("phone", [False, True])
def test_what_was_answered_and_what_is_open(
    page_as: Callable[..., Page], filled: str, axe: Callable[[Page], None], look: Callable[..., Path], phone: bool
) -> None:
    page, end = page_as("physician", phone=phone), "phone" if phone else "desktop"
    page.goto(f"{filled}answers/")
    expect(page.get_by_role("region", name="PEG over time")).to_contain_text("-2.7")
    expect(page.get_by_role("region", name="PHQ-9 over time")).to_contain_text("item 4 (energy)")
    axe(page)
    look(page, f"answers-{end}")
    fits(page)
    page.goto(filled)
    expect(page.get_by_text("No answers on")).to_be_visible()
    axe(page)
    fits(page)
    look(page, f"overview-{end}")


@pytest.mark.thorough
def test_a_nurse_fills_one_and_amends_it(
    page_as: Callable[..., Page], filled: str, axe: Callable[[Page], None], look: Callable[..., Path]
) -> None:
    page = page_as("nurse")
    page.goto(f"{filled}answers/")
    page.get_by_role("link", name=re.compile("Fill in a new one.*PHQ-9")).click()
    expect(page.get_by_role("button", name="Save the form")).to_be_visible()
    axe(page)
    look(page, "answers-fill")
    page.goto(f"{filled}answers/")
    page.get_by_role("link", name="View or amend MADRS").click()
    page.get_by_label("Total").fill("22")
    page.get_by_role("button", name="Save the form").click()
    expect(page.get_by_text("give the reason for amending it")).to_be_visible()
    axe(page)
    page.get_by_label("Reason for the amendment").fill("misread by one line")
    page.get_by_role("button", name="Save the form").click()
    expect(page.get_by_role("region", name="MADRS over time")).to_contain_text("22")
