"""Every page is asked by someone who may and someone who may not."""

from __future__ import annotations

import pytest
from django.test import Client
from small_clinic import House

from unwound_clinic.models import AuditEvent

OF_A_PATIENT = (
    "",
    "personal/",
    "history/fact/weight_kg/",
    "answers/",
    "answers/peg/",
    "answers/madrs/",
    "consent/",
    "plan/",
    "plan/compare/",
    "plan/target/",
    "letters/",
    "consultation/",
    "consultation/pain/",
    "consultation/medicines/",
    "ledger/",
    "ledger/trial/",
    "assessment/",
    "assessment/change/",
    "decision/",
    "plain/",
)


@pytest.mark.parametrize("page", OF_A_PATIENT)
@pytest.mark.parametrize("role", ["physician", "anaesthesia-provider", "nurse", "coordinator"])
def test_the_team_sees_each_page_of_their_patient_and_leaves_an_event(house: House, role: str, page: str) -> None:
    before = AuditEvent.objects.count()
    answer = house.client(role).get(f"/patients/{house.patient.pk}/{page}")
    assert answer.status_code == 200
    assert "Testcase" in answer.content.decode()
    event = AuditEvent.objects.order_by("-number").first()
    assert (event.action, event.patient_id, AuditEvent.objects.count()) == ("view", house.patient.pk, before + 1)


@pytest.mark.parametrize("page", OF_A_PATIENT)
@pytest.mark.parametrize("role", ["administrator", "auditor", "stranger"])
def test_nobody_else_does(house: House, role: str, page: str) -> None:
    answer = house.client(role).get(f"/patients/{house.patient.pk}/{page}")
    assert answer.status_code == 403
    assert "Testcase" not in answer.content.decode()


@pytest.mark.parametrize("page", ["", *OF_A_PATIENT])
def test_without_an_account_one_is_asked_to_log_in(house: House, page: str) -> None:
    answer = Client().get(f"/patients/{house.patient.pk}/{page}")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_the_list_shows_the_patients_of_ones_own_sites_only(house: House) -> None:
    seen = house.client("nurse").get("/patients/").content.decode()
    assert "Testcase, One" in seen
    assert "Elsewhere" not in seen
    assert "Elsewhere, Two" in house.client("stranger").get("/patients/").content.decode()


def test_a_page_allows_nothing_from_outside_the_site(house: House) -> None:
    policy = house.client("nurse").get("/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("page", ["/", "/patients/"])
def test_who_looks_at_a_list_leaves_an_event_with_whose_names_it_showed(house: House, page: str) -> None:
    before = AuditEvent.objects.count()
    assert "Testcase, One" in house.client("nurse").get(page).content.decode()
    event = AuditEvent.objects.order_by("-number")[0]
    assert (event.action, event.site_id, AuditEvent.objects.count()) == ("view.list", house.site.pk, before + 1)
    assert event.detail["patients"] == str(house.patient.pk)
