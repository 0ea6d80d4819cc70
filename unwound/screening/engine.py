"""DuckDB, which reads tables of any size in bounded memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unwound import extras

MEMORY = "400MB"
"""What DuckDB may hold in one process; what does not fit goes to the disk."""


def duckdb() -> Any:
    """DuckDB. UnwoundError, with what to install, where it is not here."""
    with extras.needed("screening"):
        import duckdb
    return duckdb


def connected(spill: Path) -> Any:
    """A database in memory, which works in one thread and puts what is too much for it into this folder."""
    return duckdb().connect(
        ":memory:",
        config={
            "threads": 1,
            "memory_limit": MEMORY,
            "temp_directory": str(spill / "spill"),
            "autoload_known_extensions": False,
        },
    )


def quoted(text: str) -> str:
    """The text as it stands between quotation marks in SQL."""
    return text.replace("'", "''")
