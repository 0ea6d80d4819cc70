"""The observed rows of an event table beside what the model has for them: PRED, IPRED, DV and IWRES."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from unwound.cli.courses import NO_IOV, Course, Table
from unwound.exchange.event_table import Observed
from unwound.pharmacology import measured, simulation
from unwound.pharmacology.dosing import SAME_H
from unwound.pharmacology.individualise import Fit, individualise
from unwound.pharmacology.measured import Below
from unwound.pharmacology.models import Array, Model
from unwound.pharmacology.solver.timeline import Look
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError

BESIDE_H = 1e-6
"""How far a sample is moved for a fit to say on which side of a bolus its row stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One observation in ng/mL; None where there is no value, no deviation or no error to weigh by."""

    id: str
    time_h: float
    output: str
    dv: float | None
    below: bool
    pred: float
    ipred: float | None
    iwres: float | None


def rows(table: Table, course: Course) -> tuple[list[Row], tuple[str, ...]]:
    """The rows of one person, and what must be said of them.

    IPRED is by the deviations in the table, else by a fit to what was measured; without either there is none.
    """
    model = course.model
    outputs = [output_of(seen.output, table.compartments, model, course.id) for seen in course.observed]
    looks = [Look(time_h=seen.time_h, after=seen.after, period=seen.period) for seen in course.observed]
    typical = _levels(course, course.typical(), model, looks, outputs)
    own, notes = (course.subjects, ()) if course.subjects.eta is not None else _fitted(course, model, outputs)
    individual = typical if own is None and not model.variability.parameters else None
    if own is not None and own.eta is not None:
        individual = _levels(course, own, model, looks, outputs)
    notes = (*notes, *_unweighed(course, outputs, individual, model))
    return [
        _row(
            course.id,
            seen,
            output=output,
            pred=float(typical[k]),
            ipred=None if individual is None else float(individual[k]),
            model=model,
        )
        for k, (seen, output) in enumerate(zip(course.observed, outputs, strict=True))
    ], notes


def _unweighed(course: Course, outputs: Sequence[str], individual: Array | None, model: Model) -> Iterator[str]:
    """Why IWRES is empty where there is an IPRED: the model states no error, or none that can be summed up."""
    seen = {
        output
        for output, series in zip(outputs, course.observed, strict=True)
        if np.isfinite(series.value) and not series.below
    }
    for output in sorted(seen) if individual is not None else ():
        try:
            measured.errors(model, output)
        except UnwoundError as error:
            yield f"ID {course.id}: IWRES is empty for {output}: {error}"


def output_of(written: str, compartments: Mapping[str, str], model: Model, id: str) -> str:
    """The model's output that a CMT or DVID means. UnwoundError where nothing says it."""
    name = compartments.get(written, written).lower()
    if name in model.outputs:
        return name
    if name in ("", "0", "1", "iv", "central", "cent", "centr", "dv", "conc", "cp"):
        return "plasma"
    raise UnwoundError(
        f"ID {id}: which output is «{written}»? Say it, as in --cmt {written}=plasma; "
        f"there are {', '.join(model.outputs)}"
    )


def _levels(course: Course, subjects: Subjects, model: Model, looks: Sequence[Look], outputs: Sequence[str]) -> Array:
    if not looks:
        return np.zeros(0)
    ends, of_doses = (course.ends_h, course.of_doses or None) if len(subjects) > 1 else ((), None)
    if len(subjects) == 1:
        looks = [replace(look, period=None) for look in looks]
    curve = simulation.of_one(course.doses, subjects, ends, model, looks, of_doses=of_doses)
    return np.array([curve.concentrations[output][0, k] for k, output in enumerate(outputs)])


def _fitted(course: Course, model: Model, outputs: Sequence[str]) -> tuple[Subjects | None, tuple[str, ...]]:
    """The person as fitted to what was measured, or None and why not. A branch for each reason."""
    if not model.variability.parameters or not any(np.isfinite(seen.value) for seen in course.observed):
        return None, ()
    if not course.steady:
        return None, (f"ID {course.id}: no IPRED: the weight changes over time, and no fit is made of that",)
    if course.occasions is not None and not model.between_occasions.parameters:
        return None, (f"ID {course.id}: no IPRED: {NO_IOV.format(model=course.model_id)}",)
    observations = [
        (beside(seen, course), output, Below(seen.value) if seen.below else seen.value)
        for seen, output in zip(course.observed, outputs, strict=True)
        if np.isfinite(seen.value) and not (seen.below and seen.value <= 0)
    ]
    try:
        weight = float(course.subjects.weight_kg[0])
        fit: Fit = individualise(observations, course.doses, weight, model, course.occasions)
    except UnwoundError as error:
        return None, (f"ID {course.id}: no IPRED: {error}",)
    if not fit.converged:
        return None, (f"ID {course.id}: no IPRED: the search found no top",)
    return fit.periods, (*(f"ID {course.id}: {doubt}" for doubt in fit.doubts), *model.borrowed)


def beside(seen: Observed, course: Course) -> float:
    """The time of a sample, a little to the side of doses of the same moment on which its row stands."""
    same = [number for number, dose in enumerate(course.doses) if abs(dose.time_h - seen.time_h) <= SAME_H]
    if not same:
        return seen.time_h
    return seen.time_h + (BESIDE_H if seen.after > same[0] else -BESIDE_H)


def _row(id: str, seen: Observed, output: str, pred: float, ipred: float | None, model: Model) -> Row:
    value = seen.value if np.isfinite(seen.value) else None
    return Row(
        id=id, time_h=seen.written_h, output=output, dv=value, below=seen.below, pred=pred, ipred=ipred,
        iwres=None if value is None or ipred is None or seen.below else _off(value, ipred, output, model),
    )  # fmt: skip


def _off(value: float, expected: float, output: str, model: Model) -> float | None:
    """Measured less expected in standard deviations of the model's error; None where it states none."""
    try:
        proportional, additive = measured.errors(model, output)
    except UnwoundError:
        return None
    if additive == 0:
        return (math.log(value) - math.log(expected)) / proportional if value > 0 and expected > 0 else None
    return (value - expected) / math.hypot(proportional * expected, additive)


def as_json(every: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows ready for JSON."""
    return [{key: _short(value) for key, value in asdict(row).items()} for row in every]


def as_table(every: Sequence[Row]) -> Iterator[list[Any]]:
    """Headings, then a row a line, as NONMEM names them."""
    yield ["ID", "TIME", "OUTPUT", "DV", "BLQ", "PRED", "IPRED", "IWRES"]
    for row in every:
        cells = (row.id, row.time_h, row.output, row.dv, int(row.below), row.pred, row.ipred, row.iwres)
        yield ["" if cell is None else _short(cell) for cell in cells]


def _short(value: Any) -> Any:
    return float(f"{value:.6g}") if isinstance(value, float) else value
