"""What the second person reads and works out, compared with what was ordered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from unwound.catalogue import plain
from unwound_clinic.core import access
from unwound_clinic.models import OrderState, Plan

if TYPE_CHECKING:
    from unwound.protocols import Protocol

BEFORE_THE_ORDER = "The order and its flowsheet open once it is checked: you may be the one who checks it."

HALF_A_STEP = 0.05
"""Half of the last place to which a scale, a pump and a person round: 0.1 kg, 0.1 mg, 0.1 mL/h."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedOut:
    """What the second person read and worked out without seeing it in the order."""

    weight_kg: float
    total_mg: float
    concentration_mg_per_ml: float
    first_rate_ml_per_h: float

    @classmethod
    def of(cls, plan: Plan) -> WorkedOut:
        """What agrees with an order."""
        return cls(
            weight_kg=plan.weight_kg,
            total_mg=plan.shown["total_mg"],
            concentration_mg_per_ml=plan.concentration_mg_per_ml,
            first_rate_ml_per_h=plan.shown["rates"][0]["ml_per_h"],
        )


def differences(plan: Plan, typed: WorkedOut) -> Iterator[str]:
    """A sentence for each number that does not agree with the order; not a number counts as a difference."""
    ordered = WorkedOut.of(plan)
    if not agrees(typed.weight_kg, ordered.weight_kg):
        yield "The weight differs from the weight in the order."
    if not agrees(typed.total_mg, ordered.total_mg):
        yield "The total amount differs from the amount ordered."
    if not is_concentration(typed.concentration_mg_per_ml, ordered.concentration_mg_per_ml):
        yield "The concentration differs from the solution ordered."
    if not agrees(typed.first_rate_ml_per_h, ordered.first_rate_ml_per_h):
        yield "The first pump rate differs from the rate of the order."


def agrees(typed: float, known: float) -> bool:
    """Whether two numbers are the same, each rounded to its last place; what is no number agrees with nothing."""
    return abs(typed - known) <= HALF_A_STEP


def is_concentration(typed_mg_per_ml: float, ordered_mg_per_ml: float) -> bool:
    """Whether what was typed is the concentration ordered."""
    return abs(typed_mg_per_ml - ordered_mg_per_ml) <= 1e-9


def weight_to_name(plan: Plan, weighed_kg: float | None) -> float | None:
    """The weight of the order, in kg, where that of the day is another one; else None.

    From the weight on the scale the rate of such an order cannot be found; while both agree, it would be given away.
    """
    return None if weighed_kg is None or agrees(weighed_kg, plan.weight_kg) else plan.weight_kg


def awaits(by: access.Staff, plan: Plan) -> bool:
    """Whether this person may be the second one for an order not checked yet: nothing computed is shown to them."""
    unchecked = plan.state == OrderState.ORDERED and by.user != plan.ordered_by
    return unchecked and access.may(by, "check-plan", plan.patient)


def dosing_rule(protocol: Protocol) -> Iterator[str]:
    """The dosing rule of the course, a line for each step, to be calculated by hand."""
    for step in protocol.steps:
        size = step.rate or step.amount
        parts = [f"{plain(size.value)} {size.unit}" if size else ""]
        if step.cap:
            parts.append(f"at most {plain(step.cap.value)} {step.cap.unit}")
        if step.share:
            parts.append(f"{100 * step.share.value:g} % of that")
        parts.append(f"for {plain(step.duration.value)} {step.duration.unit}")
        days = ", ".join(str(day) for day in step.days)
        parts.append(f"on day{'s' if len(step.days) > 1 else ''} {days}" if days else "following on")
        yield ", ".join(parts)
