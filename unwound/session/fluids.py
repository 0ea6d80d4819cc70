"""How much fluid went in: what the pump ran, the carrier beside it, and what was charted as a volume, in mL."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from unwound import numerals
from unwound.session.events import Event, EventKind, in_order
from unwound.session.giving import HOUR, doses_given
from unwound.session.readings import in_utc

_VOLUME = re.compile(
    r"(?<![\w.,/])(?P<number>\d(?:[\d.,']|[ \u202f](?=\d))*)\s*(?P<unit>ml|cl|dl|l|lit(?:re|er)s?)\b(?!\s*(?:/|per))",
    re.IGNORECASE,
)
_ML_PER = {"ml": 1.0, "cl": 10.0, "dl": 100.0}
_LITRE_ML = 1000.0
_GAS = "oxygen"
"""Its litres are those of a minute, and no fluid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fluid:
    """Fluid in mL up to a moment: through the pump, carrier, and what was charted as a volume."""

    pump_ml: float
    carrier_ml: float
    charted_ml: float
    unread: tuple[str, ...] = ()
    """What was charted with a volume that cannot be told: it is in no sum."""

    @property
    def total_ml(self) -> float:
        """All of it."""
        return self.pump_ml + self.carrier_ml + self.charted_ml


def fluid_given(happened: Iterable[Event], mg_per_ml: float, now: datetime, carrier_ml_per_h: float = 0.0) -> Fluid:
    """The fluid up to now: rate × time and boluses at this strength, the carrier from start to end, stated volumes.

    The carrier runs through pauses, as it keeps the vein open.
    """
    at = in_utc(now)
    events = in_order(happened, at)
    mg = sum(dose.amount_mg for dose in doses_given(events, at))
    charted = [event for event in events if event.kind == EventKind.RESCUE_DRUG and _GAS not in event.of.casefold()]
    volumes = [(event, written_ml(event.note)) for event in charted if _VOLUME.search(event.note)]
    return Fluid(
        pump_ml=mg / mg_per_ml,
        carrier_ml=carrier_ml_per_h * _ran_h(events, at),
        charted_ml=sum(ml for _, ml in volumes if ml is not None),
        unread=tuple(f"{event.of}, {event.note}" for event, ml in volumes if ml is None),
    )


def written_ml(text: str) -> float | None:
    """The volume that a text states («250 mL IV», «0.5 L», «4 mg in 100 mL»); None where it states none.

    None also where it states several, or one that can be read in two ways: nobody can tell how much went in.
    """
    stated = [(numerals.meanings(match["number"]), match["unit"].lower()) for match in _VOLUME.finditer(text)]
    if len(stated) != 1 or len(stated[0][0]) != 1:
        return None
    (((number,), unit),) = stated
    return number * _ML_PER.get(unit, _LITRE_ML)


def _ran_h(events: tuple[Event, ...], now: datetime) -> float:
    """Hours from the first start to the end of the infusion, else to now."""
    start = next((event.at for event in events if event.kind == EventKind.START), now)
    ends = (event.at for event in events if event.kind in (EventKind.STOP, EventKind.LEAVE) and event.at >= start)
    return (min(ends, default=now) - start) / HOUR
