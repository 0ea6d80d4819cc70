"""The durable link of a patient: made from the clinic's own key whenever it is sent, and stored nowhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Literal

from django.conf import settings

from unwound_clinic.models import FollowUp, hash_of

State = Literal["open", "closed", "ended"]
TRIES = 5
"""Wrong birth dates after which a link closes."""
LASTS_DAYS = 400
"""How long a link opens after the patient agreed: past the last day of asking."""


def nonce() -> str:
    """What makes the links of two follow-ups differ."""
    return secrets.token_urlsafe(18)


def token(nonce: str) -> str:
    """The token of a link; nobody can make it without the clinic's key."""
    made = hmac.new(settings.SECRET_KEY.encode(), f"follow-up {nonce}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made[:24]).decode()


def address(row: FollowUp, stop: bool = False) -> str:
    """The whole address of a patient's link, or of the page that ends the asking."""
    return f"{settings.ADDRESS}/d/{token(row.nonce)}/{'stop/' if stop else ''}"


def find(token: str) -> FollowUp | None:
    """The follow-up of that token."""
    rows = FollowUp.objects.select_related("patient__site")
    return rows.filter(token_hash=hash_of(token)).first()


def state(row: FollowUp, now: datetime) -> State:
    """Whether the link works, or why not."""
    if row.ended_at is not None or (now - row.agreed_at).days > LASTS_DAYS:
        return "ended"
    return "open" if row.closed_at is None else "closed"
