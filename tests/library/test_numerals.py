"""A typed number means one number, two, or none: never another one in silence."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound.numerals import meanings

ONE = {
    "2,5": 2.5, "2.5": 2.5, " 80 ": 80, "0,125": 0.125, "0.125": 0.125, ",5": 0.5, ".5": 0.5, "007,5": 7.5,
    "-2,5": -2.5,
    "−2.5": -2.5, "+5": 5, "12345,678": 12345.678, "1 250": 1250, "1\u00a0250,5": 1250.5, "1\u202f250": 1250,
    "1'250": 1250, "1’250.5": 1250.5, "1,250.5": 1250.5, "1.250,5": 1250.5, "1,250,000": 1250000, "1.250.000": 1250000,
    "12,5000": 12.5, "٢٫٥": 2.5, "２５": 25, "0,05": 0.05, "1234,567": 1234.567,
}  # fmt: skip
NONE = (
    "", " ", "5,", "5.", ".", ",", "-", "2,5,1", "1.250.5", "1,000,5", "0,500,000", "1 25", "12 34", "1e3", "1E3",
    "1_000",
    "inf", "nan", "NaN", "0x10", "½", "2½", "2,5 mg", "5-10", "5–10", "10/2", "1,,5", "--5", "٫", "2\u202e5", "1" * 30,
    "1.250,000.5", "80kg", "ten", "1;5", "१e२",
)  # fmt: skip


@pytest.mark.parametrize(("typed", "number"), ONE.items())
def test_what_can_only_be_one_number(typed: str, number: float) -> None:
    assert meanings(typed) == (number,)


@pytest.mark.parametrize("typed", NONE)
def test_what_is_no_number(typed: str) -> None:
    assert meanings(typed) == ()


@pytest.mark.parametrize(
    ("typed", "fraction", "thousand"), [("1,250", 1.25, 1250), ("1.250", 1.25, 1250), ("-999.999", -999.999, -999999)]
)
def test_three_digits_after_one_mark_may_be_either(typed: str, fraction: float, thousand: float) -> None:
    assert meanings(typed) == (fraction, thousand)


@given(st.decimals(0, 10**9, places=4), st.sampled_from(",."), st.sampled_from(["", "'", " ", ",", "."]))
def test_however_a_country_writes_a_number_it_is_among_the_meanings(number: Decimal, mark: str, groups: str) -> None:
    if groups == mark:
        groups = ""
    written = f"{number:,f}".replace(".", "\0").replace(",", groups).replace("\0", mark)
    assert meanings(written) == (float(number),)


@given(st.text(alphabet="0123456789.,' -+e_", max_size=12))
def test_no_meaning_has_other_digits_than_were_typed(typed: str) -> None:
    digits = "".join(sign for sign in typed if sign.isdigit()).strip("0")
    for value in meanings(typed):
        written = f"{Decimal(repr(value)):f}".removesuffix(".0").lstrip("-").replace(".", "").strip("0")
        assert written == digits, (typed, value)
