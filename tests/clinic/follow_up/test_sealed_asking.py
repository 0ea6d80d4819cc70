"""What a patient agreed to, and on which days they were asked, cannot be changed beside the log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from asked import Clock, agreed, set_up
from django.db.models import F
from small_clinic import House

from unwound_clinic.core import sealed, seals
from unwound_clinic.follow_up import run
from unwound_clinic.models import Asking, AuditEvent, FollowUp

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def found() -> list[str]:
    return sealed.compare(AuditEvent.objects.filter(detail__has_key=seals.NAME).order_by("number")).faults


def test_an_agreement_and_a_day_that_were_changed_are_found(
    house: House, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    clock: Clock = set_up(house, monkeypatch, settings)
    row = agreed(house, "Prompt")
    clock.on(house, 1, 9)
    run.run()
    assert Asking.objects.count() == 1
    assert found() == []
    FollowUp.objects.update(closed_at=clock.now, unreachable="somebody@example.test")
    Asking.objects.update(look_at="bladder")
    assert found() == [], "what goes on changing is no fault"
    FollowUp.objects.filter(pk=row.pk).update(channel="sms")
    Asking.objects.update(on=F("on") + timedelta(days=1))
    assert [fault.split()[0] for fault in found()] == ["followup", "asking"]
