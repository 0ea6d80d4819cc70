"""How often something may post: so many a minute over all workers; whoever is over it is told how long to wait.

A monitor that sends every second for each of its beds stays far below it, and so does whoever fills in the self-check:
the limit is for a device that went wrong and for whoever guesses keys, so that neither takes the time of the others
(ASVS 2.4.1). The posts of the last minute lie in a small file of the clinic's folder, which every worker counts in;
where it cannot be written, as on a full disk, each worker counts for itself.
"""

from __future__ import annotations

import math
import sqlite3
import threading
import time
from pathlib import Path

from django.conf import settings

from unwound_clinic.core import counted

WRONG_KEYS = 30
"""Posts a minute with a key that is not known, from one address."""
MINUTE_S = 60.0
FILE = "posts.sqlite3"
PATIENCE_S = 0.5
"""How long another worker's counting is waited for: it takes less than a thousandth of it."""
_lock = threading.Lock()
TABLES = (
    "CREATE TABLE IF NOT EXISTS posted (sender TEXT NOT NULL, at REAL NOT NULL)",
    "CREATE INDEX IF NOT EXISTS of_sender ON posted (sender, at)",
    "CREATE INDEX IF NOT EXISTS of_time ON posted (at)",
)


def posts() -> int:
    """Posts a minute of one monitor's key."""
    return int(settings.POSTS_PER_MINUTE)


def wait_s(sender: str, limit: int) -> int:
    """Counts one post; the whole seconds to wait where it is one too many, which is not counted, else 0."""
    place = Path(settings.DATA) / FILE
    with _lock:
        try:
            return _count(_counts(place), sender, limit)
        except sqlite3.Error:
            return _count(_counts(None), sender, limit)


def forget() -> None:
    """Forgets every post, as after a minute of silence."""
    with _lock:
        for counts in (_counts(Path(settings.DATA) / FILE), _counts(None)):
            counts.execute("DELETE FROM posted")


def _counts(place: Path | None) -> sqlite3.Connection:
    """The counts of a file, or of this process."""
    return counted.opened(place, *TABLES, patience_s=PATIENCE_S)


def _count(counts: sqlite3.Connection, sender: str, limit: int) -> int:
    counts.execute("BEGIN IMMEDIATE")
    now = time.monotonic()  # one clock for all processes of a machine, read after the wait: no post is later than it
    try:
        counts.execute("DELETE FROM posted WHERE at <= ? OR at > ?", (now - MINUTE_S, now))
        number, oldest = counts.execute("SELECT count(*), min(at) FROM posted WHERE sender = ?", (sender,)).fetchone()
        if number >= limit:
            return max(1, math.ceil(float(oldest) + MINUTE_S - now))
        counts.execute("INSERT INTO posted VALUES (?, ?)", (sender, now))
        return 0
    finally:
        counts.execute("COMMIT")
