"""A protocol at one weight: every stretch of infusion with its rate, and what held the rate down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from unwound.catalogue import Cited, plain
from unwound.pharmacology.dosing import Dose, infusion
from unwound.protocols import knowledge
from unwound.protocols.knowledge import DoseKind, Protocol, Step
from unwound.record import UnwoundError
from unwound.terms import Drug

SAME = 1e-9
"""Rates nearer than this share are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One stretch at one rate: hours from the first dose, mg/h, and what held the rate down, where something did."""

    start_h: float
    hours: float
    rate_mg_per_h: float
    held_by: Cited | None = None
    by_guideline: bool = False
    """Held by a ceiling of a guideline, not by the protocol's own cap."""
    meant_mg_per_h: float = 0.0
    """The rate before anything held it."""

    @property
    def end_h(self) -> float:
        """When it ends."""
        return self.start_h + self.hours

    @property
    def amount_mg(self) -> float:
        """What has gone in by then."""
        return self.rate_mg_per_h * self.hours


def doses(protocol: Protocol | str, weight_kg: float) -> tuple[Dose, ...]:
    """The protocol's infusions at this weight, never above its cap or a binding ceiling.

    UnwoundError for an unknown protocol, and for a weight outside the range that plans cover.
    """
    return as_doses(stretches(protocol, weight_kg))


def as_doses(stretches: Sequence[Stretch]) -> tuple[Dose, ...]:
    """Stretches as doses."""
    return tuple(infusion(stretch.start_h, stretch.rate_mg_per_h, stretch.hours) for stretch in stretches)


def stretches(protocol: Protocol | str, weight_kg: float) -> tuple[Stretch, ...]:
    """Every stretch in the order of time. UnwoundError as in `doses`."""
    course = knowledge.protocol(protocol) if isinstance(protocol, str) else protocol
    problem = weight_problem(course.drug, weight_kg)
    if problem:
        raise UnwoundError(problem)
    return tuple(sorted(_placed(course, weight_kg), key=lambda stretch: stretch.start_h))


def weight_problem(drug: Drug, weight_kg: float) -> str:
    """Why no plan is made for this weight; empty when one is."""
    allowed = knowledge.ceilings(drug).weight_kg
    low, high = allowed.low or 0.0, allowed.high or 0.0
    if low <= weight_kg <= high:
        return ""
    return f"weight_kg: {weight_kg:g} is outside the {plain(low)} to {plain(high)} kg that plans cover"


def binding(drug: Drug) -> tuple[Cited, ...]:
    """The ceilings of rate that a plan is held below."""
    limits = knowledge.ceilings(drug).limits.values()
    return tuple(limit.limit for limit in limits if limit.binds and limit.of == DoseKind.RATE)


def _placed(protocol: Protocol, weight_kg: float) -> Iterator[Stretch]:
    end = 0.0
    for step in protocol.steps:
        starts = [24.0 * (day - 1) for day in step.days] or [end]
        for start in starts:
            yield _stretch(protocol.drug, step, weight_kg, start)
        end = starts[-1] + step.hours


def _stretch(drug: Drug, step: Step, weight_kg: float, start_h: float) -> Stretch:
    meant = _meant(step, weight_kg)
    share = step.share.value if step.share else 1.0
    capped = step.cap is not None and meant > step.cap.value * (1 + SAME)
    rate = (step.cap.value if capped and step.cap else meant) * share
    tightest = min(binding(drug), key=lambda limit: knowledge.for_weight(limit, weight_kg), default=None)
    if tightest is not None:
        most = knowledge.for_weight(tightest, weight_kg)
        if rate > most * (1 + SAME):
            return Stretch(
                start_h=start_h,
                hours=step.hours,
                rate_mg_per_h=most,
                held_by=tightest,
                by_guideline=True,
                meant_mg_per_h=meant * share,
            )
        rate = min(rate, most)
    return Stretch(
        start_h=start_h,
        hours=step.hours,
        rate_mg_per_h=rate,
        held_by=step.cap if capped else None,
        by_guideline=False,
        meant_mg_per_h=meant * share,
    )


def _meant(step: Step, weight_kg: float) -> float:
    """The rate in mg/h before anything holds it."""
    if step.rate is not None:
        return knowledge.for_weight(step.rate, weight_kg)
    if step.amount is None:
        raise UnwoundError("a step has either a rate or an amount")
    return knowledge.for_weight(step.amount, weight_kg) / step.hours
