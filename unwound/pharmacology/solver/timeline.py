"""One person in the order of their record: steady states, what was looked at before a dose, parameters that change.

A steady state is the sum of what every earlier dose has left, a geometric series: y(T) + y(2T) + ... with y(s) what
one dose has left after s; from the first interval on that no dose runs in, each term is exp(A T) times the one before,
so their sum is (I - exp(A T))^-1 y. Nothing is run in. Between two events the state is crossed by exp(A t) as in
`general`, with the parameters of the stretch that ends at or after it (NONMEM: those of the record that closes it).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from unwound.compiled import njit
from unwound.pharmacology.dosing import SAME_H, Dose, Schedule
from unwound.pharmacology.models import Array, Model
from unwound.pharmacology.solver import general
from unwound.record import UnwoundError

END = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A time at which the state is wanted: after the first `after` doses of the schedule, or after all of that time.

    `period` is that of its record, where another begins at the same time.
    """

    time_h: float
    after: int | None = None
    period: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """What happens at one place of the record: drug that goes in at once, a state that replaces what is, or a look."""

    time_h: float
    order: float
    bolus: Array | None = None
    reset: bool = False
    look: int = -1


def states(
    model: Model, parameters: Mapping[str, Array], matrix: Array, ends_h: Sequence[float], schedule: Schedule,
    looks: Sequence[Look], of_doses: Sequence[int] | None = None,
) -> Array:  # fmt: skip
    """The whole state at every look, (places and sites, looks); `of_doses` has the period of each dose.

    `parameters` and `matrix` have one row a period; a period holds until its end in `ends_h`, the last one for ever.
    UnwoundError for a steady state that is never reached.
    """
    size = matrix.shape[1]
    steps, running = _steps(
        model, parameters, matrix, schedule, of_doses or [period_of(ends_h, dose.time_h) for dose in schedule]
    )
    steps += [_Step(time_h=end, order=-END) for end in ends_h]
    steps += [_Step(time_h=start, order=-END) for start, *_ in running]
    steps += [_Step(time_h=end, order=-END) for _, end, *_ in running]
    for place, look in enumerate(looks):
        steps.append(_Step(time_h=look.time_h, order=END if look.after is None else look.after - 0.5, look=place))
    times = _snapped(np.array([step.time_h for step in steps]))
    order = np.lexsort((np.array([step.order for step in steps]), times))
    times = times[order]
    inputs = np.array(sorted({place for *_, place in running}), dtype=np.int64)
    rates = np.zeros((len(steps), inputs.size))
    for start, end, rate, place in running:
        first, last = np.searchsorted(times, [start - SAME_H, end - SAME_H])
        rates[first:last, int(np.searchsorted(inputs, place))] += rate
    boluses = np.zeros((len(steps), size))
    for row, step in enumerate(order.tolist()):
        bolus = steps[step].bolus
        if bolus is not None:
            boluses[row, : bolus.size] = bolus
    lengths = np.append(np.diff(times), 0.0)
    period = np.minimum(np.searchsorted(np.array(ends_h), times + SAME_H), len(matrix) - 1)
    pairs, which = np.unique(np.stack([period.astype(float), lengths]), axis=1, return_inverse=True)
    result: Array = _walk(
        np.ascontiguousarray(matrix), inputs, pairs[0].astype(np.int64), pairs[1], which.reshape(-1).astype(np.int64),
        rates, boluses, np.array([steps[step].reset for step in order.tolist()], dtype=np.bool_),
        np.array([steps[step].look for step in order.tolist()], dtype=np.int64), len(looks),
    )  # fmt: skip
    return result


def period_of(ends_h: Sequence[float], time_h: float) -> int:
    """The period that a time lies in: the first that ends at or after it."""
    return min(int(np.searchsorted(np.array(ends_h), time_h - SAME_H)), len(ends_h))


def taken(model: Model, parameters: Mapping[str, Array], dose: Dose, subject: int) -> tuple[Dose, ...]:
    """The dose as it goes in: the route's bioavailability, lag and duration applied; a second one for a second route.

    As in NONMEM, bioavailability shortens an infusion that was ordered by its rate, and slows one ordered by its
    duration.
    """
    route = model.routes.get(dose.route)
    if route is None:
        raise UnwoundError(f"{model.title} has no route «{dose.route}»; it has {', '.join(model.routes)}")
    share = parameters[route.bioavailability][subject] if route.bioavailability else 1.0
    lag = parameters[route.lag][subject] if route.lag else 0.0
    duration = dose.duration_h * share if dose.by_rate else dose.duration_h
    if route.duration and not duration:
        duration = float(parameters[route.duration][subject])
    part = Dose(
        time_h=dose.time_h + lag,
        amount_mg=dose.amount_mg * share,
        duration_h=duration,
        route=dose.route,
        reset=dose.reset,
        stopped_h=dose.time_h + lag if dose.undone else dose.stopped_h,
    )
    if not route.also:
        return (part,)
    return (part, *taken(model, parameters, replace(dose, route=route.also, reset=False), subject))


_Running = tuple[float, float, float, int]
"""Start, end, mg/h and place of an infusion."""


def _steps(
    model: Model, parameters: Mapping[str, Array], matrix: Array, schedule: Schedule, of_doses: Sequence[int]
) -> tuple[list[_Step], list[_Running]]:
    """Every dose in its order: at once, running, or the steady state it finds. A branch for each."""
    steps: list[_Step] = []
    running: list[_Running] = []
    place = {name: index for index, name in enumerate(model.places)}
    for number, (dose, period) in enumerate(zip(schedule, of_doses, strict=True)):
        state = np.zeros(matrix.shape[1])
        if dose.steady_h or dose.always_mg_per_h:
            state, still = _steady_state(model, parameters, matrix[period], dose, period)
            running += [(start, min(end, dose.stopped_h), rate, into) for start, end, rate, into in still]
        steps.append(_Step(time_h=dose.time_h, order=number, bolus=state, reset=dose.reset))
        for part in taken(model, parameters, replace(dose, reset=False, steady_h=0.0, always_mg_per_h=0.0), period):
            into = place[model.routes[part.route].compartment]
            if part.duration_h > SAME_H:
                running.append(
                    (part.time_h, min(part.end_h, max(dose.stopped_h, part.time_h)), part.rate_mg_per_h, into)
                )
            elif part.amount_mg:
                late = part.time_h > dose.time_h + SAME_H
                steps.append(
                    _Step(
                        time_h=part.time_h, order=-END if late else number, bolus=_in(into, part.amount_mg, len(state))
                    )
                )
    return steps, running


def _in(place: int, amount_mg: float, size: int) -> Array:
    state = np.zeros(size)
    state[place] = amount_mg
    return state


def _steady_state(
    model: Model, parameters: Mapping[str, Array], matrix: Array, dose: Dose, period: int
) -> tuple[Array, list[_Running]]:
    """What all earlier doses have left at its time, and what of them still has to go in."""
    place = {name: index for index, name in enumerate(model.places)}
    size = len(matrix)
    if dose.always_mg_per_h:
        unit = Dose(time_h=0, amount_mg=dose.always_mg_per_h, duration_h=1, route=dose.route)
        inflow = np.zeros(size)
        for part in taken(model, parameters, unit, period):
            inflow[place[model.routes[part.route].compartment]] += part.amount_mg
        return _solved(-matrix, inflow, dose), []
    parts = [
        (part, place[model.routes[part.route].compartment])
        for part in taken(model, parameters, replace(dose, time_h=0, reset=False, steady_h=0.0, stopped_h=END), period)
    ]
    longest = max(part.end_h for part, _ in parts)
    explicit = max(1, math.ceil(longest / dose.steady_h - SAME_H))
    state = np.zeros(size)
    running: list[_Running] = []
    for back in range(1, explicit):
        since = back * dose.steady_h
        state += _left(matrix, parts, since)
        for part, into in parts:
            if part.end_h > since + SAME_H and part.duration_h > SAME_H:
                start, end = (dose.time_h + hour - since for hour in (max(part.time_h, since), part.end_h))
                running.append((start, end, part.rate_mg_per_h, into))
    every = np.eye(size) - exponential(matrix, dose.steady_h)
    total: Array = state + _solved(every, _left(matrix, parts, explicit * dose.steady_h), dose)
    return total, running


def _solved(matrix: Array, right: Array, dose: Dose) -> Array:
    """The steady state: only in places that the drug comes to, for a place without a way out would fill for ever."""
    try:
        solved = np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)
    except np.linalg.LinAlgError:
        solved = np.full(right.size, np.nan)
    if not np.isfinite(solved).all() or (solved < -1e-9 * max(1.0, float(np.abs(solved).max()))).any():
        raise UnwoundError(f"dose at {dose.time_h:g} h: this model never reaches a steady state")
    steady: Array = np.maximum(solved, 0.0)
    return steady


def _left(matrix: Array, parts: Sequence[tuple[Dose, int]], since_h: float) -> Array:
    """What one dose has left so many hours after its time."""
    size = len(matrix)
    state: Array = np.zeros(size)
    for part, into in parts:
        gone = since_h - part.time_h
        if gone < 0:
            continue
        if part.duration_h <= SAME_H:
            state += part.amount_mg * exponential(matrix, gone)[:, into]
            continue
        runs = min(gone, part.duration_h)
        whole = np.zeros((size + 1, size + 1))
        whole[:size, :size], whole[into, size] = matrix, 1.0
        state += part.rate_mg_per_h * (exponential(matrix, gone - runs) @ exponential(whole, runs)[:size, size])
    return state


def exponential(matrix: Array, hours: float) -> Array:
    """exp(matrix x hours); nothing off the diagonal may be negative."""
    result = np.empty_like(matrix)
    general._exponential(np.ascontiguousarray(matrix), float(hours), result)
    return result


def _snapped(times: Array) -> Array:
    """Times that are the same moment made equal."""
    order = np.argsort(times, kind="stable")
    ordered = times[order]
    new = np.concatenate([[True], np.diff(ordered) > SAME_H])
    snapped = np.empty_like(times)
    snapped[order] = ordered[np.maximum.accumulate(np.where(new, np.arange(times.size), 0))]
    return snapped


@njit()
def _walk(matrix, inputs, of, length, which, rates, boluses, resets, shown, looks):  # type: ignore[no-untyped-def]
    """Step by step through one record. The loops are the arithmetic: numba wants them written out."""
    n = matrix.shape[1]
    size = n + inputs.size
    result = np.zeros((n, looks))
    crossing = np.empty((of.size, size, size))
    whole = np.zeros((size, size))
    for pair in range(of.size):
        whole[:] = 0.0
        whole[:n, :n] = matrix[of[pair]]
        for column in range(inputs.size):
            whole[inputs[column], n + column] = 1.0
        general._exponential(whole, length[pair], crossing[pair])
    state = np.zeros(n)
    moved = np.empty(n)
    for step in range(which.size):
        if resets[step]:
            state[:] = 0.0
        for row in range(n):
            state[row] += boluses[step, row]
        if shown[step] >= 0:
            result[:, shown[step]] = state
        across = crossing[which[step]]
        for row in range(n):
            total = 0.0
            for column in range(n):
                total += across[row, column] * state[column]
            for column in range(inputs.size):
                total += across[row, n + column] * rates[step, column]
            moved[row] = total
        state[:] = moved
    return result
