"""The archive of a whole clinic: every row as a line, the files beside the database, FHIR beside both, a manifest."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from unwound import __version__
from unwound.exchange.fhir.writing import NOT_HELD
from unwound.record import UnwoundError
from unwound_clinic.core import audit, heads
from unwound_clinic.core.access import Program
from unwound_clinic.core.snapshot import snapshot
from unwound_clinic.leaving import actions, clinical, rows
from unwound_clinic.leaving.layout import FHIR, FILES, KIND, README, TABLES
from unwound_clinic.operations import archive, integrity

WITH_IT = ("audit.key", "links.key", "media", "knowledge", "knowledge-in-force")
"""What goes with the rows, as with a backup: the keys of the log and of patients' links, and what was uploaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What an export wrote."""

    rows: int
    tables: int
    patients: int
    resources: int
    not_written: tuple[str, ...]
    """Patients of whom the FHIR part could not be made, and why; their rows are there."""
    number: int
    """The last event of the log that is in it."""
    faults: tuple[str, ...]
    """What was not whole already: it leaves as it is, and arrives as it is."""


def leave(target: Path, keys: Sequence[str], by: Program) -> Left:
    """Writes the archive, encrypted to public keys where there are any; whole under its name, or not at all."""
    if target.exists():
        raise UnwoundError(f"{target}: is there already; an archive is never written over")
    if not target.absolute().parent.is_dir():
        raise UnwoundError(f"{target.absolute().parent}: there is no such folder")
    public = archive.recipients(keys) if keys else None
    actions.exported(by=by, file=target.name, encrypted=public is not None)
    with tempfile.TemporaryDirectory(prefix=".leaving-", dir=settings.DATA) as work:
        content = Path(work) / "content"
        content.mkdir(mode=0o700)
        with _one_moment():
            head = audit.head()
            tables = {rows.table(model): _table(model, content) for model in rows.models()}
            fhir = clinical.write(content / FHIR, datetime.now(UTC))
            faults = integrity.faults(heads.kept())
        for name in WITH_IT:
            _take(settings.DATA / name, content / FILES / name)
        (content / "README.txt").write_text(README, encoding="utf-8")
        manifest = {
            "kind": KIND,
            "made_at": datetime.now(UTC).isoformat(),
            "version": __version__,
            "database": connection.vendor,
            "migrations": migrations(),
            "number": head.number,
            "digest": head.digest,
            "faults": faults,
            "tables": tables,
            "left_out": dict(rows.LEFT_OUT),
            "fhir": {**fhir, "not_held": list(NOT_HELD)},
        }
        archive.seal(content, manifest, target, public)
    return Left(
        rows=sum(table["rows"] for table in tables.values()),
        tables=len(tables),
        patients=fhir["patients"],
        resources=sum(fhir["resources"].values()),
        not_written=tuple(fhir["not_written"]),
        number=head.number,
        faults=tuple(faults),
    )


def migrations() -> list[str]:
    """The changes of tables that were made here, of every part: rows only fit tables of the same shape."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


@contextmanager
def _one_moment() -> Iterator[None]:
    """Everything as it was at one moment, however long it takes, while others write."""
    with snapshot():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 0")
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield


def _table(model: Any, content: Path) -> dict[str, Any]:
    """One table into its file, a row at a time: how many rows, and the digest of their content."""
    place = content / TABLES / f"{rows.table(model)}.ndjson"
    place.parent.mkdir(mode=0o700, exist_ok=True)
    whole, count = hashlib.sha256(), 0
    with place.open("w", encoding="utf-8") as stream:
        for row in rows.stored(model):
            stream.write(rows.line(model, row) + "\n")
            whole.update(rows.canonical([rows.plain(value) for value in row]))
            count += 1
    return {"rows": count, "content": whole.hexdigest()}


def _take(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        shutil.copyfile(source, target)
