"""Launched out of a hospital's record: leave by PKCE, each page, one patient a tab, no half record."""

from __future__ import annotations

import base64
import json
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.test import Client
from launching import CLIENT, Hospital, running
from small_clinic import House

sys.path.append(str(Path(__file__).parents[2] / "library"))
from bundle_builder import bundle, person
from hooks import THREE, ZOSTER, egfr, pain, taken

from unwound_clinic.interfaces import actions
from unwound_clinic.models import AuditEvent, Entry, Patient

HALF = "Part of the record could not be read"
VERDICT = "Ketamine: "


@pytest.fixture
def hospital(house: House) -> Iterator[Hospital]:
    with running() as server:
        for id, name in (("p", "Alpha"), ("q", "Beta")):
            named = person(name=[{"family": f"Testcase-{name}"}]) | {"id": id}
            extra = [taken(f"medicine {number}", 1, id=f"m{number}") for number in range(9)]
            made = bundle(named, ZOSTER, pain(8), egfr(62), *THREE, *extra)
            server.records[id] = [entry["resource"] for entry in made["entry"]]
        actions.add_system(
            by=house.by("administrator"), site=house.site, name="Testcase record", fhir_address=server.address,
            client_id=CLIENT,
        )  # fmt: skip
        yield server


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *rest: Any) -> None:
        return None


def sent_back(address: str) -> str:
    """Where the hospital's server sends the browser, which asks it for leave."""
    try:
        urllib.request.build_opener(_Stay).open(address, timeout=30)
    except urllib.error.HTTPError as answer:
        return str(answer.headers["Location"])
    raise AssertionError("no redirection")


def start(client: Client, hospital: Hospital, patient: str) -> str:
    """The page of a new launch."""
    query = urlencode({"iss": hospital.address, "launch": hospital.open(patient)})
    return str(client.get(f"/launch?{query}")["Location"])


def back(client: Client, page: str) -> str:
    """The launch asks for leave; the address to which the browser comes back."""
    parts = urlsplit(sent_back(client.get(page)["Location"]))
    return f"{parts.path}?{parts.query}"


def opened(client: Client, hospital: Hospital, patient: str) -> str:
    page = start(client, hospital, patient)
    assert client.get(back(client, page))["Location"] == page
    return page


def test_a_launch_shows_the_assessment_of_the_whole_record_and_keeps_nothing(house: House, hospital: Hospital) -> None:
    client, before = house.client("physician"), (Patient.objects.count(), Entry.objects.count())
    shown = client.get(opened(client, hospital, "p")).content.decode()
    assert "Testcase-Alpha" in shown
    assert VERDICT in shown
    assert HALF not in shown
    assert "medicine 8" in shown, "of the sixth page"
    assert (Patient.objects.count(), Entry.objects.count()) == before
    event = AuditEvent.objects.order_by("-number")[0]
    assert (event.action, event.detail["patient_there"]) == ("interfaces.launch-read", "p")
    held = json.dumps(dict(client.session.items()), default=str)
    assert not any(token in held for token in hospital.tokens), "the token lies encrypted"


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
def test_of_half_a_record_nothing_is_concluded(house: House, hospital: Hospital, status: int) -> None:
    client = house.client("physician")
    page = opened(client, hospital, "p")
    hospital.broken["MedicationRequest", 3] = status
    shown = client.get(page).content.decode()
    assert HALF in shown
    assert "MedicationRequest: page 3" in shown
    assert VERDICT not in shown
    assert "Send the summary" not in shown
    assert client.post(f"{page}send/").status_code == 409
    assert hospital.sent == []


def test_a_token_that_expired_says_so_and_gives_no_verdict(house: House, hospital: Hospital) -> None:
    client = house.client("physician")
    page = opened(client, hospital, "p")
    hospital.tokens.clear()
    shown = client.get(page).content.decode()
    assert HALF in shown
    assert "has expired" in shown
    assert VERDICT not in shown


def test_two_launches_of_one_browser_never_show_each_others_patient(house: House, hospital: Hospital) -> None:
    client = house.client("physician")
    first, second = start(client, hospital, "p"), start(client, hospital, "q")
    of_first, of_second = back(client, first), back(client, second)
    assert client.get(of_second)["Location"] == second, "the answers come in another order"
    assert client.get(of_first)["Location"] == first
    for _ in range(2):
        one, two = client.get(first).content.decode(), client.get(second).content.decode()
        assert ("Testcase-Alpha" in one, "Testcase-Beta" in one) == (True, False)
        assert ("Testcase-Alpha" in two, "Testcase-Beta" in two) == (False, True)


def test_an_answer_is_taken_once_and_by_the_browser_that_asked(house: House, hospital: Hospital) -> None:
    client, other = house.client("physician"), house.client("nurse")
    page = start(client, hospital, "p")
    answer = back(client, page)
    assert other.get(answer).status_code == 409
    assert client.get(answer.replace("state=", "state=x")).status_code == 409
    assert client.get(answer).status_code == 302
    assert client.get(answer).status_code == 409
    assert other.get(page).status_code == 404


def test_a_code_of_another_launch_gives_no_token(house: House, hospital: Hospital) -> None:
    client = house.client("physician")
    first, second = start(client, hospital, "p"), start(client, hospital, "q")
    of_first, of_second = back(client, first), back(client, second)
    stolen = of_second.split("code=")[1].split("&")[0]
    own = of_first.split("code=")[1].split("&")[0]
    assert client.get(of_first.replace(own, stolen)).status_code == 502, "its verifier is another's"


def test_the_token_goes_to_no_other_server(house: House, hospital: Hospital) -> None:
    client = house.client("physician")
    page = opened(client, hospital, "p")
    with running() as other:
        hospital.next_on = other.address
        shown = client.get(page).content.decode()
    assert "another server" in shown
    assert VERDICT not in shown


def test_the_summary_is_written_back_where_the_hospital_allows_it(house: House, hospital: Hospital) -> None:
    client = house.client("physician")
    page = opened(client, hospital, "p")
    assert client.post(f"{page}send/").status_code == 302
    (document,) = hospital.sent
    assert document["subject"] == {"reference": "Patient/p"}
    assert document["docStatus"] == "preliminary"
    html = base64.b64decode(document["content"][0]["attachment"]["data"]).decode()
    assert "Testcase-Alpha" in html or "Post-herpetic" in html


@pytest.mark.parametrize("scope", ["patient/*.rs", "patient/DocumentReference.rs", "launch", "patient/Observation.c"])
def test_without_leave_to_write_nothing_is_sent(house: House, hospital: Hospital, scope: str) -> None:
    hospital.scope = scope
    client = house.client("physician")
    page = opened(client, hospital, "p")
    assert "Send the summary" not in client.get(page).content.decode()
    assert client.post(f"{page}send/").status_code == 409
    assert hospital.sent == []


def test_who_is_not_logged_in_logs_in_first_and_comes_to_the_same_launch(house: House, hospital: Hospital) -> None:
    client = Client()
    page = start(client, hospital, "p")
    assert client.get(page)["Location"].startswith("/accounts/login/")
    client.force_login(house.users["physician"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(page)["Location"].startswith(hospital.address.removesuffix("/fhir"))


def test_a_server_that_nobody_entered_and_staff_without_the_right_open_nothing(
    house: House, hospital: Hospital
) -> None:
    client = house.client("physician")
    for query in ({"iss": "https://other.example", "launch": "x"}, {"iss": hospital.address}, {}):
        assert client.get("/launch", query).status_code == 404
    for role in ("auditor", "stranger"):
        other = house.client(role)
        assert other.get(start(other, hospital, "p")).status_code == 403
