"""How near each model's typical subject comes to what others measured: every model by every row, one criterion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from unwound.catalogue import Cited, Head, load_rule
from unwound.pharmacology.dosing import Dose
from unwound.pharmacology.models import Array, Model, models
from unwound.pharmacology.observations import Observations, Observed, observations
from unwound.pharmacology.simulation import simulate
from unwound.pharmacology.subjects import Subjects
from unwound.terms import Word

STEP_H = 1 / 60
"""Spacing of the times a peak or an area is looked for at; the ends of infusions come on top."""
AFTER_H = 12.0
"""Hours after the last dose in which the peak is looked for."""


class Standing(Word):
    """What a row is worth for a model; only independent rows count."""

    INDEPENDENT = "independent"
    OTHER_BLOOD = "other blood"
    OTHER_PEOPLE = "other people"
    OTHER_DRUG = "other drug"
    FITTED = "fitted to it"


class Nearness(Word):
    """Where the prediction farthest from what was measured lies."""

    CLOSE = "close"
    TWOFOLD = "within twofold"
    OUTSIDE = "outside"


class Criterion(Head):
    """The file `rules/model_checks.toml`: which ratios of predicted to observed are close, and which still twofold."""

    close: Cited
    twofold: Cited


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One model against one row: predicted over observed, one a time, and what that is worth."""

    model: str
    study: str
    row: Observed
    ratios: Array
    standing: Standing
    nearness: Nearness

    @property
    def farthest(self) -> float:
        """The ratio farthest from one."""
        return float(self.ratios[np.abs(np.log(self.ratios)).argmax()])


def matrix() -> tuple[Compared, ...]:
    """Every model by every row that its outputs and routes can answer, model after model."""
    return tuple(cell for id, model in models().items() for cell in compared(id, model))


def compared(id: str, model: Model) -> Iterator[Compared]:
    """One model against every row that its outputs and routes can answer."""
    for study, seen in observations().items():
        for row in seen.rows:
            if row.output in model.outputs and row.routes <= set(model.routes):
                quotients = ratios(model, row)
                yield Compared(
                    model=id,
                    study=study,
                    row=row,
                    ratios=quotients,
                    standing=standing(id, model, seen, row),
                    nearness=nearness(quotients),
                )


def standing(id: str, model: Model, seen: Observations, row: Observed) -> Standing:
    """What the row is worth for the model; of several reasons against it the gravest."""
    if id in row.fitted_to:
        return Standing.FITTED
    if model.drug != seen.drug:
        return Standing.OTHER_DRUG
    if model.valid.children:  # every observation here is of adults
        return Standing.OTHER_PEOPLE
    blood = {model.sampling, seen.sampling} - {"not stated"}
    return Standing.OTHER_BLOOD if len(blood) > 1 else Standing.INDEPENDENT


def nearness(quotients: Array) -> Nearness:
    """Of predicted over observed: every time must lie within the limits."""
    criterion = load_rule("model_checks", Criterion)
    for name, limit in ((Nearness.CLOSE, criterion.close), (Nearness.TWOFOLD, criterion.twofold)):
        assert limit.low is not None
        assert limit.high is not None
        if quotients.min() >= limit.low and quotients.max() <= limit.high:
            return name
    return Nearness.OUTSIDE


def summary(cells: Iterator[Compared] | tuple[Compared, ...]) -> str:
    """The independent rows in words: how many there are, how many close, how many within twofold."""
    counted = [cell.nearness for cell in cells if cell.standing is Standing.INDEPENDENT]
    if not counted:
        return "no independent observation"
    close, twofold = counted.count(Nearness.CLOSE), counted.count(Nearness.TWOFOLD)
    rows = f"{len(counted)} independent observation{'s' if len(counted) > 1 else ''}"
    return f"{rows}: {close} close, {twofold} within twofold, {len(counted) - close - twofold} outside"


def predicted(model: Model, row: Observed) -> Array:
    """What the model says of one row: the concentrations (ng/mL) at its times, its peak, or its area (ng h/mL)."""
    doses = doses_of(row)
    if row.times_h and row.observed_area_ng_h_per_ml is None:
        return _curve(model, row, doses, np.array(row.times_h))
    until = row.times_h[0] if row.times_h else max(dose.end_h for dose in doses) + AFTER_H
    times = np.unique(np.round([0.0, *np.arange(0, until, STEP_H), *(dose.end_h for dose in doses), until], 9))
    curve = _curve(model, row, doses, times)
    return np.array([np.trapezoid(curve, times) if row.observed_area_ng_h_per_ml is not None else curve.max()])


def ratios(model: Model, row: Observed) -> Array:
    """Predicted over observed, one a time."""
    area = row.observed_area_ng_h_per_ml
    observed = np.array(row.observed_ng_per_ml if area is None else (area,))
    ratio: Array = predicted(model, row) / observed
    return ratio


def doses_of(row: Observed) -> tuple[Dose, ...]:
    """The schedule of the row."""
    first = Dose(time_h=0.0, amount_mg=row.amount_mg, duration_h=row.duration_h, route=row.route)
    return (
        first,
        *(
            Dose(time_h=dose.time_h, amount_mg=dose.amount_mg, duration_h=dose.duration_h, route=dose.route)
            for dose in row.further
        ),
    )


def _curve(model: Model, row: Observed, doses: tuple[Dose, ...], times_h: Array) -> Array:
    curve: Array = simulate(doses, Subjects(np.array([row.weight_kg])), model, times_h).concentrations[row.output][0]
    return curve
