"""When a medicine was taken, as one resource tells it: from its dates, its supply and the bounds of its dosage.

An order says from when; how long it was taken follows from what was supplied, never from how long the paper is valid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from unwound import units
from unwound.exchange.fhir import dosage, words
from unwound.exchange.fhir.chart import Chart
from unwound.exchange.fhir.dosage import Phase, Product, later
from unwound.exchange.fhir.products import mass
from unwound.exchange.fhir.shapes import Moment, Object, moment, number, obj, text
from unwound.exchange.fhir.tables import tables

GOING_ON = frozenset(("active", "in-progress"))
"""States in which a medicine is being taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """First day, last day, and the latest possible last day, as far as known."""

    start: Moment | None = None
    end: date | None = None
    latest_end: date | None = None
    """Where the end is not known: the day after which it cannot have gone on."""
    until: date | None = None
    """The last day on which it was stated as still taken; the end is not known."""
    asserted: date | None = None
    """The day on which it was stated."""
    note: str = ""


def of_statement(resource: Object, state: str, chart: Chart) -> Span:
    """What a statement says: its period; of one without end, that it was taken until it was stated."""
    period = obj(resource.get("effectivePeriod"))
    asserted = chart.when(resource.get("dateAsserted"))
    start, end = chart.when(period.get("start")), chart.when(period.get("end"))
    if start is not None or end is not None:
        # Stated without a date of the statement: as the record has it on the day of the review.
        still = min(asserted.first, chart.as_of) if asserted is not None else chart.as_of
        open_end = end is None and state in GOING_ON and start is not None and still >= start.last
        return Span(
            start=start,
            end=end.first if end else None,
            until=still if open_end else None,
            asserted=asserted.first if asserted else None,
        )
    known_on = chart.when(resource.get("effectiveDateTime")) or (asserted if state in GOING_ON else None)
    return Span(start=known_on, asserted=asserted.first if asserted else None)


def of_order(
    resource: Object, state: str, dosages: Sequence[Object], phases: Sequence[Phase], *, medicine: Product, chart: Chart
) -> Span:
    """An order from its date: its supply ends it; one that was stopped ended before. Nothing else says how long."""
    dispense = obj(resource.get("dispenseRequest"))
    validity = obj(dispense.get("validityPeriod"))
    valid_from, valid_until = chart.when(validity.get("start")), chart.when(validity.get("end"))
    start = valid_from or chart.when(resource.get("authoredOn"))
    if phases and phases[0].start is not None:
        start = moment(phases[0].start.isoformat())
    days, note = _supply_days(dispense, dosages, phases, medicine)
    fills = _fills(dispense, days, start, valid_until)
    supplied_until = later(start.last if start else None, days * fills if days else None)
    if state == "stopped":
        return Span(start=start, latest_end=supplied_until, note=note)
    return Span(start=start, end=supplied_until, note=note)


def of_dispense(
    resource: Object, dosages: Sequence[Object], phases: Sequence[Phase], medicine: Product, chart: Chart
) -> Span:
    """What was handed over, from that day for as long as it lasts."""
    handed_over = chart.when(resource.get("whenHandedOver")) or chart.when(resource.get("whenPrepared"))
    stated = _days(obj(resource.get("daysSupply")), bare=True)
    lasts, note = _agreed(stated, _lasting(obj(resource.get("quantity")), dosages, phases, medicine))
    return Span(start=handed_over, end=later(handed_over.last if handed_over else None, lasts), note=note)


def _fills(dispense: Object, days: float | None, start: Moment | None, valid_until: Moment | None) -> float:
    """How often it can have been supplied: the first time and its repeats, while the order was valid."""
    repeats = max(number(dispense.get("numberOfRepeatsAllowed")) or 0.0, 0.0)
    if not days or start is None or valid_until is None:
        return 1 + repeats
    while_valid = (valid_until.last - start.last).days / days
    return min(1 + repeats, max(1, math.ceil(while_valid)))


def _supply_days(
    dispense: Object, dosages: Sequence[Object], phases: Sequence[Phase], medicine: Product
) -> tuple[float | None, str]:
    """Days that one supply lasts: as it is stated, or its quantity by the dose."""
    stated = _days(obj(dispense.get("expectedSupplyDuration")))
    return _agreed(stated, _lasting(obj(dispense.get("quantity")), dosages, phases, medicine))


def _agreed(stated: float | None, counted: float | None) -> tuple[float | None, str]:
    """The stated days, or the counted ones; unknown where they are far apart."""
    if stated is None or counted is None:
        return stated or counted, ""
    if abs(stated - counted) > tables().refill_gap_days.value:
        return None, f"a supply is stated to last {stated:g} days, by its quantity and dose {counted:.4g}"
    return min(stated, counted), ""


def _days(quantity: Object, *, bare: bool = False) -> float | None:
    """A duration in days; `bare`: also one without a unit, where days are the only one meant."""
    value = number(quantity.get("value"))
    if value is None or value <= 0:
        return None
    written = [unit for key in ("code", "unit") if (unit := text(quantity.get(key)))]
    if not written:
        return value if bare else None
    lengths = (units.in_days(value, words.unit_of_time(unit)) for unit in written)
    return next((days for days in lengths if days is not None), None)


def _lasting(quantity: Object, dosages: Sequence[Object], phases: Sequence[Phase], medicine: Product) -> float | None:
    """How many days a quantity lasts at the dose: in pieces, or as a mass; None where either is not known."""
    value = number(quantity.get("value"))
    if value is None or value <= 0 or len(phases) != 1 or phases[0].conflict:
        return None
    written = [unit for key in ("code", "unit") if (unit := text(quantity.get(key)))]
    mg_per_day = phases[0].mg_per_day
    if (mg := mass(quantity)) is not None:
        return mg / mg_per_day if mg_per_day else None
    if not _counts_pieces(value, written):
        return None
    if medicine.strength_mg is not None:
        return value * medicine.strength_mg / mg_per_day if mg_per_day else None
    # Without a strength the dose in mg is not known, but how many pieces a day still is.
    pieces = dosage.phases(dosages, Product(name=medicine.name, strength_mg=1.0))
    a_day = pieces[0].mg_per_day if mg_per_day is None and len(pieces) == 1 else None
    return value / a_day if a_day else None


def _counts_pieces(value: float, written: list[str]) -> bool:
    """Whether a quantity is so many tablets: by a unit that is one; a small number without a unit may be of packs."""
    named = [unit.strip("{}[]") for unit in written if unit.strip("{}[]") not in ("", "1")]
    if not named:
        return value >= tables().fewest_bare_pieces.value
    return any(token.sign == "p" for unit in named if (token := words.unit(unit)) is not None)
