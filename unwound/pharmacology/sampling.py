"""Which blood sample would teach most of a patient: before any was taken, or after some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from unwound.pharmacology import models, simulation
from unwound.pharmacology.dosing import Schedule
from unwound.pharmacology.individualise import Fit
from unwound.pharmacology.measured import errors
from unwound.pharmacology.models import Array, Model
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError

STEP = 1e-4
"""Step of the difference quotients, in units of the deviations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One sample that could be taken, and what it would teach.

    `information_nats` is what it would take off the uncertainty of all parameters together; `uncertainty` the standard
    deviation of each parameter's logarithm (or logit) that would be left.
    """

    time_h: float
    output: str
    expected_ng_per_ml: float
    information_nats: float
    uncertainty: Mapping[str, float]


def next_samples(
    of: Fit | Model | str,
    doses: Schedule,
    times_h: Sequence[float],
    weight_kg: float | None = None,
    outputs: Sequence[str] = ("plasma",),
) -> tuple[Sample, ...]:
    """Every sample that could be taken at `times_h`, the one that teaches most first.

    After a fit the patient's own uncertainty counts; before any sample give the model and the weight (kg), and the
    spread between people counts. The curve is taken as straight around what is expected, so the order is a guide.
    UnwoundError for an unusable fit, a model without variability or error, and a missing weight.
    """
    model, subject_eta, covariance, weight = _known(of, weight_kg)
    names = model.variability.parameters
    size = len(names)
    shifts = STEP * np.concatenate([np.eye(size), -np.eye(size), np.zeros((1, size))])
    curve = simulation.simulate(doses, Subjects(np.full(2 * size + 1, weight), subject_eta + shifts), model, times_h)
    samples = []
    for output in outputs:
        proportional, additive = errors(model, output)
        levels = curve.concentrations[output]
        slopes = (levels[:size] - levels[size : 2 * size]) / (2 * STEP)
        spread = np.sqrt((proportional * levels[-1]) ** 2 + additive**2)
        for place, time in enumerate(curve.times_h):
            if levels[-1, place] > 0:
                learnt = _learnt(covariance, slopes[:, place] / spread[place])
                samples.append(_sample(float(time), output, float(levels[-1, place]), names, learnt))
    return tuple(sorted(samples, key=lambda sample: -sample.information_nats))


def _known(of: Fit | Model | str, weight_kg: float | None) -> tuple[Model, Array, Array, float]:
    """The model, where the subject stands, how uncertain that is, and the weight."""
    if isinstance(of, Fit):
        if not of.usable:
            raise UnwoundError("a fit that did not converge or doubts its data plans no sample: check it first")
        return of.model, of.eta, of.covariance, of.weight_kg
    model = models.model(of) if isinstance(of, str) else of
    if not model.variability.parameters:
        raise UnwoundError(f"{model.title}: how subjects differ is not known, so no sample teaches anything")
    if weight_kg is None:
        raise UnwoundError("weight_kg is needed: before a fit nothing says whose samples these are")
    covariance = np.array(model.variability.covariance, dtype=float)
    return model, np.zeros(len(covariance)), covariance, float(weight_kg)


def _learnt(covariance: Array, slope: Array) -> tuple[float, Array]:
    """Nats learnt by one straight measurement, and the covariance after it."""
    moved = covariance @ slope
    shares = float(slope @ moved)
    after: Array = covariance - np.outer(moved, moved) / (1 + shares)
    return 0.5 * float(np.log1p(shares)), after


def _sample(time: float, output: str, expected: float, names: Sequence[str], learnt: tuple[float, Array]) -> Sample:
    nats, after = learnt
    left = np.sqrt(np.maximum(np.diag(after), 0))
    return Sample(
        time_h=time,
        output=output,
        expected_ng_per_ml=expected,
        information_nats=nats,
        uncertainty=dict(zip(names, left.tolist(), strict=True)),
    )
