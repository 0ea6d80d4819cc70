"""Results that hold arrays: equal where every field is, usable as a key, handed over as Arrow, shown in a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa


class Alike:
    """Equality and hash by the fields of a dataclass, arrays number by number; not a number equals itself."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(_same(getattr(self, part.name), getattr(other, part.name)) for part in fields(self))  # type: ignore[arg-type]

    def __hash__(self) -> int:
        return hash(tuple(_key(getattr(self, part.name)) for part in fields(self)))  # type: ignore[arg-type]


class Tabled(Alike):
    """The same, of what is a table too: pandas, polars and DuckDB take it as it is, by the Arrow PyCapsule protocol."""

    __slots__ = ()

    def to_arrow(self) -> pa.Table:
        """`tables.tidy`: one value a row. MissingPartError without the extra «tables»."""
        from unwound.pharmacology import tables

        return tables.tidy(self)  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, list[Any]]:
        """`tables.wide` as lists: one time of one subject (or quantile) a row, by columns."""
        from unwound.pharmacology import tables

        return {name: column.tolist() for name, column in tables.wide(self).items()}  # type: ignore[arg-type]

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The tidy table as a stream of Arrow's."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)


def _same(own: Any, other: Any) -> bool:
    # Arrays answer `==` element by element and their NaN never match; of tables the order counts too.
    if isinstance(own, np.ndarray) and isinstance(other, np.ndarray):
        return np.array_equal(own, other, equal_nan=own.dtype.kind == "f" and other.dtype.kind == "f")
    if isinstance(own, Mapping) and isinstance(other, Mapping):
        return list(own) == list(other) and all(_same(own[name], other[name]) for name in own)
    return bool(own is other or own == other)


def _key(thing: Any) -> Any:
    """Something that is equal where `_same` says so, and can be hashed."""
    if isinstance(thing, np.ndarray):
        return thing.shape, np.nan_to_num(
            thing + 0.0, nan=-1.0
        ).tobytes() if thing.dtype.kind == "f" else thing.tobytes()
    if isinstance(thing, Mapping):
        return tuple((name, _key(value)) for name, value in thing.items())
    try:
        hash(thing)
    except TypeError:  # a model read from a file: its text says which
        return repr(thing)
    return thing
