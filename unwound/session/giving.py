"""What was actually given: the doses from the charted rates, and whether a controlled drug is accounted for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from unwound.record import Judgement, unique
from unwound.session.events import Event, EventKind, in_order
from unwound.session.gates import unless
from unwound.session.readings import in_utc
from unwound.session.signs import SessionError
from unwound.terms import Word

if TYPE_CHECKING:  # what only takes readings in (the listener) starts without the compiled kernels
    from unwound.pharmacology.dosing import Dose

HOUR = timedelta(hours=1)


class DrugStep(Word):
    """What was done with an amount of a controlled drug."""

    DRAWN = "drawn"
    GIVEN = "given"
    WASTED = "wasted"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """One ampoule or syringe of a controlled drug, in mg; None is not recorded yet. Waste needs a witness."""

    lot: str
    drug: str
    drawn_mg: Decimal | None = None
    given_mg: Decimal | None = None
    wasted_mg: Decimal | None = None
    returned_mg: Decimal | None = None
    wasted_by: str = ""
    witness: str = ""

    def __post_init__(self) -> None:
        for name in _PARTS:
            amount = getattr(self, name)
            if amount is not None and not (amount.is_finite() and amount >= 0):
                raise SessionError(f"lot {self.lot}: {name} {amount} is not possible")


@dataclass(frozen=True, slots=True)
class Balance:
    """Whether drawn up = given + wasted + returned: the judgement, and what is missing (+) or too much (-) by drug."""

    closes: Judgement
    difference_mg: Mapping[str, Decimal]


_PARTS = ("drawn_mg", "given_mg", "wasted_mg", "returned_mg")


def doses_given(happened: Iterable[Event], now: datetime) -> tuple[Dose, ...]:
    """The doses as they actually ran up to now, hours from the first start: for the predicted concentration.

    A rate set while paused holds from the resume; nothing runs before the start or after the stop.
    """
    events = in_order(happened, in_utc(now))
    start = next((event.at for event in events if event.kind == EventKind.START), None)
    return () if start is None else tuple(_doses(events, start, in_utc(now)))


def _doses(events: tuple[Event, ...], start: datetime, now: datetime) -> Iterator[Dose]:
    """The doses of a session from what happened: a stretch at each rate, and every bolus.

    Each kind of event changes another part of the pump's state: whether it runs, its rate, whether it was ended (a
    resume after that is an error of the chart and gives nothing).
    """
    from unwound.pharmacology.dosing import Dose

    since, rate, runs, stopped = start, 0.0, False, False
    for event in events:
        if event.kind in _CHANGES:
            yield from _stretch(start, since, event.at, rate if runs else 0.0)
            since = max(event.at, start)
        if event.kind == EventKind.START:
            runs, stopped = True, False
        elif event.kind in (EventKind.PAUSE, *_ENDS):
            runs, stopped = False, stopped or event.kind in _ENDS
        elif event.kind == EventKind.RESUME:
            runs = event.at >= start and not stopped
        elif event.kind == EventKind.BOLUS and event.amount_mg:
            yield Dose(time_h=(event.at - start) / HOUR, amount_mg=event.amount_mg)
        if event.kind in (EventKind.START, EventKind.RATE, EventKind.RESUME) and event.rate_mg_per_h is not None:
            rate = event.rate_mg_per_h
    yield from _stretch(start, since, now, rate if runs else 0.0)


_ENDS = (EventKind.STOP, EventKind.LEAVE)
_CHANGES = (EventKind.START, EventKind.RATE, EventKind.PAUSE, EventKind.RESUME, *_ENDS)


def _stretch(start: datetime, since: datetime, until: datetime, rate: float) -> Iterator[Dose]:
    from unwound.pharmacology.dosing import infusion

    if rate > 0 and until > since:
        yield infusion((since - start) / HOUR, rate, (until - since) / HOUR)


def balance(lots: Iterable[Lot]) -> Balance:
    """Whether everything drawn up is accounted for, to the last fraction: a difference is named, never rounded away."""
    all_lots = tuple(lots)
    wrong = tuple(_unwitnessed(all_lots))
    missing = tuple(f"lot {lot.lot}: {name.removesuffix('_mg')}" for lot in all_lots for name in _unrecorded(lot))
    drugs = unique(lot.drug for lot in all_lots)
    differences = {drug: amount for drug in drugs if (amount := _difference(all_lots, drug))}
    uneven = (_uneven(drug, amount) for drug, amount in differences.items())
    reasons = (*wrong, *uneven, *_overdrawn(all_lots, differences))
    if missing and not reasons:
        return Balance(Judgement(None, tuple(f"not recorded: {part}" for part in missing), missing), differences)
    return Balance(Judgement(not reasons, reasons), differences)


def agrees(lots: Iterable[Lot], drug: str, ran_mg: float, within_percent: float) -> Judgement:
    """Whether what is charted as given is what the charted rates come to, within percent of what was drawn up."""
    own = [lot for lot in lots if lot.drug.strip().casefold() == drug.casefold()]
    given_mg, drawn = (sum(getattr(lot, name) or 0 for lot in own) for name in ("given_mg", "drawn_mg"))
    close = abs(float(given_mg) - ran_mg) * 100 <= within_percent * float(drawn)
    return unless(close, f"{drug}: {given_mg} mg is charted as given, but the charted rates come to {ran_mg:.4g} mg")


def _uneven(drug: str, amount: Decimal) -> str:
    return f"{drug}: {abs(amount)} mg {'not accounted for' if amount > 0 else 'more than was drawn up'}"


def _unrecorded(lot: Lot) -> Iterator[str]:
    return (name for name in _PARTS if getattr(lot, name) is None)


def _unwitnessed(lots: Iterable[Lot]) -> Iterator[str]:
    for lot in lots:
        witness, by = lot.witness.strip().lower(), lot.wasted_by.strip().lower()
        if lot.wasted_mg and (not witness or not by or witness == by):
            yield f"lot {lot.lot}: {lot.wasted_mg} mg wasted: one person and a different witness are needed"


def _overdrawn(lots: Iterable[Lot], differences: Mapping[str, Decimal]) -> Iterator[str]:
    """Lots of which more went than was drawn up, where another lot of the drug would hide it."""
    for lot in lots:
        parts = [getattr(lot, name) for name in _PARTS]
        if lot.drug not in differences and None not in parts and parts[0] < sum(parts[1:]):
            yield f"lot {lot.lot}: {sum(parts[1:]) - parts[0]} mg more than was drawn up from it"


def _difference(lots: Iterable[Lot], drug: str) -> Decimal | None:
    """What is missing of one drug; None while a part of it is not recorded."""
    own = [lot for lot in lots if lot.drug == drug]
    parts = [[getattr(lot, name) for name in _PARTS] for lot in own]
    if any(amount is None for amounts in parts for amount in amounts):
        return None
    return sum((drawn - sum(spent) for drawn, *spent in parts), Decimal(0))
