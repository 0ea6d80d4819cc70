"""What an infusion pump reports of itself (IHE PCD-01, PCD-10): its rate, what it gave, its drug, whether it runs.

Only read: nothing here makes an order, and one that arrives is refused (`envelope.check`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import cache

from unwound.exchange.clock import Clock, When, dtm, moment
from unwound.exchange.device_words import number
from unwound.exchange.hl7v2.envelope import Segment
from unwound.exchange.names import clean
from unwound.exchange.pump_words import Item, PumpReport, pump_words


@dataclass(frozen=True, slots=True)
class _Reported:
    """One OBX of a pump: where in the containment, what, and when."""

    pump: tuple[str, str]
    item: Item
    obx: Segment
    at: datetime


def is_of_pump(obx: Segment) -> bool:
    """Whether an OBX is one that only pumps send."""
    return _item(obx) is not None


def reports(
    segments: Sequence[Segment], clock: Clock, sent: When, zone: tzinfo | None, device: str
) -> tuple[PumpReport, ...]:
    """A report for each pump of a message (device and its part, MDS and VMD); what has no usable time is left out."""
    by_pump: dict[tuple[str, str], PumpReport] = {}
    for reported in _reported(segments, clock, sent, zone, device):
        name, part = reported.pump
        before = by_pump.get(reported.pump) or PumpReport(at=reported.at, pump=f"{name} {part}".strip())
        by_pump[reported.pump] = _with(replace(before, at=max(before.at, reported.at)), reported)
    return tuple(by_pump.values())


def _reported(
    segments: Iterable[Segment], clock: Clock, sent: When, zone: tzinfo | None, device: str
) -> Iterator[_Reported]:
    # Time and device are stated for a message, a group or one value; the nearest statement counts.
    group, named = sent, device
    for segment in segments:
        if segment.name == "OBR":
            group = moment(dtm(segment.text(7)), clock, zone) if segment.text(7) else sent
        if segment.name != "OBX":
            continue
        named = segment.whole(18) or named
        item, own = _item(segment), segment.text(14)
        when = moment(dtm(own), clock, zone) if own else group
        if item is not None and when.at is not None and not when.wrong:
            yield _Reported((named, ".".join(segment.text(4).split(".")[:2])), item, segment, when.at)


def _with(report: PumpReport, reported: _Reported) -> PumpReport:
    """The report with one more item. A branch for each that is compared later; a rate that runs now goes before one
    that is set."""
    obx, means = reported.obx, reported.item.means
    if means == "rate_now":
        return replace(report, ml_per_h=_in("mL/h", obx), is_running_rate=True)
    if means == "rate":
        return report if report.is_running_rate else replace(report, ml_per_h=_in("mL/h", obx))
    if means == "delivered":
        return replace(report, delivered_ml=_in("mL", obx))
    if means == "concentration":
        return replace(report, mg_per_ml=_in("mg/mL", obx))
    if means == "drug":
        return replace(report, drug=_words(obx))
    return replace(report, status=_words(obx)) if means == "status" else report


def _in(unit: str, obx: Segment) -> float | None:
    """The value where it is a plain number in this unit; never converted, never guessed."""
    written = {part.lower() for repetition in obx.field(6) for sub in repetition for part in sub if part.strip()}
    known = {unit_known for unit_known, names in _units().items() if written & names}
    return number(obx.text(5)) if known == {unit} else None


def _words(obx: Segment) -> str:
    """The text of a coded value: the second component where there is one, else the first."""
    return clean(obx.text(5, 2) or obx.text(5))[:80]


def _item(obx: Segment) -> Item | None:
    code, name = obx.text(3), obx.text(3, 2).upper()
    item = _items().get(code)
    return item if item is not None and name in (item.name, *item.also, "") else None


@cache
def _items() -> dict[str, Item]:
    return {item.code: item for item in pump_words().items}


@cache
def _units() -> dict[str, frozenset[str]]:
    return {unit.unit: frozenset(unit.names) for unit in pump_words().units}
