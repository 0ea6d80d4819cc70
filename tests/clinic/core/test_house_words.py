"""Words that anybody here would try first make no password; a sentence that holds one does (ASVS 6.1.2, 6.2.11)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from small_clinic import PASSWORD, House

from unwound_clinic.administration.pages.setup import FirstForm
from unwound_clinic.core import house_words
from unwound_clinic.models import Site

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

GUIDE = (Path(__file__).resolve().parents[3] / "docs/how-to/run-a-clinic.md").read_text("utf-8")
SITES = ("Riverside Pain Clinic", "Praxis für Schmerz")


@pytest.mark.parametrize(
    "password",
    [
        "unwound-clinic-2026", "Riverside2026!!", "r1v3r$1d3-Pa1n", "NurseNurseNurse", "Anaesthetist.99",
        "ketamine20261201", "un_wound un_wound", "riversidepassword1", "Schmerz-Praxis-1", "AdministratorRiverside",
        "nurse-qwertyuiop",
    ],
)  # fmt: skip
def test_little_more_than_words_of_the_house_is_refused(password: str) -> None:
    with pytest.raises(ValidationError, match="little more than words"):
        house_words.check(password, SITES)


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD, "four green bicycles", "my nurse rides green bicycles", "Riverside swims at dawn", "ä ö ü ß é è ê ç",
        "\U0001f40e\U0001f50b" * 6, "the paint dries on Sunday", "1f9c 77aa 03de",
    ],
)  # fmt: skip
def test_a_sentence_is_taken_whatever_it_holds(password: str) -> None:
    house_words.check(password, SITES)


def test_a_site_that_is_new_counts_at_once() -> None:
    validate_password("Larkspur-House-7")
    Site.objects.create(name="The Larkspur House")
    with pytest.raises(ValidationError, match="little more than words"):
        validate_password("Larkspur-House-7")


def test_the_first_account_is_held_to_the_name_that_it_gives_the_clinic() -> None:
    form = FirstForm({"name": "Larkspur House", "password": "Larkspur-House-7"})
    assert "little more than words" in str(form.errors["password"])
    assert "password" not in FirstForm({"name": "Elsewhere", "password": "Larkspur-House-7"}).errors


def test_every_page_that_takes_a_new_password_refuses_them(house: House) -> None:
    new = {"password1": "First-Site-nurse-1", "password2": "First-Site-nurse-1", "oldpassword": PASSWORD}
    answer = house.client("nurse").post("/accounts/password/change/", new)
    assert "little more than words" in answer.content.decode()
    given = {"name": "Test Newcomer", "email": "new@example.test", "role": "nurse", "password": "First-Site-nurse-1"}
    answer = house.client("administrator").post(f"/people/{house.site.pk}/give/", given)
    assert "little more than words" in answer.content.decode()
    house.users["nurse"].refresh_from_db()
    assert house.users["nurse"].check_password(PASSWORD)
    assert Client().get("/accounts/login/").status_code == 200


def test_the_guide_lists_them() -> None:
    listed = GUIDE.partition("the program and the trade:")[2].partition(";")[0]
    assert tuple(re.findall(r"\w+", listed)) == house_words.PRODUCT


def test_the_demonstration_has_public_passwords(settings: Any) -> None:
    settings.DEMO = True
    validate_password("unwound-demo-2026")
