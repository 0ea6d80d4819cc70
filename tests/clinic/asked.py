"""Patients who were treated and agreed to be asked, with a clock that a test sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from coordinated import COURSE
from django.utils import timezone
from small_clinic import House, register

from unwound.session.events import EventKind
from unwound.session.states import SessionState
from unwound_clinic.core import mail_settings
from unwound_clinic.follow_up.actions import agreement
from unwound_clinic.models import Decision, FollowUp, InfusionSession, Patient, Plan, SessionEvent

LAST = date(2026, 3, 2)
"""The day of the last infusion."""


@dataclass
class Clock:
    """What time it is, at the first site."""

    now: datetime

    def on(self, house: House, day: int, hour: int, minute: int = 0) -> datetime:
        """So many days after the last infusion, at that hour of the site's clock."""
        self.now = datetime(2026, 3, 2, hour, minute, tzinfo=house.site.zone) + timedelta(days=day)
        return self.now


def set_up(house: House, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Clock:
    """Mail goes into Django's outbox, the clinic has an address, and somebody reads the answers."""
    clock = Clock(datetime(2026, 3, 2, 18, 0, tzinfo=house.site.zone))
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    monkeypatch.setattr(mail_settings, "is_set", lambda: True)
    settings.ADDRESS = "https://clinic.example"
    agreement.say_who_reads(
        by=house.by("administrator"), site=house.site, read_when="on working days until 4 pm", acts="our nurses"
    )
    return clock


def treated(house: House, patient: Patient, on: date = LAST, hour: int = 10) -> Plan:
    """One course of one day was given, as rows: how it comes about is tested elsewhere."""
    at = datetime(on.year, on.month, on.day, hour, tzinfo=patient.site.zone)
    user = house.users["physician"]
    decision = Decision.objects.create(
        patient=patient, known={}, shown={}, advised="candidate", decided="candidate", signed_by=user, signed_at=at
    )
    plan = Plan.objects.create(
        patient=patient, decision=decision, protocol=COURSE, weight_kg=70, concentration_mg_per_ml=2, shown={},
        ordered_by=user, ordered_at=at, state="done",
    )  # fmt: skip
    session = InfusionSession.objects.create(
        patient=patient, site=patient.site, plan=plan, scheduled_at=at, state=SessionState.DISCHARGED
    )
    SessionEvent.objects.create(session=session, at=at, recorded_at=at, kind=EventKind.START, by=user, by_name="any")
    return plan


def infused(house: House, on: date, hours: float = 4, rate: float = 20) -> Plan:
    """A course of one infusion whose pump was charted from start to stop."""
    plan = treated(house, house.patient, on)
    row = InfusionSession.objects.get(plan=plan)
    start = row.events.get(kind=EventKind.START)
    start.content = {"rate_mg_per_h": rate}
    start.save()
    end = start.at + timedelta(hours=hours)
    SessionEvent.objects.create(session=row, at=end, recorded_at=end, kind=EventKind.STOP, by_name="any")
    return plan


def agreed(house: House, name: str, channel: str = "email") -> FollowUp:
    """Another patient of the first site, treated on the last day, who agreed the same evening."""
    patient = register(house.by("nurse"), house.site, "Testcase", name)
    patient.email, patient.phone = f"{name.lower()}@example.test", "+43 1 555 01 99"
    patient.save()
    plan = treated(house, patient)
    return agreement.agree(by=house.by("coordinator"), patient=patient, plan=plan, channel=channel)
