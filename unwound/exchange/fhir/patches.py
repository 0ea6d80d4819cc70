"""Patches: mg a day by their number, their rate and how often they are changed."""

from __future__ import annotations

import math
from dataclasses import replace

from unwound import drugs, routes
from unwound.exchange.fhir import amounts
from unwound.exchange.fhir.dose import Conflict, in_words
from unwound.exchange.fhir.products import Product
from unwound.exchange.fhir.shapes import Object, number
from unwound.exchange.fhir.unclear import Unclear


def is_patch(medicine: Product) -> bool:
    """Whether the product is a patch."""
    return medicine.way is not None and medicine.way.id == "patch"


def patches_a_day(quantity: Object, rate: float | None, medicine: Product, times: float | None) -> float:
    """mg a day of patches by their number, rate and change.

    Unclear where they are not changed as they are made to be. A branch for each way in which that can be so.
    """
    if not is_patch(medicine) and (rate is None or medicine.way is not None):
        raise Unclear("the dose is given as a rate, which is not a daily dose", final=True)
    each = medicine.ug_per_hour if medicine.ug_per_hour is not None else rate
    if rate is not None and each is not None and not math.isclose(rate % each, 0.0, abs_tol=1e-9):
        raise Conflict(f"the dose is {in_words(rate)} µg an hour, the patch gives {in_words(each)}")
    worn = rate / each if rate is not None and each else number(quantity.get("value"))
    if rate is None and not amounts.is_patches(quantity):
        amounts.in_mg(quantity, replace(medicine, strength_mg=None))  # says why, where the unit is another one's
        raise Unclear("it is not clear how many patches are worn at a time", final=True)
    if each is None or worn is None or not 0 < worn <= _MOST_PATCHES or worn != int(worn):
        raise Unclear("it is not clear how many patches are worn at a time", final=True)
    if times is None:
        raise Unclear("how often the patch is changed is not given", final=True)
    _refuse_another_change(24.0 / times, each, medicine)
    return worn * each * 24.0 / 1000.0


_MOST_PATCHES = 8


def _refuse_another_change(hours: float, ug_per_hour: float, medicine: Product) -> None:
    worn = medicine.worn_hours or routes.worn_hours(drugs.recognise(text=medicine.name) or "", ug_per_hour)
    if not worn:
        raise Unclear("for how long the patch is worn is not known", final=True)
    if not any(math.isclose(hours, made_for) for made_for in worn):
        made_for = " or ".join(in_words(each) for each in worn)
        raise Conflict(
            f"the patch is made to be worn for {made_for} hours, and is ordered to be changed every "
            f"{in_words(hours)} hours"
        )
