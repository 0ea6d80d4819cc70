"""Rates for a corridor of concentrations that a named person gives: what the form says, asked of the library."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from unwound.record import UnwoundError

if TYPE_CHECKING:
    from unwound.pharmacology.dosing import Dose
    from unwound.pharmacology.target import TargetPlan


def planned(chosen: Mapping[str, Any], weight_kg: float, age_years: float | None, by: str) -> TargetPlan:
    """The library's proposal. UnwoundError, as a sentence, where there is none."""
    from unwound.pharmacology import target
    from unwound.protocols import pump

    known = pump.pump()
    mosts = [
        target.Aim(ng_per_ml=chosen[name], site=site)
        for name, site in (("high_at_most", "drug_high"), ("plasma_at_most", target.PLASMA))
        if chosen[name] is not None
    ]
    least = target.Aim(ng_per_ml=chosen["at_least"], site=chosen["at_least_site"])
    mg_per_ml = chosen["concentration_mg_per_ml"]
    return target.plan(
        target.Corridor(by=by, at_least=least, at_most=tuple(mosts)),
        model=chosen["model"],
        weight_kg=weight_kg,
        age_years=age_years,
        hours=chosen["hours"],
        step_h=chosen["step_min"] / 60,
        given=ran(chosen["given"]),
        from_h=chosen["from_h"] or 0.0,
        finest_mg_per_h=known.step.value * mg_per_ml,
        most_mg_per_h=(known.rate.high or math.inf) * mg_per_ml,
        below=() if chosen["below"] is None else (chosen["below"],),
    )


def ran(text: str) -> tuple[Dose, ...]:
    """What really ran, a line each: start hour, mg/h, hours. UnwoundError names the line that is not that."""
    from unwound.pharmacology.dosing import infusion

    doses = []
    for line in filter(None, (part.strip() for part in text.splitlines())):
        parts = [part.strip() for part in line.split(";" if ";" in line else ",")]
        try:
            start, rate, hours = (float(part.replace(",", ".")) for part in parts)
        except ValueError:
            raise UnwoundError(f"«{line}»: three numbers are needed: start hour, mg/h, hours") from None
        if not (0 <= rate < math.inf and 0 < hours < math.inf):
            raise UnwoundError(f"«{line}»: a rate is not below zero, and hours are above it")
        doses.append(infusion(start, rate, hours))
    return tuple(doses)
