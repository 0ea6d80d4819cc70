"""The head of a printed record: the order, a summary of the course, and the controlled drug lot by lot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from unwound import record, session
from unwound.catalogue import plain
from unwound.session.events import EventKind
from unwound_clinic.core import own_knowledge
from unwound_clinic.core.words import protocol_title
from unwound_clinic.models import InfusionSession, SessionEvent
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session import drug_balance, order, times, translate, words
from unwound_clinic.session.infusion_record.content import Record
from unwound_clinic.treatment import companions
from unwound_clinic.treatment import current as consents

NONE = "–"
FEW_ML = 10
"""Below so many mL a decimal is written."""
MAIN_EVENTS = (
    (EventKind.START, "Infusion started"),
    (EventKind.STOP, "Infusion ended"),
    (EventKind.LEAVE, "Left the unit"),
)
COUNTED = ((EventKind.SIDE_EFFECT, "Side effects"), (EventKind.RESCUE_DRUG, "Rescue drugs"))


def ordered(row: InfusionSession) -> Iterator[tuple[str, str]]:
    """What was ordered, for which weight, where, and the supervising clinician."""
    plan, run = row.plan, order.run_of(row)
    yield "Order", f"{protocol_title(plan.protocol)}, day {row.day}"
    yield "Drug", f"{order.drug(row) or 'not known'}, {plain(plan.concentration_mg_per_ml)} mg/mL"
    yield "Amount", f"{plain(round(run.mg, 1))} mg over {plain(round(run.hours, 2))} h" if run else "not known"
    yield "Ordered for", f"{plain(plan.weight_kg)} kg"
    yield "Bed", row.bed or "none"
    yield "Supervised by", row.provider.name if row.provider else "not named"
    yield from present(row)


def present(row: InfusionSession) -> Iterator[tuple[str, str]]:
    """Guardian, interpreter and chaperone of the day, and who signed the consent in the patient's place."""
    day = row.scheduled_at.astimezone(row.site.zone).date()
    for companion in row.patient.companions.filter(on=day, struck_at=None).order_by("pk"):
        yield "Present", companion.line
    agreed = consents.valid_consent(row.patient, row.scheduled_at)
    for line in companions.words(row.patient, agreed.beside) if agreed else ():
        yield "Consent", line


def course(row: InfusionSession, record: Record) -> Iterator[tuple[str, str]]:
    """When it ran, the amount given, and the number of alerts, side effects and rescue drugs."""
    rows = translate.valid_events(times.events_of(row))
    yield (
        "Recorded",
        f"{_at(row, record.since)} to {_at(row, record.until)} {record.until.astimezone(row.site.zone):%Z}",
    )
    for kind, title in MAIN_EVENTS:
        at = next((event.at for event in rows if event.kind == kind), None)
        yield title, _at(row, at) if at else NONE
    given_mg = sum(dose.amount_mg for dose in session.doses_given(translate.watched_events(rows), record.until))
    yield "Given, as charted", f"{plain(round(given_mg, 1))} mg"
    yield "Fluid", _fluid(row, rows, record.until)
    unacknowledged = sum(alert.alert.acknowledged is None for alert in record.alerts)
    yield "Alerts", f"{len(record.alerts)}" + (f", {unacknowledged} not acknowledged" if unacknowledged else "")
    for kind, title in COUNTED:
        yield title, _counted(rows, kind)
    yield "State", words.state_title(row.state)
    yield from knowledge(rows)


def _fluid(row: InfusionSession, rows: Sequence[SessionEvent], until: datetime) -> str:
    """In mL: the whole, and what it consists of; what was charted as a volume nobody can tell is named."""
    events, carrier = translate.watched_events(rows), carrier_ml_per_h(rows)
    fluid = session.fluid_given(events, row.plan.concentration_mg_per_ml, until, carrier)
    parts = (("pump", fluid.pump_ml), ("carrier", fluid.carrier_ml), ("charted", fluid.charted_ml))
    amounts = ", ".join(f"{name} {_ml(amount)}" for name, amount in parts if _ml(amount) != "0")
    unread = "".join(f"; not counted: {entry}" for entry in fluid.unread)
    return f"{_ml(fluid.total_ml)} mL{f' ({amounts})' if amounts else ''}{unread}"


def _ml(amount: float) -> str:
    return plain(round(amount, 1 if amount < FEW_ML else 0))


def carrier_ml_per_h(rows: Sequence[SessionEvent]) -> float:
    """The carrier fluid that was charted with the day, 0 where none was."""
    return float(translate.latest_values(rows, ClinicEvent.TODAY).get("carrier_ml_per_h") or 0.0)


def knowledge(rows: Sequence[SessionEvent]) -> Iterator[tuple[str, str]]:
    """What the session rested on when it started, and what of it was looser than built in."""
    start = next((event for event in rows if event.kind == EventKind.START), None)
    rests_on = start.content.get("rests_on") if start else None
    if rests_on:
        own = rests_on["own_fingerprint"] or ""
        added = f", the clinic's own {own[:12]}" if own else ""
        yield "Knowledge", f"Unwound {rests_on['version']}, {rests_on['data_fingerprint'][:12]}{added}"
        for row in own_knowledge.loosened_by(own):
            yield "Looser here", row.line


def lots(row: InfusionSession) -> Iterator[tuple[str, ...]]:
    """Lot, drug, mg drawn up, given, wasted and returned, and by whom it was wasted before which witness."""
    for lot in drug_balance.lots(times.events_of(row)):
        parts = (lot.drawn_mg, lot.given_mg, lot.wasted_mg, lot.returned_mg)
        witnessed = f"{lot.wasted_by}, {lot.witness}" if lot.witness else NONE
        yield lot.lot, lot.drug, *(NONE if part is None else f"{part:f}" for part in parts), witnessed


def _at(row: InfusionSession, moment: datetime) -> str:
    return record.minute(moment.astimezone(row.site.zone))


def _counted(rows: Sequence[SessionEvent], kind: str) -> str:
    lines = dict.fromkeys(words.describe(event) for event in rows if event.kind == kind)
    return ", ".join(lines) or "none charted"
