"""A referral that comes in is kept as it arrived, waits until a named person answers for it, and is never lost."""

from __future__ import annotations

import hashlib
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from small_clinic import House, register

from unwound_clinic.core import access, audit, sealed
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import AuditEvent, Patient, Referral
from unwound_clinic.record import incoming
from unwound_clinic.record.actions import merging, referrals

LETTER = b"%PDF-1.7\n invented letter of Dr Testcase"
KINDS = {
    b"%PDF-1.4 x": "application/pdf",
    b"\xff\xd8\xff\xe0 x": "image/jpeg",
    b"\x89PNG\r\n\x1a\n x": "image/png",
    b"II*\x00 x": "image/tiff",
    b"MM\x00* x": "image/tiff",
}


def receive(house: House, content: bytes = LETTER, **changed: Any) -> Referral:
    fields = {"name": "letter.pdf", "sender": "Dr Testcase Elsewhere", "arrived_on": date(2026, 11, 2),
              "family_name": "Referred", "given_name": "Rita", "birth_date": date(1970, 2, 3)}  # fmt: skip
    return referrals.receive(by=house.by("coordinator"), site=house.site, content=content, **{**fields, **changed})


def form(**changed: Any) -> dict[str, Any]:
    fields = {"file": SimpleUploadedFile("letter.pdf", LETTER), "sender": "Dr Testcase", "arrived_on": "2026-11-02",
              "family_name": "Referred", "given_name": "", "birth_date": "3 Feb 1970", "phone": "",
              "asks": ""}  # fmt: skip
    return {**fields, **changed}


@pytest.mark.django_db
def test_a_letter_is_kept_as_it_arrived_and_waits_on_the_first_page(house: House) -> None:
    client = house.client("coordinator")
    answer = client.post("/referrals/new/", form())
    row = Referral.objects.get()
    assert answer["Location"] == f"/referrals/{row.pk}/"
    assert bytes(row.content) == LETTER
    assert (row.digest, row.kind, row.received_by.name) == (hashlib.sha256(LETTER).hexdigest(), "application/pdf",
                                                            "Test Coordinator")  # fmt: skip
    for role in ("physician", "nurse", "coordinator"):
        assert "Referred" in house.client(role).get("/").content.decode()
    assert "Referred" not in house.client("stranger").get("/").content.decode()


@pytest.mark.django_db
def test_who_looked_at_a_referral_is_in_the_log_before_there_is_a_patient(house: House) -> None:
    row = receive(house)
    for address in ("/", "/referrals/", f"/referrals/{row.pk}/"):
        house.client("nurse").get(address)
    events = AuditEvent.objects.filter(action="view.referrals", who="Test Nurse")
    assert [event.detail["page"] for event in events] == ["today", "referrals", "referral"]
    assert {event.detail["referrals"] for event in events} == {str(row.pk)}


@pytest.mark.django_db
def test_the_file_is_saved_and_never_shown_as_a_page(house: House) -> None:
    row = receive(house, b"%PDF-1.7 <script>alert(1)</script>", name='a"b\r\n.html')
    answer = house.client("nurse").get(f"/referrals/{row.pk}/file/")
    assert answer.content == b"%PDF-1.7 <script>alert(1)</script>"
    assert answer["Content-Disposition"] == f'attachment; filename="referral-{row.pk}.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert AuditEvent.objects.filter(action="referral.open", who="Test Nurse").exists()
    assert house.client("stranger").get(f"/referrals/{row.pk}/file/").status_code == 403


@pytest.mark.parametrize(("content", "kind"), KINDS.items())
def test_what_a_file_is_its_first_bytes_say(content: bytes, kind: str) -> None:
    assert incoming.kind_of(content) == kind


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"PK\x03\x04 docx", b" %PDF-1.7", b"\x7fELF", b"GIF89a", b"\x00\x00\x00\x18ftypheic"],
)
def test_any_other_file_is_refused_whatever_it_is_called(house: House, content: bytes) -> None:
    answer = house.client("nurse").post("/referrals/new/", form(file=SimpleUploadedFile("letter.pdf", content)))
    assert answer.status_code == 200
    assert 'value="Dr Testcase"' in answer.content.decode()  # what was typed stays
    with pytest.raises(Conflict):
        receive(house, content)
    assert not Referral.objects.exists()


@pytest.mark.django_db
def test_a_file_may_be_as_large_as_the_limit_and_not_a_byte_more(house: House, settings: Any) -> None:
    settings.IMPORT_MEGABYTES = 1
    fitting = LETTER.ljust(1_000_000, b" ")
    assert receive(house, fitting).pk
    with pytest.raises(Conflict, match="larger than 1 MB"):
        receive(house, fitting + b" ")
    answer = house.client("nurse").post("/referrals/new/", form(file=SimpleUploadedFile("a.pdf", fitting + b" ")))
    assert "larger than 1 MB" in answer.content.decode()


@pytest.mark.django_db
def test_the_same_file_is_kept_once_and_the_first_one_is_shown(house: House) -> None:
    row = receive(house)
    answer = house.client("nurse").post("/referrals/new/", form())
    assert f"/referrals/{row.pk}/" in answer.content.decode()
    assert Referral.objects.count() == 1


@pytest.mark.django_db
def test_it_is_registered_with_what_was_typed_and_becomes_part_of_the_record(house: House) -> None:
    row, client = receive(house), house.client("coordinator")
    page = client.get(f"/referrals/{row.pk}/").content.decode()
    assert 'value="Rita"' in page
    answer = client.post(
        f"/referrals/{row.pk}/",
        {"do": "register", "family_name": "Referred", "given_name": "Rita", "birth_date": "3 Feb 1970",
         "phone": "555-0101", "sex": "female"},
    )  # fmt: skip
    patient = Patient.objects.get(family_name="Referred")
    assert answer["Location"] == f"/patients/{patient.pk}/"
    row.refresh_from_db()
    assert (row.patient, row.answered_by.name if row.answered_by else "") == (patient, "Test Coordinator")
    assert "Dr Testcase Elsewhere" in client.get(f"/patients/{patient.pk}/letters/").content.decode()
    assert "Referral from Dr Testcase Elsewhere" in client.get(f"/patients/{patient.pk}/timeline/").content.decode()
    assert "Referred" not in re.sub(r"(?s)Due, for.*", "", client.get("/").content.decode())


@pytest.mark.django_db
def test_who_is_registered_already_is_offered_and_never_chosen_by_the_program(house: House) -> None:
    row = receive(house, family_name="Testcase", given_name="Someone", birth_date=house.patient.birth_date)
    client, address = house.client("nurse"), f"/referrals/{row.pk}/"
    assert "Testcase, One" in client.get(address).content.decode()
    row.refresh_from_db()
    assert row.patient is None
    same = {"do": "register", "family_name": "Testcase", "given_name": "One", "birth_date": "5 May 1980"}
    assert "already registered" in client.post(address, same).content.decode()
    assert client.post(address, {"do": "attach", "patient": house.others_patient.pk}).status_code == 200
    assert client.post(address, {"do": "attach", "patient": house.patient.pk}).status_code == 302
    row.refresh_from_db()
    assert row.patient == house.patient


@pytest.mark.django_db
def test_what_is_not_taken_on_is_kept_with_the_reason_and_name(house: House) -> None:
    row, client = receive(house), house.client("physician")
    assert client.post(f"/referrals/{row.pk}/", {"do": "decline", "reason": " "}).status_code == 409
    client.post(f"/referrals/{row.pk}/", {"do": "decline", "reason": "no nerve pain; Dr Elsewhere was told"})
    row.refresh_from_db()
    assert row.answer == "declined: no nerve pain; Dr Elsewhere was told"
    text = client.get("/referrals/").content.decode()
    assert "no nerve pain" in text
    assert "Test Physician" in text
    assert bytes(Referral.objects.get().content) == LETTER


@pytest.mark.django_db
def test_one_answer_is_given_once(house: House) -> None:
    row = receive(house)
    referrals.decline(by=house.by("nurse"), site=house.site, referral=row, reason="sent twice")
    with pytest.raises(Conflict, match="Test Nurse has decided"):
        referrals.attach(by=house.by("nurse"), patient=house.patient, referral=row)
    with pytest.raises(Conflict, match="another site"):
        referrals.attach(by=house.by("stranger"), patient=house.others_patient, referral=receive(house, LETTER + b"2"))


@pytest.mark.django_db
def test_a_day_that_has_not_come_and_a_birth_after_the_letter_are_refused(house: House) -> None:
    tomorrow = timezone.now() + timedelta(days=2)
    client = house.client("nurse")
    assert "in the future" in client.post("/referrals/new/", form(arrived_on=f"{tomorrow:%Y-%m-%d}")).content.decode()
    later = client.post("/referrals/new/", form(arrived_on="1960-01-01")).content.decode()
    assert "before the patient was born" in later
    assert not Referral.objects.exists()


@pytest.mark.django_db
def test_a_file_that_is_changed_behind_the_clinics_back_is_found(house: House) -> None:
    row = receive(house)
    assert audit.verify() is None
    assert sealed.compare(AuditEvent.objects.all()).faults == []
    Referral.objects.filter(pk=row.pk).update(content=b"%PDF-1.7 another")
    assert len(sealed.compare(AuditEvent.objects.all()).faults) == 1


@pytest.mark.django_db
def test_it_moves_with_its_record_when_two_are_made_one_and_back(house: House) -> None:
    other = register(house.by("nurse"), house.site, "Testcase", "Uno")
    row = receive(house)
    referrals.attach(by=house.by("nurse"), patient=other, referral=row)
    two = {"by": house.by("nurse"), "second": access.Confirmed(house.users["physician"])}
    merged = merging.merge(**two, patient=house.patient, duplicate=other, reason="the same telephone and address")
    row.refresh_from_db()
    assert row.patient == house.patient
    merging.take_apart(**two, patient=house.patient, merged=merged)
    row.refresh_from_db()
    assert row.patient == other
