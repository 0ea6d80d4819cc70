"""Alarms: what was just said and has to be looked at now, told to the clinic in the same breath as it is saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils import timezone

from unwound.cautions import Finding
from unwound_clinic import urgent
from unwound_clinic.access import Actor
from unwound_clinic.actions.door import leave, part
from unwound_clinic.models import Alarm, Patient

Before = Mapping[str, str]


@part
def before(found: Iterable[Finding]) -> Before:
    """What held before something was saved, in words, by finding."""
    return {one.id: urgent.in_words(one) for one in found}


@part
def raise_changed(by: Actor, patient: Patient, earlier: Before, found: Iterable[Finding]) -> list[Alarm]:
    """An alarm for every finding that is new or now rests on something else; one open alarm a finding."""
    raised = []
    for finding in found:
        words = urgent.in_words(finding)
        if earlier.get(finding.id) == words:
            continue
        raised.append(_raise(patient, finding.id, words))
        leave(by, "alarm.raise", patient=patient, finding=finding.id)
    return raised


def _raise(patient: Patient, finding: str, words: str) -> Alarm:
    waiting = patient.alarms.filter(finding=finding, seen_at=None).first()
    if waiting is None:
        return Alarm.objects.create(patient=patient, finding=finding, text=words, raised_at=timezone.now())
    waiting.text = words
    waiting.save(update_fields=["text"])
    return waiting
