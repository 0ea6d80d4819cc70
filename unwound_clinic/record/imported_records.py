"""What waits to be looked at, and what was imported before."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from unwound.record import UnwoundError
from unwound_clinic.core import access
from unwound_clinic.core.access import Staff
from unwound_clinic.models import Entry, Imported, Incoming, Patient
from unwound_clinic.record import importing
from unwound_clinic.record.importing import INCOMPLETE, Record

WAITS = timedelta(minutes=30)
"""How long a record waits to be looked at; after that the file is chosen again."""


def waiting(by: Staff, patient: Patient) -> tuple[Incoming, Record] | None:
    """The record that waits for this person; None where none does any more."""
    incoming = Incoming.objects.filter(patient=patient, by=access.account(by), at__gt=timezone.now() - WAITS).first()
    try:
        return (incoming, importing.from_stored(incoming.content)) if incoming else None
    except (KeyError, ValueError, UnwoundError):  # written by another version: it is chosen again
        return None


def brought_in(patient: Patient, record: Record) -> Imported | None:
    """The import of a file with the same content, that was not undone."""
    return Imported.objects.filter(patient=patient, digest=record.digest, undone_at=None).first()


def still_there(imported: Imported) -> int:
    """How many of its values are current."""
    return Entry.objects.filter(imported=imported, current=True).exclude(value=None).exclude(key=INCOMPLETE).count()
