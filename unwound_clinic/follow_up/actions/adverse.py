"""Adverse events: recorded, amended and taken back as entries of the record, so that they are sealed as all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from unwound.follow_up import What
from unwound.outcomes.adverse import Became
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action
from unwound_clinic.follow_up.actions.agreement import end_for
from unwound_clinic.follow_up.adverse import KIND, event_of
from unwound_clinic.models import Entry, FollowUp, Patient
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New


@action("record-facts")
def record(*, by: Staff, patient: Patient, value: Mapping[str, Any], key: str = "", reason: str = "") -> None:
    """An event, or with `key` a newer account of one. UnwoundError for one that contradicts itself.

    Of a patient who died nothing more is asked.
    """
    event, now = event_of(value), timezone.now()
    if event.began > now.astimezone(patient.site.zone).date():
        raise Conflict("this day is still to come")
    if key and not _standing(patient, key):
        raise Conflict("this event is not on record any more")
    if key and not reason.strip():
        raise Conflict("say why it is amended")
    named = key or f"{now:%Y-%m-%d-%H-%M-%S-%f}"
    new = New(kind=KIND, key=named, value=dict(value), on=event.began)
    entries.put(by, patient, (new,), reason.strip()[:300])
    if event.became == Became.DIED:
        for row in FollowUp.objects.select_for_update().filter(patient=patient, ended_at=None):
            end_for(by, patient, row, What.DIED)


@action("record-facts")
def take_back(*, by: Staff, patient: Patient, key: str, reason: str) -> None:
    """It was entered in error; it stays in the history."""
    if not _standing(patient, key) or not reason.strip():
        raise Conflict("give the reason" if _standing(patient, key) else "this event is not on record any more")
    entries.put(by, patient, (New(kind=KIND, key=key, value=None),), reason.strip()[:300])


def _standing(patient: Patient, key: str) -> bool:
    rows = Entry.objects.filter(patient=patient, kind=KIND, key=key, current=True)
    return rows.exclude(value=None).exists()
