"""Space that is kept for people: when the disk is full, monitors have stopped before, and a reserve is given back.

Readings of monitors fill a disk; a stop of an infusion must still be charted then. So monitors are refused (and keep
their readings, sending them again) while little is free, and a file that holds space is removed when nothing is.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from django.conf import settings

FILE = "reserve"
SIZE = 16_000_000
"""Some hundred entries of people, each with its event."""
FOR_PEOPLE = 64_000_000
SHARE = 0.05
"""Of a small disk, in place of the two numbers above."""


def keep(data: Path) -> None:
    """Makes the reserve where it is missing and there is plenty of room."""
    usage, place = shutil.disk_usage(data), data / FILE
    size = int(min(SIZE, usage.total * SHARE))
    if place.exists() or usage.free < 4 * size:
        return
    try:
        with place.open("wb") as stream:
            os.posix_fallocate(stream.fileno(), 0, size)
    except (OSError, AttributeError):  # no such call here: then without
        place.unlink(missing_ok=True)


def give_back() -> bool:
    """Frees the reserve on a full disk; whether there was one."""
    with suppress(OSError):
        (Path(settings.DATA) / FILE).unlink()
        return True
    return False


def for_people_only() -> bool:
    """Whether so little is free that monitors have to wait."""
    usage = shutil.disk_usage(settings.DATA)
    return usage.free < min(FOR_PEOPLE, usage.total * SHARE)
