"""What an erasure leaves outside the tables: mail on the disk, copies from before upgrades, free space in the file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from django.conf import settings
from django.db import Error, connection

from unwound_clinic.operations.folder import COPIES


def clean(words: Iterable[str]) -> None:
    """Removes mail that holds one of these words, and copies from before upgrades; the free space is given back.

    Called after the erasure is committed. Where the database is in use the space stays overwritten, and in the file.
    """
    wanted = [word.casefold() for word in words if word]
    for path in (settings.DATA / "mail").glob("*"):
        with contextlib.suppress(OSError):
            if any(word in path.read_text(encoding="utf-8", errors="replace").casefold() for word in wanted):
                path.unlink()
    for path in (settings.DATA / COPIES).glob("*"):
        with contextlib.suppress(OSError):
            path.unlink()
    if connection.vendor == "sqlite":
        with contextlib.suppress(Error), connection.cursor() as cursor:
            cursor.execute("VACUUM")
        with contextlib.suppress(Error), connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
