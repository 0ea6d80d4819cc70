"""An outside record: somebody else's file stops, the right one is looked at, confirmed, brought in, and undone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from looking import fits
from playwright.sync_api import Page, expect
from small_clinic import House

sys.path.append(str(Path(__file__).parents[1] / "clinic/record"))

from hospital import SAME, SNOMED, allergy, coded, course, diagnosis, record, weight

from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New, current

REFERRED = (
    diagnosis("G62.0", "Drug-induced polyneuropathy"),
    diagnosis("I21.9", "Acute myocardial infarction", "2026-10-20"),
    course("gabapentin", 600),
    course("amitriptyline", 25, "2025-05-01"),
    course("duloxetine", 20, ""),
    *(
        course(drug, 10, "")
        for drug in ("ramipril", "bisoprolol", "atorvastatin", "metformin", "pantoprazole", "aspirin")
    ),
    allergy("penicillin"),
    weight(),
    *({"resourceType": "Condition", "id": f"o{n}", "code": coded(SNOMED, "90560007", "gout")} for n in range(7)),
    *({"resourceType": "Condition", "id": f"t{n}", "code": {"text": "pain in the back"}} for n in range(2)),
)
PART = {"type": "searchset", "link": [{"relation": "next", "url": "https://hospital.example/fhir?page=2"}]}


def chosen(page: Page, house: House, data: bytes, name: str = "referral.json") -> None:
    page.goto(f"/patients/{house.patient.pk}/consultation/import/")
    page.get_by_label("One patient's record").set_input_files(
        {"name": name, "mimeType": "application/json", "buffer": data}
    )
    page.get_by_role("button", name="Preview").click()


@pytest.mark.thorough
def test_a_referral_is_looked_at_brought_in_and_undone(
    page_as: Any, house: House, axe: Callable[[Page], None], look: Callable[..., Path]
) -> None:
    by = house.by("physician")
    typed = New(kind="fact", key="weight_kg", value=80.0, on=date(2026, 1, 1))
    entries.enter(by=by, patient=house.patient, entries=(typed,))
    for phone in (False, True):
        page = page_as("nurse", phone=phone)
        size = "phone" if phone else "desk"
        chosen(page, house, record(weight(), person={**SAME, "birthDate": "1951-01-01"}))
        expect(page.get_by_role("alert")).to_contain_text("does not match this patient")
        axe(page)
        fits(page)
        look(page, f"import-stopped-{size}")

        chosen(page, house, b"no record")
        expect(page.locator(".errorlist")).to_contain_text("referral.json")
        axe(page)
        look(page, f"import-refused-{size}")

        nearly = {**SAME, "name": [{"family": "Testcaze", "given": ["One"]}]}
        chosen(page, house, record(*REFERRED, person=nearly, **PART))
        expect(page.get_by_role("heading", name="Is this the same person?")).to_be_visible()
        axe(page)
        fits(page)
        look(page, f"import-asked-{size}")
        page.get_by_role("button", name="Yes, the same person").click()

        expect(page.get_by_text("Nothing is kept yet")).to_be_visible()
        expect(page.get_by_text("Part of the record is missing")).to_be_visible()
        assert [(entry.kind, entry.key) for entry in current(house.patient)] == [("fact", "weight_kg")]
        axe(page)
        fits(page)
        look(page, f"import-preview-{size}")
        asked = page.get_by_role("group", name="Gabapentin")
        asked.get_by_label("taken for this pain").check()
        asked.get_by_label("as prescribed").check()
        page.get_by_role("button", name="Import ").click()

        expect(page.get_by_role("heading", name="Imported from referral.json")).to_be_visible()
        axe(page)
        fits(page)
        look(page, f"imported-{size}")
        (trial,) = [row.value for row in current(house.patient, "trial") if row.value["therapy"] == "gabapentin"]
        assert trial["adherent"] is True
        page.get_by_text("Undo this import").click()
        page.get_by_label("Reason").fill("the wrong referral")
        look(page, f"import-undo-{size}")
        page.get_by_role("button", name="Undo the whole import").click()
        expect(page.get_by_text("undone", exact=True)).to_be_visible()
        axe(page)
        assert [(entry.kind, entry.key) for entry in current(house.patient)] == [("fact", "weight_kg")]
