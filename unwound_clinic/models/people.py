"""Sites, accounts and roles."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models

from unwound import telephones


class Role(models.TextChoices):
    """What a member of staff is at a site."""

    PHYSICIAN = "physician", "physician"
    ANAESTHESIA = "anaesthesia-provider", "anaesthesia provider"
    NURSE = "nurse", "nurse"
    COORDINATOR = "coordinator", "coordinator"
    ADMINISTRATOR = "administrator", "administrator"
    AUDITOR = "auditor", "auditor"


ANAESTHESIA_TITLES = {"US": "anesthesia provider (CRNA)", "UK": "anaesthetist"}
"""Jurisdiction of a site -> what its anaesthesia providers are called there."""


def role_title(role: str, jurisdiction: str) -> str:
    """What a role is called in a jurisdiction."""
    title = Role(role).label
    return ANAESTHESIA_TITLES.get(jurisdiction, title) if role == Role.ANAESTHESIA else title


JURISDICTIONS = {"US": "US", "GB": "UK"}
"""ISO code of a country -> the jurisdiction whose guidelines and dates hold there, where the library knows it."""


@cache
def zone_names() -> frozenset[str]:
    """Every time zone that can be chosen."""
    return frozenset(name for name in available_timezones() if name not in NO_PLACE)


NO_PLACE = frozenset({"localtime", "Factory", "posixrules"})
"""Zones that mean something else on every machine, or nothing."""


def check_zone(name: str) -> None:
    """ValidationError unless it is the name of a time zone."""
    if name not in zone_names():
        raise ValidationError(f"«{name[:60]}» is not a time zone: choose one of the list, as «Europe/Berlin».")


def check_number(text: str) -> None:
    """ValidationError for a text with no number that a telephone could call."""
    if text and not telephones.numbers_in(text):
        raise ValidationError(f"«{text[:60]}» has no telephone number in it.")


class Site(models.Model):
    """One place of care; no site sees another's patients."""

    name = models.CharField(max_length=120, unique=True)
    timezone = models.CharField("time zone", max_length=60, default="UTC", validators=[check_zone])
    letterhead = models.TextField(blank=True)
    phone = models.CharField("telephone", max_length=60, blank=True, validators=[check_number])
    country = models.CharField(max_length=2, blank=True)
    """Its ISO code; empty where the country is not one of the library's list."""
    emergency = models.CharField("emergency number", max_length=60, blank=True, validators=[check_number])
    crisis_line = models.CharField(max_length=120, blank=True, validators=[check_number])
    """A line for people in a crisis as patients read it, with its number: «Samaritans 116 123»."""
    keep_years = models.PositiveSmallIntegerField(
        "years a record is kept after the last contact", null=True, blank=True
    )
    """As the law of the place asks; empty: nothing is ever due."""
    keep_until_age = models.PositiveSmallIntegerField(
        "age until which a record is kept in any case", null=True, blank=True
    )
    """For who was a minor; empty where the law names none."""
    jurisdiction = models.CharField(
        max_length=2, choices=[("US", "United States"), ("UK", "United Kingdom")], blank=True
    )

    def __str__(self) -> str:
        return self.name

    chairs = models.PositiveSmallIntegerField("infusions at one time", null=True, blank=True)
    """How many beds and chairs there are; None where nobody has said."""
    open_on = models.CharField(max_length=7, blank=True, default="")
    """The weekdays on which there are infusions, «01234» for Monday to Friday; empty where nobody has said."""
    closed_days = models.JSONField(default=list, blank=True)
    """Days on which it is closed, as public holidays: each [«2026-12-25», «Christmas»], in order."""
    safety_owner = models.ForeignKey("User", models.PROTECT, null=True, blank=True, related_name="+")
    """Who answers near misses and rates the hazards here; None where nobody was named."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the site; UTC where what is stored is none, so that no page fails for it."""
        try:
            return ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):  # not found, not a name, or a folder
            return ZoneInfo("UTC")


class Users(BaseUserManager["User"]):
    """Creates accounts."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new account; without a password it cannot be used to log in."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A member of staff. What they may do follows from their role at a site, see `access.py`."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    first_password = models.BooleanField(default=False)
    """Whether somebody else chose the password: it is changed before anything else is done."""
    pin = models.CharField(max_length=128, blank=True)
    """The hash of a short PIN that only opens this person's locked screen again; empty where none is set."""
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = Users()

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        """The name that is shown."""
        return self.name

    get_short_name = get_full_name


class Membership(models.Model):
    """One role of one person at one site."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    site = models.ForeignKey(Site, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=30, choices=Role.choices)

    class Meta:
        """Several roles a site, each once."""

        constraints = (models.UniqueConstraint(fields=["user", "site", "role"], name="each_role_once_a_site"),)
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.user}, {self.title} at {self.site}"

    @property
    def title(self) -> str:
        """What the role is called at its site."""
        return role_title(self.role, self.site.jurisdiction)


class Sent(models.Model):
    """A form that was sent and written, so that a second tap is answered as the first; kept for days only."""

    key = models.CharField(max_length=64)
    write = models.PositiveSmallIntegerField()
    location = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        """Each write of a form once."""

        constraints = (models.UniqueConstraint(fields=["key", "write"], name="each_write_of_a_form_once"),)


class Draft(models.Model):
    """What somebody typed into a form and did not save yet; theirs alone, and no part of the record."""

    user = models.ForeignKey(User, models.CASCADE, related_name="drafts")
    key = models.CharField(max_length=300)
    fields = models.JSONField()
    at = models.DateTimeField(db_index=True)
    until = models.DateTimeField(null=True, db_index=True)
    """When it is forgotten; None: not before what it is the draft of is finished, or its writer discards it."""

    class Meta:
        """One of each form and person."""

        constraints = (models.UniqueConstraint(fields=["user", "key"], name="one_draft_of_a_form"),)


class SetUp(models.Model):
    """A step of setting up the clinic that was done once: a test mail that was taken, or what a person says is done."""

    step = models.CharField(max_length=20)
    note = models.CharField(max_length=300)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.step}: {self.note}"


class Notice(models.Model):
    """What somebody else changed about an account, for its owner."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notices")
    at = models.DateTimeField()
    text = models.CharField(max_length=400)

    def __str__(self) -> str:
        return self.text
