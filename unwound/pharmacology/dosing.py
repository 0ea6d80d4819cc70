"""Doses as they are ordered: boluses, infusions, repeats, resets; for one schedule or one a subject."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from unwound.record import UnwoundError

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

    def __post_init__(self) -> None:
        for name in ("time_h", "amount_mg", "duration_h"):
            value = getattr(self, name)
            if not abs(value) < float("inf"):
                raise UnwoundError(f"dose: {name} {value} is not a number")
        if self.amount_mg < 0 or self.duration_h < 0:
            raise UnwoundError(f"dose at {self.time_h:g} h: amount and duration are never negative")

    @property
    def end_h(self) -> float:
        """When it has gone in."""
        return self.time_h + self.duration_h

    @property
    def rate_mg_per_h(self) -> float:
        """Speed of an infusion; infinite for a bolus."""
        return self.amount_mg / self.duration_h if self.duration_h else float("inf")


Schedule = Sequence[Dose]


def infusion(time_h: float, rate_mg_per_h: float, duration_h: float, route: str = "iv") -> Dose:
    """An infusion by its rate."""
    return Dose(time_h=time_h, amount_mg=rate_mg_per_h * duration_h, duration_h=duration_h, route=route, by_rate=True)


def repeat(dose: Dose, every_h: float, times: int) -> tuple[Dose, ...]:
    """The dose `times` times in all, `every_h` hours apart."""
    if times > 1 and not every_h > 0:
        raise UnwoundError(f"dose at {dose.time_h:g} h: repeats need an interval above zero, not {every_h:g} h")
    return tuple(replace(dose, time_h=dose.time_h + n * every_h) for n in range(times))


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
