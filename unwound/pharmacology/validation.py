"""How near a model's typical subject comes to what others observed."""

from __future__ import annotations

import numpy as np

from unwound.pharmacology.dosing import Dose
from unwound.pharmacology.models import Array, Model, Validation
from unwound.pharmacology.simulation import simulate
from unwound.pharmacology.subjects import Subjects

STEP_H = 1 / 60
"""Spacing of the times a peak or an area is looked for at; the ends of infusions come on top."""
AFTER_H = 12.0
"""Hours after the last dose in which the peak is looked for."""


def predicted(model: Model, row: Validation) -> Array:
    """What the model says of one row: the concentrations (ng/mL) at its times, its peak, or its area (ng h/mL)."""
    doses = doses_of(row)
    if row.times_h and row.observed_area_ng_h_per_ml is None:
        return _curve(model, row, doses, np.array(row.times_h))
    until = row.times_h[0] if row.times_h else max(dose.end_h for dose in doses) + AFTER_H
    times = np.unique(np.round([0.0, *np.arange(0, until, STEP_H), *(dose.end_h for dose in doses), until], 9))
    curve = _curve(model, row, doses, times)
    return np.array([np.trapezoid(curve, times) if row.observed_area_ng_h_per_ml is not None else curve.max()])


def ratios(model: Model, row: Validation) -> Array:
    """Predicted over observed, one a time; `row.within` says how far from one they may be."""
    area = row.observed_area_ng_h_per_ml
    observed = np.array(row.observed_ng_per_ml if area is None else (area,))
    ratio: Array = predicted(model, row) / observed
    return ratio


def doses_of(row: Validation) -> tuple[Dose, ...]:
    """The schedule of the row."""
    first = Dose(time_h=0.0, amount_mg=row.amount_mg, duration_h=row.duration_h, route=row.route)
    return (
        first,
        *(
            Dose(time_h=dose.time_h, amount_mg=dose.amount_mg, duration_h=dose.duration_h, route=dose.route)
            for dose in row.further
        ),
    )


def _curve(model: Model, row: Validation, doses: tuple[Dose, ...], times_h: Array) -> Array:
    curve: Array = simulate(doses, Subjects(np.array([row.weight_kg])), model, times_h).concentrations[row.output][0]
    return curve
