"""What devices write beside a code: units, signs of «no sensor», states: `data/rules/device_words.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from pydantic import Field

from unwound.catalogue import Cited, Frozen, Head, Texts, load_rule
from unwound.exchange.device_codes import Coding
from unwound.exchange.names import quoted
from unwound.session.readings import Status
from unwound.session.signs import ReadingState, sign

_NUMBER = re.compile(r"[+-]?(?:\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})", re.ASCII)
_SIDES: Mapping[str, Status] = {
    "<": ReadingState.BELOW,
    "<=": ReadingState.BELOW,
    "≤": ReadingState.BELOW,
    ">": ReadingState.ABOVE,
    ">=": ReadingState.ABOVE,
    "≥": ReadingState.ABOVE,
}
_BOUND = re.compile(rf"\s*({'|'.join(sorted(_SIDES, key=len, reverse=True))})(.+)", re.DOTALL)
_WITH_UNIT = re.compile(r"\s*([<>≤≥=]*\s*[\d.+-]+)\s*([^\d\s.<>=+-]\S*)\s*")
_LETTERS = re.compile(r"[^a-z]+")
_PLACES = 4
"""Decimals kept of a converted value; a value in its own unit is never touched."""


class Unit(Frozen):
    """One unit: numbers and names of ISO/IEEE 11073, and spellings in lower case."""

    unit: str
    codes: Texts
    names: Texts
    written: Texts


class Conversion(Frozen):
    """Value x factor + offset."""

    from_: str = Field(alias="from")
    into: str
    factor: Cited
    offset: Cited | None = None


class Given(Frozen):
    """What an example sends."""

    code: str
    text: str
    system: str
    value: str
    sent_in: str
    """The unit as sent."""


class Expected(Frozen):
    """What it is read as."""

    kind: str = ""
    value: float | None = None
    no_sensor: bool = False
    quarantined: str = ""
    not_charted: bool = False


class Example(Frozen):
    """One value and what it is read as."""

    name: str
    given: Given
    expect: Expected


class Words(Head):
    """`data/rules/device_words.toml`."""

    allowed_ahead_s: Cited
    stretch_s: Cited
    no_sensor_numbers: tuple[float, ...]
    no_sensor_words: Texts
    nought: Mapping[str, Texts]
    not_had: Texts
    taken_back: Texts
    replaces: Texts
    no_value_again: Texts
    of_nobody: Texts
    no_values: Texts
    doubted: Texts
    settings: Texts
    states_in_words: Mapping[str, str]
    no_names: Texts
    record_numbers: Texts
    steady_messages: Cited
    steady_s: Cited
    drift_s: Cited
    versions: Texts
    moves: Texts
    triggers: Texts
    units: tuple[Unit, ...]
    conversions: tuple[Conversion, ...]
    examples: tuple[Example, ...]


@cache
def words() -> Words:
    """The words, read once."""
    return load_rule("device_words", Words)


def states(written: Iterable[str]) -> tuple[str, ...]:
    """What a device says of a measurement, in HL7's words («QUES» for «questionable»); anything else is no state."""
    known = (*words().of_nobody, *words().no_values, *words().doubted)
    in_words = words().states_in_words
    named = (in_words.get(text.strip().lower().replace(" ", "-"), text.strip().upper()) for text in written)
    return tuple(state for state in named if state in known)


def number(written: str) -> float | None:
    """A plain decimal number, exactly as written; None for anything else (bounds, exponents, several numbers)."""
    text = written.strip()
    return float(text) if _NUMBER.fullmatch(text) else None


def bounded(written: str) -> tuple[float, Status] | None:
    """A plain number and whether it is a value or only a bound of one («<70», «>= 100»); None for anything else.

    A bound is of what devices measure: below nought they measure nothing.
    """
    bound = _BOUND.fullmatch(written)
    value = number(bound[2] if bound else written)
    if value is None or (bound and value <= 0):
        return None
    return value, _SIDES[bound[1]] if bound else ReadingState.VALUE


def apart(written: str, unit: Coding) -> tuple[str, Coding]:
    """«70 %» as its number and its unit, where a unit that is known ends it and no other is sent beside it."""
    whole = _WITH_UNIT.fullmatch(written)
    inside = Coding("", whole[2]) if whole else None
    if whole is None or inside is None or not _unit(inside) or (str(unit).strip("^") and _unit(unit) != _unit(inside)):
        return written, unit
    return whole[1], inside


def is_nought(kind: str, written: str) -> bool:
    """Whether it is a word in place of a number that says there is none: ASYSTOLE as a heart rate."""
    return _LETTERS.sub(" ", written.lower()).strip() in words().nought.get(kind, ())


def is_no_sensor(kind: str, written: str) -> bool:
    """Whether it is one of the signs for «there is no measurement»; on a scale every number is a value (RASS -1)."""
    value = number(written)
    if value is None:
        return written.strip().lower() in _no_sensor_words()
    return sign(kind).scale is None and value in _no_sensor_numbers()


def converted(kind: str, value: float, unit: Coding) -> float | str:
    """The value in the unit of its kind, or the reason why not, as text.

    A branch for each state of the unit: not needed, missing, right, convertible, another.
    """
    wanted = sign(kind).unit
    sent_in = _unit(unit)
    if not wanted and not str(unit).strip("^"):
        return value
    if not sent_in:
        unit_as_sent = quoted(str(unit)) if str(unit) else "no unit"
        return f"{value:g} was sent with {unit_as_sent}; {wanted or 'no unit'} is needed"
    if sent_in == wanted:
        return value
    conversion = _conversions().get((sent_in, wanted))
    if conversion is None:
        return f"{value:g} is in {sent_in}; {wanted or 'no unit'} is needed"
    offset = conversion.offset.value if conversion.offset else 0.0
    return round(value * conversion.factor.value + offset, _PLACES)


def _unit(unit: Coding) -> str:
    """Our word for a unit; empty where it is not known, or its parts name different units."""
    written = [part.strip().lower() for part in (unit.code, unit.text) if part.strip()]
    units = {_units().get(part, "?" if part.startswith("mdc_dim_") else "") for part in written} - {""}
    return units.pop() if len(units) == 1 else ""


@cache
def _units() -> Mapping[str, str]:
    return {name.lower(): unit.unit for unit in words().units for name in (*unit.codes, *unit.names, *unit.written)}


@cache
def _conversions() -> Mapping[tuple[str, str], Conversion]:
    return {(conversion.from_, conversion.into): conversion for conversion in words().conversions}


@cache
def _no_sensor_numbers() -> frozenset[float]:
    return frozenset(words().no_sensor_numbers)


@cache
def _no_sensor_words() -> frozenset[str]:
    return frozenset(words().no_sensor_words)
