"""Whose an outside record is: another person stops it, a small difference is asked."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.utils.html import escape
from hospital import (
    SAME,
    allergy,
    choose,
    looked_at,
    page_of,
    record,
    weight,
)
from small_clinic import House

from unwound_clinic.models import AuditEvent, Entry, Imported, Incoming, Patient


@pytest.mark.parametrize(
    ("person", "kind", "words"),
    [
        ({"birthDate": "1951-01-01"}, "birth date", "1 January 1951 in the file, 5 May 1980 here"),
        ({"birthDate": "1980-05-06"}, "birth date", "6 May 1980"),
        ({"birthDate": "1951"}, "birth date", "between 1 January 1951"),
        ({"gender": "male"}, "sex", "male in the file"),
        ({"name": [{"family": "Somebody", "given": ["Else"]}]}, "name", "Else Somebody"),
        ({"name": [{"family": "Testcase", "given": ["Two"]}]}, "name", "Two Testcase"),
    ],
)
def test_the_record_of_somebody_else_stops_and_leaves_only_its_event(
    house: House, person: dict[str, Any], kind: str, words: str
) -> None:
    answer = choose(house, record(weight(), allergy("latex"), person={**SAME, **person}))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert escape(words) in page
    assert "does not match this patient" in page
    assert "71 kg" not in page
    assert "latex" not in page
    assert (Entry.objects.count(), Incoming.objects.count(), Imported.objects.count()) == (0, 0, 0)
    event = AuditEvent.objects.filter(action="import.refuse").get()
    assert (event.patient_id, event.detail["differs"]) == (house.patient.pk, kind)
    assert house.client("nurse").get(page_of(house, "preview/")).status_code == 302


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ({"name": [{"family": "Testcaze", "given": ["One"]}]}, "written differently"),
        ({"name": [{"family": "Testcase", "given": ["O."]}]}, "written differently"),
        ({"name": []}, "the file has no name"),
        ({"birthDate": None}, "the file has no birth date"),
        ({"birthDate": "1980"}, "says only that the patient was born between"),
        ({"gender": "unknown"}, "sex at birth is not recorded in the file"),
    ],
)
def test_a_small_difference_or_a_missing_value_is_asked_before_anything_is_shown(
    house: House, person: dict[str, Any], words: str
) -> None:
    merged = {name: value for name, value in {**SAME, **person}.items() if value is not None}
    assert choose(house, record(weight(), person=merged)).status_code == 302
    page = looked_at(house)
    assert escape(words) in page
    assert "71 kg" not in page
    nurse = house.client("nurse")
    refused = nurse.post(page_of(house, "preview/"), {"answer": "import", "shown": "x"})
    assert refused.status_code == 409
    assert Entry.objects.count() == 0
    nurse.post(page_of(house, "preview/"), {"answer": "same"})
    assert "71 kg" in looked_at(house)
    assert AuditEvent.objects.filter(action="import.same-person").count() == 1


def test_somebody_who_is_not_the_same_is_forgotten(house: House) -> None:
    choose(house, record(weight(), person={}))
    house.client("nurse").post(page_of(house, "preview/"), {"answer": "aside"})
    assert (Incoming.objects.count(), Entry.objects.count()) == (0, 0)


def test_a_birth_date_corrected_meanwhile_stops_what_waits(house: House) -> None:
    choose(house, record(weight()))
    Patient.objects.filter(pk=house.patient.pk).update(birth_date=date(1981, 5, 5))
    page = looked_at(house)
    assert "no longer matches this patient" in page
    assert "71 kg" not in page
