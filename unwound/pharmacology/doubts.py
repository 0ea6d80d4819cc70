"""When a fit must doubt its data: a patient like nobody, a measurement like no other, units a thousandfold wrong.

The limits are a rule of this project, taken from no source: of a hundred patients who are as the model says, none was
doubted at four measurements each, which the tests count.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from unwound.pharmacology.models import Array, Model, Variability

FAR_PARAMETER_SD = 3.0
"""Farther from the typical subject than this, in standard deviations between people, a parameter is doubted."""
FAR_RESIDUAL_SD = 4.0
"""Farther from the fitted curve than this, in standard deviations of the error, a measurement is doubted."""
THOUSANDFOLD = (300.0, 3000.0)
"""A measurement so many times what the typical subject would have, or so small a part of it, is asked for its unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One observation beside what the typical subject and the fitted patient would have (ng/mL).

    `weighted_residual` is measured less fitted in standard deviations of the model's error; where `below` is set the
    number is the laboratory's limit.
    """

    time_h: float
    output: str
    ng_per_ml: float
    below: bool
    typical_ng_per_ml: float
    fitted_ng_per_ml: float
    weighted_residual: float


def doubts(model: Model, eta: Array, seen: Sequence[Seen]) -> tuple[str, ...]:
    """What makes the data doubtful, a sentence each; `eta` (varying,) is the patient's deviation."""
    return (*_units(seen), *far(model.variability, eta), *_residuals(seen))


def _units(seen: Sequence[Seen]) -> Iterator[str]:
    # A thousandfold too much and a thousandfold too little point to different units.
    for each in seen:
        if each.below or each.ng_per_ml <= 0 or each.typical_ng_per_ml <= 0:
            continue
        ratio = each.ng_per_ml / each.typical_ng_per_ml
        much = THOUSANDFOLD[0] <= ratio <= THOUSANDFOLD[1]
        if much or THOUSANDFOLD[0] <= 1 / ratio <= THOUSANDFOLD[1]:
            by = f"{ratio:,.0f} times what" if much else f"{1 / ratio:,.0f} times less than"
            unit = "ng/L" if much else "µg/mL or mg/L"
            yield (
                f"{each.output} {each.ng_per_ml:g} at {each.time_h:g} h is {by} the typical subject has "
                f"({each.typical_ng_per_ml:.3g} ng/mL): was it measured in {unit}?"
            )


def far(variability: Variability, deviations: Array, when: str = "") -> Iterator[str]:
    """Which deviations lie far from what is usual, a sentence each."""
    spread = np.sqrt(np.diag(np.array(variability.covariance, dtype=float).reshape(2 * [len(variability.parameters)])))
    for name, off, sd in zip(variability.parameters, deviations, spread, strict=True):
        if sd > 0 and abs(off) > FAR_PARAMETER_SD * sd:
            yield (
                f"{name}{when} lies {abs(off) / sd:.1f} standard deviations {'above' if off > 0 else 'below'} the "
                "typical subject's: check doses, times and units, and whether the model is of this drug and blood."
            )


def _residuals(seen: Sequence[Seen]) -> Iterator[str]:
    for each in seen:
        off = each.weighted_residual
        far = off < -FAR_RESIDUAL_SD if each.below else math.fabs(off) > FAR_RESIDUAL_SD
        if far:
            value = f"below {each.ng_per_ml:g}" if each.below else f"{each.ng_per_ml:g}"
            yield (
                f"{each.output} {value} ng/mL at {each.time_h:g} h lies {abs(off):.1f} standard deviations from the "
                f"fitted {each.fitted_ng_per_ml:.3g}: is its time or its value mistyped?"
            )
