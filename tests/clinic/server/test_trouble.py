"""A database that is full, locked or away: said in words, what was typed is shown again, and a stop keeps its time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connection
from django.test import Client, RequestFactory
from django.utils import timezone
from in_session import infusing
from small_clinic import House

from unwound_clinic.core import log_lines, middleware, trouble
from unwound_clinic.operations import health

FULL = "database or disk is full"


@contextmanager
def failing(words: str, *, reads: bool = False) -> Any:
    """The database refuses what is written, or everything."""

    def refuse(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if reads or not sql.startswith(("SELECT", "SAVEPOINT", "ROLLBACK", "RELEASE", "PRAGMA")):
            raise OperationalError(words)
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse):
        yield


def browser(house: House, role: str = "nurse") -> Client:
    client = house.client(role)
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize(
    ("error", "id"),
    [
        (OperationalError("database is locked"), "busy"),
        (OperationalError("canceling statement due to lock timeout"), "busy"),
        (OperationalError("canceling statement due to statement timeout"), "busy"),
        (OperationalError("deadlock detected"), "busy"),
        (OperationalError(FULL), "full"),
        (OperationalError('could not extend file "base/1": No space left on device'), "full"),
        (OSError(28, "No space left on device"), "full"),
        (OperationalError("attempt to write a readonly database"), "read-only"),
        (OperationalError("connection to server at 127.0.0.1 failed: Connection refused"), "away"),
        (OperationalError("terminating connection due to administrator command"), "away"),
        (OperationalError("unable to open database file"), "away"),
        (OperationalError(""), "away"),
        (InterfaceError("connection already closed"), "away"),
        (OperationalError("database disk image is malformed"), "damaged"),
    ],
)
def test_what_a_database_says_means(error: Exception, id: str) -> None:
    named = trouble.of(error)
    assert named is not None
    assert named.id == id


@pytest.mark.parametrize(
    "error", [IntegrityError("UNIQUE"), DataError("too long"), ValueError("x"), OSError(2, "x"), None]
)
def test_any_other_fault_is_no_trouble_of_the_database(error: Exception | None) -> None:
    assert trouble.of(error) is None


def test_a_fault_because_of_a_full_disk_is_a_full_disk() -> None:
    error = RuntimeError("in a page")
    error.__cause__ = OperationalError(FULL)
    assert trouble.of(error) is trouble.FULL


@pytest.mark.parametrize("page", ["/", "/patients/", "/patients/{}/", "/board/"])
def test_a_page_says_what_the_matter_is_and_comes_back_by_itself(house: House, page: str) -> None:
    client, address = browser(house), page.format(house.patient.pk)
    with failing("database is locked", reads=True):
        answer = client.get(address)
    text = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "5", "no-store")
    assert "The database is busy" in text
    assert f'data-again="{address}"' in text
    assert client.get(address).status_code == 200


def test_what_was_typed_is_shown_and_can_be_sent_again(house: House) -> None:
    row, client = infusing(house), browser(house)
    sent = {"do": "note", "note": "Slept well,\n<b>no nausea</b>", "other": ["a", "b"], "password": "not to be shown"}
    with failing(FULL):
        answer = client.post(f"/sessions/{row.pk}/do/", sent)
    text = answer.content.decode()
    assert answer.status_code == 503
    assert "Not saved: the disk is full" in text
    assert "Slept well,<br>&lt;b&gt;no nausea&lt;/b&gt;" in text
    assert 'name="note" value="Slept well,\n&lt;b&gt;no nausea&lt;/b&gt;"' in text
    assert text.count('type="hidden" name="other"') == 2
    assert "not to be shown" not in text
    assert 'type="password" name="password"' in text
    assert not row.events.filter(kind="note").exists()


def field(text: str, name: str) -> str:
    return text.partition(f'name="{name}" value="')[2].partition('"')[0]


def test_a_stop_is_charted_at_the_time_at_which_it_was_first_sent(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, client = infusing(house), browser(house)
    page, true = f"/sessions/{row.pk}/do/", timezone.now
    with failing(FULL):
        first = field(client.post(page, {"do": "stop", "reason": "done"}).content.decode(), "first_sent")
    at = timezone.now()
    with failing(FULL):
        again = client.post(page, {"do": "stop", "reason": "done", "first_sent": first})
    assert field(again.content.decode(), "first_sent") == first, "also when it is sent a third time"
    monkeypatch.setattr(timezone, "now", lambda: true() + timedelta(minutes=7))
    assert client.post(page, {"do": "stop", "reason": "done", "first_sent": first}).status_code == 302
    stop = row.events.get(kind="stop")
    assert abs(stop.at - at) < timedelta(seconds=30)
    assert stop.recorded_at - stop.at > timedelta(minutes=6)


@pytest.mark.parametrize("harm", ["made up", "of another page", "too old"])
def test_no_other_time_is_taken_for_the_first(house: House, harm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    request = RequestFactory().post("/sessions/1/do/")
    told = trouble.first_sent_field(request)
    if harm == "too old":
        monkeypatch.setattr(trouble, "LATEST", timedelta(0))
    sent = "2026-01-01T00:00:00" if harm == "made up" else told
    path = "/sessions/2/do/" if harm == "of another page" else "/sessions/1/do/"
    assert trouble.first_sent(RequestFactory().post(path, {"first_sent": sent})) is None


def test_screens_and_programs_get_a_short_answer(house: House) -> None:
    row, client = infusing(house), browser(house)
    with failing("server closed the connection unexpectedly", reads=True):
        polled = client.get(f"/sessions/{row.pk}/now/", headers={"X-Unwound-Poll": "1"})
        posted = client.post("/api/readings", b"{}", "application/json", headers={"Authorization": "Bearer x"})
    assert (polled.status_code, len(polled.content) < 200) == (503, True)
    assert (posted.status_code, posted["Retry-After"]) == (503, "5")
    assert "nothing was saved" in posted.json()["refused"]


def test_that_a_browser_was_used_may_fail_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OperationalError(FULL)

    monkeypatch.setattr(middleware.UserSession.objects, "create_from_request", fails)
    monkeypatch.setattr(middleware.LastSeen, "_not_before", 0.0)
    assert browser(house).get("/").status_code == 200


def test_health_touches_the_database(house: House) -> None:
    client = Client(raise_request_exception=False)
    assert [client.get(page).status_code for page in ("/healthz", "/readyz")] == [200, 200]
    with failing("connection refused", reads=True):
        answers = [client.get(page) for page in ("/healthz", "/readyz")]
    assert [answer.status_code for answer in answers] == [503, 503]
    assert "not ready: The database does not answer" in answers[0].content.decode()


@pytest.mark.parametrize(
    ("free", "status", "words"),
    [
        (1_999_999, 503, "not ready: The disk is full"),
        (2_000_000, 200, "2 MB are free"),
        (1_999_000_000, 200, "2.0 GB are free"),
        (2_000_000_000, 200, "ok"),
    ],
)
def test_a_disk_that_fills_is_told_in_time(
    house: House, free: int, status: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "free_bytes", lambda: (free, 10**12))
    answer = Client().get("/readyz")
    assert (answer.status_code, words in answer.content.decode()) == (status, True)
    assert ("nearly full" in house.client("administrator").get("/").content.decode()) is (free < 2_000_000_000)


def test_a_line_of_the_log_has_its_time_and_a_known_cause_no_traceback() -> None:
    import logging
    import sys

    try:
        raise OperationalError("database is locked") from sqlite3.OperationalError("database is locked")
    except OperationalError:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "Failed: %s", ("/",), sys.exc_info())
    assert log_lines.OneLine().filter(record)
    line = log_lines.Timed().format(record)
    assert line.endswith("Z ERROR x: Failed: /: database is locked")
    assert "\n" not in line
