"""A backup while the clinic runs: the database as it is at one moment, the key of its log, and what was uploaded."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from unwound import __version__
from unwound.record import UnwoundError
from unwound_clinic.core import last_backup
from unwound_clinic.core.audit import Head, head
from unwound_clinic.operations import archive, folder, postgres
from unwound_clinic.operations.archive import DUMP, SQLITE

KEYS = "backup-keys.txt"
"""In the clinic's folder: public keys, one a line."""
WITH_IT = ("audit.key", "links.key", "media", "knowledge", "knowledge-in-force")
"""What goes with the database. `secret.key` does not: a new one is made, and everybody logs in again."""


def make(into: Path, keys: Sequence[str]) -> tuple[Path, Head]:
    """One backup in the folder `into`; its file, and the head of the log that it holds."""
    public = archive.recipients([*keys, *_kept_keys()])
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = into / f"unwound-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.age"
    if target.exists():
        raise UnwoundError(f"{target} is there already")
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=settings.DATA) as work:
        content = Path(work) / "content"
        content.mkdir(mode=0o700)
        began = timezone.now()
        at = _database(content)
        for name in WITH_IT:
            _take(settings.DATA / name, content / name)
        manifest = {
            "made_at": began.isoformat(),
            "version": __version__,
            "database": connection.vendor,
            "migration": max(folder.applied()),
            "number": at.number,
            "digest": at.digest,
        }
        archive.seal(content, manifest, target, public)
    last_backup.remember(began, target.name)
    return target, at


def forget_older(into: Path, keep: int) -> int:
    """Removes all backups of a folder but the newest; how many it removed."""
    old = sorted(into.glob("unwound-*Z.age"))[:-keep]
    for file in old:
        file.unlink()
    return len(old)


def _database(content: Path) -> Head:
    """The database into the folder; the head of the log as it is in that copy."""
    if connection.vendor == "sqlite":
        _room_for(Path(connection.settings_dict["NAME"]))
        folder.copy_sqlite(content / SQLITE)
        return _head_of(content / SQLITE)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone()
        postgres.dump(content / DUMP, snapshot)
        return head()


def _head_of(copy: Path) -> Head:
    with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as database:
        (whole,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if whole != "ok":
            raise UnwoundError(f"the database is damaged ({whole[:100]}): no backup was made; keep the last good one")
        row = database.execute("SELECT number, digest FROM unwound_clinic_audithead").fetchone()
    if row is None:
        raise UnwoundError("the audit log is empty: there is nothing to back up yet, or it was emptied")
    return Head(*row)


def _room_for(database: Path) -> None:
    size, free = database.stat().st_size, shutil.disk_usage(settings.DATA).free
    if free < 3 * size:
        raise UnwoundError(
            f"a backup needs {3 * size // 1_000_000 + 1} MB of free space here, and {free // 1_000_000} are free"
        )


def _take(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        shutil.copyfile(source, target)


def _kept_keys() -> list[str]:
    try:
        lines = (settings.DATA / KEYS).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
