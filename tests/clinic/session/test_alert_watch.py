"""Alerts are in the record when they are first true: by arrival and by the clock, with nobody looking at a screen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from arriving import receive
from devices import oru
from django.utils import timezone
from in_session import given, infusing, monitored, record_new
from small_clinic import House

from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import AuditEvent, InfusionSession, SessionEvent
from unwound_clinic.session import alert_watch, screen, watching
from unwound_clinic.session.actions import alerts, charting, course, readings
from unwound_clinic.session.alert_watch import AlertWatch
from unwound_clinic.treatment.actions import consents, plans


def recorded(row: InfusionSession) -> list[str]:
    """What alerts are in the record, by kind."""
    return [event.content["episode"]["kind"] for event in row.events.filter(kind="raised").order_by("id")]


def earlier(row: InfusionSession, minutes: float) -> None:
    """As if everything so far had happened longer ago."""
    ago = timedelta(minutes=minutes)
    for event in row.events.all():
        SessionEvent.objects.filter(pk=event.pk).update(at=event.at - ago)
    for reading in row.readings.all():
        row.readings.filter(pk=reading.pk).update(at=reading.at - ago)
    InfusionSession.objects.filter(pk=row.pk).update(scheduled_at=row.scheduled_at - ago)


def test_a_value_typed_beyond_a_limit_is_recorded_with_it(house: House) -> None:
    row = infusing(house)
    readings.enter_by_hand(**given(house, row), values={"spo2": 84.0})
    assert recorded(row) == ["limit"]
    assert AuditEvent.objects.order_by("-number")[0].action == "readings.by-hand", "one act, one audit event"


def test_a_severe_side_effect_is_recorded_and_stands_in_the_room_as_charted_not_as_resolved(house: House) -> None:
    row = infusing(house)
    charting.side_effect(**given(house, row), effect="nausea", grade=2)
    AlertWatch().check_all()
    assert recorded(row) == []
    charting.side_effect(**given(house, row), effect="vomiting", grade=3)
    AlertWatch().check_all()
    assert recorded(row) == ["side-effect"]
    shown = {part.id: part.html for part in screen.parts(row, watching.live(row))}
    assert "vomiting, grade 3" in shown["gravest"]
    assert "charted for" in shown["gravest"]
    assert "resolved" not in shown["gravest"] + shown["glance"]


def test_what_a_monitor_sent_is_recorded_after_it_was_stored(house: House) -> None:
    row = infusing(house)
    earlier(row, 5)
    stored = receive(house, oru("1", ("spo2", 78.0), patient_id="N-1", bed="Bed 3"))
    alert_watch.check_after(access.Device("listener", house.site.pk), stored)
    assert "limit" in recorded(row)
    assert AuditEvent.objects.order_by("-number")[0].action == "session.alerts"


def test_a_check_that_became_overdue_is_recorded_by_the_clock_alone(house: House) -> None:
    row, watch = infusing(house), AlertWatch()
    watch.check_all()
    assert recorded(row) == []
    earlier(row, 120)
    AlertWatch().check_all()
    assert "overdue" in recorded(row)


def test_a_session_in_which_nothing_came_is_not_worked_out_again(house: House) -> None:
    row, watch = infusing(house), AlertWatch()
    assert watch.check_all() == 1
    assert watch.check_all() == 0
    monitored(house, row, 97, 78)
    assert watch.check_all() == 1
    assert recorded(row) == ["limit"]


def test_a_session_of_another_site_is_not_touched(house: House) -> None:
    row = infusing(house)
    monitored(house, row, 97, 78)
    device = access.Device("watch", house.other_site.pk)
    with pytest.raises(access.Refused):
        alerts.record_new(by=device, site=house.site, session=row)
    with pytest.raises(Conflict, match="another site"):
        alerts.record_new(by=device, site=house.other_site, session=row)
    assert recorded(row) == []
    assert record_new(house, row) == 1


def test_what_was_withdrawn_after_the_session_had_ended_is_not_told_in_it(house: House) -> None:
    row = infusing(house)
    course.abort(**given(house, row, "physician"), reason="felt unwell", handed_over="Dr Testcase")
    consent = house.patient.consents.get()
    consents.withdraw(by=house.by("nurse"), patient=house.patient, consent=consent, reason="wants no more")
    assert "WITHDRAWN" not in house.client("nurse").get(f"/sessions/{row.pk}/record/").content.decode()


def test_an_order_that_was_replaced_is_told_at_the_bed_with_who_did_it_and_why(house: House) -> None:
    row = infusing(house)
    total = plans.calculate(
        house.patient, row.plan.protocol, concentration_mg_per_ml=2.0, start_on=None, drug=None, despite=(),
        now=timezone.now(),
    ).total_mg  # fmt: skip
    plans.order(
        by=house.by("physician"), patient=house.patient, protocol=row.plan.protocol,
        concentration_mg_per_ml=2.0, seen_total_mg=total, reason="new weight",
    )  # fmt: skip
    seen = house.client("nurse").get(f"/sessions/{row.pk}/").content.decode()
    assert "ORDER REPLACED by another: new weight" in seen
    assert row.events.filter(kind="note").count() == 0, "nothing is written into the session from outside"
    course.pause(**given(house, row))
    with pytest.raises(Conflict, match="order and the consent"):
        course.resume(**given(house, row))


def test_an_alarm_in_words_in_the_place_of_a_heart_rate_calls_in_the_room_by_its_name(house: House) -> None:
    row = infusing(house)
    earlier(row, 5)
    sent = oru(1, ("heart_rate", 72.0), ("spo2", 97.0), patient_id="N-1", bed="Bed 3")
    message = sent.replace(b"|72|", b"|*** VENT FIB|")
    alert_watch.check_after(access.Device("listener", house.site.pk), receive(house, message))
    assert recorded(row).count("limit") == 2
    shown = {part.id: part.html for part in screen.parts(row, watching.live(row))}
    assert "alarm of a device: life-threatening" in shown["gravest"]
    assert "ventricular fibrillation" in shown["gravest"]
    assert "feel the pulse" in shown["gravest"]
    assert "Alarm" not in shown["glance"], "it is no value of the patient: no tile"
    record = house.client("nurse").get(f"/sessions/{row.pk}/record/").content.decode()
    assert "ventricular fibrillation, life-threatening" in record
