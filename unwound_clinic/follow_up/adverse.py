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
    Serious.THREATENED_LIFE: "life-threatening",
    Serious.HOSPITAL: "hospitalisation, or a longer stay in hospital",
    Serious.DISABILITY: "persistent or significant disability",
    Serious.OTHER: "otherwise medically important",
    Cause.CERTAIN: "certain",
    Cause.PROBABLE: "probable",
    Cause.POSSIBLE: "possible",
    Cause.UNLIKELY: "unlikely",
    Cause.CANNOT_BE_JUDGED: "not assessable",
    Became.RECOVERED: "recovered",
    Became.RECOVERING: "recovering",
    Became.GOES_ON: "not recovered, ongoing",
    Became.LEFT_SOMETHING: "recovered with sequelae",
    Became.DIED: "fatal",
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
