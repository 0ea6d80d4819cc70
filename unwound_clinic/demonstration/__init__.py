"""A synthetic clinic: invented patients at every stage, made through the same actions as real ones."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction

import unwound
from unwound.exchange import case_file
from unwound_clinic.administration import actions as administration_actions
from unwound_clinic.core import access
from unwound_clinic.demonstration import steps
from unwound_clinic.demonstration.clock import CLOCK
from unwound_clinic.demonstration.journeys import JOURNEYS, Journey
from unwound_clinic.follow_up.actions import agreement
from unwound_clinic.models import Role, Site, User
from unwound_clinic.record.actions import patients

PASSWORD = "unwound-demo-2026"
ADMINISTRATOR = "admin@demo.example"
STAFF = (
    ("physician@demo.example", "Dr Testcase Physician", Role.PHYSICIAN),
    ("second@demo.example", "Dr Testcase Second", Role.PHYSICIAN),
    ("crna@demo.example", "Testcase Anaesthesia", Role.ANAESTHESIA),
    ("nurse@demo.example", "Testcase Nurse", Role.NURSE),
    ("coordinator@demo.example", "Testcase Coordinator", Role.COORDINATOR),
    ("auditor@demo.example", "Testcase Auditor", Role.AUDITOR),
)
PEOPLE = (Path(__file__).parent / "people", Path(unwound.__file__).parent / "examples")


def is_one() -> bool:
    """Whether this clinic is the demonstration, not a real one."""
    return User.objects.filter(email=ADMINISTRATOR).exists()


def fill() -> list[str]:
    """Makes the clinic, all or nothing, unless it exists; returns the logins, one a line."""
    if not User.objects.exists():
        with transaction.atomic():
            site = _clinic()
            for number, journey in enumerate(JOURNEYS, start=1):
                with CLOCK.back(minutes=journey.minutes_ago):
                    _walk(site, journey, f"D-{number:03d}")
    return [f"{email:28s} {PASSWORD}   {name}" for email, name, _ in STAFF] + [
        f"{ADMINISTRATOR:28s} {PASSWORD}   Testcase Administrator"
    ]


def _clinic() -> Site:
    admin = administration_actions.found_clinic(
        by=administration_actions.FIRST,
        site_name="Demonstration Pain Clinic",
        timezone_name="America/New_York",
        email=ADMINISTRATOR,
        name="Testcase Administrator",
        password=PASSWORD,
    )
    by, site = access.staff(admin), Site.objects.get()
    administration_actions.change_site(
        by=by,
        site=site,
        country="US",
        emergency="911",
        crisis_line="Suicide & Crisis Lifeline 988",
        phone="555-0100",
        letterhead="1 Example Street\nExampletown",
    )
    agreement.say_who_reads(
        by=by,
        site=site,
        read_when="on working days before ten in the morning",
        acts="our nurses; a doctor calls where your mood or your safety needs it",
    )
    for email, name, role in STAFF:
        administration_actions.give_role(by=by, site=site, email=email, name=name, role=role, password=PASSWORD)
    User.objects.update(first_password=False)  # it is printed at the terminal, and stays
    return site


def _walk(site: Site, journey: Journey, number: str) -> None:
    file = next(path for folder in PEOPLE if (path := folder / f"{journey.person}.toml").exists())
    story = case_file.read_case(file.read_bytes(), file.name).patient
    given, _, family = story.name.partition(" ")
    patient = patients.register(
        by=steps.staff(Role.COORDINATOR),
        site=site,
        number=number,
        family_name=family,
        given_name=given,
        birth_date=story.birth_date,
        sex=story.sex or "",
        phone="555-0101",
        team="Dr Testcase Family, 2 Example Street",
    )
    known = steps.to_today(story, steps.today(patient))
    for step in journey.steps:
        step(patient, known)
