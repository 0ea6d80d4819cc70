"""An alert of a session: raised once, holds the infusion, acknowledged with a reason, called again by what is worse."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from in_session import (
    given,
    infusing,
    record_new,
)
from small_clinic import House

from unwound_clinic.core.action import Conflict
from unwound_clinic.models import InfusionSession, VitalReading
from unwound_clinic.session import watching
from unwound_clinic.session.actions import (
    alerts,
    course,
    readings,
    voiding,
)


def low_saturation(house: House, row: InfusionSession, value: float = 85.0) -> None:
    readings.enter_by_hand(**given(house, row), values={"spo2": value})


def test_an_alert_is_raised_once_and_stays_until_somebody_acknowledges_it(house: House) -> None:
    row = infusing(house)
    low_saturation(house, row)
    assert row.events.filter(kind="raised").count() == 1
    assert record_new(house, row) == 0
    low_saturation(house, row, 97.0)
    (open_,) = watching.live(row).watched.open
    assert (open_.episode.rule, open_.until is not None) == ("spo2_low", True)
    alerts.acknowledge(**given(house, row), episode=open_.episode, reason="oxygen given")
    assert watching.live(row).watched.open == ()
    assert row.events.filter(kind="raised").count() == 1
    with pytest.raises(Conflict, match="already acknowledged it"):
        alerts.acknowledge(**given(house, row), episode=open_.episode, reason="again")


def test_a_second_fall_is_a_second_alert(house: House) -> None:
    row = infusing(house)
    now = timezone.now()
    for minutes, value in ((9, 85.0), (7, 97.0), (3, 84.0)):
        at = now - timedelta(minutes=minutes)
        readings.enter_by_hand(**given(house, row), values={"spo2": value}, at=at)
    assert row.events.filter(kind="raised").count() == 2


def test_an_alert_that_advises_to_stop_holds_the_infusion_until_it_was_seen(house: House) -> None:
    row = infusing(house)
    course.pause(**given(house, row))
    low_saturation(house, row)
    with pytest.raises(Conflict, match="acknowledged"):
        course.resume(**given(house, row))
    (alert,) = watching.live(row).watched.open
    alerts.acknowledge(**given(house, row), episode=alert.episode, reason="seen at the bedside, patient well")
    with pytest.raises(Conflict, match="oxygen saturation 85 %"):
        course.resume(**given(house, row))
    low_saturation(house, row, 97.0)
    course.resume(**given(house, row))


def test_what_is_not_back_within_its_limit_is_resumed_only_by_a_prescriber_with_a_reason(house: House) -> None:
    row = infusing(house)
    low_saturation(house, row)
    course.pause(**given(house, row))
    (alert,) = watching.live(row).watched.open
    alerts.acknowledge(**given(house, row), episode=alert.episode, reason="seen at the bedside, patient well")
    with pytest.raises(Conflict, match="Only a prescriber"):
        course.resume(**given(house, row), despite="cold fingers")
    with pytest.raises(Conflict, match="with a reason"):
        course.resume(**given(house, row, "physician"), despite="  ")
    course.resume(**given(house, row, "physician"), despite="cold fingers, 97 % on the ear")
    (resumed,) = row.events.filter(kind="resume")
    assert "cold fingers, 97 % on the ear (although: oxygen saturation 85 %" in resumed.content["reason"]


def test_a_worse_value_calls_again_and_is_recorded_with_what_was_seen(house: House) -> None:
    row = infusing(house)
    low_saturation(house, row)
    (alert,) = watching.live(row).watched.open
    alerts.acknowledge(**given(house, row), episode=alert.episode, reason="patient well")
    assert watching.live(row).watched.open == ()
    low_saturation(house, row, 71.0)
    (again,) = watching.live(row).watched.open
    assert again.again == "worse since it was acknowledged at 85: 71"
    alerts.acknowledge(**given(house, row), episode=again.episode, reason="oxygen given")
    assert watching.live(row).watched.open == ()
    seen = row.events.filter(kind="acknowledged").order_by("id")
    assert [event.content["value"] for event in seen] == [85, 71]


def test_an_acknowledgement_needs_its_reason(house: House) -> None:
    row = infusing(house)
    low_saturation(house, row)
    (alert,) = watching.live(row).watched.open
    with pytest.raises(Conflict, match="action taken"):
        alerts.acknowledge(**given(house, row), episode=alert.episode, reason=" ")


def test_a_reading_taken_back_leaves_its_shown_alert_and_counts_no_more(house: House) -> None:
    row = infusing(house)
    low_saturation(house, row)
    reading = VitalReading.objects.get(sign="spo2", value=85.0)
    voiding.reading(**given(house, row), reading=reading.pk, reason="typed 85 for 95")
    live = watching.live(row)
    assert [one.value for one in live.readings if one.kind == "spo2"] == [98.0]
    assert [one.raised for one in live.watched.open] == [True]
    assert VitalReading.objects.filter(pk=reading.pk).exists()
    with pytest.raises(Conflict, match="already"):
        voiding.reading(**given(house, row), reading=reading.pk, reason="again")
