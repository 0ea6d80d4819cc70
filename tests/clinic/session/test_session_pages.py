"""The pages of a session: who sees them, what the room shows and polls, the board, the record and its table."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from in_session import checked_in, checked_plan, given, infusing, monitored, prepared, recovering, scheduled
from small_clinic import PASSWORD, House

from unwound.session import MONITOR_FIRST, gates
from unwound_clinic.models import AuditEvent, InfusionSession, SessionEvent, VitalReading
from unwound_clinic.session import alert_watch, cache, predicted, readings, watching
from unwound_clinic.session.actions import charting, voiding
from unwound_clinic.session.actions import readings as reading_actions
from unwound_clinic.session.forms import SignsForm
from unwound_clinic.session.gates import BALANCE
from unwound_clinic.session.pages.preparation import ANSWERED

OF_A_SESSION = ("", "appointment/", "drug/", "record/", "when-to-call/")
POLL = {"X-Unwound-Poll": "1"}


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
    assert named - {"found"} == {"today", "baseline", "syringe"}
    marks = re.findall(r'<span class="mark (good|ask|stop)"', seen)
    assert 0 < marks.count("good") < len(marks), marks
    assert marks == sorted(marks, key=lambda one: one == "good")
    assert set(ANSWERED) <= {*gates.gate("start").requirements, *gates.gate("leave").requirements, BALANCE}


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


def test_the_room_says_that_the_monitor_is_the_alarm_and_shows_words_and_shapes(house: House) -> None:
    row = infusing(house)
    monitored(house, row, 97, 97, 76)
    seen = house.client("nurse").get(f"/sessions/{row.pk}/").content.decode()
    assert MONITOR_FIRST in seen
    assert "▼" in seen
    assert "below 90 %" in seen
    assert "Acknowledge" in seen
    assert "<svg" in seen
    assert 'style="' not in seen, "the policy allows no inline style"


def test_a_value_that_no_longer_stands_looks_old_and_says_of_when_it_is(house: House) -> None:
    row = infusing(house)
    at = timezone.now() - timedelta(minutes=4)
    VitalReading.objects.create(session=row, at=at, received_at=at, sign="spo2", value=97, source="probe")
    InfusionSession.objects.filter(pk=row.pk).update(changed=row.changed + 9)
    said = f"old, {at.astimezone(house.site.zone):%H:%M}"
    for page in (f"/sessions/{row.pk}/", "/board/"):
        seen = house.client("nurse").get(page).content.decode()
        assert said in seen
        assert ' old"' in seen


def test_what_a_hand_read_beyond_a_limit_frames_the_tile_of_the_probe(house: House) -> None:
    row = infusing(house)
    monitored(house, row, 97, 97)
    reading_actions.enter_by_hand(**given(house, row), values={"spo2": 84.0})
    seen = house.client("nurse").get(f"/sessions/{row.pk}/").content.decode()
    tile = seen.split('<div class="tile stop">')[1].split("tile-foot")[0]
    assert "SpO2" in tile
    assert ">97<" in tile
    assert "by hand: below 90 %" in tile


def test_checks_are_named_in_words_and_those_of_one_time_stand_in_one_line(house: House) -> None:
    seen = house.client("nurse").get(f"/sessions/{infusing(house).pk}/").content.decode()
    checks = seen.split("<h2>Checks</h2>")[1].split("</section>")[0]
    assert "sedation" in checks
    assert "blood pressure" in checks
    assert not {"RASS", "Systolic", "Diastolic"} & set(re.findall(r"\w+", checks))
    times = re.findall(r"<strong>(\d\d:\d\d)</strong>", checks)
    assert len(times) == len(set(times))


def test_a_refusal_in_the_room_is_said_in_the_room_and_what_was_typed_is_kept(house: House) -> None:
    row = infusing(house)
    answer = house.client("nurse").post(f"/sessions/{row.pk}/do/", {"do": "rate", "rate": "77", "unit": "mg"})
    seen = answer.content.decode()
    assert answer.status_code == 409
    assert "Not charted yet:</strong> a rate of 77 mg/h is above" in seen
    assert 'value="77"' in seen
    assert MONITOR_FIRST in seen


def test_no_room_waits_for_the_engine_of_the_prediction(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predicted, "engine", threading.Event)
    row = infusing(house)
    answer = house.client("nurse").get(f"/sessions/{row.pk}/")
    assert (answer.status_code, "Predicted blood level" in answer.content.decode()) == (200, False)


def test_the_prediction_is_told_in_numbers_beside_what_was_charted(house: House) -> None:
    row = infusing(house)
    SessionEvent.objects.filter(session=row, kind="start").update(at=timezone.now() - timedelta(hours=1))
    InfusionSession.objects.filter(pk=row.pk).update(changed=row.changed + 9)
    assert predicted.engine().wait(60)
    seen = house.client("nurse").get(f"/sessions/{row.pk}/").content.decode()
    found = re.search(r"Predicted blood level now: about (\d+) ng/mL", seen)
    assert found
    assert 10 < int(found[1]) < 200


def test_an_alert_is_recorded_without_anybody_looking_and_looking_records_nothing(house: House) -> None:
    row = infusing(house)
    monitored(house, row, 97, 76)
    house.client("nurse").get(f"/sessions/{row.pk}/")
    assert row.events.filter(kind="raised").count() == 0
    alert_watch.check([row.pk])
    for role in ("nurse", "physician", "nurse"):
        house.client(role).get(f"/sessions/{row.pk}/now/", headers=POLL)
    house.client("nurse").get("/board/now/", headers=POLL)
    assert row.events.filter(kind="raised").count() == 1


def seen_by(answer: Any) -> str:
    found = re.search(r"seen=([0-9a-f.]+)", answer.content.decode())
    assert found
    return found[1]


def test_a_poll_gets_304_until_something_changes_and_then_only_what_did(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    page = f"/sessions/{row.pk}/now/"
    seen = seen_by(client.get(f"/sessions/{row.pk}/"))
    same = client.get(page, {"seen": seen}, headers=POLL)
    assert (same.status_code, same.content) == (304, b"")
    charting.side_effect(**given(house, row), effect="nausea", grade=2)
    news = client.get(page, {"seen": seen}, headers=POLL)
    assert (news.status_code, seen_by(news) != seen) == (200, True)
    assert "nausea" in news.content.decode()
    assert 'id="part-course"' in news.content.decode()
    assert 'id="part-values"' not in news.content.decode()
    again = client.get(page, headers={**POLL, "If-None-Match": news["ETag"]})
    assert again.status_code == 304


def test_a_check_that_becomes_due_changes_the_screen_by_the_clock_alone(house: House) -> None:
    row = infusing(house)
    live = watching.live(row)
    due = min(one.at for one in live.watched.due)
    later = watching.live(row, due - timedelta(milliseconds=1))
    assert later.holds_until <= due + timedelta(milliseconds=1)
    assert live.holds_until - live.watched.at <= timedelta(minutes=1)


def test_a_poll_does_not_keep_the_screen_unlocked_and_brings_the_values_all_the_same(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    client.get(f"/sessions/{row.pk}/")
    session = client.session
    session["seen"] -= settings.IDLE_LOCK_MINUTES * 60 - 5
    session.save()
    before = session["seen"]
    assert client.get(f"/sessions/{row.pk}/now/", headers=POLL).status_code in (200, 304)
    assert client.session["seen"] == before
    session["seen"] -= 60
    session.save()
    locked = client.get(f"/sessions/{row.pk}/now/", headers=POLL)
    assert (locked.status_code in (200, 304), locked["X-Unwound-Locked"]) == (True, "1")
    assert client.get(f"/sessions/{row.pk}/")["Location"].startswith("/unlock/")


def test_a_screen_that_asks_by_itself_writes_nothing(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    seen = seen_by(client.get(f"/sessions/{row.pk}/"))
    used = UserSession.objects.get().last_seen_at
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/sessions/{row.pk}/now/", {"seen": seen}, headers=POLL).status_code == 304
    assert {one["sql"].split()[0] for one in asked} == {"SELECT"}
    assert UserSession.objects.get().last_seen_at == used
    client.get(f"/sessions/{row.pk}/")
    assert UserSession.objects.get().last_seen_at > used


def test_readings_typed_at_the_bedside_are_charted_and_nonsense_is_not(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    before = row.readings.count()
    wrong = client.post(f"/sessions/{row.pk}/do/", {"do": "read", "spo2": "9", "systolic": "120"})
    assert "Outside the plausible range" in wrong.content.decode()
    swapped = client.post(f"/sessions/{row.pk}/do/", {"do": "read", "systolic": "78", "diastolic": "124"})
    assert "124 is not below 78 (systolic): were the two swapped?" in swapped.content.decode()
    assert row.readings.count() == before
    client.post(f"/sessions/{row.pk}/do/", {"do": "read", "systolic": "131", "diastolic": "82"})
    assert set(row.readings.order_by("-id")[:2].values_list("sign", "value")) == {("systolic", 131), ("diastolic", 82)}


@pytest.mark.parametrize(
    ("sign", "typed", "charted"),
    [
        ("temperature", "98,6 °F", 37.0), ("temperature", "98.6 f", 37.0), ("temperature", "37,0", 37.0),
        ("temperature", "98.6", None), ("temperature", "98.6 kg", None),
        ("etco2", "5,0 kPa", 37.5), ("systolic", "16 kPa", 120.0), ("systolic", "16", None), ("spo2", "97 %", 97.0),
    ],
)  # fmt: skip
def test_a_reading_is_typed_in_the_unit_that_stands_on_the_device(sign: str, typed: str, charted: float | None) -> None:
    form = SignsForm((sign,), {sign: typed})
    assert form.is_valid() is (charted is not None)
    assert charted is None or form.cleaned_data[sign] == pytest.approx(charted, abs=0.05)


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ({"do": "rate", "rate": "5", "unit": "ml"}, "rate"),
        ({"do": "bolus", "amount": "5", "reason": "Dr Test by phone"}, "bolus"),
        ({"do": "effect", "effect": "nausea", "grade": "2"}, "side-effect"),
        ({"do": "effect", "effect": "", "other": "hiccups", "grade": "1"}, "side-effect"),
        ({"do": "rescue", "drug": "ondansetron", "amount": "4 mg i.v."}, "rescue-drug"),
        ({"do": "note", "note": "calm"}, "note"),
        ({"do": "pause"}, "pause"),
        ({"do": "stop"}, "stop"),
    ],
)
def test_each_button_charts_what_it_says(house: House, sent: dict[str, str], kind: str) -> None:
    row = infusing(house)
    assert house.client("nurse").post(f"/sessions/{row.pk}/do/", sent).status_code == 302
    assert row.events.filter(kind=kind).count() == 1
    if kind == "rate":
        assert row.events.get(kind="rate").content["rate_mg_per_h"] == 10.0, "5 mL/h of 2 mg/mL"


LARGE = [
    (
        {"do": "rate", "rate": "8,5", "unit": "ml", "reason": "Dr Test by phone"},
        "17 mg/h is above 11.9 mg/h of the order",
    ),
    ({"do": "bolus", "amount": "30", "reason": "Dr Test by phone"}, "30 mg is above 23.8 mg, 0.35 mg/kg at 68 kg"),
    ({"do": "rescue", "drug": "midazolam", "amount": "5 mg IV", "reason": "Dr Test"}, "5 mg is above 2.5 mg"),
]


@pytest.mark.parametrize(("sent", "why"), LARGE)
def test_a_large_dose_is_asked_again_and_then_charted_with_who_ordered_it(
    house: House, sent: dict[str, str], why: str
) -> None:
    row, client = infusing(house), house.client("nurse")
    before = row.events.count()
    answer = client.post(f"/sessions/{row.pk}/do/", sent)
    seen = answer.content.decode()
    assert (answer.status_code, row.events.count()) == (409, before)
    assert why in seen
    assert "Really?" in seen
    again = dict(
        re.findall(
            r'<input type="hidden" name="(\w+)" value="([^"]*)">', seen.split('id="doubt"')[1].split("</form>")[0]
        )
    )
    assert client.post(f"/sessions/{row.pk}/do/", {**again, "reason": "Dr Test by phone"}).status_code == 302
    assert row.events.count() == before + 1


@pytest.mark.parametrize(
    "sent",
    [
        {"do": "bolus", "amount": "500", "reason": "told by phone", "sure": "yes"},
        {"do": "bolus", "amount": "1,250", "reason": "told by phone", "sure": "yes"},
        {"do": "rate", "rate": "1190", "unit": "mg", "reason": "told by phone", "sure": "yes"},
        {"do": "rescue", "drug": "midazolam", "amount": "250 mg", "reason": "told by phone", "sure": "yes"},
        {"do": "rescue", "drug": "midazolam", "amount": "4", "reason": "told by phone", "sure": "yes"},
    ],
)
def test_a_slipped_point_is_charted_by_no_confirmation(house: House, sent: dict[str, str]) -> None:
    row, before = infusing(house), SessionEvent.objects.count()
    assert house.client("nurse").post(f"/sessions/{row.pk}/do/", sent).status_code == 409
    assert SessionEvent.objects.count() == before


def test_a_comma_is_a_decimal_sign_and_three_digits_after_one_are_asked(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    page = f"/sessions/{row.pk}/do/"
    client.post(page, {"do": "bolus", "amount": "2,5", "reason": "Dr Test by phone"})
    assert row.events.get(kind="bolus").content["amount_mg"] == 2.5
    client.post(page, {"do": "rate", "rate": "0,125", "unit": "ml"})
    assert row.events.get(kind="rate").content["rate_mg_per_h"] == 0.25
    asked = client.post(page, {"do": "rate", "rate": "1,250", "unit": "ml"}).content.decode()
    assert "«1,250» may mean 1.25 or 1250" in asked
    assert row.events.filter(kind="rate").count() == 1


@pytest.mark.parametrize("sent", [{"do": "rate", "rate": "fast"}, {"do": "nothing"}, {}, {"do": "effect", "grade": ""}])
def test_what_is_no_button_or_no_number_changes_nothing(house: House, sent: dict[str, str]) -> None:
    row = infusing(house)
    before = SessionEvent.objects.count()
    assert house.client("nurse").post(f"/sessions/{row.pk}/do/", sent).status_code == 409
    assert SessionEvent.objects.count() == before


def test_an_alert_is_acknowledged_on_the_page_with_its_reason(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    monitored(house, row, 97, 76)
    client.get(f"/sessions/{row.pk}/")
    (alert,) = watching.live(row).watched.open
    sent = {"do": "acknowledge", "episode": alert.episode.id}
    assert client.post(f"/sessions/{row.pk}/do/", sent).status_code == 409, "without a reason"
    client.post(f"/sessions/{row.pk}/do/", {**sent, "reason": "seen at the bedside, patient well"})
    assert watching.live(row).watched.open == ()
    assert client.post(f"/sessions/{row.pk}/do/", {**sent, "reason": "again"}).status_code == 409
    record = client.get(f"/sessions/{row.pk}/record/").content.decode()
    assert f"since {alert.since.astimezone(row.site.zone):%H:%M:%S};" in record, "by the clock of the site"


def test_what_the_page_did_not_show_is_not_acknowledged_with_it(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    monitored(house, row, 97, 86, 86, 86, every_s=20)
    alert_watch.check([row.pk])
    page = client.get(f"/sessions/{row.pk}/").content.decode()
    shown = [unescape(value) for value in re.findall(r'name="shown" value="([^"]+)"', page)]
    assert shown[0].startswith("86.0 limit/spo2_low/")
    monitored(house, row, 71)
    sent = {"do": "acknowledge", "episode": shown[0].split(" ")[1], "reason": "patient well", "shown": shown}
    assert client.post(f"/sessions/{row.pk}/do/", sent).status_code == 302
    (again,) = watching.live(row).watched.open
    assert again.again == "worse since it was acknowledged at 86: 71"
    assert "Again: worse since it was acknowledged at 86: 71" in client.get(f"/sessions/{row.pk}/").content.decode()
    torn = {**sent, "shown": "x limit/spo2_low"}
    assert client.post(f"/sessions/{row.pk}/do/", torn).status_code == 409


def test_one_cuff_reading_is_one_line_and_one_acknowledgement(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    reading_actions.enter_by_hand(**given(house, row), values={"systolic": 186.0, "diastolic": 112.0})
    page = client.get(f"/sessions/{row.pk}/").content.decode()
    assert page.count('name="episode"') == 1
    (event,) = watching.live(row).watched.happenings
    sent = {"do": "acknowledge", "episode": event.lead.episode.id, "reason": "measured again"}
    client.post(f"/sessions/{row.pk}/do/", sent)
    assert watching.live(row).watched.open == ()
    assert row.events.filter(kind="acknowledged").count() == len(event.alerts) > 3


def test_many_open_alerts_are_counted_and_none_is_forgotten(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    now = timezone.now()
    for back in range(43):
        at = now - timedelta(minutes=3 * back)
        for minutes, value in ((0, 84.0), (1, 97.0)):
            reading_actions.enter_by_hand(
                **given(house, row), values={"spo2": value}, at=at - timedelta(minutes=minutes)
            )
    seen = client.get(f"/sessions/{row.pk}/").content.decode()
    assert seen.count('name="episode"') == 40
    assert "3 more open alerts" in seen
    assert row.events.filter(kind="raised").count() == 43


def test_what_is_typed_is_never_taken_for_the_page(house: House) -> None:
    row = infusing(house)
    charting.note(**given(house, row), text="<script>alert(1)</script>")
    for page in ("", "record/"):
        seen = house.client("nurse").get(f"/sessions/{row.pk}/{page}").content.decode()
        assert "<script>alert" not in seen
        assert "&lt;script&gt;" in seen


def test_the_board_shows_every_bed_of_ones_own_sites_and_polls_only_what_changed(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    monitored(house, row, 97, 98)
    board = client.get("/board/").content.decode()
    assert "Testcase, One" in board
    assert MONITOR_FIRST in board
    seen, beds = re.search(r"seen=([0-9a-f.]*)&amp;beds=([0-9-]*)", board).groups()  # type: ignore[union-attr]
    assert client.get("/board/now/", {"seen": seen, "beds": beds}, headers=POLL).status_code == 304
    monitored(house, row, 84)
    news = client.get("/board/now/", {"seen": seen, "beds": beds}, headers=POLL)
    assert (news.status_code, "84" in news.content.decode()) == (200, True)
    whole = client.get("/board/now/", {"seen": "x", "beds": ""}, headers=POLL)
    assert "HX-Refresh" not in whole.headers, "a page that is loaded anew has no sound"
    assert 'id="beds" hx-swap-oob="true"' in whole.content.decode()
    assert "Testcase" not in house.client("stranger").get("/board/").content.decode()
    assert house.client("coordinator").get("/board/").status_code == 403


def test_above_the_board_stand_the_beds_that_need_somebody_the_gravest_first(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    quiet = client.get("/board/").content.decode()
    assert "No open alerts at any bed." in quiet
    seen, beds = re.search(r"seen=([0-9a-f.]*)&amp;beds=([0-9-]*)", quiet).groups()  # type: ignore[union-attr]
    monitored(house, row, 97, 74)
    news = client.get("/board/now/", {"seen": seen, "beds": beds}, headers=POLL).content.decode()
    grave = news.split('id="grave"')[1].split("</div>")[0]
    assert "Consider stopping the infusion" in grave
    assert f"#at-{row.pk}" in grave


def test_the_predicted_course_is_a_picture_once_something_runs(house: House) -> None:
    row = prepared(house)
    assert house.client("nurse").get(f"/sessions/{row.pk}/predicted.svg").status_code == 404


def test_a_changed_rate_draws_another_predicted_course(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    first = client.get(f"/sessions/{row.pk}/predicted.svg")
    assert first["Content-Type"] == "image/svg+xml"
    charting.rate(**given(house, row), rate_mg_per_h=4.0)
    assert client.get(f"/sessions/{row.pk}/predicted.svg").content != first.content
    assert house.client("stranger").get(f"/sessions/{row.pk}/predicted.svg").status_code == 403


def test_readings_are_watched_at_the_very_microsecond_of_their_row(house: House) -> None:
    row = infusing(house)
    whole = timezone.now().replace(microsecond=0)
    times = [whole, whole - timedelta(microseconds=1), whole - timedelta(seconds=7, microseconds=120), whole]
    for at, value, status in zip(times, (97, 96, None, None), ("value", "value", "missing", "no-sensor"), strict=True):
        VitalReading.objects.create(
            session=row, at=at, received_at=at, sign="spo2", value=value, status=status, source="probe"
        )
    found = [one for one in readings.of_session(row) if one.source == "probe"]
    assert {(one.at, one.value, one.status) for one in found} == {
        (one.at, one.value, one.status) for one in row.readings.filter(source="probe")
    }


@pytest.mark.django_db(transaction=True)
def test_readings_kept_in_the_process_are_brought_up_and_claimed_ones_found() -> None:
    from small_clinic import build

    cache.forget()
    house = build()
    row = infusing(house)
    waiting = VitalReading.objects.create(
        at=timezone.now(), received_at=timezone.now(), sign="spo2", value=91, source="probe"
    )
    monitored(house, row, 97, 96)
    assert len(readings.of_session(row)) == 7
    monitored(house, row, 95)
    assert len(readings.of_session(row)) == 8
    VitalReading.objects.filter(pk=waiting.pk).update(session=row)
    assert len(readings.of_session(row)) == 9
    assert 91 in [one.value for one in readings.of_session(row)]
    event = voiding.reading(**given(house, row), reading=waiting.pk, reason="another's probe")
    assert 91 not in [one.value for one in readings.of_session(row, {event.pk})]
    reading_actions.enter_by_hand(**given(house, row), values={"pain": 3.0})
    assert len(readings.of_session(row, {event.pk})) == 9
    assert len(readings.of_session(row)) == 10
    cache.forget()


def test_a_rate_far_above_the_order_is_charted_by_two_people(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    sent = {"do": "rate", "rate": "25", "unit": "mg", "reason": "Dr Test by phone"}
    seen = client.post(f"/sessions/{row.pk}/do/", sent).content.decode()
    asked = seen.split('id="doubt"')[1].split("</form>")[0]
    assert 'name="person"' in asked
    assert 'name="password"' in asked
    again = {**sent, "sure": "yes"}
    assert client.post(f"/sessions/{row.pk}/do/", again).status_code == 409
    other = house.users["physician"]
    wrong = {**again, "person": other.pk, "password": "not it"}
    answer = client.post(f"/sessions/{row.pk}/do/", wrong)
    assert (answer.status_code, "not it" in answer.content.decode()) == (409, False)
    assert "Incorrect password" in answer.content.decode()
    assert (
        client.post(f"/sessions/{row.pk}/do/", {**again, "person": other.pk, "password": PASSWORD}).status_code == 302
    )
    assert row.events.get(kind="rate").content["second_person"] == other.name
    page = client.get(f"/sessions/{row.pk}/").content.decode()
    assert f"confirmed by {other.name}" in page
