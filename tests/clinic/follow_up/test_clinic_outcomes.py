"""The clinic's outcomes: counted from stored ends in few questions, calculated by the timer, few people hidden."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from asked import LAST, Clock, set_up, treated
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from small_clinic import House, register
from test_outcome import AFTER, BEFORE, infused, pegs

from unwound_clinic.follow_up import ends, run
from unwound_clinic.models import CourseEnd, Patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(house: House, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Clock:
    return set_up(house, monkeypatch, settings)


def stored(house: House, patient: Patient, count: int, **known: Any) -> None:
    """So many courses with the same outcome, as the timer would have stored them."""
    for n in range(count):
        plan = treated(house, patient, LAST - timedelta(days=n))
        usual: dict[str, Any] = {"responder": True, "kind": "relief-lost", "days": 20.0 + n, "condition": "crps"}
        CourseEnd.objects.create(
            patient=patient,
            plan=plan,
            protocol=plan.protocol,
            ended_on=LAST,
            calculated_at=timezone.now(),
            **{**usual, **known},
        )  # fmt: skip


def test_the_timer_calculates_a_course_when_something_is_new(house: House, clock: Clock) -> None:
    infused(house, LAST)
    pegs(house, *BEFORE, *AFTER)
    clock.on(house, 29, 9)
    assert run.run()["outcomes"] == 1
    end = CourseEnd.objects.get()
    assert (end.responder, end.kind, end.days) == (True, "still", 29)
    assert end.failed is None, "the review that was signed says nothing"
    clock.on(house, 30, 9)
    assert run.run()["outcomes"] == 0, "nothing is new"
    pegs(house, (30, 8))
    clock.on(house, 30, 10)
    assert run.run()["outcomes"] == 1
    assert CourseEnd.objects.get().responder is False
    clock.on(house, 59, 9)
    assert run.run()["outcomes"] == 1, "a while ago: silence is an outcome too"
    assert CourseEnd.objects.get().kind != "still"


def test_every_figure_has_its_denominator_and_what_is_missing(house: House, clock: Clock) -> None:
    stored(house, house.patient, 12)
    stored(house, house.patient, 6, responder=False)
    stored(house, house.patient, 6, responder=None, kind="", days=None)
    page = house.client("physician").get("/outcomes/").content.decode()
    assert "12 of 18, 67% (44% to 84%); 6 of 24 not known" in page
    assert "6 courses cannot be followed" in page
    picture = house.client("nurse").get("/outcomes/lasting.svg")
    assert "Relief that lasts" in picture.content.decode()


def test_few_people_stay_hidden_also_against_subtraction(house: House, clock: Clock) -> None:
    stored(house, house.patient, 12)
    stored(house, house.patient, 3, responder=False)
    stored(house, house.patient, 9, condition="post_stroke", responder=False)
    counted = ends.clinic([house.site.pk])
    crps = next(line for line in counted.responded if "regional" in line.name or line.name == "crps")
    assert None in (crps.counts[0], crps.counts[3]), "twelve and the total would tell the three"
    assert crps.counts[1] is None
    assert crps.share is None
    assert all(group.count >= 5 for group in counted.groups)


def test_only_the_sites_of_ones_own_are_counted(house: House, clock: Clock) -> None:
    stored(house, house.others_patient, 8)
    assert ends.clinic([house.site.pk]).courses == 0
    assert ends.clinic([house.other_site.pk]).courses == 8
    assert house.client("administrator").get("/outcomes/").status_code == 403


def test_sites_stand_in_a_funnel_by_name_without_a_rank(house: House, clock: Clock) -> None:
    stored(house, house.patient, 20)
    stored(house, house.others_patient, 20, responder=False)
    counted = ends.clinic([house.site.pk, house.other_site.pk], "site")
    assert counted.funnel is not None
    assert [place.name for place in counted.funnel.places] == ["First Site", "Other Site"]
    assert [place.above for place in counted.funnel.places] == [True, False]


def test_ten_times_the_courses_are_no_more_questions(house: House, clock: Clock) -> None:
    other = register(house.by("nurse"), house.site, "Testcase", "Other")
    stored(house, other, 6)
    client, asked = house.client("physician"), list[int]()
    client.get("/outcomes/")  # what a login writes once
    for more in (0, 54):
        stored(house, house.patient, more, condition="post_stroke")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/outcomes/").status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1]
