"""Units a record may come in, turned into the ones the library reckons in."""

from __future__ import annotations

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
