"""The one door: doses, subjects and a model in, concentrations over time out. Exact; no step size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from unwound.pharmacology import models
from unwound.pharmacology.dosing import SAME_H, Dose, Schedule
from unwound.pharmacology.models import Array, Model, Sites
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError
from unwound.terms import Drug


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Concentrations in ng/mL: every output of the model and every effect site, (subjects, times) each."""

    model: str
    drug: Drug
    times_h: Array
    concentrations: Mapping[str, Array]
    sites: Mapping[str, Array]
    weight_kg: Array

    def __repr__(self) -> str:
        """One line: what was simulated, of how many, over which hours."""
        subjects, times = self.plasma.shape
        return (
            f"<Curve of {self.drug} by {self.model}: {', '.join((*self.concentrations, *self.sites))}; "
            f"subjects: {subjects}, times: {times}, from {self.times_h[0]:g} to {self.times_h[-1]:g} h>"
        )

    @property
    def plasma(self) -> Array:
        """Plasma concentration, (subjects, times) in ng/mL."""
        return self.concentrations["plasma"]


def simulate(
    doses: Schedule | Sequence[Schedule],
    subjects: Subjects,
    model: Model | str,
    times_h: Sequence[float] | Array,
    *,
    sites: Sites | None = None,
) -> Curve:
    """Concentrations at `times_h` (increasing) after `doses`: one schedule for all, or one a subject.

    At a bolus and at a reset the value after it is given. `sites` adds effect compartments dCe/dt = ke0 (Cp - Ce):
    name -> ke0 (1/h). UnwoundError for times that do not increase, routes the model lacks, or a wrong number of
    schedules.
    """
    from unwound.pharmacology.solver import concentrations  # numba takes a second: loaded with the first simulation

    loaded = models.model(model) if isinstance(model, str) else model
    id = model if isinstance(model, str) else loaded.title
    times = _checked(times_h)
    if bad := [f"effect site «{name}»: ke0 must be above zero per hour, not {ke0}"
               for name, ke0 in (sites or {}).items() if not ke0 > 0]:  # fmt: skip
        raise UnwoundError(bad[0])
    parameters = models.parameters(loaded, subjects.weight_kg, subjects.eta)
    levels = concentrations.levels(loaded, parameters, _schedules(doses, len(subjects)), times, sites or {})
    return Curve(
        model=id,
        drug=loaded.drug,
        times_h=times,
        concentrations=dict(zip(loaded.outputs, levels, strict=False)),
        sites=dict(zip(sites or {}, levels[len(loaded.outputs) :], strict=True)),
        weight_kg=subjects.weight_kg,
    )


def _schedules(doses: Schedule | Sequence[Schedule], subjects: int) -> Sequence[Schedule]:
    single = [dose for dose in doses if isinstance(dose, Dose)]
    if len(single) == len(doses):
        return [single]
    several = [schedule for schedule in doses if not isinstance(schedule, Dose)]
    if len(several) != len(doses) or len(several) != subjects:
        raise UnwoundError(
            f"{len(several)} schedules for {subjects} subjects: one for all is needed, or one for each subject"
        )
    return several


def _checked(times_h: Sequence[float] | Array) -> Array:
    times = np.asarray(times_h, dtype=float)
    if times.ndim != 1 or not times.size or not np.isfinite(times).all():
        raise UnwoundError("times_h: a list of hours is needed")
    if (np.diff(times) <= SAME_H).any():
        raise UnwoundError("times_h: hours must increase")
    return times
