"""Whether the clinic can work: the database answers and takes what is written, the disk has room, the clock is right.

Each question is a small function; `not_ready` is what stops work, `warnings` is what the administrator sees in time.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings
from django.db import Error, connection

from unwound_clinic.core import clock, heads, last_backup, trouble

LITTLE_BYTES = 2_000_000_000
"""Below it the administrator is warned: about a day of twelve monitored beds."""
NOTHING_BYTES = 2_000_000
"""Below it the database cannot be relied on to write."""
LITTLE_SHARE = 0.05


def answers() -> str:
    """Why the database cannot be read; empty where it can."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        return _words(error)
    return ""


def writes() -> str:
    """Why nothing can be written; empty where something can. Nothing is written."""
    try:
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite" and not connection.in_atomic_block:
                cursor.execute("PRAGMA busy_timeout=1000")
                try:
                    cursor.execute("BEGIN IMMEDIATE")
                    cursor.execute("ROLLBACK")
                finally:
                    cursor.execute(f"PRAGMA busy_timeout={settings.BUSY_S * 1000}")
            elif connection.vendor == "postgresql":
                cursor.execute("SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool")
                if cursor.fetchone()[0]:
                    return trouble.READ_ONLY.title
    except Error as error:
        return _words(error)
    return ""


def free_bytes() -> tuple[int, int]:
    """Free and whole size of the disk that holds the clinic's folder."""
    usage = shutil.disk_usage(Path(settings.DATA))
    return usage.free, usage.total


def not_ready() -> list[str]:
    """Why the clinic cannot work now; empty where it can."""
    free, _ = free_bytes()
    reasons = [answers() or writes(), trouble.FULL.title if free < NOTHING_BYTES else ""]
    return [reason for reason in reasons if reason]


def warnings() -> list[str]:
    """What will stop the clinic if nobody does something, in sentences."""
    free, total = free_bytes()
    little = free < min(LITTLE_BYTES, total * LITTLE_SHARE)
    space = f"The disk of this clinic is nearly full: {_size(free)} are free. When it is full nothing can be saved."
    texts = (space if little else "", heads.trouble(), clock.notice(), "" if settings.DEMO else last_backup.warning())
    return [words for words in texts if words]


def _size(number: int) -> str:
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"


def _words(error: Error) -> str:
    known = trouble.of(error)
    return known.title if known else trouble.AWAY.title
