"""Lines of the server's log: each with its time and the number of its request, as text or JSON (UNWOUND_LOG=json).

The answer to a request carries the same number (`X-Request-ID`), and so does the page of a fault: who reads it out on
the telephone leads straight to the lines.
"""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest

KNOWN = (OperationalError, InterfaceError, SuspiciousOperation)
"""Of these the first line says all: a database locked, full or away; a name that is not ours; a body too large."""
SETTING = "UNWOUND_LOG"
NUMBER = re.compile(r"[0-9a-f]{12}")
_request: ContextVar[str] = ContextVar("number of the request", default="")


class Timed(logging.Formatter):
    """Time in UTC, level, where it comes from, the number of the request, and the text."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}{request_number}: {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line, with the number of the request in brackets where there is one."""
        number = _number_of(record)
        record.request_number = f" [{number}]" if number else ""
        return super().formatMessage(record)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """The time as ISO 8601, in UTC."""
        return stamp(datetime.fromtimestamp(record.created, UTC))


class Json(Timed):
    """The same as one line of JSON for each record: time, level, place, request, text, and a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the text holds."""
        traceback = record.exc_text or (self.formatException(record.exc_info) if record.exc_info else "")
        return _as_json(
            self.formatTime(record),
            level=record.levelname,
            place=record.name,
            request=_number_of(record),
            text=record.getMessage(),
            traceback=traceback,
        )


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


def begin(request: HttpRequest) -> str:
    """Gives a request its number, drawn anew: what a client sends as one is not taken into the log."""
    number = secrets.token_hex(6)
    request.number = number  # type: ignore[attr-defined]
    _request.set(number)
    return number


def end() -> None:
    """What this thread says from now on belongs to no request."""
    _request.set("")


def number_of(request: HttpRequest) -> str:
    """The number of a request; empty where it was refused before it had one."""
    return str(getattr(request, "number", ""))


def stamp(at: datetime | None = None) -> str:
    """The time as the log writes it."""
    return (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def say(what: str) -> None:
    """One line to the log of a program without Django's logging; nothing of a patient."""
    number, place = _request.get(), str(sys._getframe(1).f_globals.get("__name__", ""))
    if os.environ.get(SETTING) == "json":
        line = _as_json(stamp(), level="WARNING", place=place, request=number, text=what, traceback="")
    else:
        line = f"{stamp()} [{number}] {what}" if number else f"{stamp()} {what}"
    print(line, file=sys.stderr, flush=True)


def _number_of(record: logging.LogRecord) -> str:
    """The framework writes its line of an answer when the request is over, and hands the request along."""
    return number_of(getattr(record, "request", None) or HttpRequest()) or _request.get()


def _as_json(at: str, level: str, place: str, request: str, text: str, traceback: str) -> str:
    entry = {"time": at, "level": level, "place": place, "request": request, "text": text, "traceback": traceback}
    return json.dumps({name: value for name, value in entry.items() if value}, ensure_ascii=True)
