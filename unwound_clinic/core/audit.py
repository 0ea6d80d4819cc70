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
from datetime import UTC

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from unwound_clinic.models import AuditEvent, AuditHead

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


def verify(kept: Iterable[Head] = ()) -> Fault | None:
    """The first fault of the whole chain; None when it is intact. `kept` are heads that were exported earlier."""
    expected, before = 1, NOTHING
    exported = {head.number: head.digest for head in kept}
    for event in AuditEvent.objects.order_by("number").iterator(chunk_size=2000):
        if event.number != expected:
            return Fault(expected, "is missing")
        if event.before != before:
            return Fault(expected, "does not follow the event before it")
        if not hmac.compare_digest(event.digest, _digest(event)):
            return Fault(expected, "was altered")
        if exported.pop(expected, event.digest) != event.digest:
            return Fault(expected, "is not the event that was exported")
        expected, before = expected + 1, event.digest
    return _verify_end(expected - 1, before) or _verify_exported(exported)


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
