"""One patient's copy: theirs alone, whole, logged; and the FHIR part is the patient as the clinic knows them."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from django.urls import reverse
from known_patients import CANDIDATE, known
from small_clinic import House

from unwound.exchange.fhir import read_bundle
from unwound_clinic.core.page import today
from unwound_clinic.models import AuditEvent, IntakeLink, Letter, Patient
from unwound_clinic.record import translate


def copied(house: House, patient: Patient, role: str = "nurse") -> zipfile.ZipFile:
    answer = house.client(role).post(reverse("patient-copy", args=[patient.pk]), {"why": "herself, by her passport"})
    assert answer.status_code == 200, answer.content[:300]
    assert answer["Content-Type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.content))


def without_origin(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_origin(part) for key, part in value.items() if key != "origin"}
    return [without_origin(part) for part in value] if isinstance(value, list) else value


def test_it_is_whole_and_read_back_it_is_the_patient(house: House) -> None:
    known(house, CANDIDATE)
    patient = house.patient
    Letter.objects.create(
        patient=patient, kind="plain", addressee="her", content={"title": "Plain words"}, pdf=b"%PDF-1.7 her own",
        written_by=house.users["physician"], written_at=patient.registered_at,
    )  # fmt: skip
    with copied(house, patient) as file:
        names = set(file.namelist())
        assert {"README.txt", "record.json", "rows/patient.ndjson", "rows/entry.ndjson"} <= names
        (letter,) = (name for name in names if name.startswith("letters/"))
        assert file.read(letter) == b"%PDF-1.7 her own"
        entries = [json.loads(line) for line in file.read("rows/entry.ndjson").splitlines()]
        assert len(entries) == patient.entries.count()
        day = today(patient.site)
        back = read_bundle(file.read("record.json"), "record.json", as_of=day)
    expected = translate.patient(patient, day).model_dump(mode="json")
    assert without_origin(back.patient.model_dump(mode="json")) == without_origin(expected)
    assert back.lines() == ("1 × documents not read: «Plain words»",)


def test_nothing_of_anybody_else_and_no_key_of_a_link_is_in_it(house: House) -> None:
    IntakeLink.objects.create(
        patient=house.patient, token_hash="a-hash", made_at=house.patient.registered_at,
        made_by=house.users["nurse"], expires_at=house.patient.registered_at,
    )  # fmt: skip
    with copied(house, house.patient) as file:
        everything = b"".join(file.read(name) for name in file.namelist())
    assert b"Elsewhere" not in everything
    assert b"a-hash" not in everything
    assert b"argon" not in everything


def test_it_is_logged_before_it_leaves_and_needs_a_reason(house: House) -> None:
    page = reverse("patient-copy", args=[house.patient.pk])
    refused = house.client("nurse").post(page, {"why": ""})
    assert refused["Content-Type"].startswith("text/html")
    assert not AuditEvent.objects.filter(action="patient.copy").exists()
    copied(house, house.patient)
    event = AuditEvent.objects.get(action="patient.copy")
    assert (event.patient_id, event.detail["why"]) == (house.patient.pk, "herself, by her passport")


@pytest.mark.parametrize("role", ["administrator", "auditor", "stranger"])
def test_who_may_not_see_the_record_gets_no_copy(house: House, role: str) -> None:
    answer = house.client(role).post(reverse("patient-copy", args=[house.patient.pk]), {"why": "curious"})
    assert answer.status_code == 403
    assert not AuditEvent.objects.filter(action="patient.copy").exists()
