"""The folder of a clinic: whose it is, who serves it now, and which Unwound wrote it last."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from filelock import FileLock

from unwound.record import UnwoundError
from unwound_clinic.core import machine
from unwound_clinic.operations import tables

OURS = "unwound_clinic"
LOCK = "serving.lock"
COPIES = "before-upgrade"
KEPT_COPIES = 3
WHO = "serving.txt"
"""Which process has the lock: in a file of its own, for Windows lets nobody read what is locked."""
_held: list[FileLock] = []
"""Given back when this process ends, in whatever way."""


def make_private(data: Path) -> None:
    """What an older Unwound, or a hand, left readable for others is for the owner alone."""
    for place in (data, *data.glob("*.sqlite3*"), *data.glob("*.key")):
        with suppress(OSError):  # of another owner, or on a disk that knows no owners
            os.chmod(place, 0o700 if place.is_dir() else 0o600)


def lock(data: Path) -> None:
    """UnwoundError where another server works on this folder; held until this process ends."""
    held, who = machine.lock(data / LOCK), data / WHO
    if held is None:
        by = who.read_text(encoding="utf-8", errors="replace").strip() if who.exists() else ""
        raise UnwoundError(f"{data}: another server works on this folder{f' ({by})' if by else ''}; stop it first")
    who.write_text(f"process {os.getpid()}\n", encoding="utf-8")
    _held.append(held)


def refuse_newer() -> None:
    """UnwoundError where a newer Unwound has written here: this one would misread what it does not know."""
    known = {name for app, name in MigrationExecutor(connection).loader.disk_migrations if app == OURS}
    newer = sorted(applied() - known)
    if newer:
        raise UnwoundError(
            f"this clinic was written by a newer Unwound ({newer[-1]}); this one knows only up to {max(known)}. "
            f"Nothing was changed. Use the newer one, or restore a copy from before the upgrade ({COPIES}/)"
        )


def applied() -> set[str]:
    """The changes of tables that were made here, by name; none in an empty database."""
    return {name for app, name in MigrationRecorder(connection).applied_migrations() if app == OURS}


def bring_up_to_date(data: Path) -> Path | None:
    """Makes the tables what this Unwound needs; older ones are copied before, and the place of the copy returned."""
    refuse_newer()
    executor = MigrationExecutor(connection)
    before = applied()
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not pending:
        return None
    copy = _copied(data, max(before)) if before else None
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
    tables.bring_up_to_date()
    return copy


def empty_database() -> None:
    """Takes back a restore into an empty database that turned out to be faulty."""
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(name)} CASCADE")


def limit_forgotten(seconds: int) -> None:
    """Whoever logs in to PostgreSQL as the clinic, by hand too, is ended when a transaction stands open and idle."""
    if connection.vendor == "postgresql":
        with suppress(Exception), connection.cursor() as cursor:  # a role without that right: the guide says how
            cursor.execute(
                f"ALTER ROLE CURRENT_USER IN DATABASE {connection.ops.quote_name(connection.settings_dict['NAME'])} "
                f"SET idle_in_transaction_session_timeout = '{seconds}s'"
            )


def copy_sqlite(target: Path) -> None:
    """A consistent copy of the SQLite database, while others write; whole, or not there."""
    temporary = target.with_name(target.name + ".part")
    temporary.unlink(missing_ok=True)
    source = f"{Path(connection.settings_dict['NAME']).absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(source, uri=True)) as live, closing(sqlite3.connect(temporary)) as copy:
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _copied(data: Path, last: str) -> Path:
    folder = data / COPIES
    folder.mkdir(mode=0o700, exist_ok=True)
    stem = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{last}"
    if connection.vendor == "sqlite":
        target = folder / f"{stem}.sqlite3"
        copy_sqlite(target)
    else:
        from unwound_clinic.operations import postgres

        target = folder / f"{stem}.pgdump"
        postgres.dump(target)
    for old in sorted(folder.iterdir())[:-KEPT_COPIES]:
        old.unlink()
    return target
