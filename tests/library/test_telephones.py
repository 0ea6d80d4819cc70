"""Numbers that a patient can call: found in what people write, and proposed for each country."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound import evidence, telephones


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("988", ("988",)),
        ("Lifeline 13 11 14", ("13 11 14",)),
        ("Samaritans 116 123, day and night, 24/7", ("116 123",)),
        ("TelefonSeelsorge 116 123 or 0800 111 0 111", ("116 123", "0800 111 0 111")),
        ("030/123456", ("030/123456",)),
        ("030 / 12 34 56", ("030 / 12 34 56",)),
        ("+49 (0)30 901820", ("+49 (0)30 901820",)),
        ("(212) 555-0100", ("(212) 555-0100",)),
        ("+1-833-456-4566", ("+1-833-456-4566",)),
        ("*4141", ("*4141",)),
        ("112 (ambulance 144)", ("112", "144")),
        ("Linka 0800 500 333, 7.00 - 15.30", ("0800 500 333",)),
        ("116 123 (8-22)", ("116 123",)),
        ("open 8:00–17:30 on 13-11-14", ("13-11-14",)),
        ("8-22", ()),
        ("call us", ()),
        ("24/7", ()),
        ("room 12", ()),
        ("line2go", ()),
        ("", ()),
        ("1234 5678 9012 3456 7890", ()),
        ("٠١٢٣", ()),
    ],
)
def test_the_numbers_in_what_somebody_wrote(written: str, numbers: tuple[str, ...]) -> None:
    assert telephones.numbers_in(written) == numbers


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("116 123", "116123"),
        ("+49 (0)30 901820", "+49030901820"),
        ("(212) 555-0100", "2125550100"),
        ("*4141", "*4141"),
        ("030/123456", "030123456"),
    ],
)
def test_a_number_as_a_telephone_dials_it(written: str, dialled: str) -> None:
    assert telephones.digits(written) == dialled


@given(st.text(max_size=60))
def test_what_is_found_stands_in_the_text_in_this_order_and_can_be_dialled(text: str) -> None:
    rest = text
    for number in telephones.numbers_in(text):
        assert 3 <= len(telephones.digits(number).lstrip("+*#")) <= 15
        _, there, rest = rest.partition(number)
        assert there == number


def test_at_least_thirty_countries_each_with_two_numbers_from_a_source() -> None:
    countries = telephones.countries()
    assert len(countries) >= 30
    for code, country in countries.items():
        assert (len(code), code.isupper(), code.isalpha()) == (2, True, True)
        assert len(telephones.numbers_in(country.emergency.text)) == 1, code
        assert telephones.numbers_in(country.crisis.text), code
        for cited in (country.emergency, country.crisis):
            assert cited.source in evidence.studies(), code
    assert len({country.name for country in countries.values()}) == len(countries)
