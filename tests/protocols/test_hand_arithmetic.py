"""Twenty-three invented patients, reckoned with pencil and paper from the published courses, not from the code.

How the reader went: mg/kg times kg; a dose over 40 minutes is half as much again in an hour; ten days are 0.5 + 0.75 +
8 = 9.25 full days of four hours; mL are mg over mg/mL; a pump takes tenths of a millilitre, half a tenth goes down; a
syringe of 50 mL is changed when it is empty, and each day has its own. The highest concentration of a long infusion is
the rate over the clearance by Clements, 80.2 L/h at 70 kg and in proportion to the weight.
"""

from typing import NamedTuple

import pytest
from patients_to_plan import weighing

from unwound import protocols

ASKED = ("ceiling", "limit_passed", "fixed_dose", "concentration_high")


class Reckoned(NamedTuple):
    """What the reader got."""

    course: str
    kg: float
    mg_per_ml: float
    mg_per_h: float
    set_ml_per_h: float
    total_mg: float
    total_ml: float
    syringes: int | None
    asks: tuple[str, ...] = ()


PATIENTS = (
    Reckoned("ketamine_40_min", 70, 1, 42, 42.0, 28, 28, 1),
    Reckoned("ketamine_40_min", 55, 2, 33, 16.5, 22, 11, 1),
    Reckoned("ketamine_40_min", 92, 1, 55.2, 55.2, 36.8, 36.8, 1),
    Reckoned("ketamine_40_min", 63, 2, 37.8, 18.9, 25.2, 12.6, 1),
    Reckoned("ketamine_single_80_mg", 60, 1, 20, 20.0, 80, 80, 2),
    Reckoned("ketamine_single_80_mg", 45, 2, 20, 10.0, 80, 40, 1, ("fixed_dose",)),  # 0.44 mg/kg/h
    Reckoned("sci_ketamine_7_days", 75, 2, 16, 8.0, 560, 280, 7),
    Reckoned("sci_ketamine_7_days", 40, 1, 16, 16.0, 560, 560, 14, ("fixed_dose",)),  # 0.40
    Reckoned("crps_ketamine_10_days", 50, 1, 17.5, 17.5, 647.5, 647.5, 19),
    Reckoned("crps_ketamine_10_days", 64, 2, 22.4, 11.2, 828.8, 414.4, 10),
    Reckoned("crps_ketamine_10_days", 71, 1, 24.85, 24.8, 919.45, 919.45, None),
    Reckoned("crps_ketamine_10_days", 110, 1, 25, 25.0, 925, 925, 19),
    Reckoned("crps_ketamine_5_days", 40, 1, 40, 40.0, 3600, 3600, 72,
             ("limit_passed", "fixed_dose", "concentration_high")),
    Reckoned("crps_ketamine_5_days", 85, 2, 40, 20.0, 3600, 1800, 36),  # 0.47 mg/kg/h, 411 ng/mL
    Reckoned("crps_ketamine_5_days", 36, 1, 36, 36.0, 3504, 3504, None,
             ("ceiling", "limit_passed", "fixed_dose", "concentration_high")),
    Reckoned("crps_esketamine_4_days", 70, 1, 22.2, 22.2, 1909.6, 1909.6, 39, ("limit_passed",)),  # 0.317 over 0.2
    Reckoned("crps_esketamine_4_days", 49, 2, 15.54, 7.8, 1336.72, 668.36, None, ("limit_passed",)),
    Reckoned("crps_esketamine_4_days", 105, 1, 30, 30.0, 2640, 2640, None, ("limit_passed",)),
    Reckoned("crps_esketamine_6_days", 70, 1, 14, 14.0, 1512, 1512, 31),  # a day each of 3.5, 7, 10.5; then 14
    Reckoned("crps_esketamine_6_days", 52, 2, 10.4, 5.2, 1123.2, 561.6, None),
    Reckoned("crps_esketamine_6_days", 100, 1, 14, 14.0, 1704, 1704, None),  # 15 and 20 would be needed
    Reckoned("crps_booster_quarterly", 68, 1, 25, 25.0, 400, 400, 8, ("fixed_dose",)),  # 0.368 over 0.35
    Reckoned("crps_booster_quarterly", 80, 2, 25, 12.5, 400, 200, 4),
)  # fmt: skip


@pytest.mark.parametrize("hand", PATIENTS, ids=lambda hand: f"{hand.course} at {hand.kg:g} kg")
def test_the_plan_is_what_the_reader_reckoned(hand: Reckoned) -> None:
    plan = protocols.plan(hand.course, weighing(hand.kg), concentration_mg_per_ml=hand.mg_per_ml)
    fastest = max(plan.rates, key=lambda rate: rate.mg_per_h)
    assert plan.pump is not None
    assert fastest.mg_per_h == pytest.approx(hand.mg_per_h)
    assert fastest.set_ml_per_h == pytest.approx(hand.set_ml_per_h)
    assert (plan.total_mg, plan.total_ml) == pytest.approx((hand.total_mg, hand.total_ml))
    syringe = next(one for one in plan.pump.supplies if one.id == "syringe_50")
    assert hand.syringes in (None, syringe.count)
    assert {one.id for one in plan.reasons if one.id in ASKED and one.level == "ask"} == set(hand.asks)


@pytest.mark.parametrize(("kg", "ng_per_ml"), [(40, 872), (45, 776), (50, 698), (60, 582), (70, 499), (85, 411)])
def test_the_highest_concentration_is_the_rate_over_the_clearance(kg: float, ng_per_ml: float) -> None:
    predicted = protocols.plan("crps_ketamine_5_days", weighing(kg), concentration_mg_per_ml=1).predicted
    assert predicted is not None
    assert predicted.highest.peak_ng_per_ml == pytest.approx(ng_per_ml, abs=0.8)
