"""The two gates of a session as they stand now: what the library asks, and that the controlled drug adds up."""

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
from unwound_clinic.models import InfusionSession
from unwound_clinic.session import before_and_after, drug_balance, order, translate, watching
from unwound_clinic.session.watching import Live

BALANCE = "drug_balance"
"""Asked for by the clinic before the patient leaves, beside what the library's gate asks for."""


def start(row: InfusionSession, now: datetime | None = None) -> Passage:
    """Whether the infusion may start."""
    rows = tuple(row.events.order_by("at", "id"))
    today = before_and_after.today(row, rows, now or timezone.now())
    of_the_day = [one for one in rows if one.at.astimezone(row.site.zone).date() == today.day]
    return session.may_start(today, before_and_after.overrides(of_the_day, GateName.START))


def still_agreed(row: InfusionSession) -> bool:
    """Whether the order and the consent still hold while the infusion is under way."""
    consent = before_and_after.consent(row)
    return row.plan.state == "checked" and consent is not None and consent.withdrawn_at is None


def leave(row: InfusionSession, now: datetime | None = None) -> Passage:
    """Whether the patient may leave."""
    live = watching.live(row, now)
    decided = before_and_after.overrides(live.rows, GateName.LEAVE)
    passage = session.may_leave(
        before_and_after.departure(row, live.rows, live.watched),
        [one for one in decided if one.requirement != BALANCE],
    )
    return _with_balance(passage, balance(row, live), [one for one in decided if one.requirement == BALANCE])


def balance(row: InfusionSession, live: Live) -> Balance:
    """Whether the controlled drug adds up, and agrees with what ran; one of which nothing was drawn up does not."""
    lots = drug_balance.closed_lots(live.rows)
    if not lots and translate.latest(live.rows, EventKind.START) is not None:
        return Balance(Judgement(None, ("the amount drawn up has not been charted",), ("drawn",)), {})
    found, drug = session.balance(lots), order.drug(row)
    if not drug or found.closes.holds is not True:
        return found
    doses = session.doses_given(translate.happened(live.rows), live.watched.at)
    ran_mg = sum(one.amount_mg for one in doses)
    return replace(found, closes=session.agrees(lots, drug, ran_mg, live.limits.given_percent))


def _with_balance(passage: Passage, found: Balance, decided: list[Override]) -> Passage:
    if found.closes.holds is True:
        return replace(passage, met=(*passage.met, BALANCE))
    if decided:
        return replace(passage, overridden=(*passage.overridden, decided[-1]))
    why = f"{'; '.join(found.closes.because)}."
    refusal = Refusal(
        requirement=BALANCE,
        title="Controlled drug reconciled",
        why=why,
        unknown=found.closes.holds is None,
        may_be_overridden=True,
        reason="Everything drawn up must be given, wasted before a witness, or returned.",
        sources=(),
        checked=Checked.UNCHECKED,
    )
    judged = all_of((passage.judgement, Judgement(found.closes.holds, found.closes.because, (BALANCE,))))
    return replace(passage, judgement=judged, refusals=(*passage.refusals, refusal))
