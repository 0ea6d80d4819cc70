"""TOML as text: the standard library reads it but does not write it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, time

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def string(text: str) -> str:
    """A one-line TOML string; what TOML cannot hold (half a surrogate pair) becomes «?»."""
    return '"' + "".join(_character(character) for character in _sound(text)) + '"'


def paragraph(text: str) -> str:
    """A TOML string that keeps its line breaks as they are read; one line stays one line."""
    if "\n" not in text:
        return string(text)
    return '"""\n' + "".join(char if char == "\n" else _character(char) for char in _sound(text)) + '"""'


def value(anything: object) -> str:
    """Any value TOML knows, on one line: a branch for each type. TypeError for anything else."""
    if isinstance(anything, bool):
        return "true" if anything else "false"
    if isinstance(anything, str):
        return string(anything)
    if isinstance(anything, int | float):
        return number(anything)
    if isinstance(anything, date | datetime | time):
        return anything.isoformat()
    if isinstance(anything, Mapping):
        return "{ " + ", ".join(f"{key(name)} = {value(part)}" for name, part in anything.items()) + " }"
    if isinstance(anything, list | tuple):
        return "[" + ", ".join(value(part) for part in anything) + "]"
    raise TypeError(f"{type(anything).__name__} cannot be written as TOML")


def number(decimal: float) -> str:
    """A number without needless digits: 25.0 is written 25."""
    if isinstance(decimal, int):
        return str(decimal)
    if math.isnan(decimal) or math.isinf(decimal):
        return repr(decimal)
    # A whole float keeps its worth as an integer; beyond 2^53 repr is the only exact form.
    return (
        str(int(decimal)) if decimal.is_integer() and abs(decimal) < 2**53 and str(decimal) != "-0.0" else repr(decimal)
    )


def key(name: str) -> str:
    """A key, quoted where TOML needs it."""
    bare = name and name.isascii() and all(character.isalnum() or character in "-_" for character in name)
    return name if bare else string(name)


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return f"\\u{ord(character):04X}" if ord(character) < 0x20 or ord(character) == 0x7F else character


def _sound(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
