"""Charts of a course for a weight, as SVG: drawn once and kept by what they show, so that pages stay quick.

A chart belongs to a protocol and a weight, to nobody's record: its address names no patient.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings

from unwound import __version__, catalogue
from unwound.files import write
from unwound.record import UnwoundError

if TYPE_CHECKING:
    from unwound.plots import Chart

PEOPLE, SEED, MOMENTS = 500, 1, 500
"""Simulated people behind a band, and points of time."""
HOURS_AFTER = 6.0
"""How long the concentrations are followed after the last infusion."""


def rate(protocol: str, weight_kg: float) -> str:
    """The rate of the pump over time."""
    from unwound import plots, protocols
    from unwound.patient import Fact, Patient

    def draw() -> Chart:
        nobody = Patient(as_of=_known(protocol).updated, facts={"weight_kg": Fact(value=weight_kg)})
        plan = protocols.plan(protocol, nobody, concentration_mg_per_ml=1.0)
        return plots.plan_rate(plan, _known(protocol).title)

    return _kept("rate", [protocol, weight_kg], draw)


def concentration(protocol: str, weight_kg: float) -> str:
    """Concentrations, with the spread between people and norketamine where a model has them."""
    from unwound import plots, protocols
    from unwound.pharmacology import models
    from unwound.pharmacology.population import population
    from unwound.pharmacology.simulation import simulate
    from unwound.pharmacology.subjects import Subjects
    from unwound.protocols.comparison import PEAK_MODELS

    def draw() -> Chart:
        known = _known(protocol)
        doses = protocols.doses(known, weight_kg)
        last = max(one.end_h for one in doses) + HOURS_AFTER
        times = [last * row / MOMENTS for row in range(MOMENTS + 1)]
        those = PEAK_MODELS[known.drug]
        model = next((id for id in those if models.model(id).variability.parameters), None)
        if model is None:
            # A band of simulated people who do not differ would promise more than the model knows.
            one = simulate(doses, Subjects(np.array([weight_kg])), those[-1], times)
            return plots.concentration(one, doses)
        found = population(doses, model, n=PEOPLE, seed=SEED, times_h=times, weight_kg=weight_kg)
        return plots.concentration(found, doses)

    return _kept("concentration", [protocol, weight_kg], draw)


def relief(protocol: str, weight_kg: float) -> str:
    """Relief over the weeks with its band, and where controlled data end."""
    from unwound import plots, protocols

    def draw() -> Chart:
        found = protocols.compare(weight_kg, protocols=[protocol])
        return plots.relief_over_weeks([one.relief for one in found.compared])

    return _kept("relief", [protocol, weight_kg], draw)


def comparison(ids: Sequence[str], weight_kg: float) -> str:
    """Relief against hours in the chair, protocol by protocol, and the weeks after each."""
    from unwound import plots, protocols

    return _kept(
        "comparison",
        [*sorted(ids), weight_kg],
        lambda: plots.comparison(protocols.compare(weight_kg, protocols=sorted(ids))),
    )


def compared(ids: Sequence[str], weight_kg: float) -> dict[str, Any]:
    """The same as numbers."""
    from unwound import protocols
    from unwound.report.plan_json import comparison_json

    def reckon() -> str:
        return json.dumps(comparison_json(protocols.compare(weight_kg, protocols=sorted(ids))))

    found: dict[str, Any] = json.loads(_once("compared", [*sorted(ids), weight_kg], ".json", reckon))
    return found


def _known(protocol: str) -> Any:
    from unwound import protocols

    return protocols.protocol(protocol)


def _kept(kind: str, of: Sequence[object], draw: Callable[[], Chart]) -> str:
    from unwound.plots import saving
    from unwound.plots.style import styled

    return _once(kind, of, ".svg", lambda: saving.svg(styled(draw()).to_dict()))


def _once(kind: str, of: Sequence[object], ending: str, make: Callable[[], str]) -> str:
    """What was made before from the same input by the same version and knowledge; made and kept otherwise."""
    content = json.dumps([kind, *of, __version__, catalogue.fingerprint()])
    place = Path(settings.DATA) / "cache" / f"{kind}-{hashlib.sha256(content.encode()).hexdigest()[:32]}{ending}"
    try:
        return place.read_text(encoding="utf-8")
    except OSError:
        made = make()
    try:
        write(place, made.encode())
    except UnwoundError:
        return made  # a full disk costs time, not the page
    return made
