"""A form that is sent twice is written once, and the second answer is the first."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from in_session import infusing, prepared
from small_clinic import PASSWORD, House

import unwound_clinic
from unwound_clinic.core import once
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import Entry, Patient, Sent, SessionEvent

pytestmark = pytest.mark.django_db


def numbers(page: str) -> list[str]:
    """The number of each form of a page."""
    return re.findall(r'name="once" value="([^"]+)"', page)


def test_every_form_that_writes_has_a_number_of_its_own(house: House) -> None:
    row = infusing(house)
    client = house.client("nurse")
    pages = [client.get(f"/sessions/{row.pk}/").content.decode() for _ in range(2)]
    found = [number for page in pages for number in numbers(page)]
    assert len(found) == sum(page.count('name="csrfmiddlewaretoken"') for page in pages) > 10
    assert len(set(found)) == len(found)


def test_no_template_writes_without_the_token_that_carries_the_number() -> None:
    templates = Path(unwound_clinic.__file__).parent.rglob("*.html")
    forms = [
        (path.name, form)
        for path in templates
        if path.parent.name != "public"  # the self-check writes nothing, and gives no cookie
        for form in re.findall(r"<form[^>]*post.*?</form>", path.read_text(), re.S)
    ]
    assert len(forms) > 40
    assert [name for name, form in forms if "{% csrf_token %}" not in form] == ["trouble.html"], (
        "which sends a form again as it was: under its own number"
    )


SENT_TWICE = [
    {"do": "bolus", "amount": "1", "reason": "Dr Test by phone"},
    {"do": "rate", "rate": "5", "unit": "ml"},
    {"do": "rescue", "drug": "labetalol", "amount": "10 mg IV"},
    {"do": "effect", "effect": "nausea", "grade": "1"},
    {"do": "note", "note": "calm"},
    {"do": "read", "systolic": "131", "diastolic": "82"},
    {"do": "pause"},
]


@pytest.mark.parametrize("sent", SENT_TWICE, ids=lambda sent: sent["do"])
def test_a_second_tap_charts_nothing_and_is_answered_as_the_first(house: House, sent: dict[str, str]) -> None:
    row, client = infusing(house), house.client("nurse")
    address = f"/sessions/{row.pk}/do/"
    form = {**sent, "once": numbers(client.get(f"/sessions/{row.pk}/").content.decode())[0]}
    first = client.post(address, form)
    events, readings = SessionEvent.objects.count(), row.readings.count()
    second = client.post(address, form)
    assert (
        (first.status_code, first["Location"])
        == (second.status_code, second["Location"])
        == (302, f"/sessions/{row.pk}/")
    )
    assert (SessionEvent.objects.count(), row.readings.count()) == (events, readings)


def test_the_same_typed_again_on_a_new_page_is_charted_again(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    for _ in range(2):
        number = numbers(client.get(f"/sessions/{row.pk}/").content.decode())[0]
        client.post(f"/sessions/{row.pk}/do/", {**SENT_TWICE[2], "once": number})
    assert row.events.filter(kind="rescue-drug").count() == 2


def test_what_was_corrected_after_going_back_is_written(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    for note in ("clam", "calm"):
        client.post(f"/sessions/{row.pk}/do/", {"do": "note", "note": note, "once": "n1"})
    assert row.events.filter(kind="note").count() == 2


def test_what_was_refused_is_no_sending(house: House) -> None:
    row, client = prepared(house, without=("rescue_checked",)), house.client("nurse")
    page, ready = f"/sessions/{row.pk}/start/", {"do": "ready", "once": "n1"}
    assert client.post(page, ready).status_code == 409
    client.post(page, {"do": "today", "today-rescue_checked": "on", "today-suction_checked": "on"})
    assert client.post(page, ready).status_code == 302
    row.refresh_from_db()
    assert row.state == "ready"


def test_what_is_kept_of_a_refused_form_is_no_sending() -> None:
    """Found by hand: a consent whose ticks were kept beside the refusal, sent again, said «It is saved, once»."""

    def sign() -> None:
        with once.taken_back_when_refused(), transaction.atomic():
            once.claim()
            raise Conflict("a tick is missing")

    for _ in range(2):
        with once.sending("a form") as sending:
            with suppress(Conflict):
                sign()
            with once.taken_back_when_refused(), transaction.atomic():
                once.claim()  # the ticks
        assert (sending.writes, Sent.objects.count()) == (0, 0)


def test_what_was_written_before_a_refusal_stays_claimed() -> None:
    def send() -> None:
        with once.sending("a form"):
            with once.taken_back_when_refused(), transaction.atomic():
                once.claim()
            with suppress(Conflict), once.taken_back_when_refused(), transaction.atomic():
                raise Conflict("a tick is missing")

    send()
    with pytest.raises(once.AlreadySent):
        send()


def test_two_people_who_send_the_same_are_two(house: House) -> None:
    row = infusing(house)
    for role in ("nurse", "physician"):
        house.client(role).post(f"/sessions/{row.pk}/do/", {"do": "note", "note": "calm", "once": "n1"})
    assert row.events.filter(kind="note").count() == 2


FORMS: list[tuple[str, dict[str, Any], type[Any]]] = [
    ("/patients/new/", {"family_name": "Testcase", "given_name": "Nine", "birth_date": "5 5 1980"}, Patient),
    ("/patients/{patient}/ledger/trial/", {"therapy": "gabapentin", "purpose": "pain"}, Entry),
    ("/patients/{patient}/consultation/medicines/", {"form": "allergy", "substance": "latex"}, Entry),
]


@pytest.mark.parametrize(("address", "sent", "row"), FORMS, ids=lambda part: part if isinstance(part, str) else "")
def test_a_form_of_the_record_is_entered_once(house: House, address: str, sent: dict[str, str], row: Any) -> None:
    client, page = house.client("physician"), address.format(patient=house.patient.pk)
    before = row.objects.count()
    answers = [client.post(page, {**sent, "once": "n1"}) for _ in range(2)]
    assert row.objects.count() == before + 1
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]


def test_a_write_that_fails_is_not_claimed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    row, client = infusing(house), house.client("nurse")
    note = {"do": "note", "note": "calm", "once": "n1"}
    from unwound_clinic.session.actions import charting

    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr(charting, "chart", crash)
        with pytest.raises(RuntimeError):
            client.post(f"/sessions/{row.pk}/do/", note)
    assert not Sent.objects.exists()
    assert client.post(f"/sessions/{row.pk}/do/", note).status_code == 302
    assert row.events.filter(kind="note").count() == 1


def test_outside_a_form_nothing_is_claimed() -> None:
    once.claim()
    assert not Sent.objects.exists()


def test_the_password_of_a_login_is_not_kept(house: House) -> None:
    Client().post("/accounts/login/", {"login": house.users["nurse"].email, "password": PASSWORD, "once": "n1"})
    assert not Sent.objects.exists()
