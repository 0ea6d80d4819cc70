"""What a room shows without reading everything again is what it would show if it did, whatever comes late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from arriving import receive
from django.utils import timezone
from in_session import given, infusing, record_new
from small_clinic import House

from unwound_clinic.models import InfusionSession, Message, SessionEvent, SessionPast, VitalReading
from unwound_clinic.monitors import actions as monitors
from unwound_clinic.session import baselines, cache, gaps, known, rounds, screen, watching
from unwound_clinic.session.actions import alerts, amendments, course, readings, voiding
from unwound_clinic.session.actions import rounds as actions_rounds
from unwound_clinic.session.moments import How

pytestmark = pytest.mark.django_db
BACK = timedelta(minutes=50)


def oru(number: int, obx: str, at: datetime, bed: str = "Bed 3") -> bytes:
    """A message of a monitor with one value."""
    stamp = f"{at:%Y%m%d%H%M%S}+0000"
    head = f"MSH|^~\\&|MON1|ICU|||{stamp}||ORU^R01^ORU_R01|C{number}|P|2.6"
    return "\r".join((head, "PID|||", f"PV1||I|^^{bed}", f"OBR|1||||||{stamp}", obx)).encode()


def spo2(value: float, state: str = "F") -> str:
    return f"OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3.1|{value}|262688^MDC_DIM_PERCENT^MDC|||||{state}"


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
    """The room's state, and all that its screen shows but the pictures, is the same from what is known as from all."""
    fresh = InfusionSession.objects.get(pk=row.pk)
    now = timezone.now()
    live, whole = watching.live(fresh, now), watching.whole(fresh, now)
    assert live.watched == whole.watched
    assert gaps.of(live) == gaps.of(whole)
    assert baselines.of_the_monitor(live) == baselines.of_the_monitor(whole)
    for back_min in (0, 12, 29):
        moment = now - timedelta(minutes=back_min)
        assert rounds.of(fresh, live, moment) == rounds.of(fresh, whole, moment)
    shown = [
        {part.id: part.html for part in screen.parts(fresh, each) if part.id != "trends"} for each in (live, whole)
    ]
    assert shown[0] == shown[1]
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


def _ago(minutes: float) -> datetime:
    return timezone.now().replace(microsecond=0) - timedelta(minutes=minutes)


def _voided_stretch(house: House, row: InfusionSession) -> None:
    """All that a sender sent in ten minutes."""
    probe = voiding.probes(row)[0]
    since, until = _ago(40), _ago(25)
    seen = voiding.stretch(row, probe, since, until).count()
    assert seen
    voiding.readings_of(**given(house, row), probe=probe, since=since, until=until, seen=seen, reason="wrong probe")


def _reinstated(house: House, row: InfusionSession) -> None:
    event = row.events.get(kind="reading-in-error")
    amendments.retract(**given(house, row), event=event, reason="it was the right one")


def _corrected(house: House, row: InfusionSession) -> None:
    receive(house, oru(7, spo2(96, "C"), at=row.readings.filter(source__endswith="1.3.1", value=81).get().at))
    assert row.readings.filter(taken_back__isnull=False).exists()


def _struck(house: House, row: InfusionSession) -> None:
    receive(house, oru(7, spo2(81, "D"), at=row.readings.filter(source__endswith="1.3.1", value=81).get().at))
    assert row.readings.filter(taken_back__isnull=False).exists()


def _claimed(house: House, row: InfusionSession) -> None:
    """Values that waited for a person, with one that the device took back."""
    monitors.assign_readings(**given(house, row), messages=Message.objects.filter(session=None))


def _from_paper(house: House, row: InfusionSession) -> None:
    readings.enter_by_hand(**given(house, row), values={"spo2": 79.0, "pain": 9.0}, at=_ago(28), how=How.PAPER)


def _round_before(house: House, row: InfusionSession) -> None:
    """A round charted half an hour back, in which the pain was observed and left without a number."""
    values = {"sedation": 0.0, "dissociation": 2.0}
    actions_rounds.chart_round(**given(house, row), values=values, at=_ago(29.9), how=How.PAPER)


def _round_in_error(house: House, row: InfusionSession) -> None:
    event = row.events.get(kind="round")
    amendments.retract(**given(house, row), event=event, reason="another patient")


def _pause_before(house: House, row: InfusionSession) -> None:
    course.pause(**given(house, row), reason="nausea", at=_ago(30))


def _start_amended(house: House, row: InfusionSession) -> None:
    event = row.events.get(kind="start")
    amendments.amend(**given(house, row), event=event, content={}, at=event.at - timedelta(minutes=9), reason="slip")


def _device_before(house: House, row: InfusionSession) -> None:
    """What stood in the record when the past was stored: a monitor, a voiding, a round, and what waits."""
    values = [
        receive(house, oru(number, spo2(value), at=_ago(38 - number))) for number, value in enumerate((97, 81, 83))
    ]
    assert all(message.session_id == row.pk for messages in values for message in messages)
    receive(house, oru(4, spo2(80), bed="nowhere", at=_ago(33)), oru(5, spo2(78), bed="nowhere", at=_ago(32)))
    receive(house, oru(6, spo2(78, "D"), bed="nowhere", at=_ago(32)))
    one = row.readings.get(source__endswith="1.3.1", value=83)
    voiding.reading(**given(house, row), reading=one.pk, reason="wrong probe")
    charted = {"sedation": 0.0, "pain": 3.0, "dissociation": 1.0}
    actions_rounds.chart_round(**given(house, row), values=charted, at=_ago(29.95), how=How.PAPER)


CHANGES = [
    _late, _voided, _voided_stretch, _reinstated, _corrected, _struck, _assigned, _claimed, _baseline, _clock,
    _from_paper, _round_before, _round_in_error, _pause_before, _start_amended,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_comes_late_or_changes_what_was_settled_is_counted(
    change: Callable[[House, InfusionSession], None], house: House, row: InfusionSession
) -> None:
    _device_before(house, row)
    before = in_a_fresh_process(row)
    assert before.past is not None
    change(house, row)
    after = agrees(row)
    cache.forget()
    assert agrees(row).watched.alerts == after.watched.alerts
    assert change in (_assigned, _clock) or after.watched != before.watched
