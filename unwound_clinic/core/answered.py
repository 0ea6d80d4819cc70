"""How many requests were answered with which status, by all workers together, for who watches the server.

A worker counts by itself and adds what is new to a small file of the clinic's folder, which all of them count in: at
most once a second, and never waiting for it; what cannot be written now is added the next time.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter
from pathlib import Path

from django.conf import settings

from unwound_clinic.core import counted

FILE = "answered.sqlite3"
TABLE = "CREATE TABLE IF NOT EXISTS answered (status INTEGER PRIMARY KEY, number INTEGER NOT NULL)"
ADD = "INSERT INTO answered VALUES (?, ?) ON CONFLICT (status) DO UPDATE SET number = number + excluded.number"
EVERY_S = 1.0
PATIENCE_S = 0.05
_lock = threading.Lock()
_new: Counter[int] = Counter()
_last = [0.0]
"""When this worker last added its counts to the file, by the clock that only runs on."""


def count(status: int) -> None:
    """One answer of that status."""
    with _lock:
        _new[status] += 1
        if time.monotonic() - _last[0] >= EVERY_S:
            _last[0] = time.monotonic()
            _add()


def totals() -> dict[int, int]:
    """Status -> answers since the file was made, of this worker to the last, of others to the second before."""
    with _lock:
        _add()
        try:
            return dict(_counts().execute("SELECT status, number FROM answered ORDER BY status").fetchall())
        except sqlite3.Error:  # a full disk: at least those of this worker
            return dict(sorted(_new.items()))


def _add() -> None:
    try:
        with _counts() as counts:
            counts.execute("BEGIN IMMEDIATE")
            counts.executemany(ADD, list(_new.items()))
        _new.clear()
    except sqlite3.Error:
        return


def _counts() -> sqlite3.Connection:
    return counted.opened(Path(settings.DATA) / FILE, TABLE, patience_s=PATIENCE_S)
