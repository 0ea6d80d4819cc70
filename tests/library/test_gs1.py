"""Barcodes of vials: read as they are, and not at all where they could be read in two ways."""

from __future__ import annotations

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound.exchange import gs1
from unwound.exchange.gs1 import GS, Gs1Error, Scan

TODAY = date(2026, 12, 1)
GTIN = "09506000134352"
VIAL = Scan(gtin=GTIN, lot="A7-22/x", expires_on=date(2027, 12, 31), serial="SN10")


@pytest.mark.parametrize(
    "text",
    [
        f"]d201{GTIN}1727123110A7-22/x{GS}21SN10",
        f"]C101{GTIN}17271231{GS}10A7-22/x{GS}21SN10",
        f"{GS}01{GTIN}21SN10{GS}10A7-22/x{GS}17271231",
        f"01{GTIN}10A7-22/x<GS>17271231{{GS}}21SN10",
        f"01{GTIN}10A7-22/x␝17271231\\x1d21SN10\r\n",
        f"(01){GTIN}(17)271231(10)A7-22/x(21)SN10",
        f"(01){GTIN} (10)A7-22/x (17)271231 (21)SN10",
        f"]d201{GTIN}1727123110A7-22/x{GS}21SN10{GS}7121234567",
        f"]d2240X9{GS}01{GTIN}112501011727123110A7-22/x{GS}21SN10",
    ],
)
def test_a_vial_reads_the_same_however_its_code_is_written(text: str) -> None:
    assert gs1.read(text, TODAY) == VIAL


@pytest.mark.parametrize(
    ("text", "gtin"),
    [("9506000134352", GTIN), (GTIN, GTIN), ("96385074", "00000096385074"), ("036000291452", "00036000291452")],
)
def test_a_bare_number_is_the_product_alone(text: str, gtin: str) -> None:
    assert gs1.read(text, TODAY) == Scan(gtin=gtin)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing was scanned"),
        ("ketamine", "no identifier"),
        (f"]d201{GTIN[:-1]}3", "check digit"),
        (f"]d201{GTIN[:9]}", "not 14 digits"),
        (f"]d201{GTIN}17271331", "is no date"),
        (f"]d201{GTIN}17270230", "is no date"),
        ("]d21727123110AB", "no product number"),
        (f"01{GTIN}10AB17271231", "separator is missing"),
        (f"01{GTIN}21100251263204341727013110403751B", "separator is missing"),
        (f"01{GTIN}10BATCH2112345678", "separator is missing"),
        (f"]d201{GTIN}10{'A' * 21}", "too long"),
        (f"]d201{GTIN}10{GS}17271231", "empty or too long"),
        (f"]d201{GTIN}9901", "no identifier"),
        (f"(01){GTIN}(10)AB(10)CD", "two values of lot"),
        (f"x(01){GTIN}", "no identifier"),
        (f"]d201{GTIN}10ÄB", "another keyboard"),
        ("]d201٠٩٥٠٦٠٠٠١٣٤٣٥٢", "not 14 digits"),
    ],
)
def test_what_is_in_doubt_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(Gs1Error, match=why):
        gs1.read(text, TODAY)


@pytest.mark.parametrize(
    ("written", "last"),
    [
        ("270200", date(2027, 2, 28)), ("280200", date(2028, 2, 29)), ("271231", date(2027, 12, 31)),
        ("760101", date(2076, 1, 1)), ("770101", date(1977, 1, 1)), ("000101", date(2000, 1, 1)),
    ],
)  # fmt: skip
def test_an_expiry_without_a_day_is_the_last_of_the_month_and_the_century_is_the_nearest(
    written: str, last: date
) -> None:
    assert gs1.read(f"]d201{GTIN}17{written}", TODAY).expires_on == last


def test_a_vial_may_be_used_on_its_last_day_and_not_after_it() -> None:
    scan = gs1.read(f"]d201{GTIN}17261201", TODAY)
    assert scan.expired(date(2026, 12, 1)) is False
    assert scan.expired(date(2026, 12, 2)) is True
    assert Scan(gtin=GTIN).expired(TODAY) is None


lots = st.text(st.sampled_from("ABCxyz0123456789-/+%"), min_size=1, max_size=20)


@given(lots, lots, st.dates(date(2000, 1, 1), date(2075, 12, 31)), st.integers(0, 10**13 - 1))
def test_whatever_the_lot_looks_like_a_code_with_separators_gives_it_back(
    lot: str, serial: str, expiry: date, number: int
) -> None:
    digits = f"{number:013d}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    gtin = digits + str(-total % 10)
    text = f"]d210{lot}{GS}21{serial}{GS}17{expiry:%y%m%d}01{gtin}"
    assert gs1.read(text, TODAY) == Scan(gtin=gtin, lot=lot, expires_on=expiry, serial=serial)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(Gs1Error):
        gs1.read(text, TODAY)
