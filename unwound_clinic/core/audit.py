"""The log of every read and write of a patient, as a chain in which no link can be changed, lost, moved or cut off.

Each event is sealed (HMAC-SHA-256, key in the clinic's folder) together with the seal of the one before; the head,
sealed too, says how many there are. Alteration, deletion and reordering break a link; a cut tail misses the head. Who
holds both database and key could make a new chain: against that, heads are exported and kept, or signed, elsewhere.
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
"""What the first event follows."""


@dataclass(frozen=True, slots=True)
class Head:
    """How long the chain was at some time, and how it ended."""

    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The first place where the chain does not hold."""

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
    """One more event, inside the transaction of what it tells of: both happen or neither."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an audit event belongs into the transaction of its action")
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
    """The first fault of the whole chain, None when it holds; `kept` are heads that were exported earlier."""
    expected, before = 1, NOTHING
    outside = {head.number: head.digest for head in kept}
    for event in AuditEvent.objects.order_by("number").iterator(chunk_size=2000):
        if event.number != expected:
            return Fault(expected, "is missing")
        if event.before != before:
            return Fault(expected, "does not follow the one before it")
        if not hmac.compare_digest(event.digest, _digest(event)):
            return Fault(expected, "was altered")
        if outside.pop(expected, event.digest) != event.digest:
            return Fault(expected, "is not the one that was exported")
        expected, before = expected + 1, event.digest
    return _verify_end(expected - 1, before) or _verify_outside(outside)


def head() -> Head:
    """The head now, to be kept or signed elsewhere."""
    found = AuditHead.objects.first()
    return Head(found.number, found.digest) if found else Head(0, NOTHING)


def _verify_end(number: int, digest: str) -> Fault | None:
    found = AuditHead.objects.first()
    if found is None:
        return Fault(number + 1, "is missing: the head of the chain is gone") if number else None
    if not hmac.compare_digest(found.seal, _seal(found.number, found.digest)):
        return Fault(number, "is followed by a head that was altered")
    if found.number != number or found.digest != digest:
        return Fault(number + 1, f"is missing: the chain once had {found.number} events")
    return None


def _verify_outside(outside: Mapping[int, str]) -> Fault | None:
    return Fault(min(outside), "is missing: it was exported once") if outside else None


def _locked_head() -> AuditHead:
    """The head, held until the transaction ends: events are numbered one after another."""
    found = AuditHead.objects.select_for_update().first()
    if found is None:
        return AuditHead(pk=1, number=0, digest=NOTHING)
    if not hmac.compare_digest(found.seal, _seal(found.number, found.digest)):
        raise transaction.TransactionManagementError("the head of the audit chain was altered: run verify-audit")
    return found


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
