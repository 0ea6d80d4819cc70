"""Small files in which all workers count together: what is in them is worth no wait for the disk."""

from __future__ import annotations

import sqlite3
from pathlib import Path

_open: dict[tuple[Path | None, float], sqlite3.Connection] = {}


def opened(place: Path | None, *tables: str, patience_s: float, wal: bool = False) -> sqlite3.Connection:
    """The file with its tables, opened once by each process; None is this process's own. Each caller has a lock.

    `patience_s` is how long another worker's counting is waited for. Nothing is a transaction that is not begun.
    """
    key = (place, patience_s)
    if key not in _open:
        connection = sqlite3.connect(
            place or ":memory:", timeout=patience_s, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA journal_mode=WAL" if wal else "PRAGMA journal_mode=MEMORY")
        connection.execute("BEGIN IMMEDIATE")  # waits its turn: two that begin at once would refuse each other else
        for table in tables:
            connection.execute(table)
        connection.execute("COMMIT")
        _open[key] = connection
    return _open[key]
