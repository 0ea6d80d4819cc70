"""After a restart in the middle of an infusion the room comes back as it was, and says for how long nothing came."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from in_session import given, infusing
from small_clinic import House

from unwound_clinic.models import InfusionSession, SessionEvent, VitalReading
from unwound_clinic.session import cache, gaps, screen, watching
from unwound_clinic.session.actions import charting, rounds

pytestmark = pytest.mark.django_db


def sent(row: InfusionSession, since: datetime, until: datetime, sign: str = "spo2", every_s: int = 20) -> None:
    number = int((until - since) / timedelta(seconds=every_s))
    VitalReading.objects.bulk_create(
        VitalReading(session=row, at=since + timedelta(seconds=every_s * place), received_at=until, sign=sign,
                     value=97.0, source="monitor")
        for place in range(number + 1)
    )  # fmt: skip
    InfusionSession.objects.filter(pk=row.pk).update(changed=InfusionSession.objects.get(pk=row.pk).changed + 1)


def under_way(house: House, minutes: int) -> InfusionSession:
    """An infusion that began so many minutes ago."""
    row = infusing(house)
    SessionEvent.objects.filter(session=row, kind="start").update(at=timezone.now() - timedelta(minutes=minutes))
    row.refresh_from_db()
    return row


def test_the_room_comes_back_as_it_was(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    row, now = under_way(house, 20), timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    sent(row, now - timedelta(minutes=20), now)
    charting.rate(**given(house, row), rate_mg_per_h=5.0)
    charting.rescue_drug(**given(house, row), drug="ondansetron", amount="4 mg IV")
    rounds.chart_round(**given(house, row), values={"sedation": 0.0, "pain": 3.0, "dissociation": 1.0})
    row.refresh_from_db()
    before = screen.screen(row)
    cache.forget()  # all that a process knows and another does not
    after = screen.screen(InfusionSession.objects.select_related("patient__site", "site", "plan").get(pk=row.pk))
    assert {part.id: part.html for part in after.parts} == {part.id: part.html for part in before.parts}


def test_it_says_the_gap(house: House) -> None:
    row, now = under_way(house, 30), timezone.now()
    sent(row, now - timedelta(minutes=30), now - timedelta(minutes=12))
    sent(row, now - timedelta(minutes=5), now)
    (gap,) = gaps.of(watching.live(row))
    assert gap.minutes == 7
    shown = house.client("nurse").get(f"/sessions/{row.pk}/").content.decode()
    assert "Nothing was received from any monitor for 7 min" in shown


@pytest.mark.parametrize(("seconds", "said"), [(119, False), (120, True)])
def test_a_silence_is_said_from_two_minutes_on(house: House, seconds: int, said: bool) -> None:
    row, now = under_way(house, 30), timezone.now()
    begun = now - timedelta(minutes=10)
    sent(row, begun - timedelta(minutes=5), begun)
    sent(row, begun + timedelta(seconds=seconds), now)
    assert bool(gaps.of(watching.live(row))) is said


def test_no_gap_where_another_monitor_sent_or_where_a_cuff_waits_its_quarter_of_an_hour(house: House) -> None:
    row, now = under_way(house, 30), timezone.now()
    sent(row, now - timedelta(minutes=30), now - timedelta(minutes=12))
    sent(row, now - timedelta(minutes=13), now, sign="heart_rate")
    sent(row, now - timedelta(minutes=30), now, sign="systolic", every_s=900)
    assert gaps.of(watching.live(row)) == ()


def test_a_gap_of_before_the_start_or_of_long_ago_is_not_said(house: House) -> None:
    row, now = under_way(house, 90), timezone.now()
    sent(row, now - timedelta(minutes=100), now - timedelta(minutes=95))
    sent(row, now - timedelta(minutes=89), now - timedelta(minutes=80))
    sent(row, now - timedelta(minutes=70), now)
    assert gaps.of(watching.live(row)) == ()
