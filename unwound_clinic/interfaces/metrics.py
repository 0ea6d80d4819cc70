"""Figures of a running clinic for who watches the server, as Prometheus reads them: numbers, nothing of a patient."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from unwound import __version__
from unwound_clinic.core import answered, heads, last_backup
from unwound_clinic.models import InfusionSession, Message, Site
from unwound_clinic.operations import health
from unwound_clinic.session import watching
from unwound_clinic.session.order import AT_BEDSIDE

MINUTE = timedelta(minutes=1)
Line = tuple[str, float]
"""The labels as they are written, «{status="200"}», and the value."""


def text(now: datetime | None = None) -> str:
    """All of them in the text format of Prometheus 0.0.4, each with its help and kind."""
    parts: list[str] = []
    for name, kind, help_text, lines in _all(now or timezone.now()):
        parts += [f"# HELP unwound_{name} {help_text}", f"# TYPE unwound_{name} {kind}"]
        parts += [f"unwound_{name}{labels} {_written(value)}" for labels, value in lines]
    return "\n".join(parts) + "\n"


def _all(now: datetime) -> Iterator[tuple[str, str, str, list[Line]]]:
    rows = list(InfusionSession.objects.filter(state__in=AT_BEDSIDE).select_related("patient__site", "site", "plan"))
    calling = sum(len(watching.live(row, now).watched.open) for row in rows)
    sites = list(Site.objects.values_list("pk", flat=True))  # by site, for so the table is indexed
    arrived = Message.objects.filter(site__in=sites, received_at__gt=now - MINUTE, received_at__lte=now)
    free, whole = health.free_bytes()
    requests = [(f'{{status="{status}"}}', float(number)) for status, number in answered.totals().items()]
    yield "info", "gauge", "The version that runs.", [(f'{{version="{__version__}"}}', 1)]
    yield "ready", "gauge", "1 while the clinic can work, as /readyz says.", [("", float(not health.not_ready()))]
    yield "requests_total", "counter", "Requests answered, by status, of all workers.", requests
    yield "sessions_at_bedside", "gauge", "Sessions with a patient in the room.", [("", len(rows))]
    yield "alerts_unanswered", "gauge", "Alerts of these sessions that nobody has acknowledged.", [("", calling)]
    yield "messages_last_minute", "gauge", "Messages of monitors in the last minute.", [("", arrived.count())]
    charted = arrived.aggregate(number=Sum("understood"))["number"] or 0
    yield "readings_last_minute", "gauge", "Values of monitors charted in the last minute.", [("", charted)]
    yield "database_bytes", "gauge", "Size of the database.", [("", _database_bytes())]
    yield "disk_free_bytes", "gauge", "Free space for the folder of the clinic.", [("", free)]
    yield "disk_bytes", "gauge", "Size of that disk.", [("", whole)]
    backup, head = last_backup.at(), heads.last_sent()
    if backup is not None:
        yield "backup_age_seconds", "gauge", "Age of the last backup.", [("", (now - backup).total_seconds())]
    if head is not None:
        yield "audit_head_exported", "gauge", "Number of the last head of the log that left.", [("", head)]


def _written(value: float) -> str:
    """Every digit: a counter that is rounded stands still."""
    return str(int(value)) if value == int(value) else repr(value)


def _database_bytes() -> int:
    if connection.vendor == "sqlite":
        place = Path(connection.settings_dict["NAME"])
        return sum(part.stat().st_size for part in place.parent.glob(f"{place.name}*"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])
