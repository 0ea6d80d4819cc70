"""The pages of a session until it starts: who sees them, what is asked, what a refusal says."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone
from in_session import checked_in, checked_plan, infusing, prepared, recovering, scheduled
from small_clinic import PASSWORD, House

from unwound.session import gates
from unwound_clinic.models import AuditEvent
from unwound_clinic.session.actions import preparation
from unwound_clinic.session.gates import BALANCE
from unwound_clinic.session.pages.preparation import ANSWERED

OF_A_SESSION = ("", "appointment/", "drug/", "record/", "when-to-call/")


@pytest.mark.parametrize("page", OF_A_SESSION)
@pytest.mark.parametrize("role", ["physician", "anaesthesia-provider", "nurse"])
def test_who_cares_for_the_patient_sees_each_page_and_leaves_an_event(house: House, role: str, page: str) -> None:
    row = infusing(house)
    answer = house.client(role).get(f"/sessions/{row.pk}/{page}")
    assert answer.status_code == 200
    assert "Testcase" in answer.content.decode()
    assert AuditEvent.objects.filter(action="view", patient_id=house.patient.pk, user_id=house.users[role].pk).exists()


@pytest.mark.parametrize("page", [*OF_A_SESSION[:1], *OF_A_SESSION[2:], "now/", "record.pdf", "readings.csv"])
@pytest.mark.parametrize("role", ["coordinator", "administrator", "auditor", "stranger"])
def test_nobody_else_sees_one(house: House, role: str, page: str) -> None:
    row = infusing(house)
    answer = house.client(role).get(f"/sessions/{row.pk}/{page}")
    assert answer.status_code == 403
    assert "Testcase" not in answer.content.decode()


@pytest.mark.parametrize("page", ["/sessions/", "/board/", "/sessions/1/", "/sessions/1/now/"])
def test_without_an_account_one_is_asked_to_log_in(db: None, page: str) -> None:
    answer = Client().get(page)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_the_list_is_of_ones_own_sites_and_says_what_is_next(house: House) -> None:
    row = checked_in(house)
    seen = house.client("coordinator").get("/sessions/").content.decode()
    assert "Testcase, One" in seen
    assert f"/sessions/{row.pk}/start/" in seen
    assert "Testcase" not in house.client("stranger").get("/sessions/").content.decode()


def test_a_coordinator_makes_the_appointments_and_checks_in(house: House) -> None:
    plan, client = checked_plan(house), house.client("coordinator")
    at = timezone.now().astimezone(house.site.zone).strftime("%Y-%m-%dT%H:%M")
    told = {"at": at, "bed": "Bed 3", "provider": house.users["physician"].pk}
    assert client.post(f"/patients/{house.patient.pk}/sessions/", told).status_code == 302
    row = plan.sessions.get(day=1)
    assert plan.sessions.count() == 10
    assert row.scheduled_at.astimezone(house.site.zone).strftime("%Y-%m-%dT%H:%M") == at
    wrong = client.post(f"/sessions/{row.pk}/check-in/", {"name": "on", "birth_date": "1980-05-06", "bed": "Bed 3"})
    assert (wrong.status_code, "right patient" in wrong.content.decode()) == (409, True)
    client.post(f"/sessions/{row.pk}/check-in/", {"name": "on", "birth_date": "1980-05-05", "bed": "Bed 3"})
    row.refresh_from_db()
    assert row.state == "checked-in"


def test_the_check_in_page_gives_nothing_away_that_the_patient_is_to_say(house: House) -> None:
    row = scheduled(house)
    seen = house.client("nurse").get(f"/sessions/{row.pk}/check-in/").content.decode()
    assert "1980" not in seen


def test_a_refusal_leads_back_to_the_page_it_came_from_and_to_no_other_site(house: House) -> None:
    page = f"/sessions/{scheduled(house).pk}/check-in/"
    told = {"name": "on", "birth_date": "1980-05-06", "bed": "Bed 3"}
    for referer, there in ((f"http://testserver{page}", True), ("https://elsewhere.example/", False)):
        seen = house.client("nurse").post(page, told, headers={"Referer": referer}).content.decode()
        assert "is this the right patient?" in seen
        assert (f'href="{referer}"' in seen) is there


def test_the_start_page_shows_each_requirement_and_why_it_is_refused(house: House) -> None:
    row = prepared(house, without=("suction_checked", "weight"))
    seen = house.client("nurse").get(f"/sessions/{row.pk}/start/").content.decode()
    assert "3 of 11 not met yet" in seen
    assert "Was the suction tested today?" in seen
    assert "What does the patient weigh today?" in seen
    assert "Mark as ready to start" not in seen


def test_what_is_open_at_a_gate_stands_first_and_leads_to_where_it_is_answered(house: House) -> None:
    row, client = recovering(house), house.client("nurse")
    client.post(f"/sessions/{row.pk}/leave/", {"do": "leaving", "escort_present": "on", "aldrete": "10"})
    seen = client.get(f"/sessions/{row.pk}/leave/").content.decode()
    assert f'href="/sessions/{row.pk}/drug/">Controlled drug</a>' in seen
    assert 'href="#found"' in seen
    assert 'id="found"' in seen
    named = {to[1:] for to, _ in ANSWERED.values() if to[0] == "#"}
    assert named - {"found"} == {"today", "baseline"}
    marks = re.findall(r'<span class="mark (good|ask|stop)"', seen)
    assert 0 < marks.count("good") < len(marks), marks
    assert marks == sorted(marks, key=lambda one: one == "good")
    assert set(ANSWERED) <= {*gates.gate("start").requirements, *gates.gate("leave").requirements, BALANCE}


def test_the_second_person_sees_the_rule_and_nothing_that_was_computed(house: House) -> None:
    row, client = checked_in(house), house.client("nurse")
    page = f"/sessions/{row.pk}/start/"
    assert 'href="?second="' in client.get(page).content.decode()
    seen = client.get(f"{page}?second=").content.decode()
    body = seen.split("<main")[1]
    assert "0.35 mg/kg/h" in body
    assert f"{row.plan.weight_kg:g} kg" not in body
    assert "mg/mL" not in body.split("<form")[0]
    assert f"/plan/{row.plan_id}/" not in seen, "no way to the order from here"
    assert "today-weight_kg" not in seen, "nor the weight that the first person charted"


@pytest.mark.parametrize(("gained_kg", "named"), [(0.0, False), (0.05, False), (0.1, True), (-3.0, True)])
def test_the_second_person_knows_the_weight_of_the_order_only_where_today_it_is_another(
    house: House, gained_kg: float, named: bool
) -> None:
    row, client = prepared(house, without=("weight", "syringe")), house.client("nurse")
    weighed = round(row.plan.weight_kg + gained_kg, 2)
    preparation.record_today(by=house.by("nurse"), patient=house.patient, session=row, answers={"weight_kg": weighed})
    page = f"/sessions/{row.pk}/start/?second="
    seen = client.get(page).content.decode().split("<main")[1]
    assert (f"an actual weight of {row.plan.weight_kg:g} kg" in seen) == named
    assert f"{weighed:g} kg" not in seen or weighed == row.plan.weight_kg
    syringe = {
        "prepare-weight": weighed, "prepare-concentration": 2, "prepare-first_rate": "5,95",
        "prepare-person": house.users["second"].pk, "prepare-password": PASSWORD,
    }  # fmt: skip
    assert client.post(page, {"do": "prepare", **syringe}).status_code == 302


def test_the_forms_of_the_start_page_lead_to_the_infusion(house: House) -> None:
    row, client = checked_in(house), house.client("nurse")
    page = f"/sessions/{row.pk}/start/"
    today = {
        "weight_kg": row.plan.weight_kg, "hours_without_food": 8, "hours_without_drink": 3, "driver": "her son",
        "pregnancy_possible": "no", "rescue_checked": "on", "suction_checked": "on",
    }  # fmt: skip
    signs = {"systolic": 124, "diastolic": 78, "heart_rate": 70, "spo2": 98, "respiratory_rate": 14}
    client.post(page, {"do": "today", **{f"today-{name}": value for name, value in today.items()}})
    client.post(page, {"do": "baseline", **{f"baseline-{name}": value for name, value in signs.items()}})
    syringe = {
        "prepare-weight": row.plan.weight_kg, "prepare-concentration": 2, "prepare-first_rate": "5,95",
        "prepare-person": house.users["second"].pk,
    }  # fmt: skip
    wrong = client.post(page, {"do": "prepare", **syringe, "prepare-password": "not theirs"})
    assert "Incorrect password for Test Second" in wrong.content.decode()
    assert "11.9" not in wrong.content.decode().split("<main")[1], "a refused password gives the rate not away"
    client.post(page, {"do": "prepare", **syringe, "prepare-password": PASSWORD})
    assert client.post(page, {"do": "ready"}).status_code == 302
    assert "Ready to start" in client.get(page).content.decode()
    client.post(page, {"do": "start"})
    row.refresh_from_db()
    assert row.state == "infusing"
    assert row.events.get(kind="start").content["rate_mg_per_h"] == pytest.approx(11.9)


def test_a_start_value_that_is_not_believed_is_asked_for_again(house: House) -> None:
    row = checked_in(house)
    seen = house.client("nurse").post(f"/sessions/{row.pk}/start/", {"do": "baseline", "baseline-spo2": 9})
    assert "Outside the plausible range (40 to 100)" in seen.content.decode()
    assert not row.events.filter(kind="baseline").exists()
