"""Alarms: urgent findings in what was just entered, raised in the same transaction as the entry."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils import timezone

from unwound.cautions import Finding
from unwound_clinic.core.access import Actor
from unwound_clinic.core.action import audit_event, part_of_action
from unwound_clinic.models import Alarm, Patient
from unwound_clinic.record import urgent

DAY = re.compile(r" \(\d{1,2} [A-Z][a-z]{2} \d{4}\)$")
"""The date of a fact, at the end of its text."""


@part_of_action
def raise_new(
    by: Actor, patient: Patient, earlier: Iterable[Finding], now: Iterable[Finding], *, another_day_is_new: bool
) -> list[Alarm]:
    """Raises an alarm for each finding that rests on something new; at most one open alarm per finding.

    A fact that is only confirmed on another day raises none; a questionnaire filled in again does.
    """
    rested_on = {finding.id: _rests_on(finding, another_day_is_new) for finding in earlier}
    raised = []
    for finding in now:
        if not _rests_on(finding, another_day_is_new) <= rested_on.get(finding.id, frozenset()):
            raised.append(_raise(patient, finding.id, urgent.alarm_text(finding, patient.site)))
            audit_event(by, "alarm.raise", patient=patient, finding=finding.id)
    return raised


def _rests_on(finding: Finding, dated: bool) -> frozenset[str]:
    return frozenset(finding.because if dated else (DAY.sub("", reason) for reason in finding.because))


def _raise(patient: Patient, finding: str, words: str) -> Alarm:
    waiting = patient.alarms.filter(finding=finding, seen_at=None).first()
    if waiting is None:
        return Alarm.objects.create(patient=patient, finding=finding, text=words, raised_at=timezone.now())
    waiting.text = words
    waiting.save(update_fields=["text"])
    return waiting
