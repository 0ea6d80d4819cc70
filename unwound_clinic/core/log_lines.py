"""Lines of the server's log: each with its time, and one line where the cause is known and nobody's fault."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError

KNOWN = (OperationalError, InterfaceError, DisallowedHost)
"""Of these the first line says all: a database that is locked, full or away; a name that is not ours."""


class Timed(logging.Formatter):
    """Time in UTC, level, where it comes from, and the text."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """The time as ISO 8601, in UTC."""
        return stamp(datetime.fromtimestamp(record.created, UTC))


class OneLine(logging.Filter):
    """Takes the traceback from a record whose cause is known, and names that cause instead."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always kept."""
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if isinstance(error, KNOWN):
            first = (str(error).splitlines() or [""])[0]
            record.msg, record.args = f"{record.getMessage()}: {first[:200]}", ()
            record.exc_info = record.exc_text = None
        return True


def stamp(at: datetime | None = None) -> str:
    """The time as the log writes it."""
    return (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def say(what: str) -> None:
    """One line to the log of a program without Django's logging; nothing of a patient."""
    print(f"{stamp()} {what}", file=sys.stderr, flush=True)
