"""What the room shows: the monitor first, old values as old, checks in words, the prediction in numbers."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from django.utils import timezone
from in_session import POLL, given, infusing, monitored
from small_clinic import House

from unwound.session import MONITOR_FIRST
from unwound_clinic.models import Entry, InfusionSession, SessionEvent, VitalReading
from unwound_clinic.record.actions import entries as record_entries
from unwound_clinic.record.entries import New
from unwound_clinic.session import alert_watch, predicted
from unwound_clinic.session.actions import readings as reading_actions

ALLERGIES = {
    "penicillin": {"substance": "penicillin"},
    "ondansetron": {"substance": "ondansetron", "reaction": "long QT"},
}


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


def test_who_takes_over_sees_allergies_and_weight_and_is_one_tap_from_the_order(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    penicillin, ondansetron = (New(kind="allergy", key=key, value=value) for key, value in ALLERGIES.items())
    record_entries.enter(by=house.by("nurse"), patient=house.patient, entries=(penicillin, ondansetron))
    for page in ("", "drug/", "record/"):
        seen = client.get(f"/sessions/{row.pk}/{page}").content.decode()
        assert "penicillin, ondansetron: long QT" in seen
        assert f"ordered for {row.plan.weight_kg:g} kg" in seen
        assert f'href="/patients/{row.patient_id}/plan/{row.plan_id}/"' in seen
    assert client.get(f"/patients/{row.patient_id}/plan/{row.plan_id}/").status_code == 200
    Entry.objects.filter(patient=house.patient, kind="allergy").update(current=False)
    assert "none on record: ask" in client.get(f"/sessions/{row.pk}/").content.decode()


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
