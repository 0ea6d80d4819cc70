"""The one door: doses, subjects and a model in, concentrations over time out. Exact; no step size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from unwound.pharmacology import linear, models
from unwound.pharmacology.dosing import Dose
from unwound.pharmacology.linear import Stretches
from unwound.pharmacology.models import Array, Model
from unwound.pharmacology.subjects import Subjects
from unwound.record import UnwoundError

SAME_H = 1e-9
"""Events nearer than this are the same moment."""

Schedule = Sequence[Dose]
Sites = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """Concentrations in ng/mL: every output of the model and every effect site, (subjects, times) each."""

    model: str
    drug: str
    times_h: Array
    concentrations: Mapping[str, Array]
    sites: Mapping[str, Array]
    weight_kg: Array

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
    known = models.model(model) if isinstance(model, str) else model
    id = model if isinstance(model, str) else known.title
    times = _checked(times_h)
    found = models.parameters(known, subjects.weight_kg, subjects.eta)
    outputs = models.concentrations(known, found)
    matrix = _with_sites(models.matrices(known, found), outputs["plasma"], sites or {})
    keep = np.array([*(place for place, _ in outputs.values()), *_site_places(known, sites or {})], dtype=np.int64)
    state = _states(known, found, _schedules(doses, len(subjects)), matrix, keep, times)
    factors = [factor[:, None] for _, factor in outputs.values()]
    return Curve(
        model=id,
        drug=known.drug,
        times_h=times,
        concentrations={name: state[:, row] * factors[row] for row, name in enumerate(outputs)},
        sites={name: state[:, len(outputs) + row] for row, name in enumerate(sites or {})},
        weight_kg=subjects.weight_kg,
    )


def _states(
    model: Model,
    found: Mapping[str, Array],
    schedules: Sequence[Schedule],
    matrix: Array,
    keep: NDArray[np.int64],
    times: Array,
) -> Array:
    """The kept places at the output times, (subjects, kept, times); subjects with the same stretches run together."""
    if len(schedules) == 1 and not _routes_vary(model, found, schedules[0]):
        inputs, stretches = _stretches(model, found, schedules[0], times, 0, matrix.shape[1])
        return linear.run(matrix, inputs, stretches, keep, times.size)
    result = np.empty((len(matrix), keep.size, times.size))
    for subject in range(len(matrix)):
        schedule = schedules[subject if len(schedules) > 1 else 0]
        inputs, stretches = _stretches(model, found, schedule, times, subject, matrix.shape[1])
        result[subject] = linear.run(matrix[subject : subject + 1], inputs, stretches, keep, times.size)[0]
    return result


def _stretches(
    model: Model, found: Mapping[str, Array], schedule: Schedule, times: Array, subject: int, size: int
) -> tuple[NDArray[np.int64], Stretches]:
    """One subject's schedule cut at every start, end, output time and reset."""
    taken = [part for dose in schedule for part in _taken(model, found, dose, subject)]
    edges = [edge for dose in taken for edge in (dose.time_h, dose.end_h)]
    moments = np.array(sorted([*edges, *times.tolist()]))
    starts = moments[np.concatenate([[True], np.diff(moments) > SAME_H])]
    shown = np.full(starts.size, -1, dtype=np.int64)
    shown[np.searchsorted(starts, times + SAME_H, side="right") - 1] = np.arange(times.size)
    place = {name: index for index, name in enumerate(model.places)}
    into = [place[model.routes[dose.route].compartment] for dose in taken]
    inputs = np.array(
        sorted({one for one, dose in zip(into, taken, strict=True) if dose.duration_h > 0}), dtype=np.int64
    )
    rates = np.zeros((starts.size, inputs.size))
    boluses = np.zeros((starts.size, size))
    reset = np.zeros(starts.size, dtype=bool)
    for dose, where in zip(taken, into, strict=True):
        first = int(np.searchsorted(starts, dose.time_h + SAME_H, side="right")) - 1
        if dose.reset:
            reset[first] = True
        if dose.duration_h > 0:
            last = int(np.searchsorted(starts, dose.end_h + SAME_H, side="right")) - 1
            rates[first:last, int(np.searchsorted(inputs, where))] += dose.rate_mg_per_h
        else:
            boluses[first, where] += dose.amount_mg
    return inputs, Stretches(np.append(np.diff(starts), 0.0), rates, boluses, reset, shown)


def _taken(model: Model, found: Mapping[str, Array], dose: Dose, subject: int) -> tuple[Dose, ...]:
    """The dose as it goes in: the route's bioavailability, lag and duration applied; a second one for a second route.

    As in NONMEM, bioavailability shortens an infusion that was ordered by its rate, and slows one ordered by its
    duration.
    """
    route = model.routes.get(dose.route)
    if route is None:
        raise UnwoundError(f"{model.title} has no route «{dose.route}»; it has {', '.join(model.routes)}")
    share = found[route.bioavailability][subject] if route.bioavailability else 1.0
    lag = found[route.lag][subject] if route.lag else 0.0
    duration = dose.duration_h * share if dose.by_rate else dose.duration_h
    if route.duration and not duration:
        duration = float(found[route.duration][subject])
    taken = Dose(dose.time_h + lag, dose.amount_mg * share, duration, dose.route, dose.reset)
    if not route.also:
        return (taken,)
    return (taken, *_taken(model, found, replace(dose, route=route.also, reset=False), subject))


def _routes_vary(model: Model, found: Mapping[str, Array], schedule: Schedule) -> bool:
    taken = {dose.route for dose in schedule if dose.route in model.routes}
    for name in taken | {model.routes[one].also for one in taken} - {""}:
        route = model.routes[name]
        for parameter in (route.bioavailability, route.lag, route.duration):
            if parameter and np.ptp(found[parameter]) > 0:
                return True
    return False


def _with_sites(matrix: Array, plasma: tuple[int, Array], sites: Sites) -> Array:
    """The matrix with one more place a site, holding ng/mL and following plasma."""
    if not sites:
        return matrix
    size, (place, factor) = matrix.shape[1], plasma
    whole = np.zeros((len(matrix), size + len(sites), size + len(sites)))
    whole[:, :size, :size] = matrix
    for row, (name, ke0) in enumerate(sites.items(), start=size):
        if not ke0 > 0:
            raise UnwoundError(f"effect site «{name}»: ke0 must be above zero per hour, not {ke0}")
        whole[:, row, place] = ke0 * factor
        whole[:, row, row] = -ke0
    return whole


def _site_places(model: Model, sites: Sites) -> range:
    return range(len(model.places), len(model.places) + len(sites))


def _schedules(doses: Schedule | Sequence[Schedule], subjects: int) -> Sequence[Schedule]:
    one = [dose for dose in doses if isinstance(dose, Dose)]
    if len(one) == len(doses):
        return [one]
    several = [schedule for schedule in doses if not isinstance(schedule, Dose)]
    if len(several) != len(doses) or len(several) != subjects:
        raise UnwoundError(f"{len(several)} schedules for {subjects} subjects: one for all is needed, or one a subject")
    return several


def _checked(times_h: Sequence[float] | Array) -> Array:
    times = np.asarray(times_h, dtype=float)
    if times.ndim != 1 or not times.size or not np.isfinite(times).all():
        raise UnwoundError("times_h: a list of hours is needed")
    if (np.diff(times) <= SAME_H).any():
        raise UnwoundError("times_h: hours must increase")
    return times
