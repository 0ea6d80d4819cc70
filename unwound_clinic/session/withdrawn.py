"""What no longer holds of a session under way: its order was cancelled or replaced, its consent withdrawn.

Derived from the order and the consent each time, so that neither has to know which sessions run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from unwound.session.events import EventKind
from unwound_clinic.models import InfusionSession, OrderState, Plan, SessionEvent
from unwound_clinic.session import before_and_after


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """An order or consent that no longer holds: since when, by whom, and in words."""

    at: datetime
    by: str
    says: str


def withdrawn_from(session: InfusionSession) -> tuple[Withdrawn, ...]:
    """What was withdrawn while the session could still be given; empty while order and consent hold."""
    withdrawals = (*_order(session.plan), *_consent(session))
    return tuple(
        withdrawal for withdrawal in withdrawals if session.ended_at is None or withdrawal.at <= session.ended_at
    )


def as_events(session: InfusionSession) -> Iterator[SessionEvent]:
    """The same as notes among the session's events; they are not stored."""
    for withdrawal in withdrawn_from(session):
        yield SessionEvent(
            session=session,
            at=withdrawal.at,
            recorded_at=withdrawal.at,
            kind=EventKind.NOTE,
            by_name=withdrawal.by,
            content={"note": withdrawal.says},
        )


def _order(plan: Plan) -> Iterator[Withdrawn]:
    if plan.state == OrderState.CANCELLED and plan.cancelled_at is not None:
        by = plan.cancelled_by.name if plan.cancelled_by else ""
        yield Withdrawn(plan.cancelled_at, by, f"ORDER CANCELLED: {plan.change_reason}")
    elif plan.state == OrderState.REPLACED:
        newer = plan.replaced_by.select_related("ordered_by").order_by("-id").first()
        if newer is not None:
            yield Withdrawn(
                newer.ordered_at, newer.ordered_by.name, f"ORDER REPLACED by another: {newer.change_reason}"
            )


def _consent(session: InfusionSession) -> Iterator[Withdrawn]:
    consent = before_and_after.consent(session)
    if consent is not None and consent.withdrawn_at is not None:
        by = consent.withdrawn_by.name if consent.withdrawn_by else ""
        yield Withdrawn(consent.withdrawn_at, by, f"CONSENT WITHDRAWN: {consent.withdrawn_reason}")
