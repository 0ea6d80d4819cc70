"""What attempts on a session share: who does what, and that a refusal keeps nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from small_clinic import House

from unwound import session
from unwound.record import UnwoundError
from unwound_clinic.core import audit
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import InfusionSession, SessionEvent

KETAMINE = {"lot": "K-77", "drug": "racemic ketamine"}

A_REASON = "decided together at the bedside"


def ago(minutes: float) -> datetime:
    return timezone.now() - timedelta(minutes=minutes)


def refused(change: Callable[..., Any], **told: Any) -> str:
    """Why, and that nothing was kept of it: no event of the session, none in the audit chain."""
    before = SessionEvent.objects.count(), audit.head()
    with pytest.raises((Conflict, UnwoundError)) as why:
        change(**told)
    assert (SessionEvent.objects.count(), audit.head()) == before
    return str(why.value)


def refusals(passage: session.Passage) -> dict[str, str]:
    return {one.requirement: one.why for one in passage.refusals}


def seen(house: House, row: InfusionSession) -> str:
    return house.client("nurse").get(f"/sessions/{row.pk}/").content.decode()
