"""An archive of a clinic into an empty database of either kind: all of it and equal, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.color import no_style
from django.db import Error, connection, transaction
from django.db.models import Model

from unwound.record import UnwoundError
from unwound_clinic.core import audit
from unwound_clinic.core.audit import Head
from unwound_clinic.leaving import rows
from unwound_clinic.leaving.layout import TABLES
from unwound_clinic.leaving.whole import migrations
from unwound_clinic.operations import integrity, tables

AT_ONCE, BYTES_AT_ONCE = 500, 4_000_000
"""Rows that are written at once, and of long ones so many bytes."""


def load(content: Path, manifest: dict[str, Any]) -> None:
    """The rows into the database of the settings, whose tables are made first. UnwoundError, and nothing stays.

    Afterwards every table is read again: its rows are those of the archive, or nothing was imported.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
    tables.bring_up_to_date()
    _same_shape(manifest)
    try:
        with transaction.atomic():
            _empty()
            for model in rows.models():
                _fill(model, content / TABLES / f"{rows.table(model)}.ndjson", manifest["tables"][rows.table(model)])
            connection.check_constraints()
            _numbers_go_on()
            _equal(manifest)
    except Error as reason:
        raise UnwoundError(f"the rows do not fit together: {' '.join(str(reason).split())[:200]}") from None
    known = set(manifest.get("faults", ()))
    faults = [fault for fault in integrity.faults([Head(manifest["number"], manifest["digest"])]) if fault not in known]
    if not faults and audit.head() != Head(manifest["number"], manifest["digest"]):
        faults = [f"the log has {audit.head().number} events, and {manifest['number']} were exported"]
    if faults:
        raise UnwoundError(faults[0])


def _same_shape(manifest: dict[str, Any]) -> None:
    """UnwoundError where the tables here are others than those that were exported."""
    here, there = set(migrations()), set(manifest["migrations"])
    if more := sorted(there - here):
        raise UnwoundError(f"a newer Unwound ({manifest['version']}) made this archive ({more[-1]}): use that one")
    if less := sorted(here - there):
        raise UnwoundError(
            f"an older Unwound ({manifest['version']}) made this archive, without {less[0]}: open its clinic "
            "with this one once (`unwound serve`), and export it again; or import it with the older one"
        )
    if missing := {rows.table(model) for model in rows.models()} ^ set(manifest["tables"]):
        raise UnwoundError(f"the archive does not have the tables of this Unwound: {', '.join(sorted(missing)[:3])}")


def _empty() -> None:
    """Takes away what making the tables wrote into them (names of permissions): it comes with the archive."""
    with connection.cursor() as cursor:
        for model in rows.models():
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(rows.table(model))}")


def _fill(model: type[Model], place: Path, stated: dict[str, Any]) -> None:
    columns, count = rows.fields(model), 0
    most = min(AT_ONCE, connection.ops.bulk_batch_size(columns, [None] * AT_ONCE))
    for batch in _batches(model, place, most):
        # As it is: no default, and no time of now, is put in.
        model._base_manager._insert(batch, fields=columns, using="default", raw=True)  # type: ignore[attr-defined]
        count += len(batch)
    if count != stated["rows"]:
        raise UnwoundError(f"{rows.table(model)}: {count} rows are there, and {stated['rows']} were exported")


def _batches(model: type[Model], place: Path, most: int) -> Iterator[list[Model]]:
    batch, size = list[Model](), 0
    with place.open(encoding="utf-8", newline="\n") as stream:
        for written in stream:
            batch.append(rows.read(model, written))
            size += len(written)
            if len(batch) >= most or size > BYTES_AT_ONCE:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch


def _numbers_go_on() -> None:
    """New rows get numbers after those that came; SQLite sees to that by itself."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), _models()):
            cursor.execute(statement)


def _models() -> Sequence[type[Model]]:
    return rows.models()


def _equal(manifest: dict[str, Any]) -> None:
    """UnwoundError where a table read again is not what was exported, to the last value."""
    for model in rows.models():
        name = rows.table(model)
        count, content = rows.digest(model, rows.stored(model))
        if (count, content) != (manifest["tables"][name]["rows"], manifest["tables"][name]["content"]):
            raise UnwoundError(f"{name}: what was stored is not what was exported")
