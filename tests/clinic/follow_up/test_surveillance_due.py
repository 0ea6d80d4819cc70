"""Surveillance that is due stands on the home page until it is recorded."""

from __future__ import annotations

from typing import Any

import pytest
from asked import LAST, Clock, agreed, set_up, treated
from django.db import connection
from django.test.utils import CaptureQueriesContext
from small_clinic import House

from unwound_clinic.follow_up import surveillance
from unwound_clinic.follow_up.actions import agreement
from unwound_clinic.models import InfusionSession, SessionEvent
from unwound_clinic.record import translate
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(house: House, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Clock:
    return set_up(house, monkeypatch, settings)


def home(house: House, role: str = "nurse") -> str:
    return house.client(role).get("/").content.decode()


def test_it_stands_there_from_its_day_until_it_is_recorded(house: House, clock: Clock) -> None:
    plan = treated(house, house.patient)
    plan.shown = {"liver_tests": [{"day": 1}, {"day": 8}]}
    plan.save()
    clock.on(house, 6, 9)
    assert "Surveillance due" not in home(house)
    clock.on(house, 7, 9)
    shown = home(house)
    assert "Surveillance due (1)" in shown
    assert "liver tests, due 9 Mar 2026" in shown
    assert "Surveillance due" not in home(house, "auditor")
    test = translate.new_fact("alt_times_uln", 1.0, clock.now.date())
    entries.enter(by=house.by("nurse"), patient=house.patient, entries=(test,))
    assert "Surveillance due" not in home(house)
    clock.on(house, 28, 9)
    assert f"ask about the bladder, due {LAST.replace(day=30):%-d %b %Y}" in home(house)


def test_nobody_is_watched_who_died(house: House, clock: Clock) -> None:
    follow_up = agreed(house, "Gone")
    clock.on(house, 29, 9)
    assert "Surveillance due (1)" in home(house)
    agreement.end(by=house.by("nurse"), patient=follow_up.patient, follow_up=follow_up, why="died")
    assert "Surveillance due" not in home(house)


def test_a_test_that_was_an_error_does_not_count(house: House, clock: Clock) -> None:
    plan = treated(house, house.patient)
    plan.shown = {"liver_tests": [{"day": 8}]}
    plan.save()
    clock.on(house, 7, 9)
    test = translate.new_fact("alt_times_uln", 1.0, clock.now.date())
    entries.enter(by=house.by("nurse"), patient=house.patient, entries=(test,))
    assert "Surveillance due" not in home(house)
    retracted = New(kind=test.kind, key=test.key, value=None)
    entries.enter(by=house.by("nurse"), patient=house.patient, entries=(retracted,), reason="another patient's")
    assert "liver tests, due 9 Mar 2026" in home(house)


def test_an_infusion_that_was_cancelled_is_not_watched(house: House, clock: Clock) -> None:
    plan = treated(house, house.patient)
    InfusionSession.objects.create(
        patient=house.patient, site=house.site, plan=plan, state="aborted", scheduled_at=clock.on(house, 5, 9)
    )
    clock.on(house, 28, 9)
    assert f"ask about the bladder, due {LAST.replace(day=30):%-d %b %Y}" in home(house)
    SessionEvent.objects.filter(session__plan=plan).delete()
    assert "Surveillance due" not in home(house)


def test_an_order_is_not_loaded_whole_for_each_session(house: House, clock: Clock) -> None:
    plan = treated(house, house.patient)
    for day in range(1, 4):
        at = clock.on(house, day, 9)
        InfusionSession.objects.create(patient=house.patient, site=house.site, plan=plan, scheduled_at=at)
    with CaptureQueriesContext(connection) as asked:
        surveillance.due([house.site.pk], clock.now)
    assert not [query["sql"] for query in asked if ', "unwound_clinic_plan"."shown"' in query["sql"]]
    assert len(asked) == 4, "sessions, which were begun, facts, days of liver tests"
