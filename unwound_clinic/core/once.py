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
    """A form that is being sent: its key, how many writes of it were made, and whether one was refused."""

    key: str
    writes: int = 0
    refused: bool = False


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
    if now is None or now.refused:  # what is kept of a form that was refused (its ticks) is no sending
        return
    try:
        Sent.objects.create(key=now.key, write=now.writes, at=timezone.now())
    except IntegrityError:
        raise AlreadySent from None
    now.writes += 1


@contextmanager
def taken_back_when_refused() -> Iterator[None]:
    """Around the transaction of a write: where it is refused, what it claimed is free, and so is all that follows."""
    now = _sending.get()
    before = now.writes if now else 0
    try:
        yield
    except AlreadySent:
        raise
    except Exception:
        if now is not None:
            now.writes, now.refused = before, True
        raise
