"""What an action wrote is sealed in its event: a row that is changed behind the clinic's back no longer fits the log.

Only what never changes after it was written is sealed. The event names the rows and one digest of them, and the chain
seals the event; `sealed.py` compares them again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from django.db.models import Field, Model
from django.db.models.signals import post_save

from unwound_clinic.models import (
    Asking,
    Bill,
    Companion,
    Consent,
    Decision,
    Entry,
    FollowUp,
    Letter,
    NearMiss,
    Referral,
    SessionEvent,
    VitalReading,
)

Json = Any
NAME = "rows"
"""The detail of an event that holds its seals."""
FIELDS: dict[type[Model], tuple[str, ...]] = {
    Entry: ("patient_id", "kind", "key", "pain", "value", "on", "at", "by_name", "origin"),
    Decision: ("patient_id", "aim", "known", "shown", "advised", "decided", "indication", "override_reason", "note",
               "signed_by_id", "signed_at"),
    Consent: ("patient_id", "protocol", "text_hash", "signed_name", "signed_at", "expires_on"),
    Companion: ("patient_id", "on", "role", "name", "relation", "language", "presence", "licence", "by_id", "at"),
    Bill: ("patient_id", "plan_id", "kind", "content", "signed_by_id", "signed_at"),
    Letter: ("patient_id", "kind", "addressee", "content", "pdf", "written_by_id", "written_at"),
    Referral: ("site_id", "content", "digest", "name", "kind", "sender", "arrived_on", "received_at", "received_by_id"),
    FollowUp: ("patient_id", "plan_id", "channel", "agreed_at", "agreed_by_id", "nonce", "token_hash"),
    NearMiss: ("site_id", "what", "could", "page", "reported_by_id", "reported_at"),
    Asking: ("patient_id", "follow_up_id", "day", "on"),
    SessionEvent: ("session_id", "at", "recorded_at", "kind", "content", "by_id", "by_name", "amends_id", "in_error",
                   "reason"),
    VitalReading: ("message_id", "at", "received_at", "sign", "value", "unit", "source", "status", "as_sent", "by_id"),
}  # fmt: skip
"""What is sealed of each kind of row: not what may change later, as whether an entry is still the current one."""
LATER: dict[type[Model], tuple[str, ...]] = {Referral: ("system",)}
"""Fields that came after rows had been sealed: sealed where they hold something, so that older seals still fit."""
MODELS = {model._meta.model_name: model for model in FIELDS}
_written: ContextVar[list[Model] | None] = ContextVar("written", default=None)


def begin() -> Any:
    """Begins to take note of what is written."""
    return _written.set([])


def noted() -> list[Model]:
    """What was written since."""
    return list(_written.get() or ())


def end(token: Any) -> None:
    """Ends it; what was noted before goes on."""
    _written.reset(token)


def of(rows: Sequence[Model]) -> list[Json]:
    """The seals of rows: for each kind its name, the numbers and one digest."""
    kinds = {type(row) for row in rows}
    return [seal(sorted(_of_kind(rows, kind), key=lambda row: row.pk)) for kind in sorted(kinds, key=_name)]


def written(rows: Iterable[Model]) -> None:
    """Takes note of rows that were written together; those written one by one are noted by themselves."""
    noted = _written.get()
    if noted is not None:
        noted.extend(rows)


def seal(rows: Sequence[Model]) -> list[Json]:
    """Kind, numbers and digest of rows of one kind, in the order of their numbers."""
    return [_name(type(rows[0])), _ranges([int(row.pk) for row in rows]), digest(rows)]


def numbers(ranges: str) -> set[int]:
    """The numbers of «3-7 9»."""
    listed: set[int] = set()
    for part in ranges.split():
        first, _, last = part.partition("-")
        listed.update(range(int(first), int(last or first) + 1))
    return listed


def digest(rows: Iterable[Model], moved: Mapping[tuple[str, int], int] = MappingProxyType({})) -> str:
    """One digest of rows, in this order; what a merge has moved counts as where it was written."""
    whole = hashlib.sha256()
    for row in rows:
        values = {name: getattr(row, name) for name in FIELDS[type(row)]}
        values |= {name: value for name in LATER.get(type(row), ()) if (value := getattr(row, name))}
        if "patient_id" in values:
            values["patient_id"] = moved.get((type(row).__name__, row.pk), values["patient_id"])
        content = [row.pk, *(_plain(row._meta.get_field(_field(name)), value) for name, value in values.items())]
        whole.update(json.dumps(content, sort_keys=True).encode() + b"\n")
    return whole.hexdigest()[:32]


def _plain(field: Any, value: Any) -> Json:
    """A value as it comes back from any database."""
    if value is None:
        return None
    if isinstance(value, bytes | memoryview):
        return hashlib.sha256(bytes(value)).hexdigest()
    if isinstance(field, Field) and not field.is_relation and field.get_internal_type() != "JSONField":
        value = field.to_python(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else _number(value)


def _number(value: Json) -> Json:
    """JSON with every number as a float: databases write 5.0 and 1e22 in their own ways, and know no -0."""
    if isinstance(value, dict):
        return {str(name): _number(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_number(part) for part in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) + 0.0
    return value if value is None or isinstance(value, bool) else str(value)


def _field(name: str) -> str:
    return name.removesuffix("_id")


def _name(model: type[Model]) -> str:
    return str(model._meta.model_name)


def _of_kind(rows: Iterable[Model], kind: type[Model]) -> list[Model]:
    return list({row.pk: row for row in rows if type(row) is kind}.values())


def _ranges(numbers: Sequence[int]) -> str:
    """«3-7 9»."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def _note(sender: type[Model], instance: Model, created: bool, **_: object) -> None:
    if created and sender in FIELDS:
        written([instance])


post_save.connect(_note, dispatch_uid="unwound seals")
