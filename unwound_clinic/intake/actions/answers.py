"""Questionnaires filled or amended by the clinic; what needs attention now raises an alarm here too."""

from __future__ import annotations

from django.utils import timezone

from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action
from unwound_clinic.models import Alarm, Patient
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New, current


@action("record-facts")
def fill(*, by: Staff, patient: Patient, form: New, reason: str = "") -> list[Alarm]:
    """Enters a filled form and returns the alarms it raised; amending an earlier form needs a reason."""
    today = timezone.now().astimezone(patient.site.zone).date()
    if form.on is None or form.on > today:
        raise Conflict("a form cannot be dated in the future")
    item = (form.kind, form.key, form.pain)
    earlier = next((entry for entry in current(patient) if (entry.kind, entry.key, entry.pain) == item), None)
    if earlier is not None and earlier.value != form.value and not reason.strip():
        raise Conflict("give the reason for amending the form")
    return entries.put(by, patient, (form,), reason.strip())
