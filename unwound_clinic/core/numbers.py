"""Numbers as people type them: with a point or a comma, with or without a unit, read on the server, never guessed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from django import forms

from unwound import numerals, units
from unwound_clinic.core.speaking import said

InUnit = Callable[[float, str], float | None]
"""A value and the unit typed behind it -> the value in the unit of the field; None for a unit it is not measured in."""

_SHOWN = 24
_TYPED = re.compile(r"([-+－−]?\s*[\d.,'’\s٫٬．，]*\d)\s*(.*)", re.DOTALL)
_LEADING = re.compile(r"([-+－−]?\s*[.,．，]\d+)\s*(.*)", re.DOTALL)
"""With the wide signs of an East Asian keyboard; «2·5» stays none, since it may be 2 times 5."""


def written(value: float) -> str:
    """The number with all its digits, as people write it: 10, not 10.0."""
    return f"{value:.15g}"


def read(
    typed: str,
    lowest: float | None = None,
    highest: float | None = None,
    unit: str = "",
    in_unit: InUnit | None = None,
) -> float:
    """The number that a text means within its ends. ValueError says what it is instead, and what to type."""
    meanings = _meanings(typed, unit, in_unit or (lambda value, other: units.convert(value, other, unit)))
    fitting = [value for value in meanings if _within(value, lowest, highest)]
    if len(fitting) > 1:
        either = said(" or ").join(written(value) for value in fitting)
        raise ValueError(
            said("«{typed}» may mean {either}: type it again as one of the two.", typed=_short(typed), either=either)
        )
    if not fitting:
        ends = ends_in_words(lowest, highest)
        raise ValueError(said("Outside the plausible range ({ends}): check and re-enter.", ends=ends))
    return fitting[0] + 0.0  # «-0» is nothing else than 0


def _meanings(typed: str, unit: str, in_unit: InUnit) -> tuple[float, ...]:
    """What a text may mean, in the unit of the field."""
    match = _LEADING.fullmatch(typed.strip()) or _TYPED.fullmatch(typed.strip())
    numbers = numerals.meanings(match[1]) if match else ()
    other = match[2].strip() if match else ""
    if numbers and not other:
        return numbers
    measured = [in_unit(number, other) for number in numbers]
    known = tuple(value for value in measured if value is not None)
    if known:
        return known
    together = [in_unit(value, part) for value, part in units.quantities(typed)]
    if together and None not in together:
        return (sum(value for value in together if value is not None),)
    if numbers and other[:1].isalpha() and unit and not re.search(r"\d", other):
        raise ValueError(said("«{typed}»: the unit here is {unit}.", typed=_short(typed), unit=unit))
    raise ValueError(
        said("«{typed}» is not a number: use digits, with a point or a comma before decimals.", typed=_short(typed))
    )


def _within(value: float, lowest: float | None, highest: float | None) -> bool:
    return (lowest is None or value >= lowest) and (highest is None or value <= highest)


def ends_in_words(lowest: float | None, highest: float | None) -> str:
    """«0 to 10», «at least 0», «at most 10»; empty where there is no end."""
    if highest is None or math.isinf(highest):
        return "" if lowest is None else said("at least {low}", low=written(lowest))
    if lowest is None:
        return said("at most {high}", high=written(highest))
    return said("{low} to {high}", low=written(lowest), high=written(highest))


def _short(typed: str) -> str:
    """What was typed, short; a sign that cannot be seen, or turns the text around, stands as �."""
    text = "".join(sign if sign.isprintable() else "�" for sign in typed.strip())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


class TypedNumber(forms.TextInput):
    """The box: text with the keys of numbers, since a browser's own number field drops a comma in silence."""

    def __init__(self, unit: str = "", attrs: dict[str, Any] | None = None) -> None:
        typing = {"inputmode": "decimal", "autocomplete": "off", "maxlength": 40, "data-number": unit}
        super().__init__({**typing, **(attrs or {})})


class NumberField(forms.Field):
    """A number typed as text; `unit` stands in its echo and may be typed too, as may those that `in_unit` knows."""

    def __init__(
        self,
        *,
        lowest: float | None = None,
        highest: float | None = None,
        unit: str = "",
        in_unit: InUnit | None = None,
        **more: Any,
    ) -> None:
        self.lowest, self.highest, self.unit, self.in_unit = lowest, highest, unit, in_unit
        more.setdefault("widget", TypedNumber(unit))
        super().__init__(**more)

    def to_python(self, value: Any) -> float | None:
        """The number; ValidationError says what was typed instead, and what to type."""
        if value in self.empty_values:
            return None
        try:
            return read(str(value), self.lowest, self.highest, self.unit, self.in_unit)
        except ValueError as refused:
            raise forms.ValidationError(str(refused)) from None

    def prepare_value(self, value: Any) -> Any:
        """What stands in the box: as it was typed, or as people write the number on record."""
        return written(value) if isinstance(value, float) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether another number stands there now, however it is written."""
        try:
            now = self.to_python(data)
        except forms.ValidationError:
            return True
        return now != (None if initial in self.empty_values else float(initial))


class WholeNumberField(NumberField):
    """A count typed as text: the framework's own field takes «1.000» vials for 1, and its box drops a comma."""

    def __init__(self, *, lowest: int = 0, highest: int | None = None, **more: Any) -> None:
        more.setdefault("widget", TypedNumber(attrs={"inputmode": "numeric"}))
        super().__init__(lowest=lowest, highest=highest, **more)

    def to_python(self, value: Any) -> int | None:
        """The count; ValidationError says what was typed instead, and what to type."""
        number = super().to_python(value)
        if number is None:
            return None
        if not number.is_integer():
            raise forms.ValidationError(said("«{typed}» is not a whole number.", typed=_short(str(value))))
        return int(number)
