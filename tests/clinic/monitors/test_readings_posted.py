"""Readings that are posted with a monitor's key, or brought in as a file: charted once, refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from arriving import session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from small_clinic import House

from unwound.exchange.fhir import vitals
from unwound.session import Reading
from unwound_clinic.models import InfusionSession, Message, Monitor, Patient, Quarantined, VitalReading
from unwound_clinic.monitors import actions as monitors_actions
from unwound_clinic.monitors import decisions, writer

VITALS = Path(__file__).resolve().parents[4] / "shared/testdata/vitals"


@pytest.fixture
def post(house: House) -> Callable[..., tuple[int, dict[str, Any]]]:
    monitor = monitors_actions.add_monitor(by=house.by("nurse"), site=house.site, name="Gateway", bed="B1")
    key = monitors_actions.give_key(by=house.by("nurse"), site=house.site, monitor=monitor)

    def send(body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
        sent = {"Authorization": f"Bearer {key}", **headers}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = Client().post("/api/readings", data, "application/json", headers=sent)
        return answer.status_code, answer.json()

    return send


def sent_json(value: object = 97, **more: object) -> dict[str, object]:
    at = timezone.now().isoformat()
    return {"device": "G", "readings": [{"kind": "spo2", "value": value, "unit": "%", "at": at}], **more}


Post = Callable[..., tuple[int, dict[str, Any]]]


def test_posted_json_is_charted_once_and_says_what_became_of_it(house: House, post: Post) -> None:
    here, body = session(house), sent_json()
    body["readings"] += [{"kind": "spo2", "value": "much", "at": "today"}, {"kind": "ph", "value": 7, "at": "x"}]  # type: ignore[operator]
    status, told = post(body)
    assert (status, told["charted"], told["waiting"], told["repeat"]) == (201, 1, 0, False)
    assert [one["why"] for one in told["kept_back"]] == ["time"]
    assert len(told["not_charted"]) == 1
    status, again = post(body)
    assert (status, again["repeat"], again["message"]) == (200, True, told["message"])
    assert here.readings.count() == 1


def ours() -> None:
    """The gateway is set up to use our numbers."""
    Monitor.objects.update(our_ids=True)


@pytest.mark.parametrize("set_up", [True, False])
def test_a_bare_number_counts_only_from_a_source_set_up_to_use_ours(house: House, post: Post, set_up: bool) -> None:
    """Small numbers of two servers collide: another's Patient/11 is nobody here."""
    here = session(house, bed="elsewhere")
    if set_up:
        ours()
    one = Reading(at=timezone.now(), kind="spo2", value=95.0, source="probe")
    status, told = post(vitals.observation(one, patient=f"Patient/{house.patient.pk}"))
    assert (status, told["charted"], told["waiting"]) == (201, set_up, not set_up)
    assert [reading.value for reading in here.readings.all()] == [95.0] * set_up


def test_an_identifier_is_matched_with_the_record_number_whatever_the_reference(house: House, post: Post) -> None:
    here = session(house, bed="elsewhere")
    Patient.objects.filter(pk=house.patient.pk).update(number="R-7")
    one = Reading(at=timezone.now(), kind="spo2", value=95.0, source="probe")
    sent = vitals.observation(one, patient="Patient/88131")
    sent["subject"] |= {"identifier": {"value": "R-7"}, "display": "One Testcase"}
    assert post(sent)[1]["charted"] == 1
    assert here.readings.count() == 1


def test_a_bed_does_not_outweigh_a_name_that_is_another(house: House, post: Post) -> None:
    here = session(house)
    one = Reading(at=timezone.now(), kind="spo2", value=71.0, source="probe")
    sent = vitals.observation(one, patient="Patient/88131")
    sent["subject"] |= {"display": "Somebody Else"}
    assert post(sent)[1]["waiting"] == 1
    assert not here.readings.exists()
    assert "is not this patient" in house.client("nurse").get("/readings/unassigned/").content.decode()


@pytest.mark.parametrize(
    ("subject", "charted"),
    [
        ({"identifier": {"system": "urn:other", "value": "MRN-999"}}, 0),
        ({"display": "Somebody Else"}, 0),
        ({"identifier": {"value": "OURS"}, "display": "Somebody Else"}, 0),
        ({"identifier": {"value": "OURS"}}, 1),
        ({"display": "One Testcase"}, 1),
    ],
    ids=str,
)
def test_a_number_that_collides_with_another_patients_waits(
    house: House, post: Post, subject: dict[str, object], charted: int
) -> None:
    here = session(house, bed="elsewhere")
    ours()
    house.patient.number = "OURS"
    house.patient.save(update_fields=["number"])
    one = Reading(at=timezone.now(), kind="heart_rate", value=41.0, source="probe")
    sent = vitals.observation(one, patient=f"Patient/{house.patient.pk}")
    sent["subject"] |= subject
    status, told = post(sent)
    assert (status, told["charted"], told["waiting"]) == (201, charted, 1 - charted)
    assert here.readings.count() == charted


def test_an_idempotency_key_comes_with_one_content(house: House, post: Post) -> None:
    body = sent_json()
    assert post(body, **{"Idempotency-Key": "k1"})[0] == 201
    assert post(body, **{"Idempotency-Key": "k1"})[0] == 200
    assert post(sent_json(91), **{"Idempotency-Key": "k1"})[0] == 409
    assert VitalReading.objects.count() == 1


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer wrong", "Basic x"])
def test_without_its_key_nothing_is_taken(house: House, post: Post, header: str) -> None:
    assert post(sent_json(), Authorization=header)[0] == 401
    assert Message.objects.count() == 0


def test_what_is_no_json_is_refused_and_kept(house: House, post: Post) -> None:
    status, told = post(b"{nonsense")
    assert status == 422
    assert "JSON" in told["refused"]
    assert Quarantined.objects.get().why == "refused"


def test_a_database_that_cannot_write_refuses_in_words_and_charts_nothing(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> list[Message]:
        raise OperationalError("database or disk is full")

    session(house)
    monkeypatch.setattr(writer.actions, "receive", full)
    monkeypatch.setattr(writer.connection, "close", lambda: None)
    status, told = post(sent_json())
    assert status == 503
    assert "database or disk is full" in told["refused"]
    monkeypatch.undo()
    assert VitalReading.objects.count() == 0


def bring(house: House, here: InfusionSession, role: str = "nurse", **files: object) -> Any:
    return house.client(role).post(f"/sessions/{here.pk}/readings/", files)


def test_a_table_is_brought_in_once(house: House) -> None:
    here = session(house)
    at = timezone.now().astimezone(house.site.zone).replace(microsecond=0, tzinfo=None)
    data = f"time,SpO2 (%),Mood\n{at},97,good\n{at - timedelta(minutes=1)},96,bad\n".encode()
    bring(house, here, table=SimpleUploadedFile("v.csv", data))
    assert sorted(here.readings.values_list("value", flat=True)) == [96.0, 97.0]
    assert here.readings.first().by == house.users["nurse"]
    assert bring(house, here, table=SimpleUploadedFile("v.csv", data)).status_code == 409
    assert here.readings.count() == 2
    assert bring(house, here, "stranger", table=SimpleUploadedFile("w.csv", data)).status_code == 403


def test_a_file_that_is_no_table_says_so(house: House) -> None:
    here = session(house)
    answer = bring(house, here, table=SimpleUploadedFile("v.csv", b"hello"))
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert Message.objects.count() == 0


@pytest.mark.skipif(not VITALS.exists(), reason="the shared record is not here")
def test_a_wfdb_record_begins_when_somebody_says(house: House) -> None:
    here = session(house)
    header = SimpleUploadedFile("s25047.hea", (VITALS / "s25047-2704-05-04-10-44n.hea").read_bytes())
    data = SimpleUploadedFile("3234460n.dat", (VITALS / "3234460n.dat").read_bytes())
    assert "its start time" in bring(house, here, table=header, signals=data).content.decode()
    header.seek(0)
    data.seek(0)
    begins = timezone.now().replace(microsecond=0) - timedelta(hours=10)
    typed = begins.astimezone(house.site.zone).strftime("%Y-%m-%dT%H:%M:%S")
    bring(house, here, table=header, signals=data, start=typed)
    first = here.readings.order_by("at")[0]
    assert first.at == begins
    assert here.readings.count() == 345


def as_json(at: datetime, number: int) -> object:
    one = {"kind": "spo2", "value": 97, "unit": "%", "at": at.isoformat()}
    return {"sent_at": at.isoformat(), "readings": [one | {"probe": str(number)}]}


def as_fhir(at: datetime, number: int) -> object:
    one = vitals.observation(Reading(at=at, kind="spo2", value=97.0, source=str(number)), patient="")
    del one["subject"]
    return {"resourceType": "Bundle", "timestamp": at.isoformat(), "entry": [{"resource": one}]}


@pytest.mark.parametrize("form", [as_json, as_fhir])
def test_posts_of_a_clock_that_is_steadily_off_are_corrected_by_a_named_person_and_watched(
    house: House, post: Post, form: Callable[[datetime, int], object]
) -> None:
    here, off = session(house), timedelta(minutes=-7)
    for number in range(5):
        post(form(timezone.now() + off, number))
    target: dict[str, Any] = {"by": house.by("nurse"), "site": house.site, "monitor": Monitor.objects.get()}
    shown = decisions.get_to_know(**target).clock_s
    assert shown is not None
    decisions.correct_clock(**target, shown_s=shown)
    assert post(form(timezone.now() + off, 5))[1]["charted"] == 1
    one = here.readings.latest("pk")
    assert abs(one.at - timezone.now()) < timedelta(seconds=30)
    assert "by its own clock, corrected" in one.as_sent
    assert post(form(timezone.now() - timedelta(hours=2), 6))[1]["kept_back"][0]["why"] == "time"
    assert post(form(timezone.now(), 7))[1]["charted"] == 1  # set right


def test_a_time_of_sending_that_cannot_be_read_is_said(house: House, post: Post) -> None:
    session(house)
    status, told = post(sent_json(sent_at="yesterday"))
    assert (status, told["charted"]) == (201, 1)
    assert "tells nothing of the sender's clock" in told["kept_back"][0]["reason"]
