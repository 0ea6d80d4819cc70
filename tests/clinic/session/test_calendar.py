"""The calendar: open days, chairs, clashes, moving, who did not attend, and the link for a calendar elsewhere."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from coordinated import COURSE
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from in_session import another_today, checked_plan, scheduled
from small_clinic import House, register

from unwound_clinic.administration import actions as administration
from unwound_clinic.core import dates, opening
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import AuditEvent, Feed, InfusionSession, Plan, Role, Site
from unwound_clinic.session import day_plan, feed, timetable
from unwound_clinic.session.actions import absences, appointments

MONDAY_TO_FRIDAY = "01234"
CHRISTMAS = [["2026-12-25", "Christmas"], ["2026-12-28", "Boxing Day in lieu"]]
THURSDAY = date(2026, 12, 24)


def site(open_on: str = MONDAY_TO_FRIDAY, closed: list[list[str]] = CHRISTMAS) -> Site:
    return Site(name="Any", timezone="Europe/London", open_on=open_on, closed_days=closed)


def at(house: House, days: int, hour: int = 10, minute: int = 0) -> datetime:
    """A time of the site, some days from today."""
    day = timezone.now().astimezone(house.site.zone).date() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=house.site.zone)


# open days


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 12, 24), ""),
        (date(2026, 12, 25), "closed, Christmas"),
        (date(2026, 12, 26), "no infusions on Saturdays"),
        (date(2026, 12, 28), "closed, Boxing Day in lieu"),
        (date(2026, 12, 29), ""),
    ],
)
def test_a_day_is_closed_by_its_weekday_or_by_name(day: date, why: str) -> None:
    assert opening.why_closed(site(), day) == why


def test_where_nobody_has_said_every_day_is_open() -> None:
    silent = site("", [])
    assert not opening.is_said(silent)
    assert opening.series(silent, date(2026, 12, 25), (1, 2, 3)) == [date(2026, 12, 25 + n) for n in range(3)]


def test_a_course_goes_round_weekends_and_holidays_and_no_gap_becomes_shorter() -> None:
    days = opening.series(site(), THURSDAY, (1, 2, 3, 6))
    assert days == [THURSDAY, date(2026, 12, 29), date(2026, 12, 30), date(2027, 1, 4)]


def test_a_site_that_is_never_open_again_keeps_the_days_of_the_order() -> None:
    shut = site("", [[(THURSDAY + timedelta(days=n)).isoformat(), "moved"] for n in range(100)])
    assert opening.series(shut, THURSDAY, (1, 2)) == [THURSDAY, THURSDAY + timedelta(days=1)]


@given(
    weekdays=st.sets(st.sampled_from("0123456"), min_size=1),
    holidays=st.sets(st.integers(0, 30), max_size=6),
    course=st.sets(st.integers(1, 15), min_size=1, max_size=8),
    first=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
)
def test_a_course_is_in_order_on_open_days_and_never_quicker_than_ordered(
    weekdays: set[str], holidays: set[int], course: set[int], first: date
) -> None:
    closed = [[(first + timedelta(days=n)).isoformat(), "holiday"] for n in sorted(holidays)]
    where, ordered = site("".join(sorted(weekdays)), closed), sorted(course)
    days = opening.series(where, first, course)
    assert all(not opening.why_closed(where, day) for day in days)
    for number in range(1, len(days)):
        assert (days[number] - days[number - 1]).days >= ordered[number] - ordered[number - 1]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("25 Dec 2026 Christmas", [["2026-12-25", "Christmas"]]),
        ("2026-12-25, Christmas\n\n 1.1.2027 – New Year", [["2026-12-25", "Christmas"], ["2027-01-01", "New Year"]]),
        ("3/4/2026", [["2026-04-03", "closed"]]),
        ("1 Jan 2027 a\n1 Jan 2027 b", [["2027-01-01", "b"]]),
        ("", []),
        # as lists of holidays are found elsewhere and pasted
        ("* 2026-01-01 (New Year)", [["2026-01-01", "New Year"]]),
        ("| 2026-04-03 | good_friday |", [["2026-04-03", "good_friday"]]),
        ("Christmas Eve: Thursday, December 24, 2026", [["2026-12-24", "Christmas Eve"]]),
        ("Good Friday - 3rd April 2026", [["2026-04-03", "Good Friday"]]),
        ("Friday 25 December 2026 Christmas", [["2026-12-25", "Christmas"]]),
        ("- 2026-04-05 (Sunday)", [["2026-04-05", "closed"]]),
        ("1 Jan 2026\tThu\tNew Year's Day", [["2026-01-01", "New Year's Day"]]),
        ("30 Dec 2026 to 2 Jan 2027 between the years",
         [["2026-12-30", "between the years"], ["2026-12-31", "between the years"], ["2027-01-01", "between the years"],
          ["2027-01-02", "between the years"]]),
    ],
)  # fmt: skip
def test_closed_days_are_read_as_people_write_them(typed: str, kept: list[list[str]]) -> None:
    assert opening.closed_days(typed, ("day", "month", "year")) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "Christmas", "25 Dec Christmas", "30 Feb 2026 none", "25 Dec 26 Christmas", "1 Jan\tThu\tNew Year's Day",
        "24 Dec 2026, 26 Dec 2026", "26 Dec 2026 to 24 Dec 2026", "1 Jan 2026 to 31 Dec 2026", "2026-13-01",
    ],
)  # fmt: skip
def test_a_line_that_is_not_clear_is_named(typed: str) -> None:
    with pytest.raises(ValueError, match="«"):
        opening.closed_days(typed, ("day", "month", "year"))


@pytest.mark.parametrize("jurisdiction", ["US", "UK", ""])
def test_the_days_are_shown_so_that_they_are_read_as_the_same_again(jurisdiction: str) -> None:
    kept = site(closed=[["2026-03-04", "Founders' Day"], ["2026-12-25", "Christmas"]])
    typed = "\n".join(opening.written(kept))
    assert opening.closed_days(typed, dates.order_of(jurisdiction)) == kept.closed_days


@pytest.mark.django_db
def test_an_administrator_says_when_the_site_is_open(house: House) -> None:
    client, address = house.client("administrator"), f"/sites/{house.site.pk}/opening/"
    fields = {"chairs": "3", "open_on": ["0", "1"], "closed_days": "25 Dec 2026 Christmas"}
    assert client.post(address, fields).status_code == 302
    house.site.refresh_from_db()
    assert (house.site.chairs, house.site.open_on, house.site.closed_days) == (3, "01", [["2026-12-25", "Christmas"]])
    assert "25 Dec 2026 Christmas" in client.get(address).content.decode()
    assert "has no day with its year" in client.post(address, {**fields, "closed_days": "soon"}).content.decode()
    assert AuditEvent.objects.filter(action="site.opening").count() == 1


# appointments


@pytest.mark.django_db
def test_a_course_that_leaves_the_days_of_the_order_is_shown_before_it_is_made(house: House) -> None:
    plan, client = checked_plan(house), house.client("coordinator")
    first = at(house, 1)
    closed = (first + timedelta(days=1)).date()
    Site.objects.filter(pk=house.site.pk).update(closed_days=[[closed.isoformat(), "Founders’ Day"]])
    address, fields = f"/patients/{house.patient.pk}/sessions/", {"at": f"{first:%Y-%m-%dT%H:%M}", "bed": "Bed 3"}
    page = client.post(address, fields).content.decode()
    assert not InfusionSession.objects.exists()
    assert "Founders’ Day" in page
    agreed = re.search(r'name="agreed" value="([^"]+)"', page)
    assert agreed is not None
    assert client.post(address, {**fields, "agreed": "2020-01-01"}).status_code == 200  # to other days than shown
    assert not InfusionSession.objects.exists()
    client.post(address, {**fields, "agreed": agreed[1]})
    days = [row.scheduled_at.astimezone(house.site.zone).date() for row in plan.sessions.order_by("day")]
    assert closed not in days
    assert days[0] == first.date()
    assert days[1] == closed + timedelta(days=1)


@pytest.mark.django_db
def test_a_course_also_on_closed_days_is_as_ordered(house: House) -> None:
    plan, first = checked_plan(house), at(house, 1)
    Site.objects.filter(pk=house.site.pk).update(closed_days=[[first.date().isoformat(), "Founders’ Day"]])
    house.patient.site.refresh_from_db()
    given_ = {"by": house.by("nurse"), "patient": house.patient, "plan": plan, "first_at": first, "days": (1,)}
    (moved,) = appointments.schedule(**given_)
    assert moved.scheduled_at == first + timedelta(days=1)
    with pytest.raises(Conflict, match="Founders’ Day"):
        appointments.move_appointment(by=house.by("nurse"), patient=house.patient, session=moved, at=first)
    appointments.move_appointment(
        by=house.by("nurse"), patient=house.patient, session=moved, at=first, although_closed=True
    )
    moved.refresh_from_db()
    assert moved.scheduled_at == first


def of_another(house: House, when: datetime, **more: Any) -> InfusionSession:
    """A session of somebody else at the site, written as rows of before are."""
    plan = Plan.objects.earliest("pk")
    other = register(
        house.by("nurse"), more.pop("site", house.site), f"Other {InfusionSession.objects.count()}", "Test"
    )
    copy = Plan.objects.get(pk=plan.pk)
    copy.pk, copy.patient = None, other
    copy.save()
    return InfusionSession.objects.create(patient=other, site=other.site, plan=copy, scheduled_at=when, **more)


@pytest.mark.django_db
@pytest.mark.parametrize(("chairs", "refused"), [(2, False), (1, True), (None, False)])
def test_no_more_at_one_time_than_there_are_chairs(house: House, chairs: int | None, refused: bool) -> None:
    plan = checked_plan(house)
    Site.objects.filter(pk=house.site.pk).update(chairs=chairs)
    house.patient.site.refresh_from_db()
    of_another(house, at(house, 2, 11), bed="Bed 1")
    given_ = {"by": house.by("nurse"), "patient": house.patient, "plan": plan, "bed": "Bed 2", "days": (1,)}
    if refused:
        with pytest.raises(Conflict, match="all 1 beds and chairs are taken at 11:00"):
            appointments.schedule(**given_, first_at=at(house, 2, 10))
        length = timetable.lasts(InfusionSession(plan=plan, day=1))
        appointments.schedule(**given_, first_at=at(house, 2, 11) - length)  # it ends as the other begins
    else:
        assert appointments.schedule(**given_, first_at=at(house, 2, 10))


@pytest.mark.django_db
def test_who_supervises_at_another_site_cannot_here(house: House) -> None:
    plan, physician = checked_plan(house), house.users["physician"]
    stranger = house.by("stranger")
    other = register(stranger, house.other_site, "Far", "Away")
    copy = Plan.objects.get(pk=plan.pk)
    copy.pk, copy.patient = None, other
    copy.save()
    InfusionSession.objects.create(
        patient=other, site=house.other_site, plan=copy, scheduled_at=at(house, 2, 10), provider=physician
    )
    given_ = {"by": house.by("nurse"), "patient": house.patient, "plan": plan, "days": (1,), "provider": physician}
    with pytest.raises(Conflict, match="supervises a session at Other Site at 10:00") as refused:
        appointments.schedule(**given_, first_at=at(house, 2, 10))
    assert "Far" not in str(refused.value)
    appointments.schedule(**{**given_, "provider": house.users["second"]}, first_at=at(house, 2, 10))


@pytest.mark.django_db
def test_a_clash_is_said_beside_the_form_and_nothing_typed_is_lost(house: House) -> None:
    row = scheduled(house, at(house, 2))
    of_another(house, at(house, 3, 10), bed="Bed 9")
    fields = {"at": f"{at(house, 3, 10):%Y-%m-%dT%H:%M}", "bed": "Bed 9"}
    answer = house.client("coordinator").post(f"/sessions/{row.pk}/appointment/", fields)
    assert answer.status_code == 200
    assert "has another session" in answer.content.decode()
    assert 'value="Bed 9"' in answer.content.decode()


@pytest.mark.django_db
def test_who_did_not_come_is_kept_with_the_reason_and_the_day_can_be_made_again(house: House) -> None:
    row, plan = scheduled(house), Plan.objects.get()
    client, address = house.client("coordinator"), f"/sessions/{row.pk}/appointment/"
    assert "Patient did not attend" in client.get(address).content.decode()
    assert client.post(address, {"do": "missed", "reason": "  "}).status_code == 409
    assert client.post(address, {"do": "missed", "reason": "car broke down"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.missed_why) == ("aborted", "car broke down")
    assert AuditEvent.objects.get(action="session.did-not-come").detail["reason"] == "car broke down"
    assert "did not attend" in client.get(f"/patients/{house.patient.pk}/sessions/").content.decode()
    assert "call the patient" in type(house.patient).objects.get(pk=house.patient.pk).due_what
    appointments.schedule(by=house.by("nurse"), patient=house.patient, plan=plan, first_at=at(house, 1), days=(1,))


@pytest.mark.django_db
def test_nobody_did_not_come_to_what_is_still_ahead(house: House) -> None:
    row = scheduled(house, at(house, 2))
    of_it = {"by": house.by("coordinator"), "patient": house.patient, "session": row}
    with pytest.raises(Conflict, match="did not attend after that"):
        absences.did_not_come(**of_it, reason="he will not")
    assert (
        "Patient did not attend" not in house.client("nurse").get(f"/sessions/{row.pk}/appointment/").content.decode()
    )
    absences.call_off(**of_it, reason="fever")
    row.refresh_from_db()
    assert (row.state, row.missed_why) == ("aborted", "")
    with pytest.raises(Conflict):
        absences.call_off(**of_it, reason="twice")


# the plan of a day


@pytest.mark.django_db
def test_the_day_shows_who_sits_where_and_when(house: House) -> None:
    row = scheduled(house, at(house, 2, 10, 15))
    text = house.client("coordinator").get(f"/calendar/?day={at(house, 2):%Y-%m-%d}").content.decode()
    for said in ("Testcase, One", "Bed 3", "10:15", "Test Physician", f"/sessions/{row.pk}/appointment/"):
        assert said in text, said
    assert "No sessions on this day" in house.client("nurse").get("/calendar/?day=2030-01-01").content.decode()


@pytest.mark.django_db
def test_of_another_site_nothing_is_shown(house: House) -> None:
    scheduled(house, at(house, 2))
    address = f"/calendar/?day={at(house, 2):%Y-%m-%d}"
    assert "Testcase" not in house.client("stranger").get(address).content.decode()
    assert house.client("stranger").get(f"{address}&site={house.site.pk}").status_code == 404


@pytest.mark.django_db
def test_two_in_one_chair_stand_side_by_side_and_are_named(house: House) -> None:
    row = scheduled(house, at(house, 2, 10))
    of_another(house, at(house, 2, 11), bed="Bed 3")
    of_another(house, at(house, 2, 12), bed="Bed 3", state="aborted")
    listed = day_plan.appointments(day_plan.of_day(house.site, at(house, 2).date()))
    assert [bool(one.clashes) for one in listed] == [True, True, False]
    assert "Bed 3 is taken at 11:00" in listed[0].clashes
    grid = day_plan.grid(listed)
    assert grid.chairs == ("Bed 3", "Bed 3")
    assert max(slot.at_once for slot in grid.slots) == 2
    assert grid.slots[0].at == row.scheduled_at.astimezone(house.site.zone)


@pytest.mark.django_db
def test_every_line_of_the_grid_is_as_wide_as_its_chairs(house: House) -> None:
    scheduled(house, at(house, 2, 9, 40))
    of_another(house, at(house, 2, 13, 10), bed="Bed 1")
    of_another(house, at(house, 2, 23, 30), bed="")
    grid = day_plan.grid(day_plan.appointments(day_plan.of_day(house.site, at(house, 2).date())))
    assert grid.chairs == ("Bed 1", "Bed 3", day_plan.NO_CHAIR)
    reaches = [0] * len(grid.chairs)
    for slot in grid.slots:
        waiting = iter(slot.cells)
        for column, left in enumerate(reaches):
            if left:
                reaches[column] -= 1
            else:
                reaches[column] = next(waiting).slots - 1
        assert next(waiting, None) is None
    assert not any(reaches)


@pytest.mark.django_db
def test_the_same_patient_twice_is_named(house: House) -> None:
    row = scheduled(house)
    another_today(house, row)
    listed = day_plan.appointments(day_plan.of_day(house.site, row.scheduled_at.astimezone(house.site.zone).date()))
    assert all("the same patient has another session" in one.clashes[0] for one in listed)


# the link for a calendar elsewhere


def make(house: House, role: str, **fields: str) -> str:
    page = house.client(role).post("/calendar/own/", {"do": "make", **fields}).content.decode()
    address = re.search(r'value="(http[^"]+/f/[^"]+)"', page)
    assert address is not None
    return address[1].partition("testserver")[2]


@pytest.mark.django_db
def test_a_calendar_elsewhere_holds_times_and_no_word_on_anybodys_care(house: House) -> None:
    row = scheduled(house, at(house, 2))
    answer = Client().get(make(house, "nurse"))
    text = answer.content.decode()
    assert answer["Content-Type"].startswith("text/calendar")
    assert "no-store" in answer["Cache-Control"]
    assert f"DTSTART:{row.scheduled_at.astimezone(UTC):%Y%m%dT%H%M%SZ}" in text
    assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") == 1
    assert "SUMMARY:Appointment\\, Bed 3" in text
    for word in ("Testcase", "One", "ketamine", "infusion", "CRPS", "pain", "Physician", house.site.name, COURSE):
        assert word.lower() not in text.lower(), word
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


@pytest.mark.django_db
def test_a_link_stops_with_a_new_one_with_the_role_or_when_it_is_stopped(house: House) -> None:
    scheduled(house, at(house, 2))
    first = make(house, "nurse")
    second = make(house, "nurse")
    assert Client().get(first).status_code == 404
    assert "BEGIN:VEVENT" in Client().get(second).content.decode()
    assert not Feed.objects.filter(token_hash__in=(first.split("/")[2], second.split("/")[2])).exists()
    by = house.by("administrator")
    administration.give_role(by=by, site=house.site, email="nurse@example.test", name="", role=Role.COORDINATOR)
    administration.take_role(by=by, site=house.site, user=house.users["nurse"])
    emptied = Client().get(second)
    assert "BEGIN:VEVENT" not in emptied.content.decode()
    third = make(house, "coordinator")
    house.client("coordinator").post("/calendar/own/", {"do": "revoke"})
    assert Client().get(third).status_code == 404
    assert Client().get("/f/no-such-token/appointments.ics").status_code == 404


@pytest.mark.django_db
def test_only_what_one_supervises_where_one_asked_for_that(house: House) -> None:
    scheduled(house, at(house, 2))
    assert "BEGIN:VEVENT" in Client().get(make(house, "physician", only_mine="on")).content.decode()
    assert "BEGIN:VEVENT" not in Client().get(make(house, "second", only_mine="on")).content.decode()
    assert "BEGIN:VEVENT" not in Client().get(make(house, "stranger")).content.decode()
    assert house.client("auditor").post("/calendar/own/", {"do": "make"}).status_code == 403


@pytest.mark.parametrize(
    ("bed", "shown"),
    [
        ("Bed 3", "Bed 3"), ("chair 12b", "chair 12b"), ("A", "A"), ("7", "7"), ("Room #2", "Room #2"), ("", ""),
        ("Ketamine 1", ""), ("Bed 3 (pain)", ""), ("Bed 3\nSUMMARY:x", ""), ("Mrs Wren", ""), ("bed", "bed"),
    ],
)  # fmt: skip
def test_the_name_of_a_bed_is_given_only_where_it_is_a_number(bed: str, shown: str) -> None:
    assert feed.plain_place(bed) == shown


@given(st.text(max_size=200))
def test_a_folded_line_is_the_same_again_and_breaks_no_letter(text: str) -> None:
    line = f"SUMMARY:{feed.escaped(text)}"
    parts = list(feed._folded(line))
    assert all(len(part.encode("utf-8", "surrogatepass")) <= 75 for part in parts)
    assert parts[0] + "".join(part[1:] for part in parts[1:]) == line
    assert "\n" not in feed.escaped(text)
