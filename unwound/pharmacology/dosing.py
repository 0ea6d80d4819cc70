"""Doses as they are ordered: boluses, infusions, repeats, resets; for one schedule or one a subject."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from unwound.record import UnwoundError


@dataclass(frozen=True, slots=True)
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
                raise UnwoundError(f"dose: {name} {value} is no number")
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


def infusion(time_h: float, rate_mg_per_h: float, duration_h: float, route: str = "iv") -> Dose:
    """An infusion by its rate."""
    return Dose(time_h, rate_mg_per_h * duration_h, duration_h, route, by_rate=True)


def repeat(dose: Dose, every_h: float, times: int) -> tuple[Dose, ...]:
    """The dose `times` times in all, `every_h` hours apart."""
    if times > 1 and not every_h > 0:
        raise UnwoundError(f"dose at {dose.time_h:g} h: repeats need an interval above zero, not {every_h:g} h")
    return tuple(replace(dose, time_h=dose.time_h + n * every_h) for n in range(times))


def total_mg(doses: Iterable[Dose]) -> float:
    """The amount of all doses together."""
    return sum(dose.amount_mg for dose in doses)
