"""The form is open twice, on the patient's phone and on the daughter's laptop: neither erases what the other saved."""

from __future__ import annotations

import html
import re
from urllib.parse import urlencode

import pytest
from django.test import Client
from small_clinic import House

from unwound_clinic.record.actions import patients
from unwound_clinic.record.entries import current

pytestmark = pytest.mark.django_db


def opened(house: House, token: str) -> Client:
    client = Client()
    client.post(f"/i/{token}/", {"birth_date": "5 5 1980"})
    return client


def was(page: str) -> str:
    """What the page says that it shows."""
    return html.unescape(re.search(r'name="was" value="([^"]*)"', page)[1])  # type: ignore[index]


def answers(house: House) -> dict[str, object]:
    return {entry.key: entry.value for entry in current(house.patient, "fact")}


@pytest.fixture
def devices(house: House) -> tuple[Client, Client, str]:
    _, token = patients.invite(by=house.by("coordinator"), patient=house.patient)
    return opened(house, token), opened(house, token), token


def a_page(client: Client, token: str) -> tuple[str, list[str]]:
    """A page with at least two yes-no questions, and their names."""
    answer = client.get(f"/i/{token}/", follow=True)
    for _ in range(40):
        address, page = answer.redirect_chain[-1][0], answer.content.decode()
        names = sorted(set(re.findall(r'type="radio" name="(\w+)" value="yes"', page)))
        if len(names) > 1:
            return address, names
        answer = client.post(address, {"was": was(page)}, follow=True)
    raise AssertionError("no page with two yes-no questions")


def test_a_stale_page_erases_nothing(house: House, devices: tuple[Client, Client, str]) -> None:
    phone, laptop, token = devices
    address, (first, second, *_) = a_page(phone, token)
    on_phone, on_laptop = (was(client.get(address).content.decode()) for client in (phone, laptop))
    phone.post(address, {first: "yes", "was": on_phone})
    laptop.post(address, {second: "no", "was": on_laptop})
    found = answers(house)
    assert (found[first], found[second]) == (True, False)


def test_an_answer_that_is_taken_back_in_the_same_tab_is_taken_back(
    house: House, devices: tuple[Client, Client, str]
) -> None:
    phone, _, token = devices
    address, (first, *_) = a_page(phone, token)
    shown = was(phone.get(address).content.decode())
    saved = {"X-Unwound-Save": "1"}
    phone.post(address, {first: "yes", "was": shown}, headers=saved)
    phone.post(address, {"was": f"{first}=yes"}, headers=saved)  # what the script says after it saved
    assert first not in answers(house)


def test_without_the_script_going_back_and_correcting_counts(house: House, devices: tuple[Client, Client, str]) -> None:
    phone, _, token = devices
    address, (first, *_) = a_page(phone, token)
    phone.post(address, {first: "yes", "was": was(phone.get(address).content.decode())})
    phone.post(address, {first: "no", "was": was(phone.get(address).content.decode())})
    assert answers(house)[first] is False


def test_what_a_page_shows_is_what_a_browser_sends_of_it(house: House, devices: tuple[Client, Client, str]) -> None:
    phone, _, token = devices
    address, (first, second, *_) = a_page(phone, token)
    phone.post(address, {first: "yes", second: "no", "was": ""})
    before = answers(house)
    shown = was(phone.get(address).content.decode())
    assert f"{first}=yes" in shown
    sent = f"{shown}&{urlencode({'was': shown})}"
    phone.post(address, sent, content_type="application/x-www-form-urlencoded")
    assert answers(house) == before
