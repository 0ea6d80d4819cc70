"""Every method to every address by every role: nothing is shown by one that no page has, nor without its event."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from small_clinic import House
from test_every_address import ASKED, BY_A_KEY, EACH_ROLE, SENT, addresses, check_event, rows

from unwound_clinic.core.addresses import FORM, READ, methods_of
from unwound_clinic.core.addresses import SENT as ONLY_SENT
from unwound_clinic.models import AuditEvent

NO_PAGE_HAS = ("OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "CONNECT", "PROPFIND", "BREW")


def last_event() -> int:
    return AuditEvent.objects.order_by("-number").values_list("number", flat=True).first() or 0


@pytest.mark.django_db
@pytest.mark.one_database  # nothing is read
@pytest.mark.parametrize("role", EACH_ROLE)
def test_a_method_that_no_page_has_gets_no_body_and_reads_nothing(house: House, role: str) -> None:
    """ASVS 13.4.4; fault 2 of the attack: OPTIONS and TRACE answered with the whole record."""
    named, client = rows(house), Client() if role == "visitor" else house.client(role)
    before = last_event()
    for name in (*ASKED, *SENT, "setup", "post-readings"):
        address = reverse(name, args=named.get(name, ()))
        for method in NO_PAGE_HAS:
            answer = client.generic(method, address)
            assert (answer.status_code, answer.content) == (405, b""), (name, method)
            assert answer["Allow"] == ", ".join(methods_of(address))
    for address in ("/", "/accounts/login/", "/static/unwound/unwound.css", "/nowhere/", "/healthz"):
        answer = client.generic("OPTIONS", address)
        assert (answer.status_code, answer.content) == (405, b""), address
    assert last_event() == before


@pytest.mark.django_db
@pytest.mark.parametrize("role", EACH_ROLE)
def test_an_empty_form_to_every_address_shows_nobody_without_an_event(house: House, role: str) -> None:
    named, client = rows(house), Client() if role == "visitor" else house.client(role)
    for name in (*ASKED, *SENT):
        address, last = reverse(name, args=named.get(name, ())), last_event()
        answer = client.post(address)
        assert answer.status_code < 500, name
        if "POST" not in methods_of(address) and answer.status_code == 405:
            assert (answer["Allow"], answer.content) == ("GET, HEAD", b""), name
        else:
            check_event(name, answer, last)


@pytest.mark.django_db
def test_a_page_asked_for_by_its_head_leaves_the_event_of_the_page(house: House) -> None:
    named, client = rows(house), house.client("nurse")
    for name in ("patient", "patients", "session", "session-pdf", "session-readings", "sessions", "board", "letter"):
        before = last_event()
        answer = client.head(reverse(name, args=named.get(name, ())))
        assert (answer.status_code, answer.getvalue()) == (200, b""), name
        assert last_event() > before, name


def test_each_address_names_its_methods(db: None, house: House) -> None:
    named = rows(house)
    for name in addresses():
        if name in BY_A_KEY:
            continue
        methods = methods_of(reverse(name, args=named.get(name, ())))
        assert methods in ((READ, FORM) if name in ASKED else (ONLY_SENT, FORM)), name


def test_the_screen_of_an_infusion_leaves_one_event_a_look_not_one_a_refresh(house: House) -> None:
    named, client = rows(house), house.client("nurse")
    address = reverse("session-now", args=named["session-now"])
    before = last_event()
    assert client.get(address).status_code == 200
    assert last_event() == before + 1, "asked for without the page"
    assert [client.get(address).status_code for _ in range(3)] == [200] * 3
    assert last_event() == before + 1, "the same look goes on"
    session = client.session
    session["looks"] = {page: [at - 601, who] for page, (at, who) in session["looks"].items()}
    session.save()
    client.get(address)
    assert last_event() == before + 2, "still open after ten minutes"
    assert AuditEvent.objects.get(number=before + 2).patient_id == house.patient.pk
