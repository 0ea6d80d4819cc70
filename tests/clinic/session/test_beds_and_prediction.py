"""The board of the beds, the predicted course, and the readings that a process keeps."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from in_session import POLL, given, infusing, monitored, prepared
from small_clinic import House

from unwound.session import MONITOR_FIRST
from unwound_clinic.models import VitalReading
from unwound_clinic.session import cache, readings
from unwound_clinic.session.actions import charting, voiding
from unwound_clinic.session.actions import readings as reading_actions


def test_the_board_shows_every_bed_of_ones_own_sites_and_polls_only_what_changed(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    monitored(house, row, 97, 98)
    board = client.get("/board/").content.decode()
    assert "Testcase, One" in board
    assert MONITOR_FIRST in board
    seen, beds = re.search(r"seen=([0-9a-f.]*)&amp;beds=([0-9-]*)", board).groups()  # type: ignore[union-attr]
    assert client.get("/board/now/", {"seen": seen, "beds": beds}, headers=POLL).status_code == 304
    monitored(house, row, 84)
    news = client.get("/board/now/", {"seen": seen, "beds": beds}, headers=POLL)
    assert (news.status_code, "84" in news.content.decode()) == (200, True)
    whole = client.get("/board/now/", {"seen": "x", "beds": ""}, headers=POLL)
    assert "HX-Refresh" not in whole.headers, "a page that is loaded anew has no sound"
    assert 'id="beds" hx-swap-oob="true"' in whole.content.decode()
    assert "Testcase" not in house.client("stranger").get("/board/").content.decode()
    assert house.client("coordinator").get("/board/").status_code == 403


def test_above_the_board_stand_the_beds_that_need_somebody_the_gravest_first(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    quiet = client.get("/board/").content.decode()
    assert "No open alerts at any bed." in quiet
    seen, beds = re.search(r"seen=([0-9a-f.]*)&amp;beds=([0-9-]*)", quiet).groups()  # type: ignore[union-attr]
    monitored(house, row, 97, 74)
    news = client.get("/board/now/", {"seen": seen, "beds": beds}, headers=POLL).content.decode()
    grave = news.split('id="grave"')[1].split("</div>")[0]
    assert "Consider stopping the infusion" in grave
    assert f"#at-{row.pk}" in grave


def test_the_predicted_course_is_a_picture_once_something_runs(house: House) -> None:
    row = prepared(house)
    assert house.client("nurse").get(f"/sessions/{row.pk}/predicted.svg").status_code == 404


def test_a_changed_rate_draws_another_predicted_course(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    first = client.get(f"/sessions/{row.pk}/predicted.svg")
    assert first["Content-Type"] == "image/svg+xml"
    charting.rate(**given(house, row), rate_mg_per_h=4.0)
    assert client.get(f"/sessions/{row.pk}/predicted.svg").content != first.content
    assert house.client("stranger").get(f"/sessions/{row.pk}/predicted.svg").status_code == 403


def test_readings_are_watched_at_the_very_microsecond_of_their_row(house: House) -> None:
    row = infusing(house)
    whole = timezone.now().replace(microsecond=0)
    times = [whole, whole - timedelta(microseconds=1), whole - timedelta(seconds=7, microseconds=120), whole]
    for at, value, status in zip(times, (97, 96, None, None), ("value", "value", "missing", "no-sensor"), strict=True):
        VitalReading.objects.create(
            session=row, at=at, received_at=at, sign="spo2", value=value, status=status, source="probe"
        )
    found = [one for one in readings.of_session(row) if one.source == "probe"]
    assert {(one.at, one.value, one.status) for one in found} == {
        (one.at, one.value, one.status) for one in row.readings.filter(source="probe")
    }


@pytest.mark.django_db(transaction=True)
def test_readings_kept_in_the_process_are_brought_up_and_claimed_ones_found() -> None:
    from small_clinic import build

    cache.forget()
    house = build()
    row = infusing(house)
    waiting = VitalReading.objects.create(
        at=timezone.now(), received_at=timezone.now(), sign="spo2", value=91, source="probe"
    )
    monitored(house, row, 97, 96)
    assert len(readings.of_session(row)) == 7
    monitored(house, row, 95)
    assert len(readings.of_session(row)) == 8
    VitalReading.objects.filter(pk=waiting.pk).update(session=row)
    assert len(readings.of_session(row)) == 9
    assert 91 in [one.value for one in readings.of_session(row)]
    event = voiding.reading(**given(house, row), reading=waiting.pk, reason="another's probe")
    assert 91 not in [one.value for one in readings.of_session(row, {event.pk})]
    reading_actions.enter_by_hand(**given(house, row), values={"pain": 3.0})
    assert len(readings.of_session(row, {event.pk})) == 9
    assert len(readings.of_session(row)) == 10
    cache.forget()
