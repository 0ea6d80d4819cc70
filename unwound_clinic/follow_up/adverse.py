"""Adverse events of a record as the library reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from unwound.outcomes.adverse import AdverseEvent, Became, Cause, Serious, Severity
from unwound_clinic.models import Entry, Patient
from unwound_clinic.record import translate
from unwound_clinic.record.entries import current

KIND = "adverse"
WORDS = {
    Serious.NO: "not serious",
    Serious.DEATH: "death",
    Serious.THREATENED_LIFE: "it threatened life",
    Serious.HOSPITAL: "a stay in hospital, or a longer one",
    Serious.DISABILITY: "lasting disability",
    Serious.OTHER: "another reason that matters medically",
    Cause.CERTAIN: "certain",
    Cause.PROBABLE: "probable",
    Cause.POSSIBLE: "possible",
    Cause.UNLIKELY: "unlikely",
    Cause.CANNOT_BE_JUDGED: "cannot be judged",
    Became.RECOVERED: "recovered",
    Became.RECOVERING: "recovering",
    Became.GOES_ON: "goes on",
    Became.LEFT_SOMETHING: "over, and left something behind",
    Became.DIED: "the patient died",
    Became.UNKNOWN: "not known",
    Severity.MILD: "mild",
    Severity.MODERATE: "moderate",
    Severity.SEVERE: "severe",
}


def event_of(value: Mapping[str, Any]) -> AdverseEvent:
    """One event as it is kept. UnwoundError for one that contradicts itself."""
    ended = value.get("ended")
    return AdverseEvent(
        what=str(value["what"]),
        began=date.fromisoformat(str(value["began"])),
        ended=date.fromisoformat(str(ended)) if ended else None,
        severity=Severity(value["severity"]),
        serious=Serious(value["serious"]),
        cause=Cause(value["cause"]),
        action=str(value["action"]),
        became=Became(value["became"]),
    )


def of(patient: Patient) -> list[tuple[Entry, AdverseEvent]]:
    """Those that stand, the newest first."""
    rows = [(entry, event_of(translate.content(entry))) for entry in current(patient, KIND)]
    return sorted(rows, key=lambda row: (row[1].began, row[0].pk), reverse=True)
