"""A calm session of four hours over the pages: nothing is left out, and it takes at most 40 fields and 40 taps."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from django.utils import timezone
from hands import Hands
from in_session import scheduled
from small_clinic import PASSWORD, House

from unwound_clinic.models import InfusionSession, VitalReading
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session import predicted, screen, watching

pytestmark = pytest.mark.django_db
CALM = {"spo2": 97.0, "heart_rate": 72.0, "respiratory_rate": 14.0}
CUFF = {"systolic": 124.0, "diastolic": 78.0}
HOURS, AFTER_MIN, EVERY_S = 4, 61, 60


class Clock:
    """The time of everybody, moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = datetime.combine(timezone.now().date() + timedelta(days=1), time(8), tzinfo=UTC)
        monkeypatch.setattr(timezone, "now", lambda: self.at)

    def on(self, minutes: float) -> None:
        self.at += timedelta(minutes=minutes)


def monitor(row: InfusionSession, since: datetime, minutes: int) -> None:
    """What the bedside monitor sends during all of it: probes all the time, the cuff every five minutes."""
    seconds = range(0, minutes * 60, EVERY_S)
    sent = [(since + timedelta(seconds=s), sign, value) for s in seconds for sign, value in CALM.items()]
    sent += [(since + timedelta(minutes=m), sign, value) for m in range(0, minutes, 5) for sign, value in CUFF.items()]
    VitalReading.objects.bulk_create(
        VitalReading(session=row, at=at, received_at=at, sign=sign, value=value, source="monitor")
        for at, sign, value in sent
    )


def test_it_takes_at_most_forty_fields_and_forty_taps(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "_trends", lambda *_: [])  # curves cost a second each, and are not the point
    monkeypatch.setattr(predicted, "levels", lambda *_: None)
    clock = Clock(monkeypatch)
    row = scheduled(house, clock.at)
    hands = Hands(house.client("nurse"))
    at = f"/sessions/{row.pk}"
    hands.press(f"{at}/check-in/", "Check in", name="on", birth_date="5 May 1980")
    monitor(row, clock.at, HOURS * 60 + AFTER_MIN + 30)
    clock.on(6)
    hands.press(
        f"{at}/start/", "Save", today_weight_kg=f"{row.plan.weight_kg:g}", today_hours_without_food="8",
        today_hours_without_drink="3", today_driver="her son", today_pregnancy_possible="no",
        today_rescue_checked="on", today_suction_checked="on",
    )  # fmt: skip
    hands.press(f"{at}/start/", "Chart baseline", baseline_sedation="0", baseline_pain="3")
    hands.press(
        f"{at}/start/?second=", "Confirm second check", prepare_weight=f"{row.plan.weight_kg:g}",
        prepare_concentration="2", prepare_first_rate="5.95", prepare_person="Test Second", prepare_password=PASSWORD,
    )  # fmt: skip
    hands.press(
        f"{at}/drug/", "Chart as drawn up", lot="K-77", mg="48", watched_person="Test Second", watched_password=PASSWORD
    )
    hands.press(f"{at}/start/", "Mark as ready to start")
    hands.press(f"{at}/start/", "Start infusion")
    for number in range(HOURS * 4):
        clock.on(15)
        asked = {"round_pain": "3", "round_dissociation": "1"} if number % 3 == 0 else {}
        hands.press(f"{at}/", "0 alert and calm", **asked)
    hands.press(f"{at}/", "■ End infusion", folded=True)
    for _ in range(4):
        clock.on(15)
        hands.press(f"{at}/", "0 alert and calm")
    clock.on(1)
    hands.press(f"{at}/drug/", "Chart as given", mg="47.6")
    hands.press(f"{at}/drug/", "Chart witnessed waste", mg="0.4", person="Test Second", password=PASSWORD)
    hands.press(
        f"{at}/leave/", "Save", aldrete="10", padss="10", escort_present="on", when_to_call_given="on",
        told_not_to_drive="on",
    )  # fmt: skip
    hands.press(f"{at}/leave/", "Discharge patient", password=PASSWORD)
    row.refresh_from_db()
    assert row.state == "discharged"
    assert watching.live(row).watched.alerts == (), "nothing was overdue, nothing missing"
    assert row.events.filter(kind=ClinicEvent.ROUND).count() == 20
    assert not row.events.filter(kind=ClinicEvent.OVERRIDE).exists()
    assert (hands.typed <= 40, hands.tapped <= 40) == (True, True), (hands.typed, hands.tapped)
    print(f"{hands.typed} fields, {hands.tapped} taps")
