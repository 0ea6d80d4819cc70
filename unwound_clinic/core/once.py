"""Nothing twice: what one form asks for is written once, however often it is sent.

Each rendered form holds a number of its own (`sent_again.py`). The number and the content are claimed in the
transaction of the write itself, so that no crash comes between the two. The same number with another content (Back,
corrected, sent again) is another sending.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.db import IntegrityError
from django.utils import timezone

from unwound_clinic.models import Sent


class AlreadySent(Exception):
    """This form was sent with this content before, and what it asks for was written then."""


@dataclass(slots=True)
class Sending:
    """A form that is being sent: its key, and how many writes of it were made."""

    key: str
    writes: int = 0


_sending: ContextVar[Sending | None] = ContextVar("sending", default=None)


@contextmanager
def sending(key: str) -> Iterator[Sending]:
    """While this form is answered, each write claims it."""
    now = Sending(key)
    token = _sending.set(now)
    try:
        yield now
    finally:
        _sending.reset(token)


def claim() -> None:
    """Within the transaction of a write: claims it for the form being sent. AlreadySent when it was claimed before."""
    now = _sending.get()
    if now is None:
        return
    try:
        Sent.objects.create(key=now.key, write=now.writes, at=timezone.now())
    except IntegrityError:
        raise AlreadySent from None
    now.writes += 1
