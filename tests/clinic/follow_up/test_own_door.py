"""The patient's own door: nothing without the date of birth, nothing of anybody else, every look in the log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from asked import LAST, Clock, agreed, set_up
from django.test import Client
from django.utils import timezone
from small_clinic import House
from test_own_diary import address, opened

from unwound_clinic.models import AuditEvent, Consent, FollowUp, Letter
from unwound_clinic.record import translate
from unwound_clinic.record.actions import entries

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(house: House, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Clock:
    return set_up(house, monkeypatch, settings)


def filled(house: House, name: str) -> FollowUp:
    """A patient with pain written, a letter of each kind and a consent."""
    row = agreed(house, name)
    patient, now, nurse = row.patient, timezone.now(), house.users["nurse"]
    for day, pain in ((-3, 8), (7, 3)):
        new = translate.new_answers({"instrument": "peg", "items": [pain] * 3}, LAST + timedelta(days=day))
        entries.enter(by=house.by("nurse"), patient=patient, entries=(new,))
    for kind in ("plain", "reply"):
        Letter.objects.create(
            patient=patient, kind=kind, addressee="any", content={}, pdf=b"%PDF- " + kind.encode(), written_by=nurse,
            written_at=now,
        )  # fmt: skip
    Consent.objects.create(
        patient=patient, protocol="crps_ketamine_10_days", text_version="1", text=f"I, {name}, agree.", text_hash="0",
        signed_name=name, signed_at=now, expires_on=LAST, taken_by=nurse,
    )  # fmt: skip
    return row


def test_the_own_course_letters_consents_and_who_saw_it(house: House, clock: Clock) -> None:
    clock.on(house, 8, 9)
    row = filled(house, "Prompt")
    house.client("physician").get(f"/patients/{row.patient_id}/")
    browser = opened(row)
    shown = browser.get(f"{address(row)}mine/").content.decode()
    for words in ("Pain before: about 8 of 10", "9 March 2026: pain 3 of 10", "looked at the record", "Consent of"):
        assert words in shown, words
    assert "Test Physician" not in shown, "roles, not names"
    plain = Letter.objects.get(patient=row.patient, kind="plain")
    assert browser.get(f"{address(row)}letter/{plain.pk}/").content == b"%PDF- plain"
    signed = Consent.objects.get(patient=row.patient)
    assert "I, Prompt, agree." in browser.get(f"{address(row)}consent/{signed.pk}/").content.decode()
    events = AuditEvent.objects.filter(patient_id=row.patient_id, action="view.own")
    assert [event.detail["page"] for event in events.order_by("number")] == [
        "own record", f"letter {plain.pk}", f"consent {signed.pk}",
    ]  # fmt: skip


def test_nothing_without_the_date_of_birth_and_nothing_of_anybody_else(house: House, clock: Clock) -> None:
    clock.on(house, 8, 9)
    row, other = filled(house, "Prompt"), filled(house, "Other")
    kinds = {letter.kind: letter.pk for letter in Letter.objects.filter(patient=row.patient)}
    theirs = Letter.objects.get(patient=other.patient, kind="plain").pk
    signed = Consent.objects.get(patient=other.patient).pk
    pages = ("mine/", f"letter/{kinds['plain']}/", f"consent/{signed}/")
    assert [Client().get(f"{address(row)}{page}").status_code for page in pages] == [302, 302, 302]
    browser = opened(row)
    for page in (f"letter/{theirs}/", f"letter/{kinds['reply']}/", f"consent/{signed}/"):
        assert browser.get(f"{address(row)}{page}").status_code == 404, page
    assert browser.get(f"{address(other)}mine/").status_code == 302, "another link is opened for itself"
    FollowUp.objects.filter(pk=row.pk).update(ended_at=clock.now)
    assert browser.get(f"{address(row)}mine/").status_code == 302
