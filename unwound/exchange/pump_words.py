"""What a pump reports, and where it disagrees with what is charted and ordered: `data/rules/pump_words.toml`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Literal

from unwound.catalogue import Cited, Frozen, Head, Texts, load_rule, plain


class Item(Frozen):
    """One thing that pumps report, by number and name."""

    means: Literal["rate_now", "rate", "delivered", "concentration", "drug", "status", "other"]
    code: str
    name: str
    also: Texts = ()


class PumpUnit(Frozen):
    """One unit, by its numbers and names in lower case."""

    unit: str
    names: Texts


class PumpExample(Frozen):
    """Rates side by side, and what is said of them."""

    name: str
    ordered: float
    charted: float
    ml_per_h: float
    mg_per_ml: float
    expect: Texts


class PumpWords(Head):
    """`data/rules/pump_words.toml`."""

    orders: Texts
    no_order: str
    apart: Cited
    fresh: Cited
    runs: Texts
    stands: Texts
    items: tuple[Item, ...]
    units: tuple[PumpUnit, ...]
    examples: tuple[PumpExample, ...]


@cache
def pump_words() -> PumpWords:
    """The words, read once."""
    return load_rule("pump_words", PumpWords)


@dataclass(frozen=True, slots=True, kw_only=True)
class PumpReport:
    """What one pump said at one time; None is not sent, or not in a unit that is read."""

    at: datetime
    pump: str = ""
    ml_per_h: float | None = None
    is_running_rate: bool = False
    """Whether the rate is what runs now, not only what is set."""
    delivered_ml: float | None = None
    mg_per_ml: float | None = None
    drug: str = ""
    status: str = ""

    @property
    def runs(self) -> bool | None:
        """Whether it says that it runs; None where its word is not known."""
        word = self.status.lower()
        return True if word in pump_words().runs else False if word in pump_words().stands else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charted:
    """The same from the chart and the order: rates in mg/h (None is nothing charted), strength, drug."""

    ordered: float | None
    charted: float | None
    infusing: bool
    mg_per_ml: float
    drug: str = ""


def disagreements(chart: Charted, report: PumpReport | None, now: datetime) -> tuple[str, ...]:
    """Where ordered, charted and reported are apart, each in words; an old report is not compared."""
    return tuple(_disagreements(chart, report, now))


def is_fresh(report: PumpReport, now: datetime) -> bool:
    """Whether a report is new enough to be compared."""
    return now - report.at <= timedelta(seconds=pump_words().fresh.value)


def _disagreements(chart: Charted, report: PumpReport | None, now: datetime) -> Iterator[str]:
    """Order against chart, then pump against chart. The branches are what a pump may or may not report."""
    charted, ordered = chart.charted, chart.ordered
    if chart.infusing and charted is not None and ordered is not None and _apart(charted, ordered):
        yield f"{plain(charted)} mg/h are charted, {plain(ordered)} mg/h are ordered"
    if report is None or not is_fresh(report, now):
        return
    if report.mg_per_ml is not None and _apart(report.mg_per_ml, chart.mg_per_ml):
        yield f"the pump reports {plain(report.mg_per_ml)} mg/mL, {plain(chart.mg_per_ml)} mg/mL are ordered"
    if report.drug and chart.drug and chart.drug.casefold() not in report.drug.casefold():
        yield f"the pump reports «{report.drug}», the order is for {chart.drug}"
    running = report.runs is not False and bool(report.ml_per_h)
    if report.runs is False and chart.infusing:
        yield f"the pump reports «{report.status}», the infusion is charted as running"
    elif running and not chart.infusing:
        yield f"the pump reports {plain(report.ml_per_h or 0)} mL/h, the infusion is charted as not running"
    elif running and report.ml_per_h is not None and charted is not None:
        mg = report.ml_per_h * chart.mg_per_ml
        if _apart(mg, charted):
            yield f"the pump reports {plain(report.ml_per_h)} mL/h = {mg:.4g} mg/h, {plain(charted)} mg/h are charted"


def _apart(value: float, other: float) -> bool:
    return abs(value - other) * 100 > pump_words().apart.value * max(abs(value), abs(other)) + 1e-9
