"""Bulk Data 2.0: everything of a site as files of one resource a line, written a few seconds each time it is asked for.

Whoever waits for an export asks how far it is, and each asking writes on: no process has to live, and after a restart
the next asking goes on where the last whole step ended. What a step had begun is cut off and written again.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from unwound_clinic.core import machine
from unwound_clinic.core.access import OtherSystem
from unwound_clinic.interfaces.fhir import actions, scopes, searches, stored
from unwound_clinic.interfaces.fhir.scopes import Rights
from unwound_clinic.models import Export, ReadingSystem

STEP_S = 4.0
STEP_PATIENTS = 100
AT_ONCE = 2
"""Exports of one system that are under way."""
KEPT = timedelta(days=1)
"""How long the files can be fetched."""


def folder(row: Export) -> Path:
    """Where the files of an export lie."""
    return Path(settings.DATA) / "exports" / str(row.pk)


def under_way(system: ReadingSystem) -> int:
    """How many a system waits for."""
    return Export.objects.filter(
        system=system, finished_at=None, cancelled_at=None, asked_at__gt=timezone.now() - KEPT
    ).count()


def tidy() -> None:
    """Takes away the files of exports that are a day old or were cancelled."""
    place = Path(settings.DATA) / "exports"
    for old in place.iterdir() if place.is_dir() else ():
        row = Export.objects.filter(pk=int(old.name)).first() if old.name.isdecimal() else None
        if row is None or row.cancelled_at or timezone.now() - (row.finished_at or row.asked_at) > KEPT:
            shutil.rmtree(old, ignore_errors=True)


def step(row: Export, by: OtherSystem) -> Export:
    """Writes on for a few seconds; nothing where another asking does so just now."""
    place = folder(row)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(place) as alone:
        if alone:
            row.refresh_from_db()
            if row.finished_at is None and row.cancelled_at is None:
                _write_on(row, by, place)
    row.refresh_from_db()
    return row


def _write_on(row: Export, by: OtherSystem, place: Path) -> None:
    # The work stops when its time is up and goes on at the next call: a large export holds nobody up.
    rights = scopes.parse(scopes.granted(row.scope, row.system.scopes))
    people = stored.patients(row.system.site).filter(pk__gt=row.last)
    if row.stage:
        people = people.filter(stage=row.stage)
    until, written, shown, last = time.monotonic() + STEP_S, dict(row.written), list[int](), row.last
    finished = True
    for number, patient in enumerate(people.iterator(chunk_size=STEP_PATIENTS)):
        if number >= STEP_PATIENTS or time.monotonic() > until:
            finished = False
            break
        lines: dict[str, list[str]] = {}
        for resource in stored.of(patient, row.types, _permits(rights)):
            if _permits(rights)(resource) and (
                row.since is None or resource["meta"]["lastUpdated"] >= _text(row.since)
            ):
                whole = json.dumps(searches.versioned(resource), ensure_ascii=False, separators=(",", ":"))
                lines.setdefault(resource["resourceType"], []).append(whole + "\n")
        for type, texts in lines.items():
            size, count = written.get(type, (0, 0))
            written[type] = (_append(place / f"{type}.ndjson", size, "".join(texts).encode()), count + len(texts))
        last = patient.pk
        shown += [patient.pk] if lines else []
    actions.exported(
        by=by, site=row.system.site, export=row, patients=shown, last=last, written=written, finished=finished
    )


def _permits(rights: Rights) -> Callable[[stored.Resource], bool]:
    now = timezone.now()
    return lambda resource: rights.permits(resource, now, "search")


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _append(file: Path, size: int, text: bytes) -> int:
    """Writes behind what counts, and cuts off what a step that did not end had written; the new size."""
    with file.open("r+b" if file.exists() else "w+b") as stream:
        stream.truncate(size)
        stream.seek(size)
        stream.write(text)
    return size + len(text)


@contextmanager
def _alone(place: Path) -> Iterator[bool]:
    """Whether nobody else writes: a lock of the machine, which ends with its process."""
    held = machine.lock(place / "lock")
    try:
        yield held is not None
    finally:
        if held is not None:
            held.release()
