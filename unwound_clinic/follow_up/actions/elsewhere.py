"""Ketamine from elsewhere: that it was asked for, what there was, and an entry taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action
from unwound_clinic.follow_up.given import course_of
from unwound_clinic.models import Entry, Patient
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import ASKED, ELSEWHERE, New


@action("record-facts")
def none_since(*, by: Staff, patient: Patient, today: date) -> None:
    """The patient was asked today, and had none that is not on record."""
    entries.put(by, patient, (New(kind=ELSEWHERE, key=ASKED, value={"answer": "none"}, on=today),), "")


@action("record-facts")
def record(*, by: Staff, patient: Patient, value: Mapping[str, Any], today: date) -> None:
    """One course from elsewhere. UnwoundError for one that cannot be, Conflict for one to come."""
    course = course_of(value)
    if course.end > today:
        raise Conflict("this course is not over yet: enter it once it is, or what of it was given until today")
    key = f"{course.start.isoformat()} {course.end.isoformat()} {course.supply}"
    entries.put(by, patient, (New(kind=ELSEWHERE, key=key, value=dict(value), on=today),), "")


@action("record-facts")
def take_back(*, by: Staff, patient: Patient, key: str, reason: str) -> None:
    """An entry was an error; it stays in the history."""
    standing = Entry.objects.filter(patient=patient, kind=ELSEWHERE, key=key, current=True).exclude(value=None)
    if not standing.exists() or not reason.strip():
        raise Conflict("give the reason" if standing.exists() else "this is not on record any more")
    entries.put(by, patient, (New(kind=ELSEWHERE, key=key, value=None),), reason.strip()[:300])
