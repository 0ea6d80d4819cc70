"""Clinicians of the clinic sign that a file is right: for that text only, by name and licence."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from small_clinic import PASSWORD, House

from unwound import catalogue, reading
from unwound_clinic.core import file_reviews
from unwound_clinic.models import AuditEvent, FileReview
from unwound_clinic.public import shown

PAGE = "/reviews/therapies/pregabalin/"
FILE = ("therapies", "pregabalin")


def signed(house: House, role: str = "physician", place: tuple[str, str] = FILE, **changes: str) -> Any:
    form = {"licence": "GMC 0000000", "due": "2099-01-01", "digest": catalogue.digest(*place), "password": PASSWORD}
    return house.client(role).post(f"/reviews/{place[0]}/{place[1]}/", {**form, **changes})


def changed_since(row: FileReview) -> None:
    """As it stands after an update of ours: what was signed is an older text than the one in force."""
    row.content = row.content.replace("start = { value = 150", "start = { value = 75", 1)
    row.digest = catalogue.body_digest(row.content.encode())
    row.save()


@pytest.mark.django_db
def test_a_clinician_signs_with_name_licence_and_date_and_it_is_counted(house: House) -> None:
    assert file_reviews.line() == catalogue.review_line()
    assert signed(house).status_code == 302
    row = FileReview.objects.get()
    assert (row.reviewer, row.licence) == (house.users["physician"].name, "GMC 0000000")
    assert row.content.encode() == catalogue.content(*FILE)
    assert AuditEvent.objects.filter(action="knowledge.review", detail__file="therapies/pregabalin.toml").exists()
    assert file_reviews.standing([FILE])[FILE].here
    assert file_reviews.line().startswith(f"{len(catalogue.reviewed()) + 1} of ")
    page = house.client("nurse").get(PAGE).content.decode()
    assert f"Reviewed by {row.reviewer} (GMC 0000000)" in page
    assert "Sign that this file is right" not in page, "a nurse reads, and does not sign"
    assert row.reviewer in house.client("nurse").get("/library/therapies/pregabalin/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "says"),
    [({"digest": "0" * 64}, "changed since it was shown"), ({"licence": " "}, "required"),
     ({"due": "2020-01-01"}, "lies after today"), ({"password": "wrong"}, "not your password")],
)  # fmt: skip
def test_what_cannot_be_signed_is_said_and_nothing_is_written(house: House, changes: dict[str, str], says: str) -> None:
    answer = signed(house, **changes)
    assert says in answer.content.decode()
    assert not FileReview.objects.exists()


@pytest.mark.django_db
def test_only_clinicians_sign(house: House) -> None:
    assert [signed(house, role).status_code for role in ("nurse", "coordinator", "administrator")] == [403] * 3
    assert signed(house, "anaesthesia-provider").status_code == 302
    assert FileReview.objects.count() == 1


@pytest.mark.django_db
def test_a_signature_is_void_when_the_file_changes_and_what_changed_is_shown(house: House) -> None:
    signed(house)
    changed_since(FileReview.objects.get())
    assert not file_reviews.standing()
    assert [row.name for row in file_reviews.void()] == ["pregabalin"]
    client = house.client("physician")
    assert "Changed since it was signed" in client.get("/reviews/").content.decode()
    page = client.get(PAGE).content.decode()
    assert "changed since it was reviewed" in page
    assert re.search(r"<dt>dosing.start.value</dt>\s*<dd>75 → 150</dd>", page)
    signed(house)
    assert not file_reviews.void(), "signed again, it holds"


@pytest.mark.django_db
def test_what_is_overdue_is_listed_and_a_review_can_be_taken_back(house: House) -> None:
    signed(house)
    FileReview.objects.update(due=date(2020, 1, 1))
    client = house.client("physician")
    assert "Overdue" in client.get("/reviews/").content.decode()
    number = FileReview.objects.get().pk
    form = {"reason": "misread Table 2", "password": PASSWORD}
    assert client.post(f"/reviews/signed/{number}/", form).status_code == 302
    assert not file_reviews.standing()
    assert client.post(f"/reviews/signed/{number}/", form).status_code == 409
    assert "misread Table 2" in client.get("/reviews/").content.decode()


@pytest.mark.django_db
def test_a_public_page_names_its_reviewers_only_when_each_of_its_files_was_signed(house: House) -> None:
    page = reading.page("questions", "is_it_proven")
    files = page.files
    assert "Not yet reviewed by a clinician" in Client().get(shown.place(page)).content.decode()
    for place in files:
        signed(house, place=place)
    text = Client().get(shown.place(page)).content.decode()
    assert "of this clinic" in text
    data = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', text)[0])
    assert data["reviewedBy"] == [{"@type": "Person", "name": f"{house.users['physician'].name} (GMC 0000000)"}]
    two = reading.page("therapies", "pregabalin")
    signed(house)
    assert shown.review_of(two) is None, "its plain words are a file of their own"


@pytest.mark.django_db
@pytest.mark.one_database
@pytest.mark.parametrize("place", ["therapies/pregabalin", "conditions/crps_1", "rules/candidacy"])
def test_the_packet_is_set_as_a_tagged_pdf(house: House, place: str) -> None:
    answer = house.client("physician").get(f"/reviews/{place}/pdf/")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content[:5] == b"%PDF-"
    assert b"pdfuaid" in answer.content
