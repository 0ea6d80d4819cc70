"""What waits for a person: messages that were refused or torn off, and readings of nobody yet."""

from __future__ import annotations

import pytest
from arriving import receive
from devices import oru
from django.utils import timezone
from small_clinic import House

from unwound_clinic import access, arrivals
from unwound_clinic.actions import readings
from unwound_clinic.models import Message, Monitor, Quarantined, VitalReading

pytestmark = pytest.mark.django_db


def torn(house: House, begun: bytes) -> Message:
    """What came of a message, kept as the listener does it."""
    one = arrivals.of_torn(begun, timezone.now(), most=65_536)
    return readings.receive(by=access.of_device("listener", house.site.pk), site=house.site, arrived=[one])[0]


def test_a_torn_message_and_its_whole_are_both_told_as_they_were(house: House) -> None:
    whole = oru(1)
    half = torn(house, whole[:90])
    assert torn(house, whole[:90]) == half
    assert (VitalReading.objects.count(), Monitor.objects.count(), Quarantined.objects.get().why) == (0, 0, "torn")
    nurse = house.client("nurse")
    page = nurse.get("/readings/quarantine/").content.decode()
    assert "torn off after 90 bytes: never acknowledged, the monitor sends it again" in page
    assert "the whole of it" not in page
    assert "none given" in nurse.get(f"/messages/{half.pk}/").content.decode()
    (came,) = receive(house, whole)
    for shown in ("/readings/quarantine/", f"/messages/{half.pk}/"):
        told = nurse.get(shown).content.decode()
        assert f'href="/messages/{came.pk}/"' in told
        assert "answered AA" in told
        assert "never acknowledged" in told


def test_another_message_with_the_same_number_is_not_taken_for_the_whole_of_a_torn_one(house: House) -> None:
    half = torn(house, oru(1, ("spo2", 97.0)))
    receive(house, oru(1, ("spo2", 91.0)))
    assert "The whole of it" not in house.client("nurse").get(f"/messages/{half.pk}/").content.decode()
