"""A model's concentrations over time, for subjects whose parameters are found.

Models of the common shape, dosed into the blood, go by their modes (`kernels`); any other model, route, reset, and the
rare subject two of whose rate constants nearly coincide, by `general`. Both give the same to 1e-9 of the peak.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from unwound.pharmacology import models
from unwound.pharmacology.dosing import SAME_H, Dose, DoseColumns, Schedule
from unwound.pharmacology.models import Array, Model, Sites
from unwound.pharmacology.solver import changing, general, kernels, modes, timeline
from unwound.pharmacology.solver.general import Stretches
from unwound.pharmacology.solver.records import Doses
from unwound.pharmacology.solver.timeline import taken


def into_central(model: Model, parameters: Mapping[str, Array], schedules: Sequence[Schedule]) -> Doses | None:
    """The doses as the body gets them, (schedules, doses) each; None if not all go there.

    One schedule stays one if everybody gets the same of it. A reset is not a dose, and an endless infusion has no
    interval: None. The branches are those, and whether the subjects share one schedule.
    """
    routes = {dose.route for schedule in schedules for dose in schedule}
    if not routes <= _plain_routes(model) or not all(
        _fits_interval(dose) for schedule in schedules for dose in schedule
    ):
        return None
    steady = any(map(_steady, (dose for schedule in schedules for dose in schedule)))
    if any(dose.reset for schedule in schedules for dose in schedule) or (
        steady and any(model.routes[route].lag for route in routes)
    ):
        return None
    subjects = len(next(iter(parameters.values())))
    alone = len(schedules) == 1 and not _routes_vary(model, parameters, schedules[0])
    rows = [
        [
            (part.time_h, part.duration_h, part.amount_mg, dose.steady_h)
            for dose in schedules[row if len(schedules) > 1 else 0]
            for part in taken(model, parameters, dose, row)
        ]
        for row in range(1 if alone else subjects)
    ]
    result = np.zeros((4, len(rows), max(map(len, rows))))
    result[0] = np.inf
    for row, doses in enumerate(rows):
        result[:, row, : len(doses)] = np.array(doses).reshape(-1, 4).T
    return Doses(result[0], result[1], result[2], result[3] if steady else np.zeros((len(rows), 0)))


def columns_into_central(model: Model, parameters: Mapping[str, Array], doses: DoseColumns) -> Doses | None:
    """The same of doses in columns, all subjects at once; None if they do not go there, or run into their next time."""
    if doses.route not in _plain_routes(model):
        return None
    route = model.routes[doses.route]
    start, amount, duration, every = (
        np.asarray(column, dtype=float) for column in (doses.time_h, doses.amount_mg, doses.duration_h, doses.steady_h)
    )
    if route.bioavailability:
        share = parameters[route.bioavailability][:, None]
        amount, duration = amount * share, duration * share if doses.by_rate else duration
    if route.lag:
        start = start + parameters[route.lag][:, None]
    if route.duration:
        duration = np.where(duration > 0, duration, parameters[route.duration][:, None])
    start, duration, amount, every = np.broadcast_arrays(start, duration, amount, every)
    steady = bool((every > 0).any())
    if steady and (route.lag or ((every > 0) & (duration > every)).any()):
        return None
    start = np.where(amount > 0, start, np.inf)
    return Doses(
        *(np.array(column, order="C") for column in (start, duration, amount, every if steady else every[:, :0]))
    )


def _plain_routes(model: Model) -> set[str]:
    """The routes that go into the blood and nowhere else."""
    central = model.outputs["plasma"].compartment
    return {name for name, route in model.routes.items() if route.compartment == central and not route.also}


def _fits_interval(dose: Dose) -> bool:
    """Whether a dose that was always given is in before its next time: then its past is one series."""
    return (
        not dose.always_mg_per_h
        and dose.stopped_h == math.inf
        and (not dose.steady_h or dose.duration_h <= dose.steady_h)
    )


def in_modes(
    model: Model, parameters: Mapping[str, Array], start_h: Array, last_h: float, sites: Sites
) -> modes.Modes | None:
    """The subjects' modes for doses that start then, (1 or subjects, doses); None where the model has another shape."""
    shape, outputs = modes.fits(model), models.concentrations(model, parameters)
    if shape is None or len(outputs) != 1 + (shape.metabolite >= 0):
        return None
    (_, plasma), *more = outputs.values()
    span = np.maximum(last_h - start_h.min(axis=1, initial=np.inf), SAME_H)
    metabolite = more[0][1] if more else None
    return modes.modes(
        shape,
        models.matrices(model, parameters),
        plasma=plasma,
        metabolite=metabolite,
        ke0_per_h=tuple(sites.values()),
        span_h=span,
    )


def levels(
    model: Model, parameters: Mapping[str, Array], schedules: Sequence[Schedule], times: Array, sites: Sites
) -> Array:
    """Every output, then every site, (outputs and sites, subjects, times) in ng/mL."""
    doses = into_central(model, parameters, schedules)
    known = None if doses is None else in_modes(model, parameters, _since(doses), times[-1], sites)
    if doses is None or known is None:
        return _generally(model, parameters, schedules, times, sites)
    result = kernels.curves(known, times[None], doses)
    if known.near.any():
        rows = np.flatnonzero(known.near)
        some = schedules if len(schedules) == 1 else [schedules[row] for row in rows.tolist()]
        result[:, rows] = _generally(
            model, {name: values[rows] for name, values in parameters.items()}, some, times, sites
        )
    return result


def of_columns(model: Model, parameters: Mapping[str, Array], doses: DoseColumns, times: Array, sites: Sites) -> Array:
    """The same of doses in columns; `times` (subjects, times), or (1, times) for all."""
    subjects = len(next(iter(parameters.values())))
    central = columns_into_central(model, parameters, doses)
    known = None if central is None else in_modes(model, parameters, _since(central), float(times[:, -1].max()), sites)
    if central is None or known is None:
        result = np.empty((len(model.outputs) + len(sites), subjects, times.shape[1]))
        rows: NDArray[np.int64] = np.arange(subjects)
    else:
        result = kernels.curves(known, times, central)
        rows = np.flatnonzero(known.near)
    if len(times) == 1 and len(doses) == 1 and rows.size:
        some = {name: values[rows] for name, values in parameters.items()}
        result[:, rows] = _generally(model, some, [doses.schedule(0)], times[0], sites)
        return result
    for row in rows.tolist():
        schedule = doses.schedule(row if len(doses) > 1 else 0)
        own = {name: values[row : row + 1] for name, values in parameters.items()}
        result[:, [row]] = _generally(model, own, [schedule], times[row if len(times) > 1 else 0], sites)
    return result


def of_changing(
    model: Model, parameters: Mapping[str, Array], ends_h: Array, doses: DoseColumns, times: Array, sites: Sites
) -> Array:
    """The same of subjects whose parameters change: `parameters` has a row for every period of every subject."""
    periods = ends_h.shape[1] + 1
    outputs = models.concentrations(model, parameters)
    subjects = len(outputs["plasma"][1]) // periods
    shape = modes.fits(model)
    simple = shape is not None and len(outputs) == 1 + (shape.metabolite >= 0)
    route = model.routes.get(doses.route)
    itself = route is not None and not (route.bioavailability or route.lag or route.duration)
    central = columns_into_central(model, parameters, doses) if simple and itself else None
    result = np.empty((len(outputs) + len(sites), subjects, times.shape[1]))
    rows: NDArray[np.int64] = np.arange(subjects)
    matrix = models.matrices(model, parameters)
    if shape is not None and central is not None and not central.every_h.size:
        factors = [factor for _, factor in outputs.values()]
        near = changing.curves(
            shape, matrix, factors, tuple(sites.values()), ends_h=ends_h, times_h=times, doses=central, result=result
        )
        rows = np.flatnonzero(near)
    whole = with_sites(matrix, outputs["plasma"], sites) if rows.size else matrix
    for row in rows.tolist():
        of = slice(row * periods, (row + 1) * periods)
        own = {name: values[of] for name, values in parameters.items()}
        ends = ends_h[row if len(ends_h) > 1 else 0].tolist()
        moments = times[row if len(times) > 1 else 0].tolist()
        looks = [timeline.Look(time_h=time) for time in moments]
        states = timeline.states(model, own, whole[of], ends, doses.schedule(row if len(doses) > 1 else 0), looks)
        period = [row * periods + timeline.period_of(ends, time) for time in moments]
        for output, (place, factor) in enumerate(outputs.values()):
            result[output, row] = states[place] * factor[period]
        result[len(outputs) :, row] = states[len(model.places) :]
    return result


def _since(doses: Doses) -> Array:
    """When each dose began to matter: one that finds a steady state, always."""
    return np.where(doses.every_h > 0, -np.inf, doses.start_h) if doses.every_h.size else doses.start_h


def _generally(
    model: Model, parameters: Mapping[str, Array], schedules: Sequence[Schedule], times: Array, sites: Sites
) -> Array:
    outputs = models.concentrations(model, parameters)
    matrix = with_sites(models.matrices(model, parameters), outputs["plasma"], sites)
    keep = np.array([*(place for place, _ in outputs.values()), *_site_places(model, sites)], dtype=np.int64)
    result = _states(model, parameters, schedules, matrix, keep=keep, times=times).transpose(1, 0, 2).copy()
    for row, (_, factor) in enumerate(outputs.values()):
        result[row] *= factor[:, None]
    return result


def _states(
    model: Model,
    parameters: Mapping[str, Array],
    schedules: Sequence[Schedule],
    matrix: Array,
    keep: NDArray[np.int64],
    times: Array,
) -> Array:
    """The kept places at the output times, (subjects, kept, times); subjects with the same stretches run together."""
    shared = len(schedules) == 1 and not any(map(_steady, schedules[0]))
    if shared and not _routes_vary(model, parameters, schedules[0]):
        inputs, stretches = _stretches(model, parameters, schedules[0], times=times, subject=0, size=matrix.shape[1])
        return general.run(matrix, inputs, stretches, keep, times.size)
    result = np.empty((len(matrix), keep.size, times.size))
    for subject in range(len(matrix)):
        schedule = schedules[subject if len(schedules) > 1 else 0]
        if any(map(_steady, schedule)):
            own = {name: value[subject : subject + 1] for name, value in parameters.items()}
            looks = [timeline.Look(time_h=time) for time in times.tolist()]
            result[subject] = timeline.states(model, own, matrix[subject : subject + 1], (), schedule, looks)[keep]
            continue
        inputs, stretches = _stretches(model, parameters, schedule, times=times, subject=subject, size=matrix.shape[1])
        result[subject] = general.run(matrix[subject : subject + 1], inputs, stretches, keep, times.size)[0]
    return result


def _stretches(
    model: Model, parameters: Mapping[str, Array], schedule: Schedule, times: Array, subject: int, size: int
) -> tuple[NDArray[np.int64], Stretches]:
    """One subject's schedule cut at every start, end, output time and reset."""
    parts = [part for dose in schedule for part in taken(model, parameters, dose, subject)]
    edges = [edge for dose in parts for edge in (dose.time_h, dose.end_h)]
    moments = np.array(sorted([*edges, *times.tolist()]))
    starts = moments[np.concatenate([[True], np.diff(moments) > SAME_H])]
    shown = np.full(starts.size, -1, dtype=np.int64)
    shown[np.searchsorted(starts, times + SAME_H, side="right") - 1] = np.arange(times.size)
    place = {name: index for index, name in enumerate(model.places)}
    into = [place[model.routes[dose.route].compartment] for dose in parts]
    inputs = np.array(
        sorted({compartment for compartment, dose in zip(into, parts, strict=True) if dose.duration_h > SAME_H}),
        dtype=np.int64,
    )
    rates = np.zeros((starts.size, inputs.size))
    boluses = np.zeros((starts.size, size))
    reset = np.zeros(starts.size, dtype=bool)
    for dose, where in zip(parts, into, strict=True):
        first = int(np.searchsorted(starts, dose.time_h + SAME_H, side="right")) - 1
        if dose.reset:
            reset[first] = True
        if dose.undone:
            continue
        if dose.duration_h > SAME_H:
            last = int(np.searchsorted(starts, dose.end_h + SAME_H, side="right")) - 1
            rates[first:last, int(np.searchsorted(inputs, where))] += dose.rate_mg_per_h
        else:
            boluses[first, where] += dose.amount_mg
    return inputs, Stretches(
        length_h=np.append(np.diff(starts), 0.0), rate_mg_per_h=rates, bolus_mg=boluses, reset=reset, shown=shown
    )


def _routes_vary(model: Model, parameters: Mapping[str, Array], schedule: Schedule) -> bool:
    taken = {dose.route for dose in schedule if dose.route in model.routes}
    for name in taken | {model.routes[route_name].also for route_name in taken} - {""}:
        route = model.routes[name]
        for parameter in (route.bioavailability, route.lag, route.duration):
            if parameter and np.ptp(parameters[parameter]) > 0:
                return True
    return False


def _steady(dose: Dose) -> bool:
    return dose.steady_h > 0 or dose.always_mg_per_h > 0


def with_sites(matrix: Array, plasma: tuple[int, Array], sites: Sites) -> Array:
    """The matrix with one more place a site, holding ng/mL and following plasma."""
    if not sites:
        return matrix
    size, (place, factor) = matrix.shape[1], plasma
    whole = np.zeros((len(matrix), size + len(sites), size + len(sites)))
    whole[:, :size, :size] = matrix
    for row, ke0 in enumerate(sites.values(), start=size):
        whole[:, row, place] = ke0 * factor
        whole[:, row, row] = -ke0
    return whole


def _site_places(model: Model, sites: Sites) -> range:
    return range(len(model.places), len(model.places) + len(sites))
