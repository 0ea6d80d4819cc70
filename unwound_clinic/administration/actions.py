"""Accounts, sites, emergency access."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password

from unwound_clinic.administration import resets
from unwound_clinic.core import locking, notices, passwords
from unwound_clinic.core.access import Confirmed, Program, Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import Membership, Role, Site, User, role_title

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
def give_role(
    *,
    by: Staff,
    site: Site,
    email: str,
    name: str,
    role: str,
    password: str | None = None,
    instead_of: str | None = None,
) -> User:
    """Assigns a role at the site to a user; the account is created where there is none.

    Conflict where the user has another role there, unless that one is named by `instead_of`.
    """
    user = User.objects.filter(email=email.lower()).first()
    if user is not None and user == by.user:
        raise Conflict("you cannot change your own role")
    is_new = user is None
    if user is None:
        user = _new_account(email, name, password)
    elif password:
        raise Conflict(f"{user.name} has an account already, and its password stays: leave the password empty")
    before = user.memberships.filter(site=site).values_list("role", flat=True).first()
    if before not in (None, role, instead_of):
        raise Conflict(
            f"{user.name} is {role_title(before, site.jurisdiction)} at {site.name} and would lose that role: "
            "say that it is to be replaced"
        )
    if not user.is_active:  # closed when the last role was removed
        user.is_active = True
        user.save(update_fields=["is_active"])
    Membership.objects.update_or_create(user=user, site=site, defaults={"role": role})
    audit_event(by, "people.role", site=site, person=user.name, role=role, before=before or "none")
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
def take_role(*, by: Staff, site: Site, user: User) -> None:
    """Removes a user's role at the site; an account without any role is closed."""
    if user == by.user:
        raise Conflict("you cannot change your own role")
    before = user.memberships.filter(site=site).values_list("role", flat=True).first()
    if before is None:
        raise Conflict(f"{user.name} has no role at {site.name}")
    user.memberships.filter(site=site).delete()
    if not user.memberships.exists():
        user.is_active = False
        user.save(update_fields=["is_active"])
    audit_event(by, "people.role-taken", site=site, person=user.name, role=before)
    notices.tell(user, f"{by.name} removed your role of {role_title(before, site.jurisdiction)} at {site.name}.")


@action("manage-people")
def help_back_in(
    *,
    by: Staff,
    site: Site,
    user: User,
    password: str,
    without_second_factor: bool,
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
        )  # fmt: skip
    removed = " and removed your second factor" if without_second_factor else ""
    notices.tell(user, f"{by.name}{together} set a new first password for your account{removed}.")


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


@action(None)  # one's own account
def set_pin(*, by: Staff, pin: str) -> None:
    """The PIN that opens the person's own locked screen again; an empty one removes it."""
    locking.set_pin(by.user, pin)
    audit_event(by, "account.pin", pin="set" if pin else "removed")
