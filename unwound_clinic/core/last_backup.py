"""When this clinic was last backed up, as `unwound backup` noted it in the clinic's folder."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

STATE = "last-backup.json"
OLD = timedelta(hours=26)
"""A day and a little: who backs up every night is not warned while tonight's is being made."""


def remember(at: datetime, name: str) -> None:
    """Notes that a backup of this moment was made, and the name of its file."""
    temporary = settings.DATA / f"{STATE}.new"
    temporary.write_text(json.dumps({"at": at.isoformat(), "file": name}), encoding="utf-8")
    os.replace(temporary, settings.DATA / STATE)


def at() -> datetime | None:
    """Of which moment the last backup is; None where none is known."""
    try:
        return datetime.fromisoformat(json.loads((settings.DATA / STATE).read_text(encoding="utf-8"))["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def warning(now: datetime | None = None) -> str:
    """That there is no backup, or only an old one, in a sentence; empty where there is."""
    last = at()
    if last is None:
        return "No backup of this clinic has been made (see «unwound backup»)."
    late = (now or timezone.now()) - last > OLD
    return f"The last backup of this clinic is from {last:%d %b %H:%M} UTC." if late else ""
