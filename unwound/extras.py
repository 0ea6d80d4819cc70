"""Parts that are installed only by those who want them, and the line that says what brings a missing one.

    with extras.needed("simulating"):
        from numba import njit

A review, a plan and the knowledge need none of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from unwound.record import UnwoundError

BROUGHT_BY = {
    "numba": "simulate",
    "llvmlite": "simulate",
    "scipy": "simulate",
    "altair": "plots",
    "vl_convert": "plots",
    "pyarrow": "tables",
    "hl7": "devices",
    "duckdb": "screening",
    "distributed": "cluster",
    "dask": "cluster",
    "django": "clinic",
}
"""A package by its import name, and the extra of `pyproject.toml` that installs it."""


class MissingPartError(UnwoundError, ImportError):
    """A package that only some need is not installed; the message names the extra that brings it."""


@contextmanager
def needed(what: str) -> Iterator[None]:
    """Around the imports that `what` («simulating», «a chart») needs. MissingPartError where one is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in BROUGHT_BY:
            raise
        raise MissingPartError(
            f"{what} needs {package}: pip install 'unwound[{BROUGHT_BY[package]}]'", name=package
        ) from None
