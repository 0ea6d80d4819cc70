"""Patients of the bundled examples, brought into the small clinic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kept_rows import kept
from small_clinic import House

from unwound_clinic.core.page import today
from unwound_clinic.models import Patient
from unwound_clinic.record import comparing, importing
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import current

EXAMPLES = Path(__file__).parents[2] / "unwound" / "examples"
CANDIDATE, FIRST_LINE_FIRST = "crps_after_wrist_fracture.toml", "diabetic_neuropathy_gabapentin_900.toml"

HER_OWN = {
    FIRST_LINE_FIRST: "A 46-year-old driver has had type 2 diabetes since her thirties. For two years both feet"
    " have burnt and prickled at night, and she cannot feel the pedals well. Gabapentin 300 mg three times a day for"
    " two months took away a fifth of the pain and was left at that dose. Nothing else was tried.",
}
"""The story where that of the example is a person of another age and sex than the first patient of the house."""


def known(house: House, example: str, patient: Patient | None = None) -> Patient:
    """The first patient of the house, knowing what the example knows (in each process once)."""
    patient = patient or house.patient
    kept(f"{patient.pk} as {example}", lambda: _known(house, example, patient))
    patient.refresh_from_db()
    return patient


def _known(house: House, example: str, patient: Patient) -> None:
    read = importing.read((EXAMPLES / example).read_bytes(), example, today(patient.site))
    found = comparing.compare(read, current(patient))
    own = [
        replace(new, value={"text": HER_OWN[example]}) if new.kind == "story" and example in HER_OWN else new
        for new in found.entries
    ]
    entries.enter(by=house.by("physician"), patient=patient, entries=tuple(own), reason="")
