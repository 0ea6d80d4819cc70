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

from unwound_clinic.core.action import Conflict
from unwound_clinic.models import AuditEvent, Plan
from unwound_clinic.record import translate
from unwound_clinic.record.actions import entries
from unwound_clinic.treatment import repeated

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
    with pytest.raises(Conflict, match="enter in the note"):
        ordered(house, despite=list(against))
    plan = ordered(house, despite=list(against), note="ten days in place of one")
    assert set(plan.despite) == set(against)
    (event,) = AuditEvent.objects.filter(action="plan.order")
    assert event.detail["despite"] == ", ".join(against)
    page = house.client("physician").get(f"/patients/{house.patient.pk}/plan/{plan.pk}/").content.decode()
    assert "ordered despite the rules for another course" in page


def test_a_course_for_depression_is_not_refused_for_what_pain_did(house: House) -> None:
    after_a_course(house, days_ago=60, hours=4, pain=8)
    assert "again-response" not in objections(house, "depression_ketamine_40_min", hours=1)


def test_the_page_says_it_before_anything_is_signed_and_takes_the_override(house: House) -> None:
    after_a_course(house, days_ago=60, hours=4, pain=8)
    page, physician = f"/patients/{house.patient.pk}/plan/", house.client("physician")
    look: dict[str, Any] = {"protocol": COURSE, "concentration_mg_per_ml": "1", "drug": "racemic"}
    seen = physician.get(page, look).content.decode()
    assert "Not another course as it is" in seen
    assert "Sign the order" not in seen
    despite = list(objections(house))
    seen = physician.get(page, {**look, "despite": despite}).content.decode()
    assert "Overridden, with the reason in the note" in seen
    post = {**look, "despite": despite, "seen_total_mg": f"{total(house):.6f}", "password": PASSWORD}
    refused = physician.post(page, {**post, "note": ""}).content.decode()
    assert "enter in the note why you override" in refused
    assert physician.post(page, {**post, "note": "ten days in place of one"}).status_code == 302
    assert Plan.objects.get(state="ordered").note == "ten days in place of one"


def test_an_order_changed_on_its_way_is_no_course_before_itself(house: House) -> None:
    after_a_course(house, days_ago=60, hours=4, pain=8)
    Plan.objects.update(state="checked")
    assert objections(house) == {}
