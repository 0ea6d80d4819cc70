"""Log-ins, wrong passwords, second factors and refusals, as events of the audit log: each at every site of the account.

Nobody is logged in yet who types a wrong password: such an event names the account it concerns, not who did it. What
was typed in place of an e-mail address may be a password, and is kept nowhere.
"""

from __future__ import annotations

from typing import Any

from allauth.account import signals as accounts
from allauth.mfa import signals as mfa
from django.contrib.auth import signals as auth
from django.http import HttpRequest

from unwound_clinic.core import access, passwords
from unwound_clinic.core.access import Actor, Program, Staff
from unwound_clinic.core.action import action, audit_event
from unwound_clinic.core.client_address import client_address
from unwound_clinic.models import AuditEvent, InfusionSession, Patient, Site, User

OF_ACCOUNTS = {
    "login": "logged in",
    "login.failed": "wrong password",
    "login.locked": "locked after five wrong passwords",
    "logout": "logged out",
    "password.refused": "wrong password, to sign or to unlock",
    "password.changed": "password changed",
    "second-factor.added": "second factor added",
    "second-factor.removed": "second factor removed",
    "second-factor.wrong": "wrong code",
}
"""Events that the owner of an account is shown, in words."""
SHOWN = 30


def connect() -> None:
    """Begins to listen; called once, when the application starts."""
    accounts.user_logged_in.connect(_logged_in)
    accounts.password_changed.connect(_password_changed)
    auth.user_logged_out.connect(_logged_out)
    auth.user_login_failed.connect(_refused_password)
    mfa.authentication_failed.connect(_wrong_code)
    mfa.authenticator_added.connect(_factor_added)
    mfa.authenticator_removed.connect(_factor_removed)


def of_account(user: User) -> list[tuple[AuditEvent, str]]:
    """The newest events of an account in words, one for each that happened however many sites it belongs to."""
    site = user.memberships.order_by("site").values_list("site", flat=True).first()
    events = AuditEvent.objects.filter(user_id=user.pk, site_id=site, action__in=OF_ACCOUNTS).order_by("-number")
    return [(event, OF_ACCOUNTS[event.action]) for event in events[:SHOWN]]


def refused(request: HttpRequest, by: Staff, reason: str) -> None:
    """Logs that a page or an act was refused to somebody who is logged in (ASVS 16.3.2)."""
    match, patient = request.resolver_match, None
    number = match.kwargs.get("number", 0) if match else 0
    if match and match.route.startswith("patients/<int:number>"):
        patient = Patient.objects.filter(pk=number).first()
    elif match and match.route.startswith("sessions/<int:number>"):
        session = InfusionSession.objects.filter(pk=number).select_related("patient").first()
        patient = session.patient if session else None
    what, method = (match.url_name if match else "") or "", request.method or ""
    if patient:
        _refusal(by=by, patient=patient, page=what, method=method, reason=reason)
    else:
        _at_each_site("refused", by, by.user, request, page=what, method=method, reason=reason)


@action(None)  # it records that somebody may not
def _refusal(*, by: Staff, patient: Patient, page: str, method: str, reason: str) -> None:
    audit_event(by, "refused", patient=patient, page=page, method=method, reason=reason)


@action(None)  # whoever logs in, or fails to, has no role yet
def _record(*, by: Actor, site: Site | None, what: str, detail: dict[str, object]) -> None:
    audit_event(by, what, patient=None, site=site, **detail)


def _at_each_site(what: str, by: Actor, user: User | None, request: HttpRequest, **detail: object) -> None:
    detail = {"address": client_address(request), **detail}
    sites: list[Site | None] = [*Site.objects.filter(memberships__user=user).distinct()] if user else []
    for site in sites or [None]:
        _record(by=by, site=site, what=what, detail=detail)


def _logged_in(sender: Any, request: HttpRequest, user: User, **_: object) -> None:
    _at_each_site("login", access.staff(user), user, request)


def _logged_out(sender: Any, request: HttpRequest, user: User | None, **_: object) -> None:
    if user is not None:
        _at_each_site("logout", access.staff(user), user, request)


def _password_changed(sender: Any, request: HttpRequest, user: User, **_: object) -> None:
    user.first_password = False
    user.save(update_fields=["first_password"])
    _at_each_site("password.changed", access.staff(user), user, request)


def _refused_password(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_: object
) -> None:
    """A wrong password, and the lock that follows the fifth; what is refused while it holds is not logged again."""
    if request is None or getattr(request, "locked_before", False):
        return
    email = str(credentials.get("username") or credentials.get("email") or "").strip().lower()
    user = User.objects.filter(email=email).first() if email else None
    asked_for = passwords.asked_for(request)
    what = "login.failed" if asked_for == passwords.AskedFor.LOG_IN else "password.refused"
    by = Program(f"unknown, as {user.name}" if user else "unknown, as nobody here", user)
    _at_each_site(what, by, user, request, asked_for=asked_for)
    if getattr(request, "axes_locked_out", False):
        _at_each_site("login.locked", by, user, request, asked_for=asked_for)


def _wrong_code(sender: Any, request: HttpRequest, user: User, **_: object) -> None:
    _at_each_site("second-factor.wrong", Program(f"unknown, as {user.name}", user), user, request)


def _factor_added(sender: Any, request: HttpRequest, user: User, **_: object) -> None:
    _at_each_site("second-factor.added", access.staff(user), user, request)


def _factor_removed(sender: Any, request: HttpRequest, user: User, **_: object) -> None:
    _at_each_site("second-factor.removed", access.staff(user), user, request)
