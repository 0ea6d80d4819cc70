"""A dose above its limit is asked for again; one ten times above is a slip; one that cannot be read is refused."""

from __future__ import annotations

import pytest

from unwound.session.charted_doses import ImpossibleDose, bolus_doubt, rate_doubt, rescue_doubt


@pytest.mark.parametrize(("mg", "asked"), [(5, False), (28, False), (28.1, True), (280, True)])
def test_a_bolus_is_asked_again_above_what_the_guideline_gives(mg: float, asked: bool) -> None:
    assert bool(bolus_doubt(mg, 80)) is asked, "0.35 mg/kg at 80 kg are 28 mg"


def test_a_bolus_of_ten_times_the_limit_is_a_slipped_point() -> None:
    with pytest.raises(ImpossibleDose, match="slipped point"):
        bolus_doubt(280.5, 80)


@pytest.mark.parametrize(("rate", "asked"), [(10, False), (10.01, True), (100, True)])
def test_a_rate_is_asked_again_above_the_order(rate: float, asked: bool) -> None:
    assert bool(rate_doubt(rate, 10)) is asked


def test_a_rate_of_ten_times_the_order_is_a_slipped_point() -> None:
    with pytest.raises(ImpossibleDose, match=r"100\.5 mg/h is more than 10 times"):
        rate_doubt(100.5, 10)


@pytest.mark.parametrize(
    ("drug", "amount", "asked"),
    [
        ("midazolam", "2,5 mg IV", False),
        ("midazolam", "2.6 mg", True),
        ("Midazolam", "3 mg", True),
        ("midazolam", "2500 mcg", False),
        ("midazolam", "0.5 g", None),
        ("midazolam", "", False),
        ("midazolam", "slowly, to effect", False),
        ("midazolam", "4", None),
        ("midazolam", "1,250 mg", None),
        ("midazolam", "2 ml", None),
        ("ondansetron", "8 mg i.v.", False),
        ("ondansetron", "32 mg", True),
        ("oxygen", "4 L/min", False),
        ("a drug of the clinic's own", "4", False),
    ],
)
def test_a_rescue_dose_is_read_with_its_unit(drug: str, amount: str, asked: bool | None) -> None:
    if asked is None:
        with pytest.raises(ImpossibleDose):
            rescue_doubt(drug, amount)
    else:
        assert bool(rescue_doubt(drug, amount)) is asked
