"""Doses as they are ordered: boluses, infusions, repeats, resets; for one schedule or one a subject."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from unwound.record import UnwoundError

Array = NDArray[np.float64]
SAME_H = 1e-9
"""Events nearer than this are the same moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """One dose: `amount_mg` at `time_h`, at once or over `duration_h`; `reset` empties the body first."""

    time_h: float
    amount_mg: float = 0.0
    duration_h: float = 0.0
    route: str = "iv"
    reset: bool = False
    by_rate: bool = False
    """Ordered by its rate: bioavailability then shortens it, as in NONMEM; otherwise it slows it."""
    steady_h: float = 0.0
    """Given every so many hours for ever before this one (NONMEM's SS): its time finds the body in that steady state,
    in place of what was there with `reset`, else on top of it."""
    always_mg_per_h: float = 0.0
    """An infusion that has always run at this rate, and ends at `time_h`."""
    stopped_h: float = math.inf
    """When a dose that finds a steady state is stopped, though it was ordered (and had always been given) for longer;
    at its own time: by a reset of the same moment, so that only what is seen between them sees it."""

    def __post_init__(self) -> None:
        # Each wrong number would be simulated without complaint, so that each is refused with its own message.
        for name in ("time_h", "amount_mg", "duration_h", "steady_h", "always_mg_per_h"):
            value = getattr(self, name)
            try:
                finite = abs(value) < float("inf")
            except TypeError:
                finite = False
            if not finite:
                raise UnwoundError(f"dose: {name} {value} is not a number")
        if self.amount_mg < 0 or self.duration_h < 0:
            raise UnwoundError(f"dose at {self.time_h:g} h: amount and duration are never negative")
        if self.steady_h < 0 or self.always_mg_per_h < 0 or (self.steady_h and self.always_mg_per_h):
            raise UnwoundError(f"dose at {self.time_h:g} h: a steady state has an interval or a rate, above zero")

    @property
    def end_h(self) -> float:
        """When it has gone in, or was stopped."""
        return min(self.time_h + self.duration_h, max(self.stopped_h, self.time_h))

    @property
    def undone(self) -> bool:
        """Whether a reset of the same moment takes it out again."""
        return self.stopped_h <= self.time_h

    @property
    def given(self) -> bool:
        """Whether any drug comes of it."""
        return self.amount_mg > 0 or self.always_mg_per_h > 0

    @property
    def rate_mg_per_h(self) -> float:
        """Speed of an infusion; infinite for a bolus."""
        return self.amount_mg / self.duration_h if self.duration_h else float("inf")


Schedule = Sequence[Dose]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DoseColumns:
    """The doses of many subjects as arrays, without an object a dose: (subjects, doses) each, or (1, doses) for all.

    The fields are those of `Dose`; a number stands for all of them. An amount of 0 is no dose: shorter schedules are
    filled up with it. Of a dose that finds a steady state, only what is given later comes on top.
    """

    time_h: Array
    amount_mg: Array
    duration_h: Array | float = 0.0
    steady_h: Array | float = 0.0
    route: str = "iv"
    by_rate: bool = False

    def __post_init__(self) -> None:
        # Many subjects are checked at once, and each message names the subject and the dose that is wrong.
        named = ("time_h", "amount_mg", "duration_h", "steady_h")
        try:
            arrays = np.broadcast_arrays(
                *(np.atleast_2d(np.asarray(getattr(self, name), dtype=float)) for name in named)
            )
        except ValueError as error:
            shapes = ", ".join(f"{name} {np.shape(getattr(self, name))}" for name in named)
            raise UnwoundError(f"doses: the columns differ in shape: {shapes}") from error
        for name, array in zip(named, arrays, strict=True):
            if array.ndim != 2:
                raise UnwoundError(f"doses: {name} has {array.ndim} axes; (subjects, doses) is needed")
            if not np.isfinite(array).all():
                row, column = np.argwhere(~np.isfinite(array))[0]
                raise UnwoundError(f"doses: {name} of subject {row}, dose {column} is not a number")
            if name != "time_h" and (array < 0).any():
                row, column = np.argwhere(array < 0)[0]
                raise UnwoundError(f"doses: {name} of subject {row}, dose {column} is negative: {array[row, column]:g}")
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        """How many schedules: one for all, or one a subject."""
        return len(self.time_h)

    def schedule(self, row: int) -> tuple[Dose, ...]:
        """One subject's doses as records."""
        every = np.stack([self.time_h[row], self.amount_mg[row], self.duration_h[row], self.steady_h[row]], axis=1)  # type: ignore[index]
        return tuple(
            Dose(time_h=time, amount_mg=amount, duration_h=duration, steady_h=steady, route=self.route,
                 by_rate=self.by_rate)
            for time, amount, duration, steady in every[every[:, 1] > 0].tolist()
        )  # fmt: skip


def columns_of(schedules: Sequence[Schedule]) -> DoseColumns:
    """Schedules as columns. UnwoundError for what columns do not hold: resets, several routes, endless infusions."""
    doses = [dose for schedule in schedules for dose in schedule]
    kinds = {(dose.route, dose.by_rate) for dose in doses}
    if any(dose.reset or dose.always_mg_per_h or dose.stopped_h < math.inf for dose in doses) or len(kinds) > 1:
        raise UnwoundError("doses as columns have one route, one way of ordering, no reset and no endless infusion")
    filled = np.zeros((4, len(schedules), max(map(len, schedules), default=0)))
    for row, schedule in enumerate(schedules):
        filled[:, row, : len(schedule)] = np.array(
            [(dose.time_h, dose.amount_mg, dose.duration_h, dose.steady_h) for dose in schedule]
        ).reshape(-1, 4).T  # fmt: skip
    route, by_rate = next(iter(kinds), ("iv", False))
    time_h, amount_mg, duration_h, steady_h = filled
    return DoseColumns(
        time_h=time_h, amount_mg=amount_mg, duration_h=duration_h, steady_h=steady_h, route=route, by_rate=by_rate
    )


def infusion(time_h: float, rate_mg_per_h: float, duration_h: float, route: str = "iv") -> Dose:
    """An infusion by its rate. UnwoundError for what is no number."""
    try:
        amount_mg = rate_mg_per_h * duration_h
    except TypeError:
        raise UnwoundError(f"infusion: mg/h and hours are needed, not {rate_mg_per_h!r} and {duration_h!r}") from None
    return Dose(time_h=time_h, amount_mg=amount_mg, duration_h=duration_h, route=route, by_rate=True)


def repeat(dose: Dose, every_h: float, times: int) -> tuple[Dose, ...]:
    """The dose `times` times in all, `every_h` hours apart."""
    if times > 1 and not every_h > 0:
        raise UnwoundError(f"dose at {dose.time_h:g} h: repeats need an interval above zero, not {every_h:g} h")
    return tuple(replace(dose, time_h=dose.time_h + n * every_h) for n in range(times))


def written_out(doses: Iterable[Dose], hours: float) -> tuple[Dose, ...]:
    """The doses with those that stand behind a steady state, as far back as could still go in within `hours` before."""
    every: list[Dose] = []
    for dose in doses:
        if dose.always_mg_per_h:
            every.append(infusion(dose.time_h - hours, dose.always_mg_per_h, hours, dose.route))
        if dose.steady_h:
            back = math.ceil((hours + dose.duration_h) / dose.steady_h)
            every += [
                replace(dose, time_h=dose.time_h - n * dose.steady_h, steady_h=0.0, stopped_h=math.inf)
                for n in range(back, 0, -1)
            ]
        every.append(replace(dose, steady_h=0.0, always_mg_per_h=0.0))
    return tuple(every)


def total_mg(doses: Iterable[Dose]) -> float:
    """The amount of all doses together."""
    return sum(dose.amount_mg for dose in doses)


def most_in_an_hour(doses: Iterable[Dose]) -> tuple[float, float]:
    """The largest amount (mg) that goes in within any one hour, and when that hour begins; (0, 0) without doses."""
    amounts = [dose for dose in doses if dose.amount_mg]
    if not amounts:
        return 0.0, 0.0
    edges = np.unique([edge for dose in amounts for edge in (dose.time_h, dose.end_h)])
    begins = np.concatenate([edges, edges - 1.0])  # of equal hours the first that begins with a dose
    # Amounts are counted from the first dose on as straight lines between edges, and jumps.
    at_once = np.zeros(edges.size)
    slope = np.zeros(edges.size)
    for dose in amounts:
        first, last = np.searchsorted(edges, [dose.time_h, dose.end_h])
        if first == last:
            at_once[first] += dose.amount_mg
        else:
            slope[first] += dose.rate_mg_per_h
            slope[last] -= dose.rate_mg_per_h
    run = np.concatenate([[0.0], np.cumsum(np.cumsum(slope)[:-1] * np.diff(edges))])
    jumps = np.concatenate([[0.0], np.cumsum(at_once)])
    through = np.interp(begins + 1.0, edges, run) + jumps[np.searchsorted(edges, begins + 1.0, side="right")]
    before = np.interp(begins, edges, run) + jumps[np.searchsorted(edges, begins, side="left")]
    most = int(np.argmax(np.round(through - before, 9)))
    return float(through[most] - before[most]), float(begins[most])
