"""What is posted twice, in two ways at once, or too often: one key has one content, and what says two things says none.

Faults 9 and 15 of the attack, done again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from arriving import session
from django.db import connections
from django.test import Client
from django.utils import timezone
from small_clinic import House

from unwound.exchange.readings import ReadingsError
from unwound.exchange.readings_json import read_json
from unwound_clinic.core import rates
from unwound_clinic.models import Message, Quarantined, VitalReading
from unwound_clinic.monitors import actions
from unwound_clinic.monitors.pages import api

Post = Callable[..., Any]


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    rates.forget()
    yield
    rates.forget()


@pytest.fixture
def post(house: House) -> Post:
    monitor = actions.add_monitor(by=house.by("nurse"), site=house.site, name="Gateway", bed="B1")
    key = actions.give_key(by=house.by("nurse"), site=house.site, monitor=monitor)

    def send(body: bytes, idempotency: str = "", bearer: str = key, address: str = "192.0.2.7") -> Any:
        headers = {"Authorization": f"Bearer {bearer}"}
        if idempotency:
            headers["Idempotency-Key"] = idempotency
        return Client(REMOTE_ADDR=address).post("/api/readings", body, "application/json", headers=headers)

    return send


def body(value: int = 97, **more: object) -> bytes:
    at = (timezone.now() - timedelta(seconds=value)).isoformat()
    return json.dumps({"readings": [{"kind": "spo2", "value": value, "unit": "%", "at": at}], **more}).encode()


@pytest.mark.django_db(transaction=True)
def test_a_key_posted_eight_times_at_once_with_eight_contents_has_one(house: House, post: Post) -> None:
    session(house)

    def send(value: int) -> int:
        try:
            return int(post(body(value), "the-same").status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(send, range(90, 98)))
    assert sorted(statuses) == [201] + [409] * 7
    assert (Message.objects.count(), VitalReading.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_the_database_itself_refuses_a_second_content(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if both had looked before either was stored."""
    session(house)
    assert post(body(97), "k").status_code == 201
    answers = iter([False, True])
    monkeypatch.setattr(api, "_used_for_another", lambda *_: next(answers))
    assert post(body(50), "k").status_code == 409
    assert [reading.value for reading in VitalReading.objects.all()] == [97.0]


def test_a_key_also_stands_for_what_was_refused(house: House, post: Post) -> None:
    assert post(b"[", "k").status_code == 422
    assert post(b"{", "k").status_code == 409
    assert post(b"[", "k").status_code == 422
    assert Message.objects.count() == 1


def test_a_key_that_is_too_long_is_refused_and_not_cut(house: House, post: Post) -> None:
    assert post(body(), "k" * 200).status_code == 201
    assert post(body(), "k" * 201).status_code == 400


TWO_VALUES = b'{"readings": [{"kind": "spo2", "value": 97, "value": 50, "unit": "%%", "at": "%s"}]}'
AMBIGUOUS = {
    "two values": TWO_VALUES,
    "two beds": b'{"bed": "B1", "bed": "B2", "readings": []}',
    "two lists": b'{"readings": [], "readings": [{"kind": "spo2", "value": 50, "at": "%s"}]}',
    "the same value twice": b'{"bed": "B1", "bed": "B1", "readings": []}',
    "a name that is written in two ways": b'{"bed": "B1", "\\u0062ed": "B2", "readings": []}',
    "two subjects": b'{"resourceType": "Observation", "subject": {"reference": "Patient/1", "reference": "Patient/2"}}',
    "half a character": b'{"bed": "\\ud800", "readings": []}',
    "half a character as bytes": b'{"bed": "\xed\xa0\x80", "readings": []}',
    "half a character as a name": b'{"\\udfff": 1, "readings": []}',
    "half a character in a list": b'{"readings": [["\\ud800"]]}',
    "half a character in FHIR": b'{"resourceType": "Observation", "subject": {"reference": "\\ud800"}}',
    "NUL": b'{"bed": "B\\u0000", "readings": []}',
    "NUL in FHIR": b'{"resourceType": "Observation", "subject": {"reference": "Patient/\\u0000"}}',
}


@pytest.mark.parametrize("what", AMBIGUOUS)
def test_what_says_two_things_or_is_no_text_is_refused_once_and_kept_back(house: House, post: Post, what: str) -> None:
    session(house)
    sent = AMBIGUOUS[what]
    sent = sent % timezone.now().isoformat().encode() if b"%s" in sent else sent
    answer = post(sent)
    assert answer.status_code == 422, answer.content
    reason = answer.json()["refused"]
    assert any(words in reason for words in ("given twice", "surrogate", "NUL", "not readable as JSON")), reason
    held = Quarantined.objects.get()
    assert (held.why, held.text) == ("refused", reason)
    assert bytes(held.message.raw) == sent
    assert not VitalReading.objects.exists()
    assert post(sent).status_code == 422
    assert Message.objects.count() == 1
    assert reason in house.client("nurse").get("/readings/quarantine/").content.decode().replace("&#x27;", "'")


def test_whole_characters_and_a_backslash_before_u_are_text() -> None:
    now = timezone.now()
    assert read_json(b'{"bed": "\\ud83d\\ude00 \\\\u0000", "readings": []}', received_at=now).readings == ()
    with pytest.raises(ReadingsError, match="NUL"):
        read_json(b'{"bed": "\\\\\\u0000", "readings": []}', received_at=now)


class TestTooOften:
    """ASVS 2.4.1."""

    def test_one_key_posts_so_often_a_minute_and_is_told_how_long_to_wait(
        self, house: House, post: Post, settings: Any
    ) -> None:
        settings.POSTS_PER_MINUTE = 3
        statuses = [post(body(value)).status_code for value in range(90, 95)]
        assert statuses == [201, 201, 201, 429, 429]
        answer = post(body(95))
        assert "wait, then send again" in answer.json()["refused"]
        assert 1 <= int(answer["Retry-After"]) <= 60
        assert Message.objects.count() == 3

    def test_after_a_minute_it_is_taken_again(
        self, house: House, post: Post, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.POSTS_PER_MINUTE = 1
        clock = [1000.0]
        monkeypatch.setattr(rates.time, "monotonic", lambda: clock[0])
        first, second = body(90), body(91)
        assert [post(first).status_code, post(second).status_code] == [201, 429]
        clock[0] += 59.9
        assert post(second)["Retry-After"] == "1"
        clock[0] += 0.1
        assert post(second).status_code == 201

    def test_guessed_keys_are_refused_by_address_and_the_monitor_beside_them_is_heard(
        self, house: House, post: Post
    ) -> None:
        guesses = [post(body(), bearer=f"guess {number}").status_code for number in range(32)]
        assert guesses == [401] * 30 + [429] * 2
        assert post(body()).status_code == 201
        assert post(body(), bearer="guess", address="192.0.2.8").status_code == 401
