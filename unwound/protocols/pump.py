"""From a rate to a pump, a syringe and a bag: what can be set, what rounding does, when it is changed, how it ends."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from pydantic import model_validator

from unwound.catalogue import Checked, Cited, Frozen, Head, load_rule
from unwound.cautions import CautionLevel
from unwound.protocols import knowledge, schedule
from unwound.protocols.knowledge import DRUGS
from unwound.protocols.reasons import Reason
from unwound.protocols.schedule import Stretch
from unwound.record import unique
from unwound.terms import Drug


class Container(Frozen):
    """One size of syringe or bag."""

    title: str
    volume: Cited


class Pump(Head):
    """The file `rules/pump.toml`."""

    rate: Cited
    step: Cited
    rounding_asks: Cited
    fluid_asks: Cited
    hangs: Cited
    wean_over: Cited
    wean_steps: Cited
    containers: Mapping[str, Container]

    @model_validator(mode="after")
    def _is_a_pump(self) -> Pump:
        if self.rate.low is None or self.rate.high is None or not 0 < self.step.value <= self.rate.low:
            raise ValueError("a pump has a slowest and a fastest rate, and a step no wider than the slowest")
        return self


def pump() -> Pump:
    """What pumps, syringes and bags can do."""
    return load_rule("pump", Pump)


def settable(ml_per_h: float) -> float:
    """The nearest rate that a pump can be set to, in mL/h; half a step goes down."""
    step = pump().step.value
    return round(math.ceil(ml_per_h / step - 0.5 - 1e-9) * step, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """One size of container: how many the course takes, and when (hours from the first dose) each is put up."""

    id: str
    title: str
    volume_ml: float
    count: int
    put_up_h: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weaning:
    """One step down after the course; not in its totals."""

    start_h: float
    hours: float
    mg_per_h: float
    ml_per_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PumpUse:
    """What the pump and the pharmacy have to do, with rates as the pump can be set."""

    total_mg: float
    """What goes in with rates as they are set."""
    total_ml: float
    rounding_percent: float
    """The largest change of a rate by rounding."""
    most_ml_in_a_day: float
    ml_per_kg_in_a_day: float
    supplies: tuple[Supply, ...]
    weaning: tuple[Weaning, ...]
    weaning_mg: float


def use(stretches: tuple[Stretch, ...], mg_per_ml: float, weight_kg: float, *, weans: bool) -> PumpUse:
    """A course as a pump gives it; `weans` adds the steps down that its setting asks for."""
    set_rates = [(stretch, settable(stretch.rate_mg_per_h / mg_per_ml)) for stretch in stretches]
    total = sum(rate * stretch.hours for stretch, rate in set_rates)
    day = max(_by_day(set_rates).values())
    steps = tuple(_weaning(stretches, mg_per_ml)) if weans else ()
    return PumpUse(
        total_mg=total * mg_per_ml,
        total_ml=total,
        rounding_percent=max(100 * abs(rate * mg_per_ml / stretch.rate_mg_per_h - 1) for stretch, rate in set_rates),
        most_ml_in_a_day=day,
        ml_per_kg_in_a_day=day / weight_kg,
        supplies=tuple(_supply(id, container, set_rates) for id, container in pump().containers.items()),
        weaning=steps,
        weaning_mg=sum(step.mg_per_h * step.hours for step in steps),
    )


def of_pump(drug: Drug, stretches: tuple[Stretch, ...], mg_per_ml: float, weight_kg: float) -> Iterator[Reason]:
    """What cannot be set, and what should be asked about the solution: rate, rounding, fluid, dilution."""
    if not stretches:
        return
    rates = [stretch.rate_mg_per_h / mg_per_ml for stretch in stretches]
    refused = [*_out_of_reach(stretches, rates, mg_per_ml), *_undiluted(drug, mg_per_ml)]
    yield from refused
    if not refused:
        used = use(stretches, mg_per_ml, weight_kg, weans=False)
        yield from _rounded(used, mg_per_ml)
        yield from _fluid(used)
        yield from _dilution(drug, mg_per_ml)


def _out_of_reach(stretches: Sequence[Stretch], rates: Sequence[float], mg_per_ml: float) -> Iterator[Reason]:
    known, fastest, slowest = pump(), max(rates), min(rates)
    low, high = known.rate.low or 0.0, known.rate.high or math.inf
    if fastest > high * (1 + schedule.SAME):
        needed = max(stretch.rate_mg_per_h for stretch in stretches) / high
        because = f"at {mg_per_ml:g} mg/mL the pump would run at {fastest:,.0f} mL/h; pumps reach {high:,.0f}"
        action = f"Check whether mg and micrograms were confused; from {needed:.2g} mg/mL on a pump can give it."
        yield _reason(
            "pump_too_fast",
            title="No pump runs so fast",
            level=CautionLevel.STOP,
            because=because,
            action=action,
            limit=known.rate,
        )
    if slowest < low * (1 - schedule.SAME):
        needed = min(stretch.rate_mg_per_h for stretch in stretches) / low
        because = f"at {mg_per_ml:g} mg/mL the pump would run at {slowest:.2g} mL/h; pumps begin at {low:g}"
        action = f"Dilute it: at {needed:.2g} mg/mL and weaker a pump can give it."
        yield _reason(
            "pump_too_slow",
            title="No pump runs so slowly",
            level=CautionLevel.STOP,
            because=because,
            action=action,
            limit=known.rate,
        )


def _undiluted(drug: Drug, mg_per_ml: float) -> Iterator[Reason]:
    most = knowledge.ceilings(drug).into_a_vein
    if most is not None and mg_per_ml > most.value * (1 + schedule.SAME):
        because = (
            f"{mg_per_ml:g} mg/mL is stronger than the {most.value:g} mg/mL that may go into a vein ({most.source})"
        )
        action = "Dilute it with at least an equal volume, and plan with what is then in the syringe."
        yield _reason(
            "undiluted",
            title="Too strong for a vein",
            level=CautionLevel.STOP,
            because=because,
            action=action,
            limit=most,
        )


def _rounded(used: PumpUse, mg_per_ml: float) -> Iterator[Reason]:
    limit = pump().rounding_asks
    if used.rounding_percent > limit.value:
        step = pump().step.value
        because = (
            f"set in steps of {step:g} mL/h ({step * mg_per_ml:.3g} mg/h of {mg_per_ml:g} mg/mL) a rate changes by up "
            f"to {used.rounding_percent:.1f} %"
        )
        action = f"Use a weaker solution, or decide that {limit.value:g} % and more off is acceptable."
        yield _reason(
            "rounding",
            title="Rounding changes the dose",
            level=CautionLevel.ASK,
            because=because,
            action=action,
            limit=limit,
        )


def _fluid(used: PumpUse) -> Iterator[Reason]:
    limit = pump().fluid_asks
    if used.ml_per_kg_in_a_day > limit.value:
        because = (
            f"{used.most_ml_in_a_day:,.0f} mL go in on one day, {used.ml_per_kg_in_a_day:.0f} mL/kg; "
            f"more than {limit} is asked about"
        )
        action = "Use a stronger solution, or count it into the day's fluids (heart, kidneys, sodium)."
        yield _reason(
            "fluid_load", title="Much fluid", level=CautionLevel.ASK, because=because, action=action, limit=limit
        )


def _dilution(drug: Drug, mg_per_ml: float) -> Iterator[Reason]:
    usual = knowledge.ceilings(drug).dilution
    if usual is None or usual.low is None or usual.high is None:
        return
    span = f"the label makes {usual.low:g} to {usual.high:g} mg/mL of {DRUGS[drug]} ({usual.source})"
    if mg_per_ml < usual.low * (1 - schedule.SAME):
        action = "Check the label of the syringe or bag: mg or micrograms, and how much drug in how many mL."
        yield _reason("weak_solution", title="A weaker solution than the label's", level=CautionLevel.ASK,
            because=f"{mg_per_ml:g} mg/mL; {span}", action=action, limit=usual)  # fmt: skip
    elif mg_per_ml > usual.high * (1 + schedule.SAME):
        action = "Say so on the syringe; a slip at the pump is worth more milligrams."
        yield _reason("strong_solution", title="A stronger solution than the label's", level=CautionLevel.NOTE,
            because=f"{mg_per_ml:g} mg/mL; {span}", action=action, limit=usual)  # fmt: skip


def _reason(id: str, title: str, level: CautionLevel, because: str, action: str, limit: Cited) -> Reason:
    checked: Checked = limit.checked
    return Reason(
        id=id,
        title=title,
        level=level,
        because=(because,),
        action=action,
        ask=(),
        sources=unique((limit.source,)),
        checked=checked,
    )


def _by_day(set_rates: Sequence[tuple[Stretch, float]]) -> dict[int, float]:
    """mL on each day of the course."""
    amounts: dict[int, float] = {}
    for stretch, rate in set_rates:
        for day in range(math.floor(stretch.start_h / 24 + 1e-9), math.ceil(stretch.end_h / 24 - 1e-9)):
            hours = min(stretch.end_h, 24.0 * (day + 1)) - max(stretch.start_h, 24.0 * day)
            amounts[day] = amounts.get(day, 0.0) + rate * hours
    return amounts


def _supply(id: str, container: Container, set_rates: Sequence[tuple[Stretch, float]]) -> Supply:
    """A new one for each infusion, when one is empty, and when it has hung too long."""
    volume, hangs = container.volume.value, pump().hangs.value
    put_up: list[float] = []
    for _, infusion in groupby(_numbered(set_rates), key=lambda entry: entry[0]):
        left, until = 0.0, -math.inf
        for _, stretch, rate in infusion:
            time = stretch.start_h
            while time < stretch.end_h - schedule.SAME:
                if left <= 1e-9 * volume or time >= until - schedule.SAME:
                    put_up.append(round(time, 6))
                    left, until = volume, time + hangs
                runs = min(stretch.end_h, until, time + left / rate if rate else math.inf)
                left -= (runs - time) * rate
                time = runs
    return Supply(id=id, title=container.title, volume_ml=volume, count=len(put_up), put_up_h=tuple(put_up))


def _numbered(set_rates: Sequence[tuple[Stretch, float]]) -> Iterator[tuple[int, Stretch, float]]:
    """Stretches with the number of the infusion without a break that they belong to."""
    number, end = 0, -math.inf
    for stretch, rate in set_rates:
        number += stretch.start_h > end + schedule.SAME
        end = stretch.end_h
        yield number, stretch, rate


def _weaning(stretches: Sequence[Stretch], mg_per_ml: float) -> Iterator[Weaning]:
    """Equal falls from the last rate over the hours that are asked for."""
    known, last = pump(), stretches[-1]
    steps = round(known.wean_steps.value)
    hours = known.wean_over.value / steps
    for step in range(steps):
        rate = settable(last.rate_mg_per_h * (steps - step) / (steps + 1) / mg_per_ml)
        yield Weaning(
            start_h=last.end_h + step * hours,
            hours=hours,
            mg_per_h=rate * mg_per_ml,
            ml_per_h=rate,
        )
