"""Dates are typed in the order of the site; signs that hide what a text says are refused in words."""

from __future__ import annotations

from datetime import date

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st
from small_clinic import House

from unwound_clinic.core.dates import BirthDateField, order_of, read
from unwound_clinic.core.unreadable import hidden
from unwound_clinic.models import Entry, Patient

TODAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("typed", "uk", "us"),
    [
        ("1980-05-06", date(1980, 5, 6), date(1980, 5, 6)),
        ("1980/5/6", date(1980, 5, 6), date(1980, 5, 6)),
        ("5 6 1980", date(1980, 6, 5), date(1980, 5, 6)),
        ("05/06/1980", date(1980, 6, 5), date(1980, 5, 6)),
        ("05.06.1980", date(1980, 6, 5), date(1980, 5, 6)),
        ("6 May 1980", date(1980, 5, 6), date(1980, 5, 6)),
        ("May 6, 1980", date(1980, 5, 6), date(1980, 5, 6)),
        ("29 february 1956", date(1956, 2, 29), date(1956, 2, 29)),
        ("13/05/1980", date(1980, 5, 13), None),
        ("05/13/1980", None, date(1980, 5, 13)),
        ("29.02.1957", None, None),
        ("5/6/80", None, None),
        ("1980", None, None),
        ("tomorrow", None, None),
    ],
)
def test_a_date_is_read_in_the_order_of_the_site(typed: str, uk: date | None, us: date | None) -> None:
    for jurisdiction, day in (("UK", uk), ("", uk), ("US", us)):
        if day is None:
            with pytest.raises(ValueError, match="is not a date"):
                read(typed, order_of(jurisdiction))
        else:
            assert read(typed, order_of(jurisdiction)) == day


@given(st.dates(date(1901, 12, 1), TODAY), st.sampled_from(["US", "UK", ""]))
def test_what_the_field_shows_is_read_again(day: date, jurisdiction: str) -> None:
    field = BirthDateField(jurisdiction=jurisdiction, today=TODAY)
    assert field.clean(field.prepare_value(day)) == day
    assert not field.has_changed(day, field.prepare_value(day))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("1 12 2026", "in the future"),
        ("1 1 9999", "in the future"),
        ("1 1 1850", "more than 125 years"),
        ("1 1 0001", "125"),
    ],
)
def test_nobody_is_born_in_the_future_or_too_long_ago(typed: str, says: str) -> None:
    with pytest.raises(forms.ValidationError, match=says):
        BirthDateField(today=TODAY).clean(typed)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["Test\u202ecase", "Test\x07case", "Test\x00case", "Tes\u2067tcase\u2069", "Test\x85case"]
)
def test_a_name_that_hides_what_it_says_is_refused_in_words(house: House, name: str) -> None:
    before = Patient.objects.count()
    fields = {"family_name": name, "given_name": "Nine", "birth_date": "5 5 1980"}
    answer = house.client("coordinator").post("/patients/new/", fields)
    assert answer.status_code == 400
    assert "The field «family_name» holds" in answer.content.decode()
    assert Patient.objects.count() == before


@pytest.mark.parametrize(
    "name", ["O’Hara", "Müller-Žižka", "王芳", "الأحمد", "נועה", "Zoë", "Nguyễn", "José\u0301", "👩‍⚕️", "a\r\nb\tc"]
)
def test_names_of_every_script_are_names(name: str) -> None:
    assert hidden(name) == ""


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["Test\ncase", "Test\u200bcase", "\ufeffTestcase", "Test\u2028case", "Test\u00adcase"])
def test_a_name_with_a_sign_that_nobody_sees_is_asked_again_beside_its_field(house: House, name: str) -> None:
    """Two people of one name that reads the same would be found, called and given a drug for each other."""
    answer = house.client("nurse").post("/patients/new/", {"family_name": name, "birth_date": "1 2 1970"})
    assert answer.status_code == 200
    assert "This contains an invisible character or a line break" in answer.content.decode()
    assert not Patient.objects.filter(family_name__contains="case", birth_date="1970-02-01").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("raw", [b"\xed\xa0\x80", b"\xff\xfe", b"M\xfcller"])
def test_bytes_that_are_no_letters_are_refused_not_kept_as_question_marks(house: House, raw: bytes) -> None:
    quoted = "".join(f"%{byte:02X}" for byte in raw)
    kind = "application/x-www-form-urlencoded"
    answer = house.client("nurse").post("/patients/new/", f"family_name={quoted}", content_type=kind)
    assert answer.status_code == 400
    assert "holds text that arrived damaged" in answer.content.decode()
    assert not Patient.objects.filter(family_name__contains="\ufffd").exists()


@pytest.mark.django_db
def test_a_form_that_is_too_large_is_refused_in_our_words(house: House) -> None:
    answer = house.client("nurse").post("/patients/new/", {"family_name": "x" * 6_000_000})
    assert answer.status_code == 413
    assert "It holds more than the clinic takes at once" in answer.content.decode()
    assert "Nothing was changed" in answer.content.decode()


def test_half_a_character_is_none() -> None:
    assert hidden("Test\ud800") == "half of a character"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("page", "fields", "says"),
    [
        ("measurements", {"systolic_mmhg": "78", "diastolic_mmhg": "124"}, "were the two swapped"),
        ("measurements", {"weight_kg": "70", "on": "1979-01-01"}, "before the patient was born"),
        ("measurements", {"weight_kg": "70", "on": "2999-01-01"}, "in the future"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(
    house: House, page: str, fields: dict[str, str], says: str
) -> None:
    client, address = house.client("nurse"), f"/patients/{house.patient.pk}/consultation/{page}/"
    shown = client.get(address).context["form"].initial["shown"]
    answer = client.post(address, {"on": str(TODAY), "shown": shown, **fields})
    assert says in answer.content.decode()
    assert not Entry.objects.filter(patient=house.patient, key__in=fields).exists()
