"""SQLite that can grow no further, as on a full disk: said in words, nothing half-written, a stop keeps its time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from in_session import infusing
from small_clinic import House, build

from unwound_clinic.core import audit
from unwound_clinic.models import InfusionSession, SessionEvent

pytestmark = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has no such limit to set")
LONG = "Slept well, no nausea. " * 80


def most_pages(number: int) -> None:
    """So many pages of 4 kB may the file have, and not one more."""
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA max_page_count = {number}")


@pytest.fixture
def room(transactional_db: None) -> Iterator[tuple[InfusionSession, Client]]:
    """An infusion runs when the disk fills up: notes are written until one more finds no place."""
    house: House = build()
    row, client = infusing(house), house.client("nurse")
    client.raise_request_exception = False
    client.get(f"/sessions/{row.pk}/")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
    most_pages(1)  # SQLite makes of it as many as there are
    for number in range(200):
        if client.post(f"/sessions/{row.pk}/do/", {"do": "note", "note": f"{number} {LONG}"}).status_code == 503:
            break
    yield row, client
    most_pages(2**30)


def test_a_stop_on_a_full_disk_is_kept_and_charted_as_soon_as_anything_can(
    room: tuple[InfusionSession, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    row, client = room
    page, events, head = f"/sessions/{row.pk}/do/", SessionEvent.objects.count(), audit.head()
    typed = client.post(page, {"do": "note", "note": f"half of it {LONG}"})
    stopped, at = client.post(page, {"do": "stop", "reason": f"arm swollen {LONG[:250]}"}), timezone.now()
    for answer, words in ((typed, "half of it"), (stopped, "arm swollen")):
        text = answer.content.decode()
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert "Not saved: the disk is full" in text
        assert words in text
    assert (SessionEvent.objects.count(), audit.head()) == (events, head), "nothing is half-written"
    assert audit.verify() is None
    first = re.search(r'name="first_sent" value="([^"]+)"', stopped.content.decode())
    assert first is not None
    most_pages(2**30)
    true = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: true() + timedelta(minutes=7))
    again = client.post(page, {"do": "stop", "reason": "arm swollen", "first_sent": first[1]})
    assert again.status_code == 302
    stop = row.events.get(kind="stop")
    assert abs(stop.at - at) < timedelta(seconds=60), "when it was first sent"
    assert stop.recorded_at - stop.at > timedelta(minutes=5)
    row.refresh_from_db()
    assert row.state != "infusing"
    assert audit.verify() is None


def test_on_a_full_disk_an_open_screen_goes_on_and_what_shows_nobody_opens(
    room: tuple[InfusionSession, Client],
) -> None:
    row, client = room
    poll = client.get(f"/sessions/{row.pk}/now/", headers={"X-Unwound-Poll": "1"})
    assert poll.status_code == 200, "values that were stored stay readable where the room is open"
    for _ in range(3):  # each leaves its event, or is not shown
        before = audit.head().number
        record = client.get(f"/patients/{row.patient_id}/")
        shown = "Testcase" in record.content.decode()
        assert (record.status_code, shown, audit.head().number - before) in ((200, True, 1), (503, False, 0))
