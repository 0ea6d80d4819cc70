"""What was given beside a course in its source, as doses on days: a record to be ordered by somebody, never an order.

Nothing is computed: a dose, a route and a number of times stand here only where the source of the course states them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from unwound.catalogue import Cited, CitedText
from unwound.protocols.knowledge import CoMedication

if TYPE_CHECKING:
    from unwound.protocols.planner import Day

NOT_STATED = "the source does not state the hour: whoever orders it does"
"""Of every dose here: no source that was read says when in the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjunct:
    """One medicine on the days of infusion: how much (mg, low to high), how, how often; for rescue, when it is used."""

    days: tuple[int, ...]
    on: tuple[date | None, ...]
    drug: str
    mg: tuple[float, float]
    route: str
    times: tuple[int, int]
    rescue: str
    text: CitedText

    @property
    def says(self) -> str:
        """The dose in words."""
        often, times = _span(self.times), "time" if self.times == (1, 1) else "times"
        when = f"only where there is {self.rescue}" if self.rescue else f"{often} {times}, {NOT_STATED}"
        return f"{self.drug} {_span(self.mg)} mg {self.route}, {when}"


def adjuncts(beside: Sequence[CoMedication], days: Sequence[Day]) -> tuple[Adjunct, ...]:
    """Every medicine whose dose the source states, on every day on which something runs; none without such a day."""
    return tuple(_of(medicine, medicine.dose, days) for medicine in beside if medicine.dose is not None and days)


def _of(medicine: CoMedication, dose: Cited, days: Sequence[Day]) -> Adjunct:
    fewest, most = (1.0, 1.0) if medicine.times is None else _ends(medicine.times)
    return Adjunct(
        days=tuple(day.day for day in days), on=tuple(day.on for day in days), drug=medicine.drug, mg=_ends(dose),
        route=medicine.route, times=(round(fewest), round(most)), rescue=medicine.rescue, text=medicine.text,
    )  # fmt: skip


def _ends(number: Cited) -> tuple[float, float]:
    low, high = number.low, number.high
    return (number.value if low is None else low, number.value if high is None else high)


def _span(ends: tuple[float, float]) -> str:
    return f"{ends[0]:g}" if ends[0] == ends[1] else f"{ends[0]:g} to {ends[1]:g}"
