"""Calls of the day's list, and answers that were read."""

from __future__ import annotations

from django.utils import timezone

from unwound.follow_up import ENDS_ALL, What
from unwound_clinic.core.access import Refused, Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.follow_up.actions import agreement
from unwound_clinic.follow_up.actions.asking import note
from unwound_clinic.models import Asking, FollowUp, Patient


@action("follow-up")
def called(*, by: Staff, patient: Patient, asking: Asking, result: str, words: str = "") -> None:
    """A call was made: nobody was reached, or the patient does not answer this time, wants no more, or has died."""
    row = _open(patient, asking)
    results = (What.NOT_REACHED, What.DECLINED, What.WITHDRAWN, What.DIED)
    if result not in results:
        raise Conflict("enter the outcome of the call")
    note(by, row, What(result), words)
    if result in ENDS_ALL:
        follow_up = FollowUp.objects.select_for_update().get(pk=row.follow_up_id)
        if follow_up.ended_at is None:
            agreement.end_now(by, follow_up, result)
    audit_event(by, "follow-up.called", patient=patient, day=row.day, result=result)


@action("follow-up")
def read(*, by: Staff, patient: Patient, asking: Asking, words: str) -> None:
    """Somebody of the team has read the answers and says what follows from them."""
    row = Asking.objects.select_for_update().get(pk=asking.pk)
    if row.patient_id != patient.pk or not row.look_at or row.seen_at is not None:
        raise Conflict("this was read already, or is about another patient")
    if not words.strip():
        raise Conflict("enter the action taken on the answers, or «none needed»")
    row.seen_at, row.seen_by, row.seen_note = timezone.now(), by.user, words.strip()[:300]
    row.save(update_fields=["seen_at", "seen_by", "seen_note"])
    audit_event(by, "follow-up.read", patient=patient, day=row.day, note=row.seen_note)


def _open(patient: Patient, asking: Asking) -> Asking:
    row = Asking.objects.select_for_update().get(pk=asking.pk)
    if row.patient_id != patient.pk:
        raise Refused("this asking is of another patient")
    if not row.open:
        raise Conflict("this is over already: nobody has to call about it")
    return row
