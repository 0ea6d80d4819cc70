"""Accounts, sites, emergency access."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.core import mail
from django.utils import timezone

from unwound_clinic.administration import checklist, places, resets, safety_actions
from unwound_clinic.core import locking, notices, passwords
from unwound_clinic.core.access import Confirmed, Program, Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import Membership, Patient, Role, SetUp, Site, User, role_title

FIRST = Program("set-up")
"""The actor that makes the first account, before there is any user."""


@action(None)  # no user has a role yet
def found_clinic(
    *,
    by: Program,
    site_name: str,
    timezone_name: str,
    email: str,
    name: str,
    password: str,
    also: str = "",
    **place: str,
) -> User:
    """Makes the first site and its administrator; Conflict when there is a clinic already.

    `also` is a role in care that the administrator has besides; `place` are further fields of the site.
    """
    if User.objects.exists():
        raise Conflict("this clinic has accounts already: its administrator creates further ones")
    site = _new_site({"name": site_name, "timezone": timezone_name, **place})
    user = User.objects.create_user(email, password, name=name)
    for role in dict.fromkeys((Role.ADMINISTRATOR, *([Role(also)] if also else []))):
        Membership.objects.create(user=user, site=site, role=role)
    audit_event(by, "clinic.found", site=site, name=name, also=also)
    return user


@action("manage-site")
def add_site(*, by: Staff, site: Site, **place: str) -> Site:
    """Another site, by an administrator of one, who administers it as well. ValidationError for what does not fit."""
    added = _new_site(place)
    Membership.objects.create(user=by.user, site=added, role=Role.ADMINISTRATOR)
    audit_event(by, "site.add", site=added, beside=site.name, place=dict(place))
    return added


def _new_site(place: Mapping[str, str]) -> Site:
    """A site with these fields, checked."""
    site = Site(**places.with_jurisdiction(place))
    site.full_clean()
    site.save()
    return site


@action("manage-people")
def give_role(
    *,
    by: Staff,
    site: Site,
    email: str,
    name: str,
    role: str,
    password: str | None = None,
) -> User:
    """Gives a user a role at the site, beside those they have there; the account is created where there is none.

    Conflict where they have this role already.
    """
    user = User.objects.filter(email=email.lower()).first()
    if user is not None and user == by.user:
        raise Conflict("you cannot change your own role")
    is_new = user is None
    if user is None:
        user = _new_account(email, name, password)
    elif password:
        raise Conflict(f"{user.name} has an account already, and its password stays: leave the password empty")
    before = list(user.memberships.filter(site=site).values_list("role", flat=True))
    if role in before:
        raise Conflict(f"{user.name} is {role_title(role, site.jurisdiction)} at {site.name} already")
    if not user.is_active:  # closed when the last role was removed
        user.is_active = True
        user.save(update_fields=["is_active"])
    Membership.objects.create(user=user, site=site, role=role)
    audit_event(by, "people.role", site=site, person=user.name, role=role, before=", ".join(before) or "none")
    if not is_new:
        notices.tell(user, f"{by.name} gave you the role of {role_title(role, site.jurisdiction)} at {site.name}.")
    return user


def _new_account(email: str, name: str, password: str | None) -> User:
    """An account with a first password that is held to the rules, or with none; ValidationError names the rule."""
    user = User(email=email.lower(), name=name)
    if password:
        validate_password(password, user)
    return User.objects.create_user(email, password, name=name, first_password=bool(password))


@action("manage-people")
def take_role(*, by: Staff, site: Site, user: User, role: str = "") -> None:
    """Removes one role of a user at the site, or all of them; an account without any role is closed."""
    if user == by.user:
        raise Conflict("you cannot change your own role")
    taken = user.memberships.filter(site=site, **({"role": role} if role else {}))
    before = list(taken.values_list("role", flat=True))
    if not before:
        raise Conflict(f"{user.name} has no{' such' if role else ''} role at {site.name}")
    taken.delete()
    if not user.memberships.exists():
        user.is_active = False
        user.save(update_fields=["is_active"])
    audit_event(by, "people.role-taken", site=site, person=user.name, role=", ".join(before))
    safety_actions.left(by=by, site=site, user=user)
    titles = " and ".join(role_title(each, site.jurisdiction) for each in before)
    notices.tell(user, f"{by.name} removed your role of {titles} at {site.name}.")


@action("manage-people")
def help_back_in(
    *,
    by: Staff,
    site: Site,
    user: User,
    password: str,
    without_second_factor: bool,
    proof: str = "",
    second: Confirmed | None = None,
) -> None:
    """Sets a new first password for a user who lost theirs, and removes the second factor if that is lost too.

    An account opens every site where its owner has a role: whoever resets it administers them all, or does it together
    with a second administrator, and both of them together do.
    """
    if user == by.user:
        raise Conflict("change your own password under your account")
    if not user.memberships.filter(site=site).exists():
        raise Conflict(f"{user.name} has no role at {site.name}")
    resets.check_together(by, user, second)
    if without_second_factor and not proof:
        raise Conflict("say how you confirmed their identity before the second factor is removed")
    validate_password(password, user)
    user.set_password(password)
    user.first_password = True
    user.save(update_fields=["password", "first_password"])
    if without_second_factor:
        Authenticator.objects.filter(user=user).delete()
    for session in UserSession.objects.filter(user=user):
        session.end()
    passwords.forget_wrong_ones(user)
    together = f" together with {second.user.name}" if second else ""
    for concerned in Site.objects.filter(memberships__user=user).distinct():
        audit_event(
            by, "people.helped-back-in", site=concerned, person=user.name, account=user.pk,
            second_factor_taken_off=without_second_factor, together_with=second.user.name if second else "nobody",
            known_by=proof or "not asked",
        )  # fmt: skip
    removed = " and removed your second factor" if without_second_factor else ""
    notices.tell(user, f"{by.name}{together} set a new first password for your account{removed}.")


@action("manage-site")
def change_site(*, by: Staff, site: Site, **fields: Any) -> Site:
    """Changes the name, country, time zone, letterhead, numbers to call or times of keeping of a site."""
    fields = places.with_jurisdiction(fields)
    before = {name: getattr(site, name) for name in fields}
    for name, value in fields.items():
        setattr(site, name, value)
    site.full_clean()
    site.save(update_fields=list(fields))
    audit_event(by, "site.change", site=site, before=before, after=fields)
    return site


@action("manage-site")
def change_opening(*, by: Staff, site: Site, chairs: int | None, open_on: str, closed_days: list[list[str]]) -> Site:
    """On which days a site gives infusions, and how many at one time; what is scheduled already stays."""
    fields = {"chairs": chairs, "open_on": open_on, "closed_days": closed_days}
    before = {name: getattr(site, name) for name in fields}
    for name, value in fields.items():
        setattr(site, name, value)
    site.full_clean()
    site.save(update_fields=list(fields))
    audit_event(by, "site.opening", site=site, before=before, after=fields)
    return site


@action("read-audit", again=True)
def answer_who_saw(*, by: Staff, patient: Patient, names: bool) -> None:
    """Logs that a patient's «who saw my record» was put together, and whether names stand in it."""
    audit_event(by, "audit.who-saw", patient=patient, names="with names" if names else "roles only")


@action(None)  # one's own account
def set_pin(*, by: Staff, pin: str) -> None:
    """The PIN that opens the person's own locked screen again; an empty one removes it."""
    locking.set_pin(by.user, pin)
    audit_event(by, "account.pin", pin="set" if pin else "removed")


@action("manage-site")
def send_test_mail(*, by: Staff, site: Site) -> str:
    """Sends a mail to who asks for it: what the server answered where it was not taken, else nothing."""
    answer = ""
    try:
        mail.send_mail("Test mail of Unwound", f"Mail of {site.name} arrives.\n", None, [by.user.email])
    except (OSError, smtplib.SMTPException) as refused:
        answer = " ".join(str(refused).split())[:200] or type(refused).__name__
    else:
        SetUp.objects.create(step="mail", note=checklist.mail_server(), at=timezone.now(), by=by.user)
    audit_event(by, "set-up.mail", site=site, answer=answer or "taken")
    return answer


@action("manage-site")
def tick(*, by: Staff, site: Site, step: str, note: str) -> None:
    """Notes that a step of the checklist is done, and how; Conflict without a word on how."""
    if not note.strip():
        raise Conflict("say how and where it is done")
    SetUp.objects.create(step=step, note=note.strip()[:300], at=timezone.now(), by=by.user)
    audit_event(by, "set-up.done", site=site, step=step, note=note.strip())
