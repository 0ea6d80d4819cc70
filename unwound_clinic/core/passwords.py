"""Passwords wherever one is asked for: at the log-in, to unlock a screen, to sign, of a second person.

Five wrong ones lock that account for a quarter of an hour, only from the address they came from, and only for what they
were asked for: nobody outside can keep a nurse from signing, and nobody at the clinic's address everybody else from
logging in (ASVS 6.3.1, 15.3.4).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from axes.backends import AxesStandaloneBackend
from axes.utils import reset
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from unwound_clinic.core.access import Confirmed
from unwound_clinic.core.client_address import address_or_none
from unwound_clinic.models import User

LOCKED = "Five wrong passwords: this is locked for 15 minutes, even for the right password."
_KEPT = ("REMOTE_ADDR", "HTTP_X_FORWARDED_FOR", "HTTP_USER_AGENT", "PATH_INFO", "SERVER_NAME", "SERVER_PORT")
"""What is kept of a request with a wrong password: nothing that was typed beside it."""


class AskedFor(StrEnum):
    """What a password was asked for; wrong ones are counted for each by itself."""

    LOG_IN = "log in"
    OWN = "own"
    """To sign or to unlock, by who is logged in."""
    SECOND = "second"
    """Of a second person, at somebody else's screen."""


class Locks(AxesStandaloneBackend):  # type: ignore[misc]
    """Refuses every password while the account is locked, and says so on the request."""

    def authenticate(self, request: HttpRequest, *args: Any, **credentials: Any) -> None:
        """Nobody; raises where it is locked, so that no other way in is tried."""
        try:
            super().authenticate(request, *args, **credentials)
        except PermissionDenied:
            request.locked_before = True  # type: ignore[attr-defined]
            raise


def why_refused(request: HttpRequest, user: User, password: str, asked_for: AskedFor) -> str:
    """Why this password is not taken for this account, as a sentence; empty where it is right."""
    bare = HttpRequest()
    bare.META = {name: request.META[name] for name in _KEPT if name in request.META}
    bare.method, bare.path, bare.path_info = "POST", request.path, request.path
    bare.asked_for = asked_for  # type: ignore[attr-defined]
    if authenticate(bare, username=user.email, password=password) == user:
        if getattr(settings, "AXES_ENABLED", True):
            reset(username=_name(user.email, asked_for), ip=address_or_none(request))
        return ""
    if getattr(bare, "axes_locked_out", False):
        return LOCKED
    return "This is not the right password."


def second_person(request: HttpRequest, person: User, password: str) -> Confirmed | str:
    """Another person, confirmed by their own password; why not, as a sentence, where it is not theirs."""
    return why_refused(request, person, password, AskedFor.SECOND) or Confirmed(person)


def forget_wrong_ones(user: User) -> None:
    """Nothing counts against the account any more, from anywhere."""
    for asked_for in AskedFor:
        reset(username=_name(user.email, asked_for))


def counted_for(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The name under which wrong passwords are counted: the account, and what the password was asked for."""
    entered, typed = credentials or {}, getattr(request, "POST", {})
    email = next(
        (entered[name] for name in ("username", "email", "login") if entered.get(name)), typed.get("login", "")
    )
    return _name(str(email), asked_for(request))


def asked_for(request: HttpRequest) -> AskedFor:
    """What a password was asked for: by this request, or as the pages of accounts do."""
    user = getattr(request, "user", None)
    inside = user is not None and user.is_authenticated
    return getattr(request, "asked_for", AskedFor.OWN if inside else AskedFor.LOG_IN)


def _name(email: str, asked_for: AskedFor) -> str:
    name = email.strip().lower()[:200]
    return name if asked_for == AskedFor.LOG_IN else f"{asked_for} {name}"
