"""A small clinic: two sites, one person of every role at the first, one physician at the second."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.test import Client
from kept_rows import kept

from unwound_clinic.administration import actions as administration_actions
from unwound_clinic.core import access
from unwound_clinic.core.access import Actor
from unwound_clinic.models import Membership, Patient, Role, Site, User
from unwound_clinic.record.actions import patients

PASSWORD = "correct horse battery"
REACHED = {"phone": "555-0100", "emergency": "112", "crisis_line": "Example Line 116 123"}
"""Whom the patients of a site can call."""


@dataclass(kw_only=True)
class House:
    """The clinic of a test."""

    site: Site
    other_site: Site
    patient: Patient
    others_patient: Patient
    users: dict[str, User] = field(default_factory=dict)

    def by(self, role: str) -> Actor:
        return access.staff(self.users[role])

    def client(self, role: str) -> Client:
        """A browser in which that person is logged in."""
        client = Client()
        client.force_login(self.users[role], backend="django.contrib.auth.backends.ModelBackend")
        return client


def build() -> House:
    """The clinic, through the same actions as a real one (in each process once)."""
    kept("small clinic", _build)
    users = {user.email.partition("@")[0]: user for user in User.objects.all()}
    site, other_site = Site.objects.order_by("pk")
    patients_of = {patient.site_id: patient for patient in Patient.objects.all()}
    return House(
        site=site,
        other_site=other_site,
        patient=patients_of[site.pk],
        others_patient=patients_of[other_site.pk],
        users=users,
    )


def _build() -> None:
    admin = administration_actions.found_clinic(
        by=administration_actions.FIRST,
        site_name="First Site",
        timezone_name="Europe/Vienna",
        email="administrator@example.test",
        name="Test Administrator",
        password=PASSWORD,
        **REACHED,
    )
    site = Site.objects.get()
    other = Site.objects.create(name="Other Site", timezone="America/New_York", **REACHED)
    by, nurse = access.staff(admin), None
    for role in Role.values:
        if role != Role.ADMINISTRATOR:
            user = administration_actions.give_role(
                by=by,
                site=site,
                email=f"{role}@example.test",
                name=f"Test {role.title()}",
                role=role,
                password=PASSWORD,
            )
            nurse = user if role == Role.NURSE else nurse
    administration_actions.give_role(
        by=by,
        site=site,
        email="second@example.test",
        name="Test Second",
        role=Role.PHYSICIAN,
        password=PASSWORD,
    )
    User.objects.update(first_password=False)  # each has logged in and chosen their own
    stranger = User.objects.create_user("stranger@example.test", PASSWORD, name="Test Stranger")
    Membership.objects.create(user=stranger, site=other, role=Role.PHYSICIAN)
    assert nurse is not None
    register(access.staff(nurse), site, "Testcase", "One")
    register(access.staff(stranger), other, "Elsewhere", "Two")


def register(by: Actor, site: Site, family: str, given: str) -> Patient:
    return patients.register(
        by=by, site=site, family_name=family, given_name=given, birth_date=date(1980, 5, 5), sex="female"
    )
