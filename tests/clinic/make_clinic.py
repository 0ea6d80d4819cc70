"""Makes the small clinic in a folder or database of its own, with beds: run as a process, its settings are told.

Each bed has a session under way, «real» ones with everything their screens show. The monitor's key and a nurse's
cookie are printed, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import django


def main(beds: int, real: bool) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "unwound_clinic.settings"
    django.setup()
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    from devices import bedside
    from small_clinic import build, register

    from unwound_clinic.monitors import actions as monitors_actions
    from unwound_clinic.operations import tables

    tables.bring_up_to_date()
    house = build()
    nurse, physician = house.by("nurse"), house.users["physician"]
    patients = [register(nurse, house.site, f"Testcase-{number}", "In-Bed") for number in range(1, beds + 1)]
    if real:
        copies(house, patients)
    else:
        for number, patient in enumerate(patients, 1):
            bedside(patient, physician, f"B{number}")
    monitor = monitors_actions.add_monitor(by=nurse, site=house.site, name="Gateway")
    key = monitors_actions.give_key(by=nurse, site=house.site, monitor=monitor)
    cookie = house.client("nurse").cookies["sessionid"].value
    print(json.dumps({"key": key, "cookie": cookie}))


def copies(house: Any, patients: Sequence[Any]) -> None:
    """One infusion that runs, made step by step, then its rows for every patient."""
    from in_session import infusing

    from unwound_clinic.models import InfusionSession, SessionEvent

    first = infusing(house)
    InfusionSession.objects.filter(pk=first.pk).update(bed="")
    events = list(first.events.order_by("id"))
    for number, patient in enumerate(patients, 1):
        plan, session = first.plan, InfusionSession.objects.get(pk=first.pk)
        plan.pk, plan.patient = None, patient
        plan.save(force_insert=True)
        session.pk, session.patient, session.plan, session.bed = None, patient, plan, f"B{number}"
        session.save(force_insert=True)
        for one in events:
            one.pk, one.session = None, session
        SessionEvent.objects.bulk_create(events)


if __name__ == "__main__":
    main(int(sys.argv[1]), "real" in sys.argv)
