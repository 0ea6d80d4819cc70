"""A coded Timing -> how often a day, or why that is not known."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from unwound import units
from unwound.exchange.fhir import directions
from unwound.exchange.fhir.shapes import Object, codings, number, obj, text
from unwound.exchange.fhir.unclear import Unclear

_PER_DAY = {
    "QD": 1.0,
    "DAILY": 1.0,
    "OD": 1.0,
    "BID": 2.0,
    "BD": 2.0,
    "TID": 3.0,
    "TDS": 3.0,
    "QID": 4.0,
    "QDS": 4.0,
    "AM": 1.0,
    "PM": 1.0,
    "BED": 1.0,
    "HS": 1.0,
    "QHS": 1.0,
    "QAM": 1.0,
    "QPM": 1.0,
    "QOD": 0.5,
    "Q1H": 24.0,
    "Q2H": 12.0,
    "Q3H": 8.0,
    "Q4H": 6.0,
    "Q6H": 4.0,
    "Q8H": 3.0,
    "Q12H": 2.0,
    "Q24H": 1.0,
    "WK": 1 / 7,
}
_WITH_MEALS = frozenset(("AC", "PC", "C"))
"""Before, after, with a meal: of how many meals they do not say."""
_AS_NEEDED = re.compile(r"PRN|(?:^|[^A-Z])SOS(?:[^A-Z]|$)")
"""In a code of a timing: «PRN», «Q6HPRN»."""


def times_per_day(timing: Object) -> float:
    """How often a day, from every way in which FHIR can say it. Unclear where they differ, or none says it."""
    repeat = obj(timing.get("repeat"))
    if any(key in repeat for key in ("frequencyMax", "periodMax")):
        _refuse_a_range(repeat)
    ways = [times for times in (_repeated(repeat), _coded(timing), _worded(timing)) if times is not None]
    if not ways:
        raise Unclear("how often it was taken is not given")
    if any(not math.isclose(times, ways[0], rel_tol=1e-6) for times in ways):
        listed = " and ".join(f"{times:g}" for times in dict.fromkeys(ways))
        raise Unclear(f"the timing contradicts itself ({listed} times a day)", final=True)
    return ways[0]


def _refuse_a_range(repeat: Object) -> None:
    """A range whose ends are the same is none."""
    for low, high in (("frequency", "frequencyMax"), ("period", "periodMax")):
        if high in repeat and number(repeat.get(high)) != (number(repeat.get(low)) or 1.0):
            raise Unclear("a range of times a day was ordered: how often it was taken is not known", final=True)


def _repeated(repeat: Object) -> float | None:
    """By frequency and period, parts of the day, and weekdays.

    The branches are the ways these can stand together; where they can be read in two ways, neither is taken.
    """
    slots = _slots(repeat)
    weekdays = repeat.get("dayOfWeek")
    on_days = len(set(map(str, weekdays))) if isinstance(weekdays, list) else 0
    period = number(repeat.get("period"))
    days = units.in_days(period, text(repeat.get("periodUnit"))) if period and period > 0 else None
    if days is None:
        # Weekdays alone mean once on each of them, as the German profiles of a dosage say it.
        return (slots or 1) * (on_days / 7 if on_days else 1.0) if slots or on_days else None
    frequency = number(repeat.get("frequency"))
    if frequency is not None and frequency <= 0:
        return None
    each = _each_time(frequency, slots)
    if not on_days:
        return each / days
    if math.isclose(days, 1.0):
        return each * on_days / 7
    if math.isclose(days, 7.0) and (on_days == 1 or (each % on_days == 0 and not slots)):
        return each / 7
    if math.isclose(days, 7.0) and slots and frequency in (None, 1.0, float(slots * on_days)):
        return slots * on_days / 7
    raise Unclear(f"it is not clear whether it was taken on each of the {on_days} weekdays named", final=True)


def _each_time(frequency: float | None, slots: int) -> float:
    """How often in a period; «twice» at three parts of the day is a contradiction."""
    if slots and frequency not in (None, 1.0, float(slots)):
        raise Unclear(f"the timing contradicts itself ({frequency:g} times, at {slots} parts of the day)", final=True)
    return float(slots) if slots else frequency or 1.0


def _slots(repeat: Object) -> int:
    """How many parts of the day, or hours, are named; meals alone do not count themselves."""
    counts = [0]
    for key in ("when", "timeOfDay"):
        moments = repeat.get(key)
        if isinstance(moments, list):
            named = set(map(str, moments))
            if named & _WITH_MEALS and not named <= _WITH_MEALS:
                raise Unclear("at how many meals a day it was taken is not said", final=True)
            counts.append(0 if named <= _WITH_MEALS else len(named))
    return max(counts)


def _coded(timing: Object) -> float | None:
    coded = {_PER_DAY[code] for coding in codings(timing.get("code")) if (code := coding.code.upper()) in _PER_DAY}
    if len(coded) > 1:
        raise Unclear("the timing contradicts itself", final=True)
    return coded.pop() if coded else None


def _worded(timing: Object) -> float | None:
    """By the text and the displays of its code; what is as needed, or a range, has no number."""
    if any(_AS_NEEDED.search(coding.code.upper()) for coding in codings(obj(timing.get("code")))):
        raise Unclear("taken as needed: how much was taken is not known", final=True)
    for written in words_of(timing):
        reading = directions.understood(written)
        if reading.kind in ("as-needed", "range", "doubtful"):
            raise Unclear(reading.why_not, final=True)
        if reading.times is not None and not reading.left:
            return reading.times
    return None


def words_of(timing: Object) -> Iterator[str]:
    """What the code of a timing is called."""
    concept = obj(timing.get("code"))
    yield from filter(None, (text(concept.get("text")), *(coding.display for coding in codings(concept))))
