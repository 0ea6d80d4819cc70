"""What came of a patient's courses, from rows: the picture and its table, response, and again or not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from asked import LAST, Clock, infused, set_up
from small_clinic import House

from unwound.outcomes import Again
from unwound_clinic.follow_up import given, months
from unwound_clinic.follow_up.actions import elsewhere
from unwound_clinic.models import Entry
from unwound_clinic.record import review, translate
from unwound_clinic.record.actions import entries

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(house: House, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Clock:
    return set_up(house, monkeypatch, settings)


def pegs(house: House, *scores: tuple[int, float], since: date = LAST) -> None:
    """Average pain (with PEG) so many days after the course."""
    for day, pain in scores:
        new = translate.new_answers({"instrument": "peg", "items": [pain, pain, pain]}, since + timedelta(days=day))
        entries.enter(by=house.by("nurse"), patient=house.patient, entries=(new,))


def judged(house: House, clock: Clock) -> tuple[months.Judged, ...]:
    day = clock.now.astimezone(house.site.zone).date()
    house.patient.refresh_from_db()
    reviewed = review.review_of(house.patient, day)
    return months.judged(house.patient, reviewed, given.here(house.patient, clock.now), day)


def page(house: House, **asked: Any) -> str:
    return house.client("physician").get(f"/patients/{house.patient.pk}/outcome/", asked).content.decode()


BEFORE = ((-27, 8), (-20, 8), (-13, 8), (-6, 8))
AFTER = ((7, 3), (14, 3), (21, 4), (28, 4))


def test_doses_are_those_that_ran(house: House, clock: Clock) -> None:
    infused(house, LAST)
    clock.on(house, 3, 9)
    (course,) = given.here(house.patient, clock.now)
    assert (course.mg, course.hours, course.days) == (80, 4, ((LAST, 80),))


@pytest.mark.thorough
def test_a_course_is_judged_from_its_diary_and_forecast(house: House, clock: Clock) -> None:
    infused(house, LAST)
    pegs(house, *BEFORE, *AFTER)
    clock.on(house, 29, 9)
    (one,) = judged(house, clock)
    assert one.outcome is not None
    assert (one.outcome.level, one.outcome.pain_before, one.outcome.pain_after) == ("substantial", 8, 4)
    assert one.ending is not None
    assert one.ending.kind == "still"
    assert one.helped is True, "a single infusion, and relief for more than three weeks"
    shown = page(house)
    said = ("Relief lasts; its end", "not validated on patients", "Last week goes on", "8 of 10", "80 mg ketamine")
    for words in said:
        assert words in shown, words
    picture = house.client("nurse").get(f"/patients/{house.patient.pk}/outcome/picture.svg")
    assert picture["Content-Type"] == "image/svg+xml"
    assert "last week goes on" in picture.content.decode()


def test_without_a_baseline_nothing_is_told(house: House, clock: Clock) -> None:
    infused(house, LAST)
    pegs(house, *AFTER)
    clock.on(house, 29, 9)
    (one,) = judged(house, clock)
    assert one.outcome is not None
    assert one.outcome.level == "cannot-tell"
    assert one.known is None
    assert "A diary needs at least 3 days before the course" in page(house)
    assert "Cannot tell yet" in page(house)


def test_a_diary_ends_where_the_next_course_begins(house: House, clock: Clock) -> None:
    infused(house, LAST)
    infused(house, LAST + timedelta(days=30))
    pegs(house, *BEFORE, *AFTER, (40, 1))
    clock.on(house, 45, 9)
    first, second = judged(house, clock)
    assert first.ending is not None
    assert first.ending.kind == "new-course"
    assert max(score.on for score in first.scores) == LAST + timedelta(days=28)
    assert second.outcome is not None
    assert second.outcome.pain_after == 1


def test_another_long_course_sixteen_days_later_is_refused_by_the_liver_rule(house: House, clock: Clock) -> None:
    infused(house, LAST, hours=100)
    pegs(house, *BEFORE, (7, 3), (14, 3))
    clock.on(house, 20, 9)
    shown = page(house, start="2026-03-22", hours="100", relief_lost="yes")
    assert "Too early for another course before" in shown
    assert "100 hours within 12 weeks and 100 planned, 16 days after the last" in shown
    assert "Noppers 2011" in shown
    short = page(house, start="2026-03-22", hours="4", relief_lost="yes")
    assert "100 hours within 12 weeks" not in short


def again(house: House, clock: Clock, hours: float = 4) -> Any:
    from unwound.outcomes import Planned

    day = clock.now.astimezone(house.site.zone).date()
    reviewed = review.review_of(house.patient, day)
    return months.another(reviewed, judged(house, clock), Planned(start=day, hours=hours), True)


def test_ketamine_from_elsewhere_counts_as_milligrams_hours_and_courses(house: House, clock: Clock) -> None:
    infused(house, LAST)
    clock.on(house, 100, 9)
    assert "ketamine_elsewhere" in again(house, clock).ask
    client = house.client("nurse")
    address = f"/patients/{house.patient.pk}/outcome/"
    form = {"do": "record", "start": "2026-05-01", "end": "2026-05-05", "supply": "own", "drug": "racemic",
            "mg": "1.500", "hours": ""}  # fmt: skip
    assert client.post(address, form).status_code == 200, "1.500 may be two numbers"
    assert client.post(address, {**form, "mg": "1500", "hours": "100"}).status_code == 302
    found = again(house, clock, hours=50)
    assert str(found.totals.mg["racemic"]) == "1580"
    assert found.totals.elsewhere == 1
    assert found.verdict != Again.MAY_BE_CONSIDERED
    reasons = [why for rule in found.rules for why in rule.judgement.because]
    assert any("without a prescription until 5 May 2026" in why for why in reasons)
    assert "ketamine_elsewhere" not in found.ask
    shown = client.get(address).content.decode()
    assert "1 May 2026 to 5 May 2026: ketamine, 1500 mg, 100 hours, without a prescription" in shown
    elsewhere.take_back(by=house.by("nurse"), patient=house.patient, key="2026-05-01 2026-05-05 own", reason="a slip")
    assert str(again(house, clock).totals.mg["racemic"]) == "80"
    assert Entry.objects.filter(kind="elsewhere").count() == 2, "what was taken back stays in the history"


def test_what_cannot_have_been_is_refused_beside_its_field(house: House, clock: Clock) -> None:
    clock.on(house, 100, 9)
    address, client = f"/patients/{house.patient.pk}/outcome/", house.client("nurse")
    form = {"do": "record", "start": "2026-05-05", "end": "2026-05-01", "supply": "elsewhere"}
    assert "ends before it begins" in client.post(address, form).content.decode()
    too_long = {**form, "start": "2026-05-01", "hours": "30"}
    assert "do not fit into 1 days" in client.post(address, too_long).content.decode()
    assert "not over yet" in client.post(address, {**form, "start": "2026-05-05", "end": "2027-01-01"}).content.decode()
    assert not Entry.objects.filter(kind="elsewhere").exists()


def test_a_diary_that_says_yes_asks_until_the_amount_is_entered(house: House, clock: Clock) -> None:
    infused(house, LAST)
    clock.on(house, 30, 9)
    said = {"answers": {"ketamine": "yes", "medicines": "no"}, "keys": []}
    new = entries.New(kind="story", key="diary-1-028", value=said, on=LAST + timedelta(days=28))
    entries.enter(by=house.by("nurse"), patient=house.patient, entries=(new,))
    assert "ketamine_elsewhere" in again(house, clock).ask
    elsewhere.none_since(by=house.by("nurse"), patient=house.patient, today=clock.now.date())
    assert "ketamine_elsewhere" not in again(house, clock).ask


def test_the_page_of_a_patient_without_a_course(house: House, clock: Clock) -> None:
    shown = page(house)
    assert "No course has been started here yet." in shown
    assert house.client("nurse").get(f"/patients/{house.patient.pk}/outcome/picture.svg").status_code == 404
