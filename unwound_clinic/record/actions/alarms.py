"""Alarms: what was just said and has to be looked at now, told to the clinic in the same breath as it is saved."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils import timezone

from unwound.cautions import Finding
from unwound_clinic.core.access import Actor
from unwound_clinic.core.action import audit_event, part_of_action
from unwound_clinic.models import Alarm, Patient
from unwound_clinic.record import urgent

DAY = re.compile(r" \(\d{4}-\d{2}-\d{2}\)$")
"""The day of a fact, at the end of its words."""


@part_of_action
def raise_new(
    by: Actor, patient: Patient, earlier: Iterable[Finding], found: Iterable[Finding], *, another_day_is_new: bool
) -> list[Alarm]:
    """An alarm for every finding that rests on something it did not rest on before; one open alarm a finding.

    A fact that is only said again on another day raises none, a questionnaire filled again does.
    """
    known = {one.id: _rests_on(one, another_day_is_new) for one in earlier}
    raised = []
    for finding in found:
        if not _rests_on(finding, another_day_is_new) <= known.get(finding.id, frozenset()):
            raised.append(_raise(patient, finding.id, urgent.in_words(finding)))
            audit_event(by, "alarm.raise", patient=patient, finding=finding.id)
    return raised


def _rests_on(finding: Finding, dated: bool) -> frozenset[str]:
    return frozenset(finding.because if dated else (DAY.sub("", one) for one in finding.because))


def _raise(patient: Patient, finding: str, words: str) -> Alarm:
    waiting = patient.alarms.filter(finding=finding, seen_at=None).first()
    if waiting is None:
        return Alarm.objects.create(patient=patient, finding=finding, text=words, raised_at=timezone.now())
    waiting.text = words
    waiting.save(update_fields=["text"])
    return waiting
