"""The right patient: whose page it is stands large on it, and what is sent from it never reaches another record."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from in_session import infusing
from small_clinic import PASSWORD, House, register
from test_every_address import OF_ONE_PATIENT, OF_ONE_SESSION, rows

from unwound_clinic.models import Alarm, AuditEvent, Entry, SessionEvent

SIGNED_CHECKED_GIVEN = (
    "decision", "decision-depression", "consent", "plan", "plan-check", "plan-one", "letter-draft", "medicines",
    "consultation-group", "trial-new", "pains", "import", "answers-fill", "personal", "patient-merge",
    "session", "session-start", "session-leave", "session-drug", "session-check-in", "session-appointment",
    "session-event", "session-strike-out", "session-record", "bring-in",
)  # fmt: skip


def shown_for(client: Client, address: str) -> str:
    """What the forms of a page say whose they are; every one of them says the same."""
    body = client.get(address).content.decode()
    found = set(re.findall(r'name="shown_for" value="(\d+)"', body))
    assert len(found) == 1, (address, found)
    return str(found.pop())


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["physician", "nurse"])
def test_who_it_is_stands_large_where_something_is_signed_checked_or_given(house: House, role: str) -> None:
    named, client = rows(house), house.client(role)
    for name in SIGNED_CHECKED_GIVEN:
        assert name in {**OF_ONE_PATIENT, **OF_ONE_SESSION}
        answer = client.get(reverse(name, args=named[name]), follow=True)
        if name == "plan-check" and role == "physician":
            continue  # who ordered
        assert answer.status_code == (403 if name == "letter-draft" and role == "nurse" else 200), name
        if answer.status_code == 403:
            continue
        body = answer.content.decode()
        head = re.search(r'<div class="who">(.*?)</div>', body, re.DOTALL)
        assert head, name
        assert "Testcase, One" in head[1], name
        assert ">T. O.<" in head[1], name
        assert "born 5 May 1980" in head[1], name


@pytest.mark.django_db
def test_every_form_of_a_page_says_whose_page_it_is(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    for address in (f"/patients/{house.patient.pk}/consultation/medicines/", f"/sessions/{row.pk}/"):
        body = client.get(address).content.decode()
        forms = re.findall(r'<form[^>]*method="post".*?</form>', body, re.DOTALL)
        assert forms
        for form in forms:
            assert f'name="shown_for" value="{house.patient.pk}"' in form, form[:200]


@pytest.mark.django_db
def test_a_form_of_one_tab_is_not_taken_for_the_patient_of_the_other(house: House) -> None:
    """The page of one patient, sent to the address of the other: a proxy, a script, a saved page, a hand."""
    other = register(house.by("nurse"), house.site, "Second", "Two")
    client = house.client("nurse")
    here, there = (f"/patients/{one.pk}/consultation/medicines/" for one in (house.patient, other))
    form = {"form": "allergy", "substance": "latex"}
    assert (shown_for(client, here), shown_for(client, there)) == (str(house.patient.pk), str(other.pk))
    crossed = client.post(there, {**form, "shown_for": shown_for(client, here)})
    assert crossed.status_code == 409
    assert "opened for another patient" in crossed.content.decode()
    assert "Two Second" in crossed.content.decode()
    assert not Entry.objects.exists()
    assert client.post(there, {**form, "shown_for": shown_for(client, there)}).status_code == 302
    assert [entry.patient_id for entry in Entry.objects.all()] == [other.pk]


@pytest.mark.django_db
@pytest.mark.parametrize("odd", ["", "0", "abc", "٣", "1 ", "-1"])
def test_what_names_no_patient_is_no_patient(house: House, odd: str) -> None:
    form = {"form": "allergy", "substance": "latex", "shown_for": odd}
    page = f"/patients/{house.patient.pk}/consultation/medicines/"
    assert house.client("nurse").post(page, form).status_code == 409
    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_a_tap_in_the_room_and_an_alarm_are_held_to_it_too(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    before = SessionEvent.objects.count()
    for what in ({"do": "note", "note": "x"}, {"do": "pause", "reason": "x"}, {"do": "bolus", "amount": "5"}):
        assert client.post(f"/sessions/{row.pk}/do/", {**what, "shown_for": "999"}).status_code == 409
    for page, form in (("drug", {"do": "drawn"}), ("record", {"reading": "1"}), ("readings", {})):
        assert client.post(f"/sessions/{row.pk}/{page}/", {**form, "shown_for": "999"}).status_code == 409
    assert SessionEvent.objects.count() == before
    alarm = Alarm.objects.create(patient=house.patient, finding="x", text="numb", raised_at=row.scheduled_at)
    assert client.post(f"/alarms/{alarm.pk}/seen/", {"note": "seen", "shown_for": "999"}).status_code == 409
    alarm.refresh_from_db()
    assert alarm.seen_at is None


@pytest.mark.django_db
def test_a_signature_for_the_other_patient_is_not_taken(house: House) -> None:
    form: dict[str, Any] = {"decided": "candidate", "password": PASSWORD, "shown_for": house.patient.pk + 1}
    assert house.client("physician").post(f"/patients/{house.patient.pk}/decision/", form).status_code == 409
    assert not AuditEvent.objects.filter(action="decision.sign").exists()
