"""Units a record may come in, converted into those the library uses."""

from __future__ import annotations

import math
import re

DAYS_PER: dict[str, float] = {
    "s": 1 / 86400,
    "min": 1 / 1440,
    "h": 1 / 24,
    "d": 1.0,
    "wk": 7.0,
    "mo": 30.4375,
    "a": 365.25,
}
"""Days in one UCUM time unit, as FHIR writes them (Julian months and years)."""

MG_PER: dict[str, float] = {"g": 1000.0, "mg": 1.0, "ug": 0.001, "mcg": 0.001, "µg": 0.001, "ng": 1e-6}
"""Milligrams in one UCUM mass unit."""


def in_days(value: float, unit: str) -> float | None:
    """A span in days; None where the unit is not a time."""
    factor = DAYS_PER.get(unit.strip())
    return None if factor is None else value * factor


def in_mg(value: float, unit: str) -> float | None:
    """A mass in milligrams; None where the unit is not a mass."""
    factor = MG_PER.get(unit.strip())
    return None if factor is None else value * factor


SAME: dict[str, tuple[str, ...]] = {
    "kg": ("kg", "kgs", "kilogram", "kilograms"),
    "cm": ("cm", "centimeter", "centimetre"),
    "mmhg": ("mmhg", "mm[hg]", "mm hg"),
    "/min": (
        "/min",
        "1/min",
        "{beats}/min",
        "beats/min",
        "beats/minute",
        "bpm",
        "{breaths}/min",
        "breaths/min",
        "per min",
    ),
    "%": ("%", "percent"),
    "ms": ("ms", "msec"),
    "mg/dl": ("mg/dl",),
    "mg/l": ("mg/l",),
    "ng/l": ("ng/l", "pg/ml"),
    "g/l": ("g/l",),
    "mm/h": ("mm/h", "mm/hr", "mm/hour"),
    "×10⁹/l": ("×10⁹/l", "10*9/l", "10^9/l", "x10^9/l", "x 10^9/l", "10*3/ul", "10^3/ul", "k/ul"),
    "°c": ("°c", "cel", "c", "deg c", "celsius"),
    "ml/min/1.73 m²": (
        "ml/min/1.73 m²",
        "ml/min/{1.73_m2}",
        "ml/min/1.73m2",
        "ml/min/1.73 m2",
        "ml/min/1.73m²",
        "ml/min/1.73.m2",
        "ml/min/{1.73m2}",
        "ml/min",
    ),
    "ml/min": ("ml/min",),
    "day": ("day", "days", "d"),
    "years": ("years", "year", "a", "yr"),
}
"""Spellings of one unit, in lower case. A filtration rate is often sent without the body surface its code names."""

FACTORS: dict[str, dict[str, float]] = {
    "kg": {
        "g": 0.001,
        "[lb_av]": 0.45359237,
        "lb": 0.45359237,
        "lbs": 0.45359237,
        "lb_av": 0.45359237,
        "pound": 0.45359237,
        "pounds": 0.45359237,
        "st": 6.35029318,
        "stone": 6.35029318,
        "[stone_av]": 6.35029318,
        "oz": 0.028349523125,
        "[oz_av]": 0.028349523125,
    },
    "cm": {
        "m": 100.0,
        "mm": 0.1,
        "[in_i]": 2.54,
        "in": 2.54,
        "in_i": 2.54,
        "inch": 2.54,
        "[ft_i]": 30.48,
        "ft": 30.48,
        "feet": 30.48,
    },
    "mmhg": {"kpa": 7.500615613},
    "mg/dl": {"mg/l": 0.1, "g/l": 100.0},
    "mg/l": {"mg/dl": 10.0},
    "g/l": {"g/dl": 10.0},
    "×10⁹/l": {"/ul": 0.001, "/µl": 0.001, "cells/ul": 0.001, "/mm3": 0.001, "cells/mm3": 0.001},
    "%": {"1": 100.0},
    "ms": {"s": 1000.0},
    "/min": {"/s": 60.0, "hz": 60.0},
}
"""What a value in another unit is multiplied by."""


def convert(value: float, unit: str, into: str) -> float | None:
    """A value in another unit of the same kind; None where the unit is not known to be one. Case does not count."""
    have, want = unit.strip().lower(), into.strip().lower()
    if have == want or have in SAME.get(want, ()):
        return value
    factor = FACTORS.get(want, {}).get(have)
    return None if factor is None else value * factor


_QUANTITY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([^\s\d.,;+-]\S*)")
_COMPOUND: tuple[tuple[frozenset[str], ...], ...] = (
    (frozenset(("st", "stone")), frozenset(("lb", "lbs", "pound", "pounds")), frozenset(("oz",))),
    (frozenset(("ft", "feet")), frozenset(("in", "inch"))),
)
"""Units that are said together, the greatest first; of no others is one measurement the sum of two."""


def quantities(written: str) -> tuple[tuple[float, str], ...]:
    """Each number with its unit in a text such as «58 mmol/mol» or «11 st 4 lb»; nothing where anything else is in it.

    A decimal comma is not guessed at: «5,800» is a thousand in one country and a fraction in another.
    """
    read, at = list[tuple[float, str]](), 0
    text = written.strip()
    while at < len(text):
        match = _QUANTITY.match(text, at)
        if match is None:
            return ()
        value = float(match[1])
        if not math.isfinite(value):  # more digits than a number has
            return ()
        read.append((value, match[2]))
        at = match.end()
    return tuple(read) if len(read) < 2 or _are_said_together([unit.lower() for _, unit in read]) else ()


def _are_said_together(words: list[str]) -> bool:
    """Whether the units are one compound, each smaller than the one before."""
    for compound in _COMPOUND:
        places = [place for word in words for place, spellings in enumerate(compound) if word in spellings]
        if len(places) == len(words) and places == sorted(set(places)):
            return True
    return False
