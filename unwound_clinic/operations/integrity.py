"""Whether what is stored is whole: every page of the database, what was received and signed, the log and its rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.apps import apps
from django.db import DatabaseError, Error, connection

from unwound_clinic.core import audit, sealed, seals
from unwound_clinic.core.audit import Head
from unwound_clinic.core.snapshot import snapshot
from unwound_clinic.models import AuditEvent, Consent, Message

MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Verified:
    """What is wrong, in lines, none where all is whole; and of what the log cannot say whether it is as written."""

    faults: tuple[str, ...]
    before: Mapping[str, int]
    """Rows of each kind from before events sealed what they wrote."""

    @property
    def uncovered(self) -> str:
        """How many rows no event seals, in a sentence; empty where there are none."""
        kinds = ", ".join(f"{count} of {name}" for name, count in self.before.items() if count)
        return f"not covered, from before the log sealed rows: {kinds}" if kinds else ""


def faults(kept: Iterable[Head] = ()) -> list[str]:
    """Everything that is wrong, in lines; empty where all is whole."""
    return list(verify(kept).faults)


def verify(kept: Iterable[Head] = ()) -> Verified:
    """Looks at everything that is stored; the database is never written to."""
    damage = list(_pages())
    if damage:  # nothing that is read from it can be believed
        return Verified(tuple(damage), {})
    try:
        with snapshot():
            chain = audit.verify(kept)
            log = [f"the audit chain is broken: event {chain.number} {chain.what}"] if chain else []
            rows = sealed.compare(_events())
            return Verified((*log, *_messages(), *_consents(), *rows.faults), rows.before)
    except Error as error:
        return Verified((f"the database cannot be read: {' '.join(str(error).split())[:200]}",), {})


def _pages() -> Iterator[str]:
    """The database's own faults: SQLite's check of pages and keys; on PostgreSQL every value of every table is read."""
    try:
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute(f"PRAGMA integrity_check({MOST_NAMED})")
                yield from (f"database: {line}" for (line,) in cursor.fetchall() if line != "ok")
                cursor.execute("PRAGMA foreign_key_check")
                yield from (
                    f"database: a row of {row[0]} names one that is not there" for row in cursor.fetchmany(MOST_NAMED)
                )
                return
            cursor.execute("SET statement_timeout = 0")
            for model in apps.get_models(include_auto_created=True):
                name = connection.ops.quote_name(model._meta.db_table)
                cursor.execute(f"SELECT count(length(t::text)) FROM {name} t")
    except DatabaseError as error:
        yield f"database: {' '.join(str(error).split())[:200]}"


def _messages() -> Iterator[str]:
    """Messages of monitors that are not what was received."""
    rows = Message.objects.order_by("pk").values_list("pk", "raw", "digest", "reason")
    for number, raw, digest, reason in rows.iterator(chunk_size=500):
        cut = "are kept" in reason  # of a torn one that was too long only the beginning is there
        if not cut and digest not in (_sha256(bytes(raw)), _sha256(b"torn " + bytes(raw))):
            yield f"message {number} is not what was received"


def _events() -> Iterator[AuditEvent]:
    """The events that name rows."""
    return AuditEvent.objects.filter(detail__has_key=seals.NAME).order_by("number").iterator(chunk_size=500)


def _consents() -> Iterator[str]:
    """Consents whose text is not the one that was signed."""
    for number, text, digest in Consent.objects.order_by("pk").values_list("pk", "text", "text_hash").iterator():
        if hashlib.sha256(text.encode()).hexdigest() != digest:
            yield f"the text of consent {number} is not the one that was signed"


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
