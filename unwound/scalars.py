"""One value from outside as Python's own: what NumPy, pandas, Arrow and Python's numbers mean by it, never a guess."""

from __future__ import annotations

import numbers
import reprlib
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Protocol, cast

from pydantic import AfterValidator, BeforeValidator, Field, Strict

_KINDS = frozenset("biufUM")
"""NumPy's kinds with a plain meaning; a duration or a record has none here."""
_MISSING = ("NAType", "NaTType")


class _OfNumPy(Protocol):
    dtype: Any
    shape: tuple[int, ...]

    def astype(self, dtype: str) -> _OfNumPy: ...

    def item(self) -> object: ...


def as_python(value: object) -> object:
    """The value as bool, float, str or a date; None for a missing one; whatever is none of these stays as it is.

    A branch for each maker of scalars. Only the scalars of NumPy itself are opened: a masked value, an array with a
    unit or a column of one row also has an `item()`, which would drop what makes it another value.
    """
    if type(value) in (bool, float, str):
        return value
    maker = type(value).__module__
    if maker.startswith("pandas.") and type(value).__name__ in _MISSING:
        return None
    if maker == "pyarrow.lib" and hasattr(value, "as_py"):
        value = value.as_py()
    elif maker == "numpy" and hasattr(value, "dtype"):
        scalar = cast(_OfNumPy, value)
        if scalar.shape != () or scalar.dtype.kind not in _KINDS:
            return value
        value = (scalar.astype("datetime64[us]") if scalar.dtype.kind == "M" else scalar).item()
    if isinstance(value, bool):
        return value
    if isinstance(value, numbers.Real | Decimal):
        return _as_float(value)
    return str.__str__(value) if isinstance(value, str) else value


def shown(value: object) -> str:
    """A value as it may stand in a message: short, and as Python writes it."""
    return reprlib.repr(value)


def _as_float(value: numbers.Real | Decimal) -> object:
    try:
        return float(value)
    except (ValueError, OverflowError):  # a signalling NaN, a number beyond every measurement
        return value


def _yes_or_no(value: object) -> bool:
    if isinstance(value := as_python(value), bool):
        return value
    raise ValueError("true or false is needed")


def _number(value: object) -> float:
    value = as_python(value)
    if isinstance(value, float) and is_finite(value):
        return value
    raise ValueError("a number is needed")


def is_finite(value: float) -> bool:
    """Whether a number is one that can be measured: NaN and infinity are not."""
    return value - value == 0


def _day(value: object) -> date:
    """A day, also as a time at midnight (as tables keep days) or as written text; never a day guessed from a time."""
    value = as_python(value)
    if isinstance(value, datetime) and not any((value.hour, value.minute, value.second, value.microsecond)):
        return value.date()
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and len(value) == len("2026-11-21"):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("a day such as 2026-11-21 is needed")


def _word(value: object) -> object:
    if (value := as_python(value)) is None or isinstance(value, str):
        return value
    raise ValueError("a word is needed")


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("a name is needed")
    return value


def _none_if_missing(value: object) -> object:
    return None if as_python(value) is None else value


YesNo = Annotated[bool, BeforeValidator(_yes_or_no)]
Number = Annotated[float, BeforeValidator(_number)]
"""A finite number; true and «12» are none."""
Quantity = Annotated[float, Field(ge=0), BeforeValidator(_number)]
"""A number that cannot be below 0: a dose, days."""
Day = Annotated[date, BeforeValidator(_day)]
Text = Annotated[str, BeforeValidator(as_python), Strict()]
Name = Annotated[Text, AfterValidator(_not_blank)]
Chosen = BeforeValidator(_word)
"""For a word of a closed vocabulary that may come from a table."""
OrMissing = BeforeValidator(_none_if_missing)
"""For a field that may be left out: a missing value of a table leaves it out."""
