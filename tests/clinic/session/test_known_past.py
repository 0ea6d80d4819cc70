"""What a room shows without reading everything again is what it would show if it did, whatever comes late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from in_session import given, infusing, record_new
from small_clinic import House

from unwound_clinic.models import InfusionSession, SessionEvent, SessionPast, VitalReading
from unwound_clinic.session import cache, known, watching
from unwound_clinic.session.actions import alerts, voiding

pytestmark = pytest.mark.django_db
BACK = timedelta(minutes=50)


def charted(
    row: InfusionSession, since: datetime, *values: float | None, sign: str = "spo2", every_s: int = 10
) -> None:
    """Readings of a probe, one after another; None is a sensor that is off."""
    VitalReading.objects.bulk_create(
        VitalReading(
            session=row, at=since + timedelta(seconds=every_s * number), received_at=timezone.now(), sign=sign,
            value=value, source="probe", status="no-sensor" if value is None else "value",
        )
        for number, value in enumerate(values)
    )  # fmt: skip


@pytest.fixture
def row(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[InfusionSession]:
    """An infusion of fifty minutes: two dips that were acknowledged, one that goes on, a sensor that was off."""
    monkeypatch.setattr(known, "may_be_undone", lambda: False)  # every test runs in a transaction
    session = infusing(house)
    for event in session.events.all():
        session.events.filter(pk=event.pk).update(at=event.at - BACK, recorded_at=event.recorded_at - BACK)
    begun = timezone.now() - BACK
    quiet: list[float | None] = [97.0] * 60
    dips: list[float | None] = [88.0] * 6
    charted(session, begun, *quiet, *dips, *quiet, None, None, None, None, *quiet, *dips, *quiet, *[84.0] * 45)
    charted(session, begun, *[72.0] * 295, sign="heart_rate")
    record_new(house, session)
    for alert in watching.live(session).watched.open:
        if alert.until is not None:
            alerts.acknowledge(**given(house, session), episode=alert.episode, reason="seen at the bedside")
    back = timezone.now() - timedelta(minutes=20)
    for event in session.events.filter(kind__in=("raised", "acknowledged")):
        SessionEvent.objects.filter(pk=event.pk).update(at=back, recorded_at=back)
    cache.forget()
    yield session
    cache.forget()


def agrees(row: InfusionSession) -> watching.Live:
    """The room's state is the same from what is known as from everything."""
    fresh = InfusionSession.objects.get(pk=row.pk)
    now = timezone.now()
    live, whole = watching.live(fresh, now), watching.whole(fresh, now)
    assert live.watched == whole.watched
    return live


def in_a_fresh_process(row: InfusionSession) -> watching.Live:
    """What another process finds: nothing remembered, the past as it is stored."""
    watching.live(row)
    known.store(row)
    cache.forget()
    return agrees(row)


def test_a_room_that_was_looked_at_reads_only_what_is_new(row: InfusionSession) -> None:
    agrees(row)
    live = agrees(row)
    assert live.past is not None
    assert len(live.past.over.alerts) >= 2
    assert len(live.readings) < 200 < row.readings.count()
    answered = [event.content["episode"]["kind"] for event in live.rows if event.kind == "acknowledged"]
    assert set(answered) <= {"overdue", "no-data"}, "the others are settled"


def test_a_fresh_process_begins_with_the_stored_past(row: InfusionSession) -> None:
    live = in_a_fresh_process(row)
    assert SessionPast.objects.filter(session=row).count() == 1
    assert live.past is not None
    assert len(live.past.over.alerts) >= 2


def _late(house: House, row: InfusionSession) -> None:
    charted(row, timezone.now() - timedelta(minutes=40), 86.0, 85.0, 84.0, 83.0)


def _voided(house: House, row: InfusionSession) -> None:
    first = row.readings.filter(value=88).order_by("at").first()
    assert first is not None
    VitalReading.objects.filter(pk=first.pk).update(message=None)
    voiding.reading(**given(house, row), reading=first.pk, reason="wrong probe")


def _assigned(house: House, row: InfusionSession) -> None:
    """Rows that were stored before the others, and are this session's only now."""
    lowest = min(row.readings.values_list("pk", flat=True))
    VitalReading.objects.filter(pk=lowest).update(session=None)
    cache.forget()
    SessionPast.objects.filter(session=row).delete()
    in_a_fresh_process(row)
    VitalReading.objects.filter(pk=lowest).update(session=row)
    InfusionSession.objects.filter(pk=row.pk).update(rewound=row.rewound + 1)


def _baseline(house: House, row: InfusionSession) -> None:
    at = timezone.now() - timedelta(minutes=45)
    SessionEvent.objects.create(
        session=row, at=at, recorded_at=timezone.now(), kind="baseline", by_name="nurse",
        content={"of": "heart_rate", "value": 50.0},
    )  # fmt: skip


def _clock(house: House, row: InfusionSession) -> None:
    event = row.events.filter(kind="start").get()
    SessionEvent.objects.create(
        session=row, at=event.at - timedelta(hours=3), recorded_at=event.at - timedelta(hours=3), kind="note",
        by_name="nurse", content={"note": "by a clock that was wrong"},
    )  # fmt: skip


@pytest.mark.parametrize("change", [_late, _voided, _assigned, _baseline, _clock])
def test_what_comes_late_or_changes_what_was_settled_is_counted(
    change: Callable[[House, InfusionSession], None], house: House, row: InfusionSession
) -> None:
    before = in_a_fresh_process(row)
    change(house, row)
    after = agrees(row)
    cache.forget()
    assert agrees(row).watched.alerts == after.watched.alerts
    assert change in (_assigned, _clock) or after.watched != before.watched
