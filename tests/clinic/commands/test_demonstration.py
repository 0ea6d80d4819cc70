"""The demonstration: invented people at every stage, made through the same doors as real ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from in_session import infusing
from small_clinic import House

from unwound.patient import Patient as Known
from unwound_clinic import demonstration
from unwound_clinic.core import audit
from unwound_clinic.demonstration import treatment
from unwound_clinic.demonstration.bedside import Bedside
from unwound_clinic.demonstration.clock import CLOCK
from unwound_clinic.models import Alarm, AuditEvent, Message, Patient, User


@pytest.mark.thorough
@pytest.mark.one_database  # it is SQLite wherever it is shown, and filled by the actions that are tested on both
@pytest.mark.django_db
def test_the_demonstration_has_at_least_twelve_people_and_fills_once(settings: Any) -> None:
    settings.DEMO = True  # as `unwound demo` has it: its passwords are public
    logins = demonstration.fill()
    people = Patient.objects.count()
    assert people >= 12
    there = set(Patient.objects.values_list("stage", flat=True))
    early = {"registered", "intake", "consultation", "first-line", "declined"}
    assert there >= {*early, "consent", "plan", "second-check", "ready", "treatment", "follow-up"}
    assert Alarm.objects.filter(seen_at=None).count() >= 2
    assert len(logins) == User.objects.count() == 7
    demonstration.fill()
    assert Patient.objects.count() == people
    assert audit.verify() is None


def test_what_a_monitor_of_the_story_sends_is_never_later_than_its_event(house: House) -> None:
    with CLOCK.back(minutes=60):
        infusing(house)
        treatment.monitored(11)(house.patient, Known(as_of=timezone.now().date()))
        last = AuditEvent.objects.filter(action="readings.receive").latest("number").at
        assert Message.objects.latest("received_at").received_at <= last


def test_a_patient_at_a_bedside_stays_watched_while_the_demonstration_is_served(house: House) -> None:
    row = infusing(house)
    beside, last = Bedside(), timezone.now()
    beside.send_due(last + timedelta(minutes=2))
    sent = row.readings.filter(by=None, sign="spo2")
    assert sent.count() == 12 + 1
    assert sent.latest("at").at >= last + timedelta(seconds=110)
    beside.send_due(last + timedelta(minutes=2))
    assert sent.count() == 12 + 1, "each is sent once"
    goes_on = Bedside()
    goes_on.send_due(last + timedelta(minutes=2))
    assert sent.count() == 12 + 1, "one that begins anew goes on where the last ended"
    type(row).objects.update(state="discharged")
    goes_on.send_due(last + timedelta(minutes=9))
    assert sent.count() == 12 + 1, "nobody is watched who has left"
