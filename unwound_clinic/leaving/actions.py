"""What leaves is logged before it leaves: the whole clinic, one patient's copy, the registry."""

from __future__ import annotations

from unwound_clinic.core.access import Program, Staff
from unwound_clinic.core.action import action, audit_event
from unwound_clinic.models import Patient


@action(None)
def exported(*, by: Program, file: str, encrypted: bool) -> None:
    """The whole clinic is about to be written into a file, by a person at the terminal."""
    audit_event(by, "clinic.export", file=file[:160], encrypted="yes" if encrypted else "no")


@action(None)
def imported(*, by: Program, file: str, number: int) -> None:
    """A clinic was brought in from an archive, whose log had so many events."""
    audit_event(by, "clinic.import", file=file[:160], events=number)


@action(None)
def published(*, by: Program, to: str, courses: int, people: int) -> None:
    """The registry was written without names."""
    audit_event(by, "registry.export", to=to[:160], courses=courses, people=people)


@action("see-medical-record")
def copied(*, by: Staff, patient: Patient, why: str) -> None:
    """A copy of the whole record is about to be handed out."""
    audit_event(by, "patient.copy", patient=patient, why=why[:300])
