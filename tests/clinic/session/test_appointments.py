"""Appointments of an ordered course: in time and in order, no bed and no infusion twice, a prescriber over each."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from in_session import (
    another_today,
    checked_plan,
    given,
    infusing,
    scheduled,
)
from small_clinic import House

from unwound_clinic.core.action import Conflict
from unwound_clinic.models import InfusionSession
from unwound_clinic.session import order, timetable
from unwound_clinic.session.actions import (
    appointments,
    preparation,
)


def _longer_or_shorter(day: datetime) -> bool:
    """Whether the clocks change in the week that follows."""
    return day.utcoffset() != (day + timedelta(days=7)).utcoffset()


def test_every_infusion_of_a_checked_order_gets_its_session_at_the_same_hour_of_the_clock(house: House) -> None:
    plan = checked_plan(house)
    today = timezone.now().astimezone(house.site.zone)
    spring = today.replace(year=today.year + (today.month >= 3), month=3, day=1, hour=9, minute=0, second=0)
    first = next(day for day in (spring + timedelta(days=n) for n in range(40)) if _longer_or_shorter(day))
    made = appointments.schedule(by=house.by("coordinator"), patient=house.patient, plan=plan, first_at=first)
    assert [one.day for one in made] == [one.day for one in order.runs(plan)]
    hours = {one.scheduled_at.astimezone(house.site.zone).hour for one in InfusionSession.objects.all()}
    assert len(made) == 10
    assert hours == {9}, "the clocks change within the course"


@pytest.mark.parametrize(
    ("hours", "days", "says"),
    [
        (-1, (1,), "is in the past"),
        (24 * 400, (1,), "more than a year ahead"),
        (0, (2,), "one session a day, in the order of the course"),
        (-24, (2,), "is in the past"),
        (24, (2,), ""),
    ],
)
def test_an_appointment_is_in_time_and_in_the_order_of_the_course(
    house: House, hours: float, days: tuple[int, ...], says: str
) -> None:
    plan = scheduled(house).plan if days == (2,) else checked_plan(house)
    at = timezone.now() + timedelta(hours=hours)
    asked = {"by": house.by("coordinator"), "patient": house.patient, "plan": plan, "first_at": at, "days": days}
    if says:
        with pytest.raises(Conflict, match=says):
            appointments.schedule(**asked)
    else:
        assert len(appointments.schedule(**asked)) == 1


@pytest.mark.parametrize(("bed", "free"), [("Bed 3", False), ("Bed 4", True), ("", True)])
def test_two_patients_are_not_put_into_one_bed_at_one_time(house: House, bed: str, free: bool) -> None:
    row = scheduled(house)
    InfusionSession.objects.filter(pk=row.pk).update(bed="Bed 3")
    other = InfusionSession(
        patient=house.others_patient, site=row.site, plan=row.plan, day=1, bed=bed, scheduled_at=row.scheduled_at
    )
    assert (not list(timetable.alone(other))) is free


def test_no_infusion_gets_two_sessions(house: House) -> None:
    row = scheduled(house)
    with pytest.raises(Conflict, match="every infusion"):
        appointments.schedule(
            by=house.by("nurse"), patient=house.patient, plan=row.plan, first_at=timezone.now(), days=(1,)
        )


def test_only_a_checked_order_gets_sessions(house: House) -> None:
    plan = checked_plan(house)
    plan.state = "ordered"
    plan.save()
    with pytest.raises(Conflict, match="checked"):
        appointments.schedule(by=house.by("nurse"), patient=house.patient, plan=plan, first_at=timezone.now())


def test_a_session_is_watched_over_by_a_prescriber(house: House) -> None:
    plan, now = checked_plan(house), timezone.now()
    with pytest.raises(Conflict, match="physician"):
        appointments.schedule(
            by=house.by("nurse"), patient=house.patient, plan=plan, first_at=now, provider=house.users["nurse"]
        )


def test_one_bed_has_one_session(house: House) -> None:
    row = infusing(house)
    second = another_today(house, row)
    InfusionSession.objects.filter(pk=second.pk).update(state="checked-in", bed="Bed 3")
    with pytest.raises(Conflict, match="another bed"):
        preparation.ready(**given(house, second))
