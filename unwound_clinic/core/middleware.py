"""Who comes in: logged in, with a second factor, not away for long; and what a refusal looks like."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.usersessions.middleware import UserSessionsMiddleware
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template import loader
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from unwound.record import UnwoundError
from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import Patient

OPEN = (
    "/healthz",
    "/static/",
    "/accounts/login",
    "/accounts/2fa/authenticate",
    "/accounts/inactive",
    "/i/",
    "/c/",
    "/setup/",
    "/api/readings",
    "/favicon.ico",
)
"""Paths without an account; `/i/` and `/c/` are a patient's own links, devices post with a key."""
SETTING_UP = ("/accounts/",)
"""Paths somebody may reach before the second factor is set up."""
CLOSED = ("/accounts/signup", "/accounts/password/reset", "/accounts/email", "/accounts/confirm-email")
"""Allauth's pages that this clinic does not have: accounts are made by the administrator."""


FRESH_S = 300


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody makes an account for themselves, and a password given a moment ago is not asked for again."""

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Unless the password was given within the last minutes."""
        given = self.request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, ())
        return not (given and time.time() - given[-1]["at"] < FRESH_S)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False


class LastSeen(UserSessionsMiddleware):  # type: ignore[misc]
    """When each browser of a person was last used; a screen that asks for news by itself writes nothing for that."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Written, unless nobody touched the screen."""
        answer: HttpResponse = self.get_response(request) if polls(request) else super().__call__(request)
        return answer


def polls(request: HttpRequest) -> bool:
    """Whether a page asks for news by itself."""
    return request.headers.get("X-Unwound-Poll") == "1"


class AccessGate:
    """Stands before every page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The page, or where to go instead."""
        path = request.path
        if path.startswith(CLOSED):
            return said(request, 404, "There is no such page.", "")
        if path.startswith(OPEN):
            return self.get_response(request)
        if not request.user.is_authenticated:
            return elsewhere(request, f"{reverse('account_login')}?next={path}")
        request.actor = access.of(request.user)  # type: ignore[attr-defined]
        if away_too_long(request) and path not in (reverse("unlock"), reverse("account_logout")):
            return elsewhere(request, f"{reverse('unlock')}?next={path}")
        if needs_second_factor(request) and not path.startswith(SETTING_UP):
            return redirect("mfa_activate_totp")
        response = self.get_response(request)
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """What a person can understand and mend is said on a page; the rest is the server's to log."""
        if isinstance(error, access.Refused):
            return said(request, 403, "This is not open to you.", str(error))
        if isinstance(error, Conflict | UnwoundError):
            return said(request, 409, "That did not fit.", str(error))
        if isinstance(error, ValidationError):
            return said(request, 409, "That did not fit.", "; ".join(error.messages))
        return None


def unreachable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A page that is not there."""
    return said(request, 404, "There is no such page.", "The address is not one of this clinic, or no longer is.")


def failed(request: HttpRequest) -> HttpResponse:
    """A fault of the program. No template context here: whatever failed may fail again in it."""
    return HttpResponse(loader.get_template("failed.html").render(), status=500)


def form_too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without a valid token: the page is too old, somebody logged in since, or it came from elsewhere."""
    why = "This page was opened before somebody logged in or out in this browser, or it came from another site."
    return said(request, 403, "This form can no longer be sent.", f"{why} Open the page again and send it from there.")


def elsewhere(request: HttpRequest, target: str) -> HttpResponse:
    """There instead; a screen that asks for news by itself is told to load its page anew, and is sent there then."""
    if polls(request):
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    return redirect(target)


def said(request: HttpRequest, status: int, title: str, reason: str) -> HttpResponse:
    """A refusal in words, and what became of the data."""
    came_from = request.headers.get("Referer", "") if status == 409 else ""
    back = came_from if url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()}) else ""
    help = emergency(request) if status == 403 else ""
    shown = {"title": title, "reason": reason, "emergency": help, "back": back}
    return render(request, "refused.html", shown, status=status)


def emergency(request: HttpRequest) -> str:
    """Where to open the record of another site's patient in an emergency; nothing where that is not theirs to do."""
    actor, match = getattr(request, "actor", None), request.resolver_match
    number = match.kwargs.get("number") if match and match.route.startswith("patients/<int:number>/") else None
    if number is None or request.method != "GET" or not actor or not actor.sites_where("break-glass"):
        return ""
    patient = Patient.objects.filter(pk=number).exclude(site__in=actor.sites).first()
    return reverse("break-glass", args=[number]) if patient else ""


def away_too_long(request: HttpRequest) -> bool:
    """Whether nobody touched this screen for the idle time; a page that refreshes itself does not count as touch."""
    now, session = time.time(), request.session
    seen = session.get("seen", now)
    if session.get("locked") or now - seen > settings.IDLE_LOCK_MINUTES * 60:
        if not session.get("locked"):
            session["locked"] = True
        return True
    if not polls(request) and now - session.get("seen", 0) > 20:
        session["seen"] = now
    return False


def needs_second_factor(request: HttpRequest) -> bool:
    """Whether staff must set up a second factor first."""
    if not settings.MFA_REQUIRED or request.session.get("second_factor"):
        return False
    if Authenticator.objects.filter(user=request.user, type=Authenticator.Type.TOTP).exists():
        request.session["second_factor"] = True
        return False
    return True


def header(request: HttpRequest) -> dict[str, Any]:
    """What the header of every page shows."""
    actor = getattr(request, "actor", None)
    return {
        "actor": actor,
        "mfa_off": not settings.MFA_REQUIRED and not request.path.startswith(("/i/", "/c/")),
        "demo": settings.DEMO,
        "section": request.path.split("/")[1] or "home",
        "cares": bool(actor and actor.sites_where("see-patients")),
        "schedules": bool(actor and actor.sites_where("schedule-session")),
        "manages": bool(actor and actor.sites_where("manage-people")),
        "audits": bool(actor and actor.sites_where("read-audit")),
    }
