"""Charts of a course at a weight, as SVG: drawn once and cached by their content, so that pages stay quick.

A chart belongs to a protocol and a weight, not to a record: its address names no patient.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from unwound_clinic.core import cached
from unwound_clinic.treatment import targets

if TYPE_CHECKING:
    from unwound.plots import Chart

PEOPLE, SEED, MOMENTS = 500, 1, 500
"""Simulated patients behind a band, the random seed, and points in time."""
HOURS_AFTER = 6.0
"""How long the concentrations are shown after the last infusion."""


def rate(protocol: str, weight_kg: float) -> str:
    """The pump rate over time."""
    from unwound import plots, protocols
    from unwound.patient import Fact, Patient

    def draw() -> Chart:
        course = protocols.protocol(protocol)
        patient = Patient(as_of=course.updated, facts={"weight_kg": Fact(value=weight_kg, on=course.updated)})
        plan = protocols.plan(protocol, patient, concentration_mg_per_ml=1.0)
        return plots.plan_rate(plan, course.title)

    return _cached_svg("rate", [protocol, weight_kg], draw)


def concentration(protocol: str, weight_kg: float) -> str:
    """Concentrations, with the spread between patients and norketamine where a model has them."""
    from unwound import plots, protocols
    from unwound.pharmacology import models
    from unwound.pharmacology.population import population
    from unwound.pharmacology.simulation import simulate
    from unwound.pharmacology.subjects import Subjects
    from unwound.protocols.comparison import PEAK_MODELS

    def draw() -> Chart:
        course = protocols.protocol(protocol)
        doses = protocols.doses(course, weight_kg)
        last = max(dose.end_h for dose in doses) + HOURS_AFTER
        times = [last * step / MOMENTS for step in range(MOMENTS + 1)]
        candidates = PEAK_MODELS[course.drug]
        model = next((id for id in candidates if models.model(id).variability.parameters), None)
        if model is None:
            # A band of simulated patients who do not differ would promise more than the model knows.
            simulated = simulate(doses, Subjects(np.array([weight_kg])), candidates[-1], times)
            return plots.concentration(simulated, doses)
        band = population(doses, model, n=PEOPLE, seed=SEED, times_h=times, weight_kg=weight_kg)
        return plots.concentration(band, doses)

    return _cached_svg("concentration", [protocol, weight_kg], draw)


def relief(protocol: str, weight_kg: float) -> str:
    """Relief over the weeks with its band, and the time when controlled data end."""
    from unwound import plots, protocols

    def draw() -> Chart:
        comparison = protocols.compare(weight_kg, protocols=[protocol])
        return plots.relief_over_weeks([course.relief for course in comparison.compared])

    return _cached_svg("relief", [protocol, weight_kg], draw)


def comparison(ids: Sequence[str], weight_kg: float) -> str:
    """Relief against hours in the chair, protocol by protocol, and the weeks after each."""
    from unwound import plots, protocols

    return _cached_svg(
        "comparison",
        [*sorted(ids), weight_kg],
        lambda: plots.comparison(protocols.compare(weight_kg, protocols=sorted(ids))),
    )


def target(chosen: Mapping[str, Any], weight_kg: float, age_years: float | None, by: str) -> str:
    """The rates for a corridor, and plasma by every model of the drug."""
    from unwound import plots

    inputs = [*sorted((name, str(value)) for name, value in chosen.items()), weight_kg, age_years, by]
    return _cached_svg("target", inputs, lambda: plots.target(targets.planned(chosen, weight_kg, age_years, by)))


def compared(ids: Sequence[str], weight_kg: float) -> dict[str, Any]:
    """The numbers of the comparison."""
    from unwound import protocols
    from unwound.report.plan_json import comparison_json

    def calculate() -> str:
        return json.dumps(comparison_json(protocols.compare(weight_kg, protocols=sorted(ids))))

    numbers: dict[str, Any] = json.loads(cached.kept("compared", [*sorted(ids), weight_kg], ".json", calculate))
    return numbers


def _cached_svg(kind: str, inputs: Sequence[object], draw: Callable[[], Chart]) -> str:
    from unwound.plots import saving

    return cached.kept(f"{kind}-either-light", inputs, ".svg", lambda: saving.drawn(draw()))
