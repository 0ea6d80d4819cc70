"""Two people do the same at the same moment: it happens once, and the other is told; on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from in_session import another_today, given, infusing, monitored, prepared, record_new, recovering, scheduled
from small_clinic import House, build

from unwound_clinic.core.action import Conflict
from unwound_clinic.session import cache, watching
from unwound_clinic.session.actions import alerts, appointments, course, preparation, readings

TOLD = {"name": "said", "birth-date": "1980-05-05"}


@pytest.fixture
def house(transactional_db: None) -> Iterator[House]:
    """The small clinic, committed: other connections see it."""
    cache.forget()
    yield build()
    cache.forget()


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each gave, or why it was refused; anything else that went wrong is raised."""
    found: list[Any] = [None] * len(acts)
    ready = threading.Barrier(len(acts))

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            ready.wait(60)
            found[place] = act()
        except BaseException as reason:
            found[place] = reason
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(acts)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, Conflict):
            raise one
    return found


def conflicts(found: list[Any]) -> int:
    return sum(isinstance(one, Conflict) for one in found)


def test_two_nurses_start_one_infusion(house: House) -> None:
    row = prepared(house)
    preparation.ready(**given(house, row))
    told = [given(house, row, role) for role in ("nurse", "physician")]
    found = at_once(*(lambda one=one: course.start(**one, rate_mg_per_h=11.9) for one in told))
    assert (conflicts(found), row.events.filter(kind="start").count()) == (1, 1)


def test_two_nurses_acknowledge_one_alert(house: House) -> None:
    row = infusing(house)
    readings.enter_by_hand(**given(house, row), values={"spo2": 85.0})
    (alert,) = watching.live(row).watched.open
    told = [given(house, row, role) for role in ("nurse", "physician")]
    found = at_once(*(lambda one=one: alerts.acknowledge(**one, episode=alert.episode, reason="seen") for one in told))
    assert (conflicts(found), row.events.filter(kind="acknowledged").count()) == (1, 1)
    assert row.events.filter(kind="raised").count() == 1


def test_eight_who_look_at_once_record_one_alert_once(house: House) -> None:
    row = infusing(house)
    monitored(house, row, 97, 75)
    found = at_once(*(lambda: record_new(house, row) for _ in range(8)))
    assert sorted(found) == [0] * 7 + [1]
    assert row.events.filter(kind="raised").count() == 1


@pytest.mark.parametrize(("one", "other"), [("stop", "stop"), ("stop", "pause"), ("stop", "abort"), ("pause", "pause")])
def test_a_running_infusion_ends_or_pauses_once(house: House, one: str, other: str) -> None:
    row = infusing(house)
    more = {"abort": {"reason": "chest pain", "handed_over": "the emergency team"}}
    acts = [
        lambda name=name, role=role: getattr(course, name)(**given(house, row, role), **more.get(name, {}))
        for name, role in ((one, "nurse"), (other, "physician"))
    ]
    at_once(*acts)
    row.refresh_from_db()
    kinds = list(row.events.filter(kind__in=("pause", "stop", "leave")).order_by("id").values_list("kind", flat=True))
    ways = {
        "paused": [["pause"]],
        "recovering": [["stop"], ["pause", "stop"]],
        "aborted": [["stop", "leave"]],
    }
    assert kinds in ways[row.state]


def test_one_patient_is_checked_into_one_of_two_sessions(house: House) -> None:
    first = scheduled(house)
    second = another_today(house, first, bed="Bed 4")
    found = at_once(
        *(lambda row=row: appointments.check_in(**given(house, row), identifiers=TOLD) for row in (first, second))
    )
    assert conflicts(found) == 1


def test_a_reading_that_is_typed_while_the_patient_leaves_is_in_the_record(house: House) -> None:
    row = recovering(house)
    before = row.readings.count()
    told = {"reason": "admitted", "handed_over": "the ward"}
    at_once(
        lambda: course.abort(**given(house, row, "physician"), **told),
        lambda: readings.enter_by_hand(**given(house, row), values={"spo2": 97.0}),
    )
    assert row.readings.count() == before + 1


def test_two_taps_at_one_moment_chart_one_drug(house: House) -> None:
    row = infusing(house)
    client = house.client("nurse")
    sent = {"do": "rescue", "drug": "labetalol", "amount": "10 mg IV", "once": "one form"}
    clients = [client, Client()]
    clients[1].cookies = client.cookies
    found = at_once(*(lambda tap=tap: tap.post(f"/sessions/{row.pk}/do/", sent) for tap in clients))
    assert [answer.status_code for answer in found] == [302, 302]
    assert row.events.filter(kind="rescue-drug").count() == 1
