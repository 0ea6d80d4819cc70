"""Makes the small clinic in a folder or database of its own, with beds: run as a process, its settings are told.

Each bed has a session under way. The monitor's key is printed, as JSON, for who posts.
"""

from __future__ import annotations

import json
import os
import sys

import django
from django.core.management import call_command


def main(beds: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "unwound_clinic.settings"
    django.setup()
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    call_command("migrate", verbosity=0)
    from devices import bedside
    from small_clinic import build, register

    from unwound_clinic.actions import readings

    house = build()
    nurse, physician = house.by("nurse"), house.users["physician"]
    for number in range(1, beds + 1):
        patient = register(nurse, house.site, f"Testcase-{number}", "In-Bed")
        bedside(patient, physician, f"B{number}")
    monitor = readings.add_monitor(by=nurse, site=house.site, name="Gateway")
    key = readings.give_key(by=nurse, site=house.site, monitor=monitor)
    cookie = house.client("nurse").cookies["sessionid"].value
    print(json.dumps({"key": key, "cookie": cookie}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
