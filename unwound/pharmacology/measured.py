"""What was measured of one patient, checked and laid beside the model's own error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unwound.pharmacology.dosing import SAME_H, Schedule
from unwound.pharmacology.models import Array, Model, Residual
from unwound.record import UnwoundError

AROUND_H = 0.01
"""How far a sample's time is moved to say on which side of a bolus it was taken."""


@dataclass(frozen=True, slots=True)
class Below:
    """Measured, and below what the laboratory can tell: under `limit` ng/mL."""

    limit: float


Observation = tuple[float, str, float | Below]
"""Hour, output, ng/mL; `Below(limit)` for what lay below the laboratory's limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One output: where its observations lie on the common times, ng/mL, which are limits, and the model's error."""

    output: str
    places: NDArray[np.intp]
    ng_per_ml: Array
    below: NDArray[np.bool_]
    proportional: float
    additive: float

    def off(self, expected: Array) -> Array:
        """Measured less expected, in standard deviations of the error; `expected` (..., observations) in ng/mL."""
        if self.additive == 0:
            least = np.finfo(float).tiny
            off: Array = (np.log(self.ng_per_ml) - np.log(np.maximum(expected, least))) / self.proportional
            return off
        spread: Array = (self.ng_per_ml - expected) / np.sqrt(self.variance(expected))
        return spread

    def variance(self, expected: Array) -> Array:
        """Of a measurement around what is expected."""
        return (self.proportional * expected) ** 2 + self.additive**2


@dataclass(frozen=True, slots=True)
class Data:
    """Observations by output: where they lie on the common times, what was measured, and its error."""

    times_h: Array
    outputs: tuple[Measured, ...]


def read(observations: Sequence[Observation], doses: Schedule, model: Model) -> tuple[Data, tuple[str, ...]]:
    """The observations that count, checked, and what must be said of them. A branch for each thing they must have."""
    if not doses:
        raise UnwoundError("no dose was given: there is nothing to explain the concentrations")
    checked = [_checked(observation, model) for observation in observations]
    first = min(dose.time_h for dose in doses)
    counted = [
        observation
        for observation in checked
        if observation[0] > first or (observation[0] == first and not _starts_slowly(doses, first))
    ]
    early = [observation for observation in checked if observation not in counted]
    for time, output, value in early:
        if not isinstance(value, Below) and value > 0 and time < first:
            raise UnwoundError(f"{output} {value:g} ng/mL at {time:g} h, before the first dose: is a dose missing?")
    if not counted:
        raise UnwoundError("no concentration was measured after the first dose: there is nothing to learn from")
    for time, output, _ in counted:
        if time > first + SAME_H and _leaps(doses, time, output, model):
            raise UnwoundError(
                f"{output} at {time:g} h, the moment of a bolus: was it taken before or after it? Give the time a "
                f"little earlier ({time - AROUND_H:g}) or later ({time + AROUND_H:g})"
            )
    times = np.unique([time for time, _, _ in counted])
    times = times[np.concatenate([[True], np.diff(times) > SAME_H])]
    names = dict.fromkeys(output for _, output, _ in counted)
    outputs = [
        _of_output(name, [(time, value) for time, of, value in counted if of == name], times, model) for name in names
    ]
    notes = [f"{len(counted)} measured concentrations from {times[0]:g} to {times[-1]:g} h after a first dose "
             f"at {first:g} h."]  # fmt: skip
    if early:
        notes.append(f"{len(early)} from before the first dose say nothing and were left out.")
    return Data(times, tuple(outputs)), tuple(notes)


def _leaps(doses: Schedule, time: float, output: str, model: Model) -> bool:
    """Whether a dose goes at once, at that moment, into what the output measures."""
    place = model.outputs[output].compartment
    return any(
        dose.amount_mg > 0 and dose.duration_h == 0 and abs(dose.time_h - time) <= SAME_H
        for dose in doses
        if dose.route in model.routes
        for route in [model.routes[dose.route]]
        if route.compartment == place and not route.duration and not route.lag
    )


def _starts_slowly(doses: Schedule, first: float) -> bool:
    """Whether nothing has gone in yet at the moment of the first dose."""
    return all(dose.duration_h > 0 for dose in doses if dose.time_h == first)


def _checked(observation: Observation, model: Model) -> Observation:
    # A value and a limit of quantification have different bounds, and Python counts True as a number.
    time, output, value = observation
    if output not in model.outputs:
        raise UnwoundError(f"{model.title} has no «{output}»; it has {', '.join(model.outputs)}")
    size = value.limit if isinstance(value, Below) else value
    for name, number in (("time", time), ("concentration", size)):
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            raise UnwoundError(f"{output}: the {name} «{number}» is not a number")
    if size < 0 or (isinstance(value, Below) and size == 0):
        raise UnwoundError(f"{output} {size:g} ng/mL at {time:g} h: a concentration is never negative, a limit above 0")
    return float(time), output, Below(float(size)) if isinstance(value, Below) else float(size)


def _of_output(name: str, rows: Sequence[tuple[float, float | Below]], times: Array, model: Model) -> Measured:
    """One output of `Data` from its (hour, ng/mL)."""
    proportional, additive = errors(model, name)
    if additive == 0 and any(value == 0 for _, value in rows):
        raise UnwoundError(
            f"{name} 0 ng/mL: this model has no additive error; give what could not be measured as Below(limit)"
        )
    places = np.searchsorted(times, [time + SAME_H for time, _ in rows], side="right")
    return Measured(
        output=name,
        places=np.asarray(places, dtype=np.intp) - 1,
        ng_per_ml=np.array([value.limit if isinstance(value, Below) else value for _, value in rows]),
        below=np.array([isinstance(value, Below) for _, value in rows]),
        proportional=proportional,
        additive=additive,
    )


def errors(model: Model, output: str) -> tuple[float, float]:
    """Proportional and additive (ng/mL) error of an output. UnwoundError where the model states neither."""
    residual = model.residual.get(output, Residual())
    proportional = residual.proportional.value if residual.proportional else 0.0
    additive = residual.additive.value if residual.additive else 0.0
    if not proportional > 0 and not additive > 0:
        raise UnwoundError(f"{model.title} does not state how far a measured «{output}» varies: it cannot be fitted")
    return proportional, additive
