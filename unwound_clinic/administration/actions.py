"""Accounts, sites, emergency access."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from unwound_clinic.core.access import Program, Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import Membership, Role, Site, User

FIRST = Program("set-up")
"""The actor that makes the first account, before there is any user."""


@action(None)  # no user has a role yet
def found_clinic(*, by: Program, site_name: str, timezone_name: str, email: str, name: str, password: str) -> User:
    """Makes the first site and its administrator; Conflict when there is a clinic already."""
    if User.objects.exists():
        raise Conflict("this clinic has accounts already: its administrator creates further ones")
    site = Site.objects.create(name=site_name, timezone=timezone_name)
    user = User.objects.create_user(email, password, name=name)
    Membership.objects.create(user=user, site=site, role=Role.ADMINISTRATOR)
    audit_event(by, "clinic.found", site=site, name=name)
    return user


@action("manage-people")
def give_role(*, by: Staff, site: Site, email: str, name: str, role: str, password: str | None = None) -> User:
    """Assigns a role at the site to a user; the account is created where there is none."""
    user = User.objects.filter(email=email.lower()).first()
    if user is None:
        user = User.objects.create_user(email, password, name=name)
    if user == by.user:
        raise Conflict("you cannot change your own role")
    if not user.is_active:  # closed when the last role was removed
        user.is_active = True
        user.save(update_fields=["is_active"])
    Membership.objects.update_or_create(user=user, site=site, defaults={"role": role})
    audit_event(by, "people.role", site=site, person=user.name, role=role)
    return user


@action("manage-people")
def take_role(*, by: Staff, site: Site, user: User) -> None:
    """Removes a user's role at the site; an account without any role is closed."""
    if user == by.user:
        raise Conflict("you cannot change your own role")
    removed, _ = Membership.objects.filter(user=user, site=site).delete()
    if not removed:
        raise Conflict(f"{user.name} has no role at {site.name}")
    if not user.memberships.exists():
        user.is_active = False
        user.save(update_fields=["is_active"])
    audit_event(by, "people.role-taken", site=site, person=user.name)


@action("manage-people")
def help_back_in(*, by: Staff, site: Site, user: User, password: str, without_second_factor: bool) -> None:
    """Sets a new first password for a user who lost theirs, and removes the second factor if that is lost too."""
    if user == by.user:
        raise Conflict("change your own password under your account")
    if not user.memberships.filter(site=site).exists():
        raise Conflict(f"{user.name} has no role at {site.name}")
    user.set_password(password)
    user.save(update_fields=["password"])
    if without_second_factor:
        Authenticator.objects.filter(user=user).delete()
    for session in UserSession.objects.filter(user=user):
        session.end()
    audit_event(by, "people.helped-back-in", site=site, person=user.name, second_factor_taken_off=without_second_factor)


@action("manage-site")
def change_site(*, by: Staff, site: Site, **fields: str) -> Site:
    """Changes the name, time zone, letterhead, telephone or jurisdiction of a site."""
    before = {name: getattr(site, name) for name in fields}
    for name, value in fields.items():
        setattr(site, name, value)
    site.full_clean()
    site.save(update_fields=list(fields))
    audit_event(by, "site.change", site=site, before=before, after=fields)
    return site
