"""The audit log: every read and write of a patient, as a chain in which a change, loss or reordering is detected.

Each event is sealed (HMAC-SHA-256, key in the clinic's folder) together with the digest of the event before it. The
head, sealed as well, records how many events there are. An alteration, deletion or reordering breaks a link; a chain
cut short does not match its head. Anyone who holds both database and key could make a new chain: against that, heads
are exported and kept, or signed, elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Model
from django.utils import timezone

from unwound_clinic.core import seals
from unwound_clinic.core.snapshot import snapshot
from unwound_clinic.models import (
    AuditEvent,
    AuditHead,
    Consent,
    Decision,
    Entry,
    Letter,
    Message,
    Patient,
    Plan,
    Referral,
    SessionEvent,
)

DATED: tuple[tuple[type[Model], str], ...] = (
    (Entry, "at"),
    (Decision, "signed_at"),
    (Plan, "ordered_at"),
    (Consent, "signed_at"),
    (Letter, "written_at"),
    (Referral, "received_at"),
    (SessionEvent, "recorded_at"),
    (Message, "received_at"),
)
"""Rows that are written before the event of their action, with the time at which that is."""
ERASURE = "patient.erase"
EMPTIED = {"erased": "yes"}
"""All that is left of the details of an event about somebody whose record was erased."""
NOTHING = "0" * 64
"""The digest that the first event follows."""


@dataclass(frozen=True, slots=True)
class Head:
    """The length of the chain at some time, and the digest of its last event."""

    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The first event at which the chain is broken, and how."""

    number: int
    what: str


def append(
    *,
    who: str,
    action: str,
    user_id: int | None = None,
    patient_id: int | None = None,
    site_id: int | None = None,
    detail: Mapping[str, str] | None = None,
) -> AuditEvent:
    """Appends an event, within the transaction of the action it records: both are written or neither."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an audit event belongs in the transaction of its action")
    head = _locked_head()
    event = AuditEvent(
        number=head.number + 1,
        at=timezone.now(),
        who=who[:160],
        user_id=user_id,
        action=action,
        patient_id=patient_id,
        site_id=site_id,
        detail=dict(detail or {}),
        before=head.digest,
    )
    event.digest = _digest(event)
    event.save(force_insert=True)
    head.number, head.digest = event.number, event.digest
    head.seal = _seal(head.number, head.digest)
    head.save()
    return event


def seal_rows(event: AuditEvent, rows: list[Any]) -> None:
    """Adds the seals of the rows that an action wrote to its last event, before its transaction ends.

    The head is held by this transaction since the event was appended: nobody has seen it, and none can follow it yet.
    """
    head = _locked_head()
    if head.number != event.number:
        raise RuntimeError(f"event {event.number} is no longer the last one: its rows cannot be sealed")
    event.detail = {**event.detail, seals.NAME: rows}
    event.digest = _digest(event)
    event.save(update_fields=["detail", "digest"])
    head.digest, head.seal = event.digest, _seal(event.number, event.digest)
    head.save()


@dataclass(frozen=True, slots=True)
class Checked:
    """The whole chain at one moment: its first fault, None when it is intact, and its head."""

    fault: Fault | None
    head: Head


def verify(kept: Iterable[Head] = ()) -> Fault | None:
    """The first fault of the whole chain; None when it is intact. `kept` are heads that were exported earlier."""
    return check(kept).fault


def check(kept: Iterable[Head] = ()) -> Checked:
    """Verifies the whole chain as it is at one moment, however much is written meanwhile."""
    with snapshot():
        return Checked(_first_fault(kept), head())


def _first_fault(kept: Iterable[Head]) -> Fault | None:
    # An event can be missing, reordered, altered or replaced, and each kind of tampering shows in another way.
    expected, before, newest = 1, NOTHING, None
    patients: set[int | None] = set()
    exported = {head.number: head.digest for head in kept if head.number}
    emptied = _emptied()
    for event in AuditEvent.objects.order_by("number").iterator(chunk_size=2000):
        if event.number != expected:
            return Fault(expected, "is missing")
        if event.before != before:
            return Fault(expected, "does not follow the event before it")
        is_empty = event.detail == EMPTIED and emptied.get(event.number) == event.digest
        if not is_empty and not hmac.compare_digest(event.digest, _digest(event)):
            return Fault(expected, "was altered")
        if exported.pop(expected, event.digest) != event.digest:
            return Fault(expected, "is not the event that was exported")
        expected, before = expected + 1, event.digest
        patients.add(event.patient_id)
        newest = event.at if newest is None else max(newest, event.at)
    return (
        _verify_end(expected - 1, before)
        or _verify_exported(exported)
        or _verify_presupposed(expected - 1, patients, newest)
    )


def redact(events: Iterable[AuditEvent]) -> dict[str, str]:
    """Empties the details of events, and returns the digest that each had, for the event of the erasure to name.

    The chain keeps its links, for the digests stay; only what was in the details can no longer be computed.
    """
    digests = {}
    for event in events:
        digests[str(event.number)] = event.digest
        AuditEvent.objects.filter(pk=event.pk).update(detail=EMPTIED)
    return digests


def _emptied() -> dict[int, str]:
    """Events whose details were emptied by an erasure, with their digests; each of those erasures is verified too."""
    digests: dict[int, str] = {}
    for event in AuditEvent.objects.filter(action=ERASURE).iterator():
        for number, digest in json.loads(event.detail.get("emptied", "{}")).items():
            if int(number) < event.number:
                digests[int(number)] = digest
    return digests


def head() -> Head:
    """The present head, to be kept or signed elsewhere."""
    stored = AuditHead.objects.first()
    return Head(stored.number, stored.digest) if stored else Head(0, NOTHING)


def _verify_end(number: int, digest: str) -> Fault | None:
    """A fault at the end: the chain does not match its head."""
    stored = AuditHead.objects.first()
    if stored is None:
        return Fault(number + 1, "is missing: the head of the chain is gone") if number else None
    if not hmac.compare_digest(stored.seal, _seal(stored.number, stored.digest)):
        return Fault(number, "is followed by a head that was altered")
    if stored.number != number or stored.digest != digest:
        return Fault(number + 1, f"is missing: the chain once had {stored.number} events")
    return None


def _verify_exported(exported: Mapping[int, str]) -> Fault | None:
    """A fault where an exported head is beyond the end of the chain."""
    return Fault(min(exported), "is missing: it was exported earlier") if exported else None


def _verify_presupposed(number: int, patients: set[int | None], newest: datetime | None) -> Fault | None:
    """A fault where the record holds what some event must have brought about: the log was emptied, or is older."""
    if newest is None:
        return Fault(1, "is missing: the log is empty, and an empty log proves nothing")
    without = set(Patient.objects.values_list("pk", flat=True)) - patients
    if without:
        return Fault(number + 1, f"is missing: patient {min(without)} is in the record without any event")
    for model, field in DATED:
        last = model._default_manager.aggregate(last=Max(field))["last"]
        if last is not None and last > newest:
            name = str(model._meta.verbose_name)
            return Fault(
                number + 1, f"is missing: a row of «{name}» is of {last:%Y-%m-%d %H:%M:%S} UTC, later than any event"
            )
    return None


def _locked_head() -> AuditHead:
    """The head, locked until the transaction ends, so that events are numbered one after another."""
    stored = AuditHead.objects.select_for_update().first()
    if stored is None:
        return AuditHead(pk=1, number=0, digest=NOTHING)
    if not hmac.compare_digest(stored.seal, _seal(stored.number, stored.digest)):
        raise transaction.TransactionManagementError("the head of the audit chain was altered: run verify-audit")
    return stored


def _digest(event: AuditEvent) -> str:
    content = [
        event.number,
        event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        event.who,
        event.user_id,
        event.action,
        event.patient_id,
        event.site_id,
        event.detail,
        event.before,
    ]
    return _hmac(json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":")))


def _seal(number: int, digest: str) -> str:
    return _hmac(f"head {number} {digest}")


def _hmac(text: str) -> str:
    return hmac.new(settings.AUDIT_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
