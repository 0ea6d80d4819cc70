"""Rows as lines of JSON and back: every column of every row, in forms that any program reads.

Times are ISO 8601 in UTC with microseconds, bytes base64, JSON columns JSON; a column without a value is null. The
names are those of the columns.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import Field, Model

from unwound.record import UnwoundError

Row = tuple[Any, ...]
LEFT_OUT: Mapping[str, str] = {
    "django_session": "who is logged in now: everybody logs in again",
    "usersessions_usersession": "who is logged in now: everybody logs in again",
}
"""Tables that do not leave, and why: whoever had a running session's key could go on as its owner."""
LARGE = 20
"""Rows that are read at once of a table with files in it; of the others many more."""
MANY = 2000


def models() -> list[type[Model]]:
    """Every table of the clinic, those that join two others too, by name."""
    every = (model for model in apps.get_models(include_auto_created=True) if model._meta.managed)
    return sorted((model for model in every if table(model) not in LEFT_OUT), key=table)


def table(model: type[Model]) -> str:
    """The name of a table."""
    return str(model._meta.db_table)


def fields(model: type[Model]) -> list[Field[Any, Any]]:
    """The columns of a table."""
    return list(model._meta.local_concrete_fields)


def stored(model: type[Model]) -> Iterator[Row]:
    """Every row of a table in the order of its key, a few in memory at a time."""
    columns = fields(model)
    large = any(field.get_internal_type() == "BinaryField" for field in columns)
    rows = model._base_manager.order_by("pk").values_list(*(field.attname for field in columns))
    yield from rows.iterator(chunk_size=LARGE if large else MANY)


def line(model: type[Model], row: Row) -> str:
    """One row as a line. UnwoundError for a value that no JSON has."""
    columns = fields(model)
    values_by_column = {str(field.column): plain(value) for field, value in zip(columns, row, strict=True)}
    try:
        return json.dumps(values_by_column, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError as reason:
        raise UnwoundError(f"{table(model)}: a row holds a value that cannot be written ({reason})") from None


def plain(value: Any) -> Any:
    """A value of a column as JSON has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | memoryview | bytearray):
        return base64.b64encode(bytes(value)).decode("ascii")
    return str(value) if isinstance(value, Decimal | UUID) else value


def digest(model: type[Model], rows: Iterator[Row]) -> tuple[int, str]:
    """How many rows, and one digest of their content that is the same on every database."""
    whole, count = hashlib.sha256(), 0
    for row in rows:
        whole.update(canonical([plain(value) for value in row]))
        count += 1
    return count, whole.hexdigest()


def canonical(values: Sequence[Any]) -> bytes:
    """Values as bytes: databases write 5.0 and 1e22, and order keys, in their own ways."""
    return json.dumps(_number(values), sort_keys=True, ensure_ascii=True).encode() + b"\n"


def _number(value: Any) -> Any:
    """Every number as a float, where no digit is lost by that."""
    if isinstance(value, dict):
        return {str(name): _number(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_number(part) for part in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value if isinstance(value, int) and float(value) != value else float(value) + 0.0
    return value


def read(model: type[Model], written: str) -> Model:
    """A row of a line. UnwoundError where it is none of this table: other columns, or values of another kind."""
    columns = fields(model)
    try:
        parsed = json.loads(written)
        if not isinstance(parsed, dict) or parsed.keys() != {str(field.column) for field in columns}:
            raise ValueError("its columns are others than this table has")
        values = {field.attname: _value(field, parsed[str(field.column)]) for field in columns}
    except (ValueError, TypeError, binascii.Error) as reason:
        raise UnwoundError(f"{table(model)}: a line is no row of it ({str(reason)[:120]})") from None
    if connection.vendor == "postgresql" and "\\u0000" in written and _has_zero(values):
        raise UnwoundError(f"{table(model)} {parsed.get('id')}: a text holds a zero byte, which PostgreSQL cannot keep")
    return model(**values)


def _value(field: Field[Any, Any], value: Any) -> Any:
    target = getattr(field, "target_field", field) if field.is_relation else field
    kind = target.get_internal_type()
    return value if value is None or kind not in _FROM_TEXT else _FROM_TEXT[kind](value)


_FROM_TEXT: Mapping[str, Callable[[Any], Any]] = {
    "DateTimeField": datetime.fromisoformat,
    "DateField": date.fromisoformat,
    "TimeField": time.fromisoformat,
    "BinaryField": lambda text: base64.b64decode(text, validate=True),
    "DecimalField": Decimal,
    "UUIDField": UUID,
}


def _has_zero(value: Any) -> bool:
    """Whether a zero byte stands in any text."""
    if isinstance(value, dict):
        return any(_has_zero(part) or _has_zero(name) for name, part in value.items())
    if isinstance(value, list | tuple):
        return any(map(_has_zero, value))
    return isinstance(value, str) and "\x00" in value
