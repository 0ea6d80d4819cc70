"""Filters for the pages of a plan: numbers with their decimals, marks of how well a number was checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from unwound.catalogue import Checked

register = template.Library()


@register.filter
def digits(number: float | None, places: int) -> str:
    """A number with a fixed count of decimals."""
    return "" if number is None else f"{number:.{places}f}"


@register.filter
def body_weights(weights: Mapping[str, Any]) -> list[tuple[str, float | None]]:
    """Actual, ideal, adjusted and lean weight in kg, in this order."""
    return [(kind, weights.get(kind)) for kind in ("actual", "ideal", "adjusted", "lean")]


@register.filter
def checked_mark(checked: str) -> str:
    """«second hand», «about another use» or «unchecked»; nothing for what was read at its source."""
    marks: Mapping[str, str] = {
        Checked.SECONDARY: "second hand †",
        Checked.OTHER_USE: "about another use §",
        Checked.UNCHECKED: "unchecked ⚠",
    }
    return marks.get(checked, "")
