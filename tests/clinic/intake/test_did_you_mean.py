"""A name of a medicine that is not read: near ones are offered, one tap chooses, nothing is ever guessed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from small_clinic import House

from unwound_clinic.core.page import today
from unwound_clinic.models import AuditEvent
from unwound_clinic.record import translate
from unwound_clinic.record.actions import entries, patients
from unwound_clinic.record.entries import current, history

SAVES = {"X-Unwound-Save": "1"}
PAGE = "medicines_and_allergies"


@pytest.fixture
def form(house: House) -> tuple[Client, str]:
    """A browser that has opened the link, and the link's address."""
    _, token = patients.invite(by=house.by("nurse"), patient=house.patient)
    client = Client()
    assert client.post(f"/i/{token}/", {"birth_date": "1980-05-05"}).status_code == 302
    return client, f"/i/{token}/"


def send(form: tuple[Client, str], page: str = PAGE, **posted: Any) -> str:
    """Where «Next» leads."""
    fields = {name.replace("__", "-"): value for name, value in posted.items()}
    return str(form[0].post(f"{form[1]}{page}/", {**fields, "next": "1"})["Location"])


def drugs_of(house: House) -> list[str]:
    return [medicine.drug for medicine in translate.patient(house.patient, today(house.site)).medications]


def test_a_near_name_is_offered_before_the_next_page_and_one_tap_takes_it(
    form: tuple[Client, str], house: House
) -> None:
    assert send(form, row0__name="Lamictel").endswith(f"{PAGE}/")
    assert drugs_of(house) == ["Lamictel"], "nothing is guessed"
    page = form[0].get(f"{form[1]}{PAGE}/").content.decode()
    assert "We do not know «Lamictel». Did you mean one of these?" in page
    assert "Lamisil (terbinafine)" in page
    assert "checked" not in page
    chosen = {"row0__name": "Lamictel", "row0__asked": "Lamictel", "row0__meant": "Lamictal (lamotrigine)"}
    assert send(form, **chosen).endswith("body/")
    assert drugs_of(house) == ["Lamictal (lamotrigine)"]
    assert "Did you mean" not in form[0].get(f"{form[1]}{PAGE}/").content.decode()


def test_a_name_that_is_right_as_written_is_not_asked_about_again(form: tuple[Client, str], house: House) -> None:
    send(form, row0__name="gabapentn")
    assert send(form, row0__name="gabapentn", row0__asked="gabapentn", row0__meant="as-it-is").endswith("body/")
    assert drugs_of(house) == ["gabapentn"]
    assert send(form, row0__name="gabapentn").endswith("body/")


def test_whoever_does_not_answer_goes_on_and_is_asked_no_second_time(form: tuple[Client, str], house: House) -> None:
    send(form, row0__name="gabapentn")
    assert send(form, row0__name="gabapentn", row0__asked="gabapentn").endswith("body/")
    assert drugs_of(house) == ["gabapentn"]


def test_a_choice_for_one_name_is_none_for_another(form: tuple[Client, str], house: House) -> None:
    send(form, row0__name="gabapentn")
    send(form, row0__name="Cymbelta", row0__asked="gabapentn", row0__meant="Gabapentin")
    assert drugs_of(house) == ["Cymbelta"]


@pytest.mark.parametrize("written", ["gabapentin", "Lyrica 75 mg twice a day", "my aunt's tea", ""])
def test_what_is_read_or_near_to_nothing_is_not_asked_about(form: tuple[Client, str], written: str) -> None:
    assert send(form, row0__name=written).endswith("body/")


def test_a_treatment_that_was_tried_is_asked_about_too(form: tuple[Client, str], house: House) -> None:
    assert send(form, "tried", row0__name="amitrptyline").endswith("tried/")
    send(form, "tried", row0__name="amitrptyline", row0__asked="amitrptyline", row0__meant="Amitriptyline")
    (trial,) = translate.patient(house.patient, today(house.site)).trials
    assert trial.therapy == "Amitriptyline"


def test_saving_while_typing_asks_nothing_and_keeps_the_choice(form: tuple[Client, str], house: House) -> None:
    posted = {"row0-name": "gabapentn", "row0-asked": "gabapentn", "row0-meant": "Gabapentin"}
    for _ in range(2):
        form[0].post(f"{form[1]}{PAGE}/", {"row0-name": "gabapentn"}, headers=SAVES)
        answer = form[0].post(f"{form[1]}{PAGE}/", posted, headers=SAVES).json()
        assert (answer["saved"], answer["problems"]) == (True, [])
    assert drugs_of(house) == ["Gabapentin"]


# the clinic's page of medicines


def listed(house: House) -> tuple[str, str]:
    """The key of the one medicine, and the page."""
    (medicine,) = current(house.patient, "medication")
    page = house.client("nurse").get(f"/patients/{house.patient.pk}/consultation/medicines/").content.decode()
    return medicine.key, page


def choose(house: House, key: str, name: str, role: str = "nurse") -> int:
    posted = {"form": "meant", "key": key, "name": name, "reason": "chosen in place of what was written"}
    page = f"/patients/{house.patient.pk}/consultation/medicines/"
    return int(house.client(role).post(page, posted).status_code)


@pytest.fixture
def written(house: House) -> House:
    """A clinic whose patient takes something that is not read."""
    new = translate.new_medication("m", {"drug": "cymbelta 60mg", "dose_mg_per_day": 60.0})
    entries.enter(by=house.by("nurse"), patient=house.patient, entries=(new,))
    return house


def test_the_clinic_chooses_with_one_tap_and_what_was_written_stays_in_the_history(written: House) -> None:
    key, page = listed(written)
    assert 'value="Cymbalta (duloxetine)"' in page
    assert choose(written, key, "Cymbalta (duloxetine)") == 302
    rows = history(written.patient, "medication", "m")
    assert [row.value["drug"] for row in rows] == ["Cymbalta (duloxetine)", "cymbelta 60mg"]
    assert rows[0].value["dose_mg_per_day"] == 60
    assert rows[0].reason == "chosen in place of what was written"
    assert AuditEvent.objects.filter(action="record.amend").count() == 1
    assert "Did you mean" not in listed(written)[1]


@pytest.mark.parametrize(
    ("key", "name", "role", "status"),
    [
        ("m", "Morphine", "nurse", 409),
        ("n", "Cymbalta (duloxetine)", "nurse", 409),
        ("m", "Cymbalta (duloxetine)", "coordinator", 403),
    ],
)
def test_only_what_was_offered_can_be_chosen(written: House, key: str, name: str, role: str, status: int) -> None:
    assert choose(written, key, name, role) == status
    assert drugs_of(written) == ["cymbelta 60mg"]
