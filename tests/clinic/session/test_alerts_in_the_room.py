"""Alerts on the page: acknowledged as they were shown, one line for one event, none forgotten."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

from django.utils import timezone
from in_session import given, infusing, monitored
from small_clinic import House

from unwound_clinic.session import alert_watch, watching
from unwound_clinic.session.actions import charting
from unwound_clinic.session.actions import readings as reading_actions


def test_an_alert_is_acknowledged_on_the_page_with_its_reason(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    monitored(house, row, 97, 76)
    client.get(f"/sessions/{row.pk}/")
    (alert,) = watching.live(row).watched.open
    sent = {"do": "acknowledge", "episode": alert.episode.id}
    assert client.post(f"/sessions/{row.pk}/do/", sent).status_code == 409, "without a reason"
    client.post(f"/sessions/{row.pk}/do/", {**sent, "reason": "seen at the bedside, patient well"})
    assert watching.live(row).watched.open == ()
    assert client.post(f"/sessions/{row.pk}/do/", {**sent, "reason": "again"}).status_code == 409
    record = client.get(f"/sessions/{row.pk}/record/").content.decode()
    assert f"since {alert.since.astimezone(row.site.zone):%H:%M:%S};" in record, "by the clock of the site"


def test_what_the_page_did_not_show_is_not_acknowledged_with_it(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    monitored(house, row, 97, 86, 86, 86, every_s=20)
    alert_watch.check([row.pk])
    page = client.get(f"/sessions/{row.pk}/").content.decode()
    shown = [unescape(value) for value in re.findall(r'name="shown" value="([^"]+)"', page)]
    assert shown[0].startswith("86.0 limit/spo2_low/")
    monitored(house, row, 71)
    sent = {"do": "acknowledge", "episode": shown[0].split(" ")[1], "reason": "patient well", "shown": shown}
    assert client.post(f"/sessions/{row.pk}/do/", sent).status_code == 302
    (again,) = watching.live(row).watched.open
    assert again.again == "worse since it was acknowledged at 86: 71"
    assert "Again: worse since it was acknowledged at 86: 71" in client.get(f"/sessions/{row.pk}/").content.decode()
    torn = {**sent, "shown": "x limit/spo2_low"}
    assert client.post(f"/sessions/{row.pk}/do/", torn).status_code == 409


def test_one_cuff_reading_is_one_line_and_one_acknowledgement(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    reading_actions.enter_by_hand(**given(house, row), values={"systolic": 186.0, "diastolic": 112.0})
    page = client.get(f"/sessions/{row.pk}/").content.decode()
    assert page.count('name="episode"') == 1
    (event,) = watching.live(row).watched.happenings
    sent = {"do": "acknowledge", "episode": event.lead.episode.id, "reason": "measured again"}
    client.post(f"/sessions/{row.pk}/do/", sent)
    assert watching.live(row).watched.open == ()
    assert row.events.filter(kind="acknowledged").count() == len(event.alerts) > 3


def test_many_open_alerts_are_counted_and_none_is_forgotten(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    now = timezone.now()
    for back in range(43):
        at = now - timedelta(minutes=3 * back)
        for minutes, value in ((0, 84.0), (1, 97.0)):
            reading_actions.enter_by_hand(
                **given(house, row), values={"spo2": value}, at=at - timedelta(minutes=minutes)
            )
    seen = client.get(f"/sessions/{row.pk}/").content.decode()
    assert seen.count('name="episode"') == 40
    assert "3 more open alerts" in seen
    assert row.events.filter(kind="raised").count() == 43


def test_what_is_typed_is_never_taken_for_the_page(house: House) -> None:
    row = infusing(house)
    charting.note(**given(house, row), text="<script>alert(1)</script>")
    for page in ("", "record/"):
        seen = house.client("nurse").get(f"/sessions/{row.pk}/{page}").content.decode()
        assert "<script>alert" not in seen
        assert "&lt;script&gt;" in seen
