"""Trials confirmed one by one: taken for this pain, and as prescribed."""

from __future__ import annotations

from collections.abc import Collection

from django.utils import timezone

from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action
from unwound_clinic.models import Patient
from unwound_clinic.record import confirmation, review
from unwound_clinic.record.actions import entries

REASON = "confirmed: taken for this pain, and as prescribed"


@action("record-facts")
def confirm(*, by: Staff, patient: Patient, ticked: Collection[str]) -> int:
    """Records the ticked trials (numbers of their entries) as confirmed, and returns how many.

    What is not ticked stays unconfirmed. Conflict when none is ticked, or one was amended since it was shown.
    """
    today = timezone.now().astimezone(patient.site.zone).date()
    waiting = {str(trial.entry.pk): trial for trial in confirmation.open_trials(review.review_of(patient, today))}
    if not ticked:
        raise Conflict("tick the treatments that are confirmed; those left open stay unconfirmed")
    if not set(ticked) <= waiting.keys():
        raise Conflict("a treatment was amended or confirmed since this page was shown: read it again, then confirm")
    new = tuple(waiting[number].confirmed() for number in dict.fromkeys(ticked))
    entries.put(by, patient, new, REASON)
    return len(new)
