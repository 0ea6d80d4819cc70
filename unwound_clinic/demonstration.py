"""A synthetic clinic: invented people at every stage, made through the same actions as real ones."""

from __future__ import annotations

from unwound_clinic import access
from unwound_clinic.actions import people
from unwound_clinic.models import Role, Site, User

PASSWORD = "unwound-demo-2026"
STAFF = (
    ("physician@demo.example", "Dr Testcase Physician", Role.PHYSICIAN),
    ("second@demo.example", "Dr Testcase Second", Role.PHYSICIAN),
    ("crna@demo.example", "Testcase Anaesthesia", Role.ANAESTHESIA),
    ("nurse@demo.example", "Testcase Nurse", Role.NURSE),
    ("coordinator@demo.example", "Testcase Coordinator", Role.COORDINATOR),
    ("auditor@demo.example", "Testcase Auditor", Role.AUDITOR),
)


def fill() -> list[str]:
    """Makes the clinic unless it is there; the logins, a line each."""
    if not User.objects.exists():
        admin = people.found_clinic(
            by=people.FIRST,
            site_name="Demonstration Pain Clinic",
            timezone_name="America/New_York",
            email="admin@demo.example",
            name="Testcase Administrator",
            password=PASSWORD,
        )
        by = access.of(admin)
        site = Site.objects.get()
        people.change_site(by=by, site=site, jurisdiction="US", phone="555-0100", letterhead="1 Example Street")
        for email, name, role in STAFF:
            people.give_role(by=by, site=site, email=email, name=name, role=role, password=PASSWORD)
    return [f"{email:28s} {PASSWORD}   {name}" for email, name, _ in STAFF] + [
        f"{'admin@demo.example':28s} {PASSWORD}   Testcase Administrator"
    ]
