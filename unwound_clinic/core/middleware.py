"""Who is let in: logged in, with a second factor, not away for too long; and what a refusal looks like."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.middleware import UserSessionsMiddleware
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent, ValidationError
from django.db import DataError, Error
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template import loader
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from unwound.record import UnwoundError
from unwound_clinic.core import access, clock, locking, log_lines, logins, own_knowledge, trouble
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.client_address import client_address
from unwound_clinic.core.plain_refusals import OF_ACCOUNTS
from unwound_clinic.models import Patient

OPEN = (
    "/healthz",
    "/readyz",
    "/metrics",
    "/static/",
    "/accounts/login",
    "/accounts/2fa/authenticate",
    "/accounts/inactive",
    "/i/",
    "/c/",
    "/d/",
    "/f/",
    "/setup/",
    "/api/readings",
    "/cds-services",
    "/launch",
    "/launch?",
    "/wall/",
    "/favicon.ico",
    "/learn/",
    "/fhir/",
    "/robots.txt",
    "/sitemap.xml",
)
"""Paths that need no account: `/i/`, `/c/` and `/d/` are patients' personal links, `/f/` calendars'; devices and
screens on a wall have a key, hospitals' systems a JWT, systems that read a token at `/fhir`; `/learn/` is for
readers."""
SETTING_UP = ("/accounts/",)
"""Paths that are open to staff before their second factor is set up."""
CLOSED = ("/accounts/signup", "/accounts/password/reset", "/accounts/email", "/accounts/confirm-email")
"""Pages of allauth that this clinic does not have: accounts are made by the administrator."""
NOT_TRACKED_S = 30
"""For how long no browser's use is recorded after the database refused it: the page itself has to wait too."""
POLLED = re.compile(r"/board/|/wall/|/sessions/\d+/")
"""Screens that stand open by themselves: after a fault they come back by themselves."""
EMPTIED = {"Clear-Site-Data": '"cache"'}
"""Sent when a log-in ends (ASVS 14.3.1): the browser throws away every page that it kept, for its «back» too.

Not «storage»: there wait entries of the infusion room and answers of a patient for the network, and would be lost.
What was charted under this log-in is sent or removed by `waiting.js`, which asks first. Not «cookies»: those of other
programs under the same domain would go as well; ours is ended by the server.
"""
FRESH_S = 300
"""For how long a password that was entered is not asked for again."""


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    """No sign-up, and a password that was entered a moment ago is not asked for again."""

    error_messages: ClassVar[dict[str, Any]] = {**DefaultAccountAdapter.error_messages, **OF_ACCOUNTS}

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Whether the password was last entered too long ago."""
        logins = self.request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, ())
        return not (logins and time.time() - logins[-1]["at"] < FRESH_S)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Wrong passwords are counted in `passwords.py`, in the database and for every process together."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address of the client, behind a proxy too."""
        return client_address(request) or "0.0.0.0"

    def clean_password(self, password: str, user: Any = None) -> str:
        """Held to the rules; and not the first password again, which somebody else knows."""
        if user is not None and getattr(user, "first_password", False) and user.check_password(password):
            raise ValidationError("This is the password you were given: choose one that nobody else knows.")
        return str(super().clean_password(password, user))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """On to today's work."""
        return reverse("home")

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False


class SecondFactor(DefaultMFAAdapter):  # type: ignore[misc]
    """What is said of a code, in the words of the house."""

    error_messages: ClassVar[dict[str, Any]] = {**DefaultMFAAdapter.error_messages, **OF_ACCOUNTS}


class LastSeen(UserSessionsMiddleware):  # type: ignore[misc]
    """Records when each of a user's browsers was last used; a screen that only polls for news does not count."""

    _not_before = 0.0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The page; the time is recorded unless the screen only polls, and no page fails because it cannot be."""
        if request.path.startswith(OPEN) or polls(request):
            return self.get_response(request)  # type: ignore[no-any-return]
        if time.monotonic() > LastSeen._not_before:
            try:
                if request.session.session_key and request.user.is_authenticated:
                    UserSession.objects.create_from_request(request)
            except Error:
                LastSeen._not_before = time.monotonic() + NOT_TRACKED_S
        return self.get_response(request)  # type: ignore[no-any-return]


def polls(request: HttpRequest) -> bool:
    """Whether the request was sent by a page that refreshes itself."""
    return request.headers.get("X-Unwound-Poll") == "1"


class AccessGate:
    """Checks every request before its page: account, idle lock, second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The page, or where to go first. One step after another; the first that fails decides."""
        path = request.path
        if path.startswith(CLOSED):
            return refusal_page(request, 404, "Page not found.", "")
        if path.startswith(OPEN):
            return self.get_response(request)
        if not request.user.is_authenticated:
            return _emptied(request, send_to(request, f"{reverse('account_login')}?next={path}"))
        request.actor = access.staff(request.user)  # type: ignore[attr-defined]
        locked = locking.is_locked(request, polls=polls(request))
        if locked and path not in (reverse("unlock"), reverse("account_logout")) and not locking.watches(path):
            return send_to(request, f"{reverse('unlock')}?next={path}")
        if request.user.first_password and not path.startswith(SETTING_UP):
            return send_to(request, reverse("account_change_password"))
        if needs_second_factor(request) and not path.startswith(SETTING_UP):
            return redirect("mfa_activate_totp")
        response = _emptied(request, self.get_response(request))
        if locked:
            response["X-Unwound-Locked"] = "1"
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        if polls(request):
            response["X-Unwound-Clock"] = clock.notice()
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A page for errors that the user can understand and correct; the others go to the server's log."""
        if isinstance(error, access.Refused):
            if hasattr(request, "actor") and not polls(request):  # a screen asks again every two seconds
                logins.refused(request, request.actor, str(error))
            return refusal_page(request, 403, "You do not have access.", str(error))
        if isinstance(error, Conflict | UnwoundError):
            return refusal_page(request, 409, "Could not save", str(error))
        if isinstance(error, ValidationError):
            return refusal_page(request, 409, "Could not save", "; ".join(error.messages))
        if isinstance(error, ValueError | DataError) and "NUL" in str(error):  # as PostgreSQL refuses it
            return refusal_page(request, 409, "Could not save", "The text holds a character that cannot be kept (NUL).")
        known = trouble.of(error)
        if known is not None:
            log_lines.say(f"{request.method} {known.id}: {type(error).__name__}")
            return trouble.page(request, known)
        return None


def _emptied(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The answer; where the browser still shows a log-in that is over, with what it is to throw away."""
    if settings.SESSION_COOKIE_NAME in request.COOKIES and not request.user.is_authenticated:
        for name, what in EMPTIED.items():
            response[name] = what
    return response


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """An address without a page."""
    return refusal_page(request, 404, "Page not found.", "This address does not exist, or no longer exists.")


def unread(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A request that was not read at all: too large, too many fields, or put together by a program.

    Nothing of it is looked at again, not even for a way back: that would fail in the same way.
    """
    large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    reason = (
        "It holds more than the clinic takes at once. Go back, shorten the text, or bring it as a file."
        if large
        else "The request was not in a form that a browser sends."
    )
    context = {"title": "This could not be read", "reason": reason}
    text = loader.get_template("refused.html").render(context)
    return HttpResponse(text, status=413 if large else 400)


def failed(request: HttpRequest) -> HttpResponse:
    """An error of the program. Rendered without context: whatever failed may fail again in it.

    A database that cannot be used ends here too, where it was met before any page: it is named.
    """
    known = trouble.of(sys.exc_info()[1])
    if known is not None:
        return trouble.page(request, known)
    again = request.path if request.method == "GET" and POLLED.fullmatch(request.path) else ""
    context = {"again": again, "number": log_lines.number_of(request)}
    return HttpResponse(loader.get_template("failed.html").render(context), status=500)


def form_too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without a valid token: the page is too old, a user logged in since, or it came from another site."""
    if hasattr(request, "actor"):
        logins.refused(request, request.actor, "the form had no valid token")
    reason = "This page was opened before a user logged in or out in this browser, or it came from another site."
    advice = "Open the page again and send it from there."
    return refusal_page(request, 403, "This form can no longer be sent.", f"{reason} {advice}")


def send_to(request: HttpRequest, target: str) -> HttpResponse:
    """Redirects to the target; a screen that polls is asked to reload its page, which is then redirected.

    What waits in a browser is told that nobody is logged in, and goes on waiting.
    """
    if polls(request):
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    if "X-Unwound-Waited" in request.headers:
        return HttpResponse(status=401)
    return redirect(target)


def refusal_page(request: HttpRequest, status: int, title: str, reason: str) -> HttpResponse:
    """The page of a refusal: the reason, that nothing was changed, and where to go on."""
    form_of = request.POST.get("draft", "").partition("#")[0] if status in (400, 409) else ""
    referrer = form_of or (request.headers.get("Referer", "") if status in (400, 409) else "")
    back = referrer if url_has_allowed_host_and_scheme(referrer, allowed_hosts={request.get_host()}) else ""
    emergency = emergency_access(request) if status == 403 else ""
    context = {"title": title, "reason": reason, "emergency": emergency, "back": back, "kept": bool(form_of)}
    return render(request, "refused.html", context, status=status)


def emergency_access(request: HttpRequest) -> str:
    """The address of emergency access to another site's patient; empty where the user has no right to it."""
    actor, match = getattr(request, "actor", None), request.resolver_match
    number = match.kwargs.get("number") if match and match.route.startswith("patients/<int:number>/") else None
    if number is None or request.method != "GET" or not actor or not actor.sites_where("break-glass"):
        return ""
    patient = Patient.objects.filter(pk=number).exclude(site__in=actor.sites).first()
    return reverse("break-glass", args=[number]) if patient else ""


def needs_second_factor(request: HttpRequest) -> bool:
    """Whether the user must set up a second factor first."""
    if not settings.MFA_REQUIRED or request.session.get("second_factor"):
        return False
    if Authenticator.objects.filter(user=request.user, type=Authenticator.Type.TOTP).exists():
        request.session["second_factor"] = True
        return False
    return True


def _answers_for_knowledge(actor: access.Staff) -> bool:
    """Whether faults of the clinic's own knowledge concern somebody: administrators and physicians."""
    return bool(actor.sites_where("manage-site") or actor.sites_where("sign-knowledge"))


def header(request: HttpRequest) -> dict[str, Any]:
    """What the header of every page needs to know of the user."""
    actor = getattr(request, "actor", None)
    return {
        "actor": actor,
        "mfa_off": not settings.MFA_REQUIRED and not request.path.startswith(("/i/", "/c/", "/d/")),
        "demo": settings.DEMO,
        "lock_minutes": settings.IDLE_LOCK_MINUTES,
        "clock": clock.notice(),
        **own_knowledge.notices(request.path, bool(actor and _answers_for_knowledge(actor))),
        "section": request.path.split("/")[1] or "home",
        "cares": bool(actor and actor.sites_where("see-patients")),
        "schedules": bool(actor and actor.sites_where("schedule-session")),
        "manages": bool(actor and actor.sites_where("manage-people")),
        "sees_own": bool(actor and actor.sites_where("see-knowledge")),
        "audits": bool(actor and actor.sites_where("read-audit")),
    }
