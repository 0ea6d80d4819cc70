"""The ceilings of a drug at one weight, each beside what is planned: above it, at it, below it, or of other courses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from unwound.catalogue import Cited, CitedText
from unwound.protocols import knowledge, schedule
from unwound.protocols.knowledge import DoseKind, Limit, Protocol
from unwound.protocols.schedule import Stretch


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """One limit at this weight, and where the plan lies beside it."""

    id: str
    of: DoseKind
    most: float
    """mg/h of a rate; mg of a bolus, of a day or of a course."""
    planned: float
    """The highest rate, the largest bolus or day, or the whole course, of the plan."""
    within: bool
    binds: bool
    limit: Cited
    text: CitedText
    applies: bool = True
    """Whether it is of such a course at all: some limits are of one setting."""

    @property
    def at_it(self) -> bool:
        """Whether the plan reaches it, which is not the same as staying below."""
        return math.isclose(self.planned, self.most, rel_tol=schedule.SAME)

    @property
    def exceeded(self) -> bool:
        """Whether a limit of such courses is passed."""
        return self.applies and not self.within


def ceilings(protocol: Protocol, weight_kg: float, stretches: tuple[Stretch, ...]) -> Iterator[Ceiling]:
    """Every limit of the drug for what goes into a vein, beside the course at this weight."""
    if not stretches:
        return
    planned = {
        DoseKind.RATE: max(stretch.rate_mg_per_h for stretch in stretches),
        DoseKind.BOLUS: 0.0,
        DoseKind.DAY: max(amount for amount in by_day(stretches).values()),
        DoseKind.COURSE: sum(stretch.amount_mg for stretch in stretches),
    }
    for id, limit in knowledge.ceilings(protocol.drug).limits.items():
        if limit.route == "iv":
            yield _ceiling(id, limit, protocol, weight_kg, planned[limit.of])


def by_day(stretches: tuple[Stretch, ...]) -> dict[int, float]:
    """Milligrams on each day of the course (24 hours from the hour of the first dose; the first is 1)."""
    amounts: dict[int, float] = {}
    for stretch in stretches:
        first, last = math.floor(stretch.start_h / 24 + 1e-9), math.ceil(stretch.end_h / 24 - 1e-9)
        for day in range(first, last):
            hours = min(stretch.end_h, 24.0 * (day + 1)) - max(stretch.start_h, 24.0 * day)
            amounts[day + 1] = amounts.get(day + 1, 0.0) + stretch.rate_mg_per_h * hours
    return amounts


def _ceiling(id: str, limit: Limit, protocol: Protocol, weight_kg: float, planned: float) -> Ceiling:
    most = knowledge.for_weight(limit.limit, weight_kg)
    part = not limit.parts or protocol.part in limit.parts
    return Ceiling(
        id=id,
        of=limit.of,
        most=most,
        planned=planned,
        within=planned <= most * (1 + schedule.SAME),
        binds=limit.binds,
        limit=limit.limit,
        text=limit.text,
        applies=part and (not limit.settings or protocol.setting in limit.settings),
    )
