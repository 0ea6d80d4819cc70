"""Amounts of money as people type them, kept as text with two digits so that no sum is ever rounded."""

from __future__ import annotations

from decimal import Decimal

from unwound_clinic.core import numbers

MOST = 1_000_000
CENT = Decimal("0.01")


def read(typed: str) -> Decimal:
    """The amount typed, with a point or a comma. ValueError says what it is instead."""
    value = Decimal(numbers.written(numbers.read(typed, 0, MOST)))
    if value != value.quantize(CENT):
        raise ValueError(f"«{typed.strip()[:24]}» has more than two digits behind the point.")
    return value.quantize(CENT)


def written(amount: Decimal, currency: str) -> str:
    """«1,250.00 USD»."""
    return f"{amount:,.2f} {currency}".strip()
