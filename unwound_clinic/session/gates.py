"""The two gates of a session as they are now: the library's requirements, and a reconciled controlled drug."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.utils import timezone

from unwound import session
from unwound.catalogue import Checked
from unwound.record import Judgement, all_of
from unwound.session import Balance, Override, Passage, Refusal
from unwound.session.events import EventKind
from unwound.session.gates import GateName
from unwound_clinic.models import InfusionSession, OrderState
from unwound_clinic.session import before_and_after, drug_balance, order, times, translate, watching
from unwound_clinic.session.watching import Live

BALANCE = "drug_balance"
"""Required by the clinic before the patient leaves, beside the requirements of the library's gate."""


def start(row: InfusionSession, now: datetime | None = None) -> Passage:
    """Whether the infusion may start."""
    rows = times.events_of(row, now)
    today = before_and_after.today(row, rows, now or timezone.now())
    todays_events = [event for event in rows if event.at.astimezone(row.site.zone).date() == today.day]
    return session.may_start(today, before_and_after.overrides(todays_events, GateName.START))


def still_agreed(row: InfusionSession) -> bool:
    """Whether the order and the consent still hold while the infusion is under way."""
    consent = before_and_after.consent(row)
    return row.plan.state == OrderState.CHECKED and consent is not None and consent.withdrawn_at is None


def leave(row: InfusionSession, now: datetime | None = None) -> Passage:
    """Whether the patient may leave."""
    live = watching.live(row, now)
    overrides = before_and_after.overrides(live.rows, GateName.LEAVE)
    passage = session.may_leave(
        before_and_after.departure(row, live.rows, live.watched),
        [override for override in overrides if override.requirement != BALANCE],
    )
    return _with_balance(
        passage, balance(row, live), [override for override in overrides if override.requirement == BALANCE]
    )


def balance(row: InfusionSession, live: Live) -> Balance:
    """Whether the controlled drug is reconciled and agrees with what was infused; not without a charted draw-up."""
    lots = drug_balance.closed_lots(live.rows)
    if not lots and translate.latest_event(live.rows, EventKind.START) is not None:
        return Balance(Judgement(None, ("the amount drawn up has not been charted",), ("drawn",)), {})
    balance, drug = session.balance(lots), order.drug(row)
    if not drug or balance.closes.holds is not True:
        return balance
    doses = session.doses_given(translate.watched_events(live.rows), live.watched.at)
    ran_mg = sum(dose.amount_mg for dose in doses)
    return replace(balance, closes=session.agrees(lots, drug, ran_mg, live.limits.given_percent))


def _with_balance(passage: Passage, balance: Balance, overrides: list[Override]) -> Passage:
    if balance.closes.holds is True:
        return replace(passage, met=(*passage.met, BALANCE))
    if overrides:
        return replace(passage, overridden=(*passage.overridden, overrides[-1]))
    why = f"{'; '.join(balance.closes.because)}."
    refusal = Refusal(
        requirement=BALANCE,
        title="Controlled drug reconciled",
        why=why,
        unknown=balance.closes.holds is None,
        may_be_overridden=True,
        reason="Everything drawn up must be given, wasted before a witness, or returned.",
        sources=(),
        checked=Checked.UNCHECKED,
    )
    judgement = all_of((passage.judgement, Judgement(balance.closes.holds, balance.closes.because, (BALANCE,))))
    return replace(passage, judgement=judgement, refusals=(*passage.refusals, refusal))
