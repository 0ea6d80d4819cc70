"""A monitor that is still set to another patient: its values wait at the screen, and a person says whose they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from arriving import receive
from django.utils import timezone
from in_session import infusing
from looking import fits
from playwright.sync_api import Page, expect
from small_clinic import House

OBX = "OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1|{value}|262688^MDC_DIM_PERCENT^MDC|||||F"


def arrives(house: House, number: int, bed: str, name: str, value: int) -> None:
    sent = f"MSH|^~\\&|MON1||||{timezone.now():%Y%m%d%H%M%S}+0000||ORU^R01|W{number}|P|2.6"
    receive(house, "\r".join((sent, f"PID|||||{name}", f"PV1||I|^^{bed}", OBX.format(value=value))).encode())


def test_values_of_another_patient_wait_until_somebody_says_whose_they_are(
    page_as: Callable[..., Page], house: House, axe: Callable[[Page], None], look: Callable[..., Path]
) -> None:
    row = infusing(house)
    arrives(house, 1, row.bed, "Somebody^Else", 71)
    assert not row.readings.filter(value=71).exists()
    page = page_as("nurse", phone=True)
    page.goto(f"/sessions/{row.pk}/")
    expect(page.get_by_text("71", exact=True)).to_have_count(0)
    page.goto("/readings/unassigned/")
    expect(page.get_by_text("Bed or number fit a patient here, but")).to_contain_text("is not this patient")
    fits(page)
    axe(page)
    look(page, "wrong-patient-waits")
    page.get_by_text("Dismiss", exact=True).first.click()
    page.get_by_label("Reason").first.fill("the monitor was still set to the patient before")
    page.get_by_role("button", name="Dismiss").first.click()
    expect(page.get_by_text("the monitor was still set to the patient before")).to_be_visible()
    assert not row.readings.filter(value=71).exists()
    arrives(house, 2, row.bed, f"{house.patient.family_name}^{house.patient.given_name}", 96)
    assert row.readings.get(value=96).session_id == row.pk
