"""Screens that ask by themselves: only what changed, no write, the lock untouched."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from in_session import POLL, given, infusing
from small_clinic import House

from unwound_clinic.session import watching
from unwound_clinic.session.actions import charting


def seen_by(answer: Any) -> str:
    found = re.search(r"seen=([0-9a-f.]+)", answer.content.decode())
    assert found
    return found[1]


def test_a_poll_gets_304_until_something_changes_and_then_only_what_did(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    page = f"/sessions/{row.pk}/now/"
    seen = seen_by(client.get(f"/sessions/{row.pk}/"))
    same = client.get(page, {"seen": seen}, headers=POLL)
    assert (same.status_code, same.content) == (304, b"")
    charting.side_effect(**given(house, row), effect="nausea", grade=2)
    news = client.get(page, {"seen": seen}, headers=POLL)
    assert (news.status_code, seen_by(news) != seen) == (200, True)
    assert "nausea" in news.content.decode()
    assert 'id="part-course"' in news.content.decode()
    assert 'id="part-values"' not in news.content.decode()
    again = client.get(page, headers={**POLL, "If-None-Match": news["ETag"]})
    assert again.status_code == 304


def test_a_check_that_becomes_due_changes_the_screen_by_the_clock_alone(house: House) -> None:
    row = infusing(house)
    live = watching.live(row)
    due = min(one.at for one in live.watched.due)
    later = watching.live(row, due - timedelta(milliseconds=1))
    assert later.holds_until <= due + timedelta(milliseconds=1)
    assert live.holds_until - live.watched.at <= timedelta(minutes=1)


def test_a_poll_does_not_keep_the_screen_unlocked_and_brings_the_values_all_the_same(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    client.get(f"/sessions/{row.pk}/")
    session = client.session
    session["seen"] -= settings.IDLE_LOCK_MINUTES * 60 - 5
    session.save()
    before = session["seen"]
    assert client.get(f"/sessions/{row.pk}/now/", headers=POLL).status_code in (200, 304)
    assert client.session["seen"] == before
    session["seen"] -= 60
    session.save()
    locked = client.get(f"/sessions/{row.pk}/now/", headers=POLL)
    assert (locked.status_code in (200, 304), locked["X-Unwound-Locked"]) == (True, "1")
    assert client.get(f"/sessions/{row.pk}/")["Location"].startswith("/unlock/")


def test_a_screen_that_asks_by_itself_writes_nothing(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    seen = seen_by(client.get(f"/sessions/{row.pk}/"))
    used = UserSession.objects.get().last_seen_at
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/sessions/{row.pk}/now/", {"seen": seen}, headers=POLL).status_code == 304
    assert {one["sql"].split()[0] for one in asked} == {"SELECT"}
    assert UserSession.objects.get().last_seen_at == used
    client.get(f"/sessions/{row.pk}/")
    assert UserSession.objects.get().last_seen_at > used
