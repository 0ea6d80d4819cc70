"""A screen on a wall: initials and bed by a key of its own, which opens nothing else and ends when it is revoked."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from in_session import infusing, monitored
from small_clinic import House
from test_every_address import ASKED, OF_READERS, SENT, rows

from unwound_clinic.core.access import Refused
from unwound_clinic.models import AuditEvent, WallKey
from unwound_clinic.session.actions import walls

pytestmark = pytest.mark.django_db


def made(house: House) -> Client:
    """A browser on the wall, which was opened by its key."""
    key = walls.make(by=house.by("administrator"), site=house.site, name="Corridor")
    client = Client()
    assert client.post("/wall/", {"key": f" {key} "}).headers["Location"] == "/wall/"
    return client


def looks() -> int:
    return AuditEvent.objects.filter(action="view.wall").count()


def test_it_shows_bed_initials_and_values_and_no_name(house: House) -> None:
    row, client = infusing(house), made(house)
    monitored(house, row, 91, 91, 84)
    shown = client.get("/wall/").content.decode()
    assert re.search(r"Bed 3 ·\s+T\. O\.", shown)
    assert "84" in shown
    for hidden in ("Testcase", "1980", house.patient.number or "Testcase", f"/sessions/{row.pk}/", "Test Physician"):
        assert hidden not in shown
    assert "Sound is off: touch here" in shown
    assert client.get("/wall/")["Cache-Control"] == "no-store"


def test_its_key_opens_no_other_address(house: House) -> None:
    named, client = rows(house), made(house)
    for name in (ASKED.keys() | SENT.keys()) - OF_READERS.keys():  # what readers may see anybody may see
        address = reverse(name, args=named.get(name, ()))
        answer = client.get(address) if name in ASKED else client.post(address)
        assert answer.status_code in (302, 403, 405), name
        assert answer.status_code != 302 or answer["Location"].startswith("/accounts/login/"), name
    cookie = client.cookies["unwound-wall"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/wall/", True, "Strict")


def test_another_site_s_beds_are_not_on_it(house: House) -> None:
    infusing(house)
    key = walls.make(by=house.by("administrator"), site=house.site, name="Corridor")
    WallKey.objects.update(site=house.other_site)
    client = Client()
    client.post("/wall/", {"key": key})
    assert "No patient is in a bed now." in client.get("/wall/").content.decode()


def test_a_revoked_or_wrong_key_shows_nothing(house: House) -> None:
    infusing(house)
    client = made(house)
    assert Client().post("/wall/", {"key": "guessed"}).status_code == 403
    assert "T. O." not in Client().get("/wall/").content.decode()
    wall = WallKey.objects.get()
    with pytest.raises(Refused):
        walls.revoke(by=house.by("nurse"), site=house.site, wall=wall)
    walls.revoke(by=house.by("administrator"), site=house.site, wall=wall)
    assert client.get("/wall/now/").headers["HX-Refresh"] == "true"
    shown = client.get("/wall/").content.decode()
    assert "T. O." not in shown
    assert "was revoked" in shown
    assert client.cookies["unwound-wall"].value == ""


def test_its_looks_are_one_event_an_hour_until_somebody_else_is_shown(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = infusing(house)
    client = made(house)
    for _ in range(5):
        client.get("/wall/")
        client.get("/wall/now/")
    assert looks() == 1
    assert AuditEvent.objects.get(action="view.wall").detail["patients"] == str(row.patient_id)
    later = timezone.now() + timedelta(minutes=61)
    with monkeypatch.context() as now:
        now.setattr(timezone, "now", lambda: later)
        client.get("/wall/now/")
    assert looks() == 2


def test_a_bed_that_comes_or_goes_arrives_without_loading_the_page_anew(house: House) -> None:
    client = made(house)
    client.get("/wall/")
    infusing(house)
    answer = client.get("/wall/now/?seen=old&beds=")
    assert answer.status_code == 200
    assert "HX-Refresh" not in answer.headers
    assert 'id="beds" hx-swap-oob="true"' in answer.content.decode()


def test_the_address_with_the_key_is_shown_once_and_the_key_is_in_no_server_s_log(house: House) -> None:
    admin = house.client("administrator")
    shown = admin.post("/walls/", {"site": house.site.pk, "name": "Hall"}).content.decode()
    key = re.search(r"/wall/#([\w-]{43})", shown)
    assert key
    assert key[1] not in admin.get("/walls/").content.decode()
    assert key[1] not in "".join(str(event.detail) for event in AuditEvent.objects.all())
