"""Makes a clinic in which something of every kind was done, in a process of its own: patients, an infusion, letters.

With «more» it registers one more patient instead, in a clinic that is there.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import django

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "library")]

RAW = b"MSH|^~\\&|\xff\x00\r"
"""No text at all: what a monitor sent is kept as bytes."""


def main(patients: int) -> None:
    from django.conf import settings
    from entered_patients import enter
    from in_session import infusing
    from known_patients import CANDIDATE, known
    from small_clinic import build

    from unwound_clinic.models import Consent, Draft, Letter, Message
    from unwound_clinic.operations import tables

    tables.bring_up_to_date()
    house = build()
    known(house, CANDIDATE)
    session = infusing(house)
    Message.objects.create(
        site=house.site, sender="Gateway", control_id="1", raw=RAW, digest=hashlib.sha256(RAW).hexdigest(),
        received_at=session.scheduled_at, answer="AA", session=session,
    )  # fmt: skip
    Letter.objects.create(
        patient=house.patient, kind="summary", addressee="Test Team", content={"title": "A letter – «ümlaut»"},
        pdf=b"%PDF-1.7\x00\xff", written_by=house.users["physician"], written_at=session.scheduled_at,
    )  # fmt: skip
    Draft.objects.create(user=house.users["nurse"], key="/x", fields={"n": 1e22, "z": -0.0}, at=session.scheduled_at)
    for row in Consent.objects.all():
        Consent.objects.filter(pk=row.pk).update(text_hash=hashlib.sha256(row.text.encode()).hexdigest())
    enter(house, patients - 1)
    media = settings.DATA / "media"
    media.mkdir(exist_ok=True)
    (media / "scan.pdf").write_bytes(b"%PDF-1.7 \x00\xff")


def more() -> None:
    from datetime import date

    from unwound_clinic.core import access
    from unwound_clinic.models import Patient, Site, User
    from unwound_clinic.record.actions import patients

    last = Patient.objects.order_by("-pk").first()
    new = patients.register(
        by=access.staff(User.objects.get(email="nurse@example.test")), site=Site.objects.order_by("pk").first(),
        family_name="Testcase-More", given_name="New", birth_date=date(1970, 1, 1), sex="male",
    )  # fmt: skip
    assert last is not None
    assert new.pk == last.pk + 1, new.pk


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "unwound_clinic.settings"
    django.setup()
    from django.conf import settings as _settings

    _settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    _settings.MFA_REQUIRED = False
    more() if sys.argv[1] == "more" else main(int(sys.argv[1]))
