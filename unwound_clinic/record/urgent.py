"""Red flags and suicide risk in what is known of a patient now, and what to tell the patient about them at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from unwound import cautions, derive, intake
from unwound.cautions import Finding
from unwound_clinic.models import Entry, Patient
from unwound_clinic.record import translate
from unwound_clinic.record.entries import current


def findings(patient: Patient, today: date, entries: Iterable[Entry] | None = None) -> tuple[Finding, ...]:
    """The red flags and suicide risks that hold."""
    known = derive.derive(translate.patient(patient, today, entries))
    return cautions.urgent(cautions.screen(known))


def to_tell(patient: Patient, today: date, first: Collection[str] = ()) -> tuple[str, ...]:
    """What to tell the patient at once: about what they said themselves, never about what only the clinic knows.

    The findings named `first` were just told: what to do about them is read before the others.
    """
    entries = current(patient)
    found = findings(patient, today, entries)
    if not found:
        return ()
    without = {one.id for one in findings(patient, today, [one for one in entries if not one.is_own])}
    own = sorted((one for one in found if one.id not in without), key=lambda one: one.id not in first)
    return intake.urgent_help([(one.id, one.kind) for one in own], patient.site.jurisdiction or None)


def in_words(finding: Finding) -> str:
    """What an alarm says to the clinic: what it is, what it rests on, what is advised."""
    return f"{finding.title}: {'; '.join(finding.because)}. {finding.action}"
