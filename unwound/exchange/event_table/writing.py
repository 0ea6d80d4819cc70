"""Doses and observation times as an event table that `read` reads back."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from unwound.exchange.event_table.columns import known
from unwound.exchange.event_table.courses import until
from unwound.exchange.event_table.lengths import BY_DURATION
from unwound.exchange.event_table.reading import DOSE, RESET
from unwound.exchange.names import clean, quoted
from unwound.pharmacology.dosing import SAME_H, Dose
from unwound.record import UnwoundError

WRITTEN = ("ID", "TIME", "AMT", "RATE", "DUR", "EVID", "CMT")
STEADY = ("SS", "II")
"""Written only where there is a steady state."""
_ANOTHER = re.compile(r"TABLE\s+NO|\d+\.\d*(E[+-]?\d+)?$|0+\d+$", re.IGNORECASE)
CENTRAL, BY_VEIN = 1, "iv"


def write(doses_by_id: Mapping[str, Sequence[Dose]], observed_h: Mapping[str, Sequence[float]] | None = None) -> str:
    """The table that `read` reads back: one row a dose, a reset or an observation time.

    A dose ordered by its duration has RATE -2 and its DUR. An infusion that goes on through a reset becomes two. A
    column ROUTE is there where a dose is not by vein, SS and II where one finds a steady state. UnwoundError for an ID
    that a table cannot hold.
    """
    observed = observed_h or {}
    doses = [dose for schedule in doses_by_id.values() for dose in schedule]
    steady = any(dose.steady_h or dose.always_mg_per_h for dose in doses)
    routed = any(dose.route != BY_VEIN for dose in doses)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*WRITTEN, *(STEADY if steady else ()), *(["ROUTE"] if routed else [])])
    for id in dict.fromkeys([*doses_by_id, *observed]):
        if not _can_be_held(id):
            raise UnwoundError(f"ID {quoted(id)}: an event table cannot hold it; use letters, digits and «-»")
        rows = [
            *_dose_rows(id, doses_by_id.get(id, ())),
            *((time, 9, (0, 0, 0, 0), (0, 0), "") for time in observed.get(id, ())),
        ]
        for time, _, cells, state, route in sorted(rows, key=lambda row: row[:2]):
            more = [*(map(_written, state) if steady else ()), *([route or "."] if routed else [])]
            writer.writerow([id, *map(_written, (time, *cells)), CENTRAL, *more])
    return out.getvalue()


def _can_be_held(id: str) -> bool:
    """Whether an ID is read back as itself: not as nothing, as a comment, as a line of NONMEM or another number."""
    if id.upper() in (*known().nothing, "C") or id != clean(id) or id[0] in "#@" or "\n" in id:
        return False
    return not _ANOTHER.match(id)


_Row = tuple[float, int, tuple[float, ...], tuple[float, float], str]
"""Time, order at one time, then AMT, RATE, DUR, EVID, then SS, II, and the route."""


def _dose_rows(id: str, doses: Sequence[Dose]) -> Iterator[_Row]:
    """Every row of a person: at one time one reset, before all doses.

    A dose goes out by RATE where that is exact and by DUR where it is not, so that it comes back the same.
    """
    resets = sorted({dose.time_h for dose in doses if dose.reset and not _finds_a_state(dose)})
    for time in resets:
        yield time, 0, (0, 0, 0, RESET), (0, 0), ""
    for dose in doses:
        if dose.always_mg_per_h:
            yield dose.time_h, 1, (0, dose.always_mg_per_h, 0, DOSE), (1 if dose.reset else 2, 0), dose.route
        if not dose.amount_mg:
            continue
        for part in _parts(dose, resets):
            rate = part.rate_mg_per_h if part.by_rate and part.duration_h else 0.0
            exact = math.isfinite(rate) and rate > 0
            modelled = BY_DURATION if part.duration_h else 0.0
            cells = (part.amount_mg, rate, 0.0, DOSE) if exact else (part.amount_mg, modelled, part.duration_h, DOSE)
            steady = part.steady_h and part.time_h == dose.time_h
            state = (1.0 if dose.reset else 2.0, part.steady_h) if steady else (0.0, 0.0)
            yield part.time_h, 1, cells, state, part.route


def _finds_a_state(dose: Dose) -> bool:
    return dose.steady_h > 0 or dose.always_mg_per_h > 0


def _written(number: float) -> str:
    """The shortest form that is read back as the same number."""
    short = f"{number:g}"
    return short if float(short) == number else repr(float(number))


def _parts(dose: Dose, resets: Sequence[float]) -> Iterator[Dose]:
    """The dose, cut where a reset falls into it: in a table a reset ends what is running."""
    for time in resets:
        if dose.time_h + SAME_H < time < dose.end_h - SAME_H:
            yield until(dose, time)
            left = dose.end_h - time
            dose = replace(dose, time_h=time, amount_mg=dose.amount_mg * left / dose.duration_h, duration_h=left)
    yield dose
