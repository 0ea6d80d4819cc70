"""An idle screen locks: when, what stays readable meanwhile, and how it opens again."""

from __future__ import annotations

import time
from itertools import pairwise

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest
from django.urls import resolve

from unwound_clinic.core import logins
from unwound_clinic.core.access import staff
from unwound_clinic.models import User

WATCHES = ("session-now", "board-now")
"""Addresses whose screens stay readable while they are locked: the values and alerts of a running infusion."""
PIN_TRIES = 5
PIN_DIGITS = (4, 8)
_SEEN_S = 20
"""A touch is noted at most this often."""


def is_locked(request: HttpRequest, *, polls: bool) -> bool:
    """Whether the screen was not used for the idle time; a page that refreshes itself does not count as use."""
    now, session = time.time(), request.session
    if session.get("locked") or now - session.get("seen", now) > settings.IDLE_LOCK_MINUTES * 60:
        if not session.get("locked"):
            session["locked"] = True
        return True
    if not polls and now - session.get("seen", 0) > _SEEN_S:
        session["seen"] = now
    return False


def watches(path: str) -> bool:
    """Whether an address only brings news to a screen that is being watched."""
    return resolve(path).url_name in WATCHES


def lock(request: HttpRequest) -> None:
    """Locks the screen now."""
    request.session["locked"] = True


def reopen(request: HttpRequest) -> None:
    """Opens the screen again."""
    for name in ("locked", "seen", "wrong_pins"):
        request.session.pop(name, None)


def reopens_by_pin(request: HttpRequest, user: User, typed: str) -> str:
    """Opens the screen with the PIN of the person who is logged in; why not, as a sentence, where it is wrong.

    A PIN signs nothing. Five wrong ones end the session, and are in the log.
    """
    if not user.pin:
        return "No PIN is set for this account: type the password."
    if check_password(typed, user.pin):
        reopen(request)
        return ""
    wrong = request.session.get("wrong_pins", 0) + 1
    request.session["wrong_pins"] = wrong
    if wrong < PIN_TRIES:
        left = PIN_TRIES - wrong
        return f"This is not your PIN. {left} more {'try' if left == 1 else 'tries'}; your password opens it too."
    logins.refused(request, staff(user), "five wrong PINs")
    logout(request)
    return "Five wrong PINs: log in again. What you typed is kept."


def check_pin(pin: str) -> None:
    """ValueError, saying why, for what is no PIN or easily guessed; none at all is allowed."""
    if not pin:
        return
    shortest, longest = PIN_DIGITS
    if not (pin.isascii() and pin.isdecimal() and shortest <= len(pin) <= longest):
        raise ValueError(f"A PIN has {shortest} to {longest} digits.")
    steps = {int(after) - int(before) for before, after in pairwise(pin)}
    if steps in ({0}, {1}, {-1}):
        raise ValueError("This PIN is easily guessed: no digit all the way, and no row such as 1234.")


def set_pin(user: User, pin: str) -> None:
    """A new PIN; an empty one takes it away. ValueError as of `check_pin`."""
    check_pin(pin)
    user.pin = make_password(pin) if pin else ""
    user.save(update_fields=["pin"])
