"""The durable link of a patient: made from the clinic's own key whenever it is sent, and stored nowhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Literal

from django.conf import settings
from django.db import connection

from unwound.follow_up import Channel
from unwound.record import UnwoundError
from unwound_clinic.models import FollowUp, hash_of

State = Literal["open", "closed", "ended"]
TRIES = 5
"""Wrong birth dates after which a link closes."""
LASTS_DAYS = 400
"""How long a link opens after the patient agreed: past the last day of asking."""


def nonce() -> str:
    """What makes the links of two follow-ups differ."""
    return secrets.token_urlsafe(18)


class KeyGone(UnwoundError):
    """The key that a link was made with is no longer there: the patient has to be asked anew for the agreement."""


def token(nonce: str, key: str = "") -> str:
    """The token of a link; nobody can make it without the clinic's key for links."""
    made = hmac.new((key or settings.LINKS_KEY).encode(), f"follow-up {nonce}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made[:24]).decode()


def address(row: FollowUp, stop: bool = False) -> str:
    """The whole address of a patient's link, or of the page that ends the asking; KeyGone rather than a dead link."""
    # Before links had a key of their own, `secret.key` made them.
    tokens = (token(row.nonce, key) for key in (settings.LINKS_KEY, settings.SECRET_KEY))
    opens = next((made for made in tokens if hash_of(made) == row.token_hash), None)
    if opens is None:
        raise KeyGone("the key of this link is gone: end the follow-up and agree on it anew")
    return f"{settings.ADDRESS}/d/{opens}/{'stop/' if stop else ''}"


def dead() -> int:
    """How many follow-ups that go on by e-mail or text message can send no link."""
    if FollowUp._meta.db_table not in connection.introspection.table_names():  # a backup from before there were any
        return 0
    rows = FollowUp.objects.filter(ended_at=None, channel__in=(Channel.EMAIL, Channel.SMS))
    return sum(_is_dead(row) for row in rows.only("nonce", "token_hash"))


def _is_dead(row: FollowUp) -> bool:
    try:
        return not address(row)
    except KeyGone:
        return True


def find(token: str) -> FollowUp | None:
    """The follow-up of that token."""
    rows = FollowUp.objects.select_related("patient__site")
    return rows.filter(token_hash=hash_of(token)).first()


def state(row: FollowUp, now: datetime) -> State:
    """Whether the link works, or why not."""
    if row.ended_at is not None or (now - row.agreed_at).days > LASTS_DAYS:
        return "ended"
    return "open" if row.closed_at is None else "closed"
