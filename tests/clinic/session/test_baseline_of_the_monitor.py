"""A baseline that the monitor is already sending is offered, and kept as its own; what is typed is by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from in_session import checked_in, given, monitored
from small_clinic import House

from unwound_clinic.models import VitalReading
from unwound_clinic.session import baselines, watching
from unwound_clinic.session.actions import preparation

pytestmark = pytest.mark.django_db


def test_what_the_monitor_sent_stands_in_the_fields_and_is_charted_as_its_own(house: House) -> None:
    row = checked_in(house)
    monitored(house, row, 96.0, 97.0)
    monitored(house, row, 71.0, 72.0, sign="heart_rate")
    shown = house.client("nurse").get(f"/sessions/{row.pk}/start/").content.decode()
    assert 'name="baseline-spo2" value="97"' in shown
    preparation.baseline(**given(house, row), values={"spo2": 97.0, "heart_rate": 75.0, "pain": 3.0})
    notes = {event.content["of"]: event.content.get("note", "") for event in row.events.filter(kind="baseline")}
    assert notes["spo2"].startswith("from the monitor, ")
    assert (notes["heart_rate"], notes["pain"]) == ("", ""), "another number than the monitor's was found by hand"
    assert set(row.readings.exclude(by=None).values_list("sign", flat=True)) == {"heart_rate", "pain"}


@pytest.mark.parametrize(("minutes", "offered"), [(4.9, True), (5.1, False)])
def test_a_value_is_offered_for_five_minutes(house: House, minutes: float, offered: bool) -> None:
    row = checked_in(house)
    monitored(house, row, 97.0)
    now = timezone.now()
    VitalReading.objects.update(at=now - timedelta(minutes=minutes))
    assert ("spo2" in baselines.of_the_monitor(watching.live(row, now))) is offered


def test_no_artefact_and_nothing_typed_is_offered(house: House) -> None:
    row = checked_in(house)
    monitored(house, row, 12.0)
    VitalReading.objects.create(
        session=row, at=timezone.now(), received_at=timezone.now(), sign="systolic", value=120.0,
        by=house.users["nurse"],
    )  # fmt: skip
    assert baselines.of_the_monitor(watching.live(row)) == {}
