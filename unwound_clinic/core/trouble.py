"""A database that is full, locked, away or damaged: said in words, with what was typed, and when to send it again."""

from __future__ import annotations

import errno
import re
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import Error, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.template import loader
from django.utils import timezone

from unwound_clinic.core import log_lines, reserve

RETRY_S = 5
SENT_AT = "first_sent"
"""The field in which a form that is sent again says when it was first sent; signed, so that nobody writes it."""
SALT = "unwound first sent"
LATEST = timedelta(minutes=30)
"""How late something that was sent in time may be charted at the time when it was first sent."""
SECRET = ("csrfmiddlewaretoken", SENT_AT)
UNSHOWN = ("once", "draft", "draft-changed", "shown_for")
"""Sent again with the rest, and typed by nobody."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the matter is, and what to do."""

    id: str
    title: str
    advice: str


BUSY = Trouble(
    "busy", "The database is busy", "Another part of the program is writing, or is taking longer than it should."
)
FULL = Trouble("full", "The disk is full", "Nothing can be saved until whoever runs the server frees space on it.")
READ_ONLY = Trouble("read-only", "Nothing can be written", "The database or its disk is read-only.")
AWAY = Trouble(
    "away", "The database does not answer", "It restarts, or is not reachable. This page tries again by itself."
)
DAMAGED = Trouble(
    "damaged", "The database is damaged", "Call whoever runs the server now: a backup may have to be restored."
)
SIGNS = (
    (DAMAGED, r"malformed|not a database|invalid page in block|could not read block"),
    (FULL, r"disk is full|no space left|could not extend file|disk quota"),
    (READ_ONLY, r"readonly|read-only"),
    (BUSY, r"locked|lock timeout|statement timeout|deadlock|could not serialize|busy|idle-in-transaction"),
    (AWAY, r"."),
)
"""What the words of a database mean; the first that fits."""
MANAGE = (errno.ENOSPC, errno.EDQUOT)


def of(error: BaseException | None) -> Trouble | None:
    """The trouble that an error stands for, also where another was raised because of it; None for any other fault."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OSError) and error.errno in MANAGE:
            return FULL
        full = isinstance(error, Error) and re.search(SIGNS[1][1], str(error), re.IGNORECASE)
        damaged = isinstance(error, Error) and isinstance(error.__cause__, sqlite3.DatabaseError)
        if isinstance(error, OperationalError | InterfaceError) or full or (damaged and "malformed" in str(error)):
            words = str(error) or "away"
            return next(trouble for trouble, sign in SIGNS if re.search(sign, words, re.IGNORECASE | re.DOTALL))
        error = error.__cause__ or error.__context__
    return None


def page(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    """503 in words. Rendered without the database: nothing of the page asks who is logged in."""
    given_back = trouble is FULL and reserve.give_back()
    headers = {"Retry-After": str(RETRY_S), "Cache-Control": "no-store"}
    reason = f"{trouble.title}: nothing was saved; send it again"
    if request.path.startswith("/api/"):
        return JsonResponse({"refused": reason}, status=503, headers=headers)
    if request.headers.get("X-Unwound-Poll") == "1" or request.headers.get("X-Unwound-Keep") == "1":
        return HttpResponse(f"{reason}\n", status=503, headers=headers, content_type="text/plain; charset=utf-8")
    sent = request.method == "POST"
    context = {
        "trouble": trouble,
        "sent": sent,
        "typed": typed(request) if sent else (),
        "unshown": UNSHOWN,
        "passwords": [name for name in request.POST if "password" in name] if sent else (),
        "files": bool(sent and request.FILES),
        "to": request.get_full_path(),
        "token": get_token(request) if sent else "",
        "first_sent": first_sent_field(request) if sent else "",
        "at": timezone.now(),
        "number": log_lines.number_of(request),
        "given_back": given_back,
        "bedside": request.path.startswith("/sessions/"),
        "demo": settings.DEMO,
    }
    return HttpResponse(loader.get_template("trouble.html").render(context), status=503, headers=headers)


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields as they were sent, several values of one in their order; passwords and the form's own are left out."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name not in SECRET and "password" not in name
        for value in values
        if isinstance(value, str)
    ]


def first_sent_field(request: HttpRequest) -> str:
    """The time of the first sending, for the form that is sent again."""
    return request.POST.get(SENT_AT) or signing.dumps([request.path, timezone.now().isoformat()], salt=SALT)


def first_sent(request: HttpRequest) -> datetime | None:
    """When a form that is sent again was first sent; None where it was not, or too long ago to go by."""
    try:
        path, at = signing.loads(request.POST.get(SENT_AT, ""), salt=SALT, max_age=LATEST)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    sent_at = datetime.fromisoformat(at)
    return sent_at if path == request.path and sent_at <= timezone.now() else None
