"""Another course is ordered only where what came of the earlier ones allows it, or a physician says why."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from asked import infused
from coordinated import COURSE, OTHER_COURSE, decided
from django.utils import timezone
from small_clinic import PASSWORD, House
from test_consent import signed
from test_plan import ordered, total

from unwound import record
from unwound_clinic.core.action import Conflict
from unwound_clinic.follow_up import given
from unwound_clinic.follow_up.actions import elsewhere
from unwound_clinic.models import AuditEvent, InfusionSession, Plan, SessionEvent
from unwound_clinic.record import translate
from unwound_clinic.record.actions import entries
from unwound_clinic.treatment import current, repeated

pytestmark = pytest.mark.django_db


def today(house: House) -> date:
    return timezone.now().astimezone(house.site.zone).date()


def after_a_course(house: House, *, days_ago: int, hours: float, pain: float | None, protocol: str = COURSE) -> None:
    """The house's patient, decided and consented again after one course; `pain` is that since it, 8 before."""
    decided(house)
    last = today(house) - timedelta(days=days_ago)
    plan = infused(house, last, hours=hours)
    plan.shown = {"total_mg": 20 * hours}
    plan.save()
    signed(house, protocol)
    weeks = [(last - timedelta(days=7 * n), 8.0) for n in range(1, 5)]
    if pain is not None:
        weeks += [(last + timedelta(days=day), pain) for day in range(7, days_ago, 7)]
    new = [translate.new_answers({"instrument": "peg", "items": [score] * 3}, on) for on, score in weeks]
    entries.enter(by=house.by("nurse"), patient=house.patient, entries=tuple(new))


def objections(house: House, protocol: str = COURSE, hours: float = 40) -> dict[str, repeated.Objection]:
    house.patient.refresh_from_db()
    return {one.id: one for one in repeated.objections(house.patient, protocol, today(house), hours)}


def test_before_the_first_course_nothing_is_asked(house: House) -> None:
    decided(house)
    signed(house, COURSE)
    assert objections(house) == {}
    ordered(house)


def test_two_hundred_hours_sixteen_days_apart_are_refused_and_no_reason_helps(house: House) -> None:
    after_a_course(house, days_ago=20, hours=100, pain=None, protocol=OTHER_COURSE)
    liver = objections(house, OTHER_COURSE, hours=100)["again-liver"]
    assert not liver.relative
    assert liver.because == "100 hours within 12 weeks and 100 planned, 16 days after the last"
    with pytest.raises(Conflict, match="100 hours within 12 weeks"):
        ordered(house, protocol=OTHER_COURSE, despite=["again-liver"], note="the patient wishes it")
    assert not Plan.objects.filter(state="ordered").exists()


@pytest.mark.parametrize(("days_ago", "refused"), [(83, True), (84, False)])
def test_the_rule_for_the_liver_ends_after_twelve_weeks(house: House, days_ago: int, refused: bool) -> None:
    """100 hours from ten in the morning end on the fifth day: on the 84th day from there it no longer holds."""
    after_a_course(house, days_ago=days_ago + 4, hours=100, pain=None)
    assert ("again-liver" in objections(house, hours=100)) is refused


def test_after_a_course_that_did_not_help_a_physician_says_why_all_the_same(house: House) -> None:
    after_a_course(house, days_ago=60, hours=4, pain=8)
    against = objections(house)
    assert against["again-response"].relative
    with pytest.raises(Conflict, match="another course is refused"):
        ordered(house)
    with pytest.raises(Conflict, match="enter the reason for overriding"):
        ordered(house, despite=list(against))
    plan = ordered(house, despite=list(against), note="ten days in place of one")
    assert set(plan.despite) == set(against)
    (event,) = AuditEvent.objects.filter(action="plan.order")
    assert event.detail["despite"] == "after a course without success"
    page = house.client("physician").get(f"/patients/{house.patient.pk}/plan/{plan.pk}/").content.decode()
    assert "ordered despite the rules for another course" in page
    assert "after a course without success" in page


def test_a_course_for_depression_is_not_refused_for_what_pain_did(house: House) -> None:
    after_a_course(house, days_ago=60, hours=4, pain=8)
    assert "again-response" not in objections(house, "depression_ketamine_40_min", hours=1)


def test_the_page_says_it_before_anything_is_signed_and_takes_the_override(house: House) -> None:
    after_a_course(house, days_ago=60, hours=4, pain=8)
    page, physician = f"/patients/{house.patient.pk}/plan/", house.client("physician")
    look: dict[str, Any] = {"protocol": COURSE, "concentration_mg_per_ml": "1", "drug": "racemic"}
    seen = physician.get(page, look).content.decode()
    assert "Another course is not advised as things stand" in seen
    assert "Sign the order" not in seen
    despite = list(objections(house))
    seen = physician.get(page, {**look, "despite": despite}).content.decode()
    assert "Overridden, with the reason in the note" in seen
    post = {**look, "despite": despite, "seen_total_mg": f"{total(house):.6f}", "password": PASSWORD}
    refused = physician.post(page, {**post, "note": ""}).content.decode()
    assert "enter the reason for overriding" in refused
    assert physician.post(page, {**post, "note": "ten days in place of one"}).status_code == 302
    assert Plan.objects.get(state="ordered").note == "ten days in place of one"


def still_open(house: House, *, to_come: bool) -> None:
    """The order stays «checked», as after a day that was not discharged; with another day to come, or with none."""
    Plan.objects.update(state="checked")
    plan = Plan.objects.get()
    if to_come:
        InfusionSession.objects.create(patient=house.patient, site=house.site, plan=plan, scheduled_at=timezone.now())
    else:
        plan.sessions.update(state="aborted")


@pytest.mark.parametrize(
    ("days_ago", "to_come", "refused"), [(4, True, False), (5, True, True), (4, False, True), (60, False, True)]
)
def test_only_a_course_that_goes_on_is_no_course_before_itself(
    house: House, days_ago: int, to_come: bool, refused: bool
) -> None:
    """A day to come and a pause of no more than a long weekend: the count of a year leaves out what is changed."""
    after_a_course(house, days_ago=days_ago, hours=4, pain=None)
    still_open(house, to_come=to_come)
    eleven = [
        {"start": day.isoformat(), "end": day.isoformat(), "supply": "elsewhere", "hours": 1}
        for day in (today(house) - timedelta(days=100 + number) for number in range(11))
    ]
    for course in eleven:
        elsewhere.record(by=house.by("nurse"), patient=house.patient, value=course, today=today(house))
    assert ("again-yearly" in objections(house)) is refused


@pytest.mark.parametrize(("days_ago", "to_come"), [(20, False), (6, True)])
def test_hours_of_an_order_that_stays_open_count_for_the_liver(house: House, days_ago: int, to_come: bool) -> None:
    """100 hours, aborted weeks ago or of a course that goes on: the next order is refused and no reason helps."""
    after_a_course(house, days_ago=days_ago, hours=100, pain=None, protocol=OTHER_COURSE)
    still_open(house, to_come=to_come)
    liver = objections(house, OTHER_COURSE, hours=100)["again-liver"]
    assert not liver.relative
    assert liver.because.startswith("100 hours within 12 weeks and 100 planned")


def from_elsewhere(house: House, *, days_ago: int, hours: float) -> None:
    last = today(house) - timedelta(days=days_ago)
    value = {"start": (last - timedelta(days=5)).isoformat(), "end": last.isoformat(), "supply": "elsewhere"}
    elsewhere.record(by=house.by("nurse"), patient=house.patient, value={**value, "hours": hours}, today=today(house))


def test_ketamine_from_elsewhere_counts_before_the_first_course_here(house: House) -> None:
    decided(house)
    signed(house, OTHER_COURSE)
    from_elsewhere(house, days_ago=21, hours=100)
    liver = objections(house, OTHER_COURSE, hours=100)["again-liver"]
    assert liver.because == "100 hours within 12 weeks and 100 planned, 21 days after the last"
    with pytest.raises(Conflict, match="100 hours within 12 weeks"):
        ordered(house, protocol=OTHER_COURSE)


def test_ketamine_from_elsewhere_that_was_an_error_does_not_count(house: House) -> None:
    decided(house)
    from_elsewhere(house, days_ago=21, hours=100)
    (entry,) = house.patient.entries.filter(kind="elsewhere")
    elsewhere.take_back(by=house.by("nurse"), patient=house.patient, key=entry.key, reason="another patient's")
    elsewhere.none_since(by=house.by("nurse"), patient=house.patient, today=today(house))
    assert not current.was_treated(house.patient)
    assert objections(house, OTHER_COURSE, hours=100) == {}


def test_an_objection_says_what_speaks_against_the_course(house: House) -> None:
    after_a_course(house, days_ago=60, hours=4, pain=8)
    response = objections(house)["again-response"]
    ended = record.day(today(house) - timedelta(days=60))
    assert f"{response.title}: {response.because}" == (
        "Not again: after a course without success: "
        f"the course that ended on {ended} did not help, or not for long enough"
    )


def test_a_cancelled_infusion_is_no_course(house: House) -> None:
    decided(house)
    plan = infused(house, today(house) - timedelta(days=20), hours=100)
    plan.sessions.update(state="aborted")
    assert current.was_treated(house.patient)
    start = plan.sessions.get().events.get(kind="start")
    SessionEvent.objects.create(
        session=start.session, at=start.at, recorded_at=start.recorded_at, kind="start", by_name="any",
        amends=start, in_error=True,
    )  # fmt: skip
    assert not current.was_treated(house.patient)


def test_two_orders_given_on_one_day_are_one_course(house: House) -> None:
    """Stopped under the first order and begun again under the one that replaced it: their hours add up."""
    after_a_course(house, days_ago=60, hours=4, pain=None)
    again = infused(house, today(house) - timedelta(days=60), hours=2)
    (course,) = given.here(house.patient, timezone.now())
    assert (course.plan, course.hours) == (again, pytest.approx(6))
    assert "again-record" not in objections(house)


def test_courses_that_do_not_fit_together_are_said_on_the_page_and_left_to_the_physician(house: House) -> None:
    after_a_course(house, days_ago=60, hours=4, pain=None)
    tomorrow = today(house) + timedelta(days=1)
    value = {"start": tomorrow.isoformat(), "end": tomorrow.isoformat(), "supply": "elsewhere"}
    elsewhere.record(by=house.by("nurse"), patient=house.patient, value=value, today=tomorrow)
    (unfit,) = objections(house).values()
    assert (unfit.id, unfit.relative) == ("again-record", True)
    assert f"{unfit.title}: {unfit.because}" == (
        "Cannot tell: the courses on record do not fit together: "
        f"the course of {record.day(tomorrow)} ends on {record.day(tomorrow)}, after {record.day(today(house))}"
    )
    look = {"protocol": COURSE, "concentration_mg_per_ml": "1", "drug": "racemic"}
    seen = house.client("physician").get(f"/patients/{house.patient.pk}/plan/", look)
    assert seen.status_code == 200
    assert "the courses on record do not fit together" in seen.content.decode()
