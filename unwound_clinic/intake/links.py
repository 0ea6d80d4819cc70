"""A patient's link: found by the hash of its token, and whether it still works."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from unwound_clinic.models import IntakeLink, hash_of

State = Literal["open", "closed", "expired", "finished"]
TRIES = 5
"""Wrong birth dates after which a link closes."""


def find(token: str) -> IntakeLink | None:
    """The link with that token."""
    links = IntakeLink.objects.select_related("patient__site")
    return links.filter(token_hash=hash_of(token)).first()


def state(link: IntakeLink, now: datetime) -> State:
    """Whether the link works, or why not."""
    if link.finished_at is not None:
        return "finished"
    if link.revoked_at is not None:
        return "closed"
    return "expired" if link.expires_at <= now else "open"
