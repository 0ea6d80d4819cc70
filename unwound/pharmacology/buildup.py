"""An effect that builds up in the plasma's wake and fades by itself: doses in, effect over time out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from unwound.pharmacology import models, simulation
from unwound.pharmacology.dosing import Schedule
from unwound.pharmacology.models import Array, Model
from unwound.pharmacology.solver import concentrations, indirect_response, kernels
from unwound.pharmacology.solver.indirect_response import FEWER, NODES, Slow
from unwound.pharmacology.subjects import Subjects


def build_up(
    doses: Schedule,
    subjects: Subjects,
    model: Model | str,
    times_h: Sequence[float] | Array,
    *,
    half_life_h: float,
    half_ng_per_ml: float,
    hill: float = 1.0,
    stated_error: bool = True,
) -> Slow:
    """`indirect_response.solve` of the plasma that one schedule gives: dE/dt = k (C^hill / (half^hill + C^hill) - E).

    Any model; one of the common shape dosed into the blood goes the fast path. Without `stated_error` that path takes
    about half the time, and `error` is NaN: not known. UnwoundError as in `simulate`.
    """
    compiled = models.model(model) if isinstance(model, str) else model
    parameters = models.parameters(compiled, subjects.weight_kg, subjects.eta)
    times = np.asarray(times_h, dtype=float)
    into_blood = concentrations.into_central(compiled, parameters, [doses])
    modes = (
        None
        if into_blood is None
        else concentrations.in_modes(compiled, parameters, into_blood.start_h, times[-1:].max(initial=0.0), {})
    )
    if into_blood is None or modes is None:
        return indirect_response.solve(
            lambda hours: simulation.simulate(doses, subjects, model, hours).plasma,
            times, indirect_response.changes_of(doses),
            half_life_h=half_life_h, half_ng_per_ml=half_ng_per_ml, hill=hill,
        )  # fmt: skip
    indirect_response.checked(half_ng_per_ml, hill)
    real = into_blood.amount_mg > 0
    start, duration = into_blood.start_h[real], into_blood.duration_h[real]
    changes = np.concatenate([start, start + duration])
    fine, coarse = (
        kernels.relief(
            modes, indirect_response.grid(times, changes, half_life_h, nodes=nodes), into_blood,
            half_ng_per_ml=half_ng_per_ml, hill=hill,
        ) if nodes else None
        for nodes in (NODES, FEWER if stated_error else 0)
    )  # fmt: skip
    assert fine is not None
    if coarse is None:
        return Slow(times, fine, np.full(len(fine), np.nan))
    return indirect_response.compared(times, fine, coarse)
