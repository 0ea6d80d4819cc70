"""What nearly went wrong is reported in a minute, answered by the safety owner, and never altered unseen."""

from __future__ import annotations

import pytest
from django.core import mail
from small_clinic import House

from unwound_clinic.administration import actions, safety_actions
from unwound_clinic.core import access, sealed
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import AuditEvent, NearMiss

pytestmark = pytest.mark.django_db
WHAT = "The rate of the pump was read in mg instead of mL; noticed before the start."


def reported(house: House, role: str = "nurse") -> NearMiss:
    answer = house.client(role).post("/near-misses/", {"site": house.site.pk, "what": WHAT, "page": "/sessions/1/"})
    assert answer.status_code == 302
    return NearMiss.objects.latest("pk")


def owned(house: House, role: str = "physician") -> None:
    house.client("administrator").post(f"/sites/{house.site.pk}/safety/", {"owner": house.users[role].pk})
    house.site.refresh_from_db()


@pytest.mark.django_db(transaction=True)
def test_anybody_reports_and_the_safety_owner_answers_once(house: House) -> None:
    owned(house)
    row = reported(house)
    (sent,) = mail.outbox
    assert sent.to == [house.users["physician"].email]
    assert WHAT not in sent.body, "what happened is read in the clinic, not in a mailbox"
    physician, nurse = house.client("physician"), house.client("nurse")
    assert WHAT in nurse.get(f"/near-misses/{row.pk}/").content.decode()
    assert "Decision and action taken" not in nurse.get(f"/near-misses/{row.pk}/").content.decode()
    assert physician.post(f"/near-misses/{row.pk}/", {"text": "The plan says mL first."}).status_code == 302
    assert "The plan says mL first." in nurse.get("/near-misses/").content.decode()
    with pytest.raises(Conflict, match="answered already"):
        safety_actions.answer(by=house.by("physician"), site=house.site, report=row, text="Again.")
    row.refresh_from_db()
    assert row.answer == "The plan says mL first."


def test_only_the_safety_owner_answers(house: House) -> None:
    owned(house)
    row = reported(house)
    with pytest.raises(access.Refused, match="safety owner"):
        safety_actions.answer(by=house.by("nurse"), site=house.site, report=row, text="Fine.")
    assert house.client("nurse").post(f"/near-misses/{row.pk}/", {"text": "Fine."}).status_code == 200
    row.refresh_from_db()
    assert row.answered_at is None


def test_another_site_neither_reads_nor_answers(house: House) -> None:
    row = reported(house)
    stranger = house.client("stranger")
    assert stranger.get(f"/near-misses/{row.pk}/").status_code == 403
    assert WHAT not in stranger.get("/near-misses/").content.decode()
    answer = stranger.post("/near-misses/", {"site": house.site.pk, "what": "at a site that is not mine"})
    assert answer.status_code == 200
    assert NearMiss.objects.count() == 1


def test_who_owns_safety_works_there_and_is_said_where_nobody_does(house: House) -> None:
    with pytest.raises(Conflict, match="no role"):
        safety_actions.name_owner(by=house.by("administrator"), site=house.site, owner=house.users["stranger"])
    assert "nobody is responsible for safety yet" in house.client("nurse").get("/near-misses/").content.decode()
    owned(house, "nurse")
    assert "nobody is responsible for safety yet" not in house.client("nurse").get("/near-misses/").content.decode()
    assert house.client("nurse").get(f"/sites/{house.site.pk}/safety/").status_code == 403


def test_a_safety_owner_whose_last_role_is_taken_answers_no_more(house: House) -> None:
    owned(house)
    administrator, physician = house.by("administrator"), house.users["physician"]
    actions.take_role(by=administrator, site=house.site, user=physician)
    house.site.refresh_from_db()
    assert house.site.safety_owner is None
    event = AuditEvent.objects.filter(action="site.safety-owner").latest("number")
    assert event.detail == {"owner": "nobody", "before": physician.name}
    assert "nobody is responsible for safety yet" in house.client("nurse").get("/near-misses/").content.decode()


def test_a_safety_owner_who_keeps_a_role_stays(house: House) -> None:
    owned(house)
    physician = house.users["physician"]
    physician.memberships.create(site=house.site, role="coordinator")
    actions.take_role(by=house.by("administrator"), site=house.site, user=physician, role="coordinator")
    house.site.refresh_from_db()
    assert house.site.safety_owner == physician


def test_a_closed_account_does_not_become_safety_owner(house: House) -> None:
    nurse = house.users["nurse"]
    nurse.is_active = False
    nurse.save()
    with pytest.raises(Conflict, match="has left"):
        safety_actions.name_owner(by=house.by("administrator"), site=house.site, owner=nurse)


@pytest.mark.parametrize("referer", ["http://[", "http://[::1", "http://]/x"])
def test_an_address_that_is_none_opens_the_form_without_it(house: House, referer: str) -> None:
    shown = house.client("nurse").get("/near-misses/", headers={"referer": referer})
    assert shown.status_code == 200


def test_every_step_leaves_its_event_without_the_words(house: House) -> None:
    owned(house)
    row = reported(house)
    safety_actions.answer(by=house.by("physician"), site=house.site, report=row, text="Done.")
    events = AuditEvent.objects.filter(action__in=("site.safety-owner", "near-miss.report", "near-miss.answer"))
    assert [event.action for event in events.order_by("number")] == [
        "site.safety-owner", "near-miss.report", "near-miss.answer",
    ]  # fmt: skip
    assert WHAT not in str([event.detail for event in events])


def test_a_report_that_was_altered_no_longer_fits_the_log(house: House) -> None:
    row = reported(house)
    assert not sealed.compare(AuditEvent.objects.filter(action="near-miss.report")).faults
    NearMiss.objects.filter(pk=row.pk).update(what="nothing happened")
    assert sealed.compare(AuditEvent.objects.filter(action="near-miss.report")).faults


def test_the_page_that_was_open_goes_along_without_its_query(house: House) -> None:
    client = house.client("nurse")
    shown = client.get(
        "/near-misses/", headers={"referer": "http://testserver/sessions/7/?patient=Ada"}
    ).content.decode()
    assert 'value="/sessions/7/"' in shown
    assert "Ada" not in shown


def test_it_stands_at_the_foot_of_the_pages(house: House) -> None:
    assert "Report a near miss" in house.client("nurse").get(f"/patients/{house.patient.pk}/").content.decode()
