"""Help without the Internet, forms that speak in our words, and which answers go out compressed."""

from __future__ import annotations

import gzip
import re

import pytest
from django import forms
from django.urls import reverse
from small_clinic import PASSWORD, House

from unwound_clinic.core import plain_refusals
from unwound_clinic.models import Patient
from unwound_clinic.public import manual

FRAMEWORK = re.compile(
    r"This field is required|This field cannot|Enter a valid|Select a valid|Ensure this value|is violated|"
    r"Successfully|[Ss]igned in|[Ss]ign(ed)? out|already exists|The submitted file|was submitted"
)


class Everything(forms.Form):
    """A field of each kind that a page here has."""

    text = forms.CharField(max_length=3)
    mail = forms.EmailField()
    whole = forms.IntegerField(max_value=9)
    day = forms.DateField()
    moment = forms.DateTimeField()
    choice = forms.ChoiceField(choices=[("a", "a")])
    choices = forms.MultipleChoiceField(choices=[("a", "a")])
    row = forms.ModelChoiceField(Patient.objects.none())
    file = forms.FileField()


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["", "abcdef", "10", "²", "2026-02-30"])
def test_no_refusal_of_a_field_is_in_the_frameworks_words(typed: str) -> None:
    form = Everything(dict.fromkeys(Everything.base_fields, typed), {})
    said = [sentence for sentences in form.errors.values() for sentence in sentences]
    assert said
    assert [sentence for sentence in said if FRAMEWORK.search(sentence)] == []


@pytest.mark.django_db
def test_a_record_number_that_is_taken_is_said_in_words(house: House) -> None:
    Patient.objects.filter(pk=house.patient.pk).update(number="77")
    fields = {"family_name": "Other", "given_name": "Person", "birth_date": "5 May 1990", "number": "77"}
    text = house.client("nurse").post("/patients/new/", fields).content.decode()
    assert plain_refusals.IN_USE in text
    assert FRAMEWORK.search(text) is None


@pytest.mark.django_db
def test_logging_in_and_out_says_nothing_in_the_frameworks_words(house: House) -> None:
    client = house.client("nurse")
    client.logout()
    login = {"login": "nurse@example.test", "password": "wrong"}
    assert "do not belong together" in client.post("/accounts/login/", login).content.decode()
    answer = client.post("/accounts/login/", {**login, "password": PASSWORD}, follow=True)
    assert "What needs my attention" in answer.content.decode()
    assert FRAMEWORK.search(answer.content.decode()) is None
    answer = client.post("/accounts/logout/", follow=True)
    assert FRAMEWORK.search(answer.content.decode()) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["account_change_password", "mfa_index", "account_logout", "mfa_generate_recovery_codes"]
)
def test_pages_of_accounts_are_in_our_words(house: House, name: str) -> None:
    text = house.client("nurse").get(reverse(name), follow=True).content.decode()
    assert "Two-Factor" not in text
    assert "Sign Out" not in text
    assert "Unwound" in text


def test_every_text_of_the_manual_opens_and_leads_only_to_what_is_there() -> None:
    texts = [text for _, part in manual.contents() for text in part]
    assert {text.name for text in texts} >= {"run-a-session", "first-patient", "glossary", "the-house"}
    for text in texts:
        html = manual.page(text)
        assert "<h1" in html
        assert "<script" not in html
        for address in re.findall(r'href="([^"]+)"', html):
            if address.startswith("/help/") and address != "/help/":
                _, _, folder, name, *_ = address.split("/")
                assert manual.text(folder, name) is not None, (text.name, address)
            else:
                assert address.startswith(("https://", "http://", "#", "/help/")), (text.name, address)


@pytest.mark.parametrize(
    ("href", "folder", "leads_to"),
    [
        ("../glossary.md", "how-to", "/help/manual/glossary/"),
        ("run-a-clinic.md#mail", "how-to", "/help/how-to/run-a-clinic/#mail"),
        ("../../CONTRIBUTING.md", "explanation", "/help/"),
        ("https://example.org/?a=1&b=2", "how-to", "https://example.org/?a=1&amp;b=2"),
        ("javascript:alert(1)", "how-to", "/help/"),
    ],
)
def test_links_of_the_manual_lead_to_its_pages(href: str, folder: str, leads_to: str) -> None:
    assert manual._to(href, folder) == leads_to


@pytest.mark.django_db
def test_a_page_is_compressed_and_what_may_show_a_secret_is_not(house: House) -> None:
    client = house.client("nurse")
    asked = {"HTTP_ACCEPT_ENCODING": "gzip"}
    answer = client.get("/help/", **asked)
    assert answer["Content-Encoding"] == "gzip"
    assert b"Where things are" in gzip.decompress(answer.content)
    assert "Accept-Encoding" in answer["Vary"]
    assert "Content-Encoding" not in client.get("/help/")
    assert "Content-Encoding" not in client.get("/accounts/password/change/", **asked)
    made = client.post(reverse("invite", args=[house.patient.pk]), **asked)
    assert b"/i/" in made.content
    assert "Content-Encoding" not in made


@pytest.mark.django_db
def test_a_clinic_shows_the_manual_of_its_own(house: House, settings: object) -> None:
    assert b"The manual of your own clinic" not in house.client("nurse").get("/help/").content
    settings.MANUAL = "https://clinic.example/manual"  # type: ignore[attr-defined]
    assert b"https://clinic.example/manual" in house.client("nurse").get("/help/").content
