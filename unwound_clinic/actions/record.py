"""What is known of a patient: entered once, amended later, never overwritten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from unwound_clinic.access import Actor
from unwound_clinic.actions.door import Conflict, action, leave, part
from unwound_clinic.models import Entry, Patient

Json = Any
ORIGIN = 160
"""Characters kept of where an imported value came from."""


@dataclass(frozen=True, slots=True)
class New:
    """One value to enter; `value` None takes back what is there."""

    kind: str
    key: str
    value: Json
    on: date | None = None
    origin: str = ""
    """Where it came from when nobody typed it."""


@action("record-facts")
def enter(*, by: Actor, patient: Patient, entries: tuple[New, ...], reason: str = "") -> list[Entry]:
    """Enters values; where another one stood, that one stays in the history and `reason` says why it was amended."""
    return put(by, patient, entries, reason)


@action("fill-own-intake")
def enter_own(*, by: Actor, patient: Patient, entries: tuple[New, ...]) -> list[Entry]:
    """The same, by the patient."""
    return put(by, patient, entries, "")


def current(patient: Patient, *kinds: str) -> list[Entry]:
    """What holds now, of these kinds (all without any), in the order it was entered."""
    found = Entry.objects.filter(patient=patient, current=True).exclude(value=None)
    return list((found.filter(kind__in=kinds) if kinds else found).order_by("id"))


def history(patient: Patient, kind: str, key: str) -> list[Entry]:
    """Every value something ever had, the newest first."""
    return list(Entry.objects.filter(patient=patient, kind=kind, key=key).order_by("-id"))


@part
def put(by: Actor, patient: Patient, entries: tuple[New, ...], reason: str) -> list[Entry]:
    """Puts values in the record, as part of an action."""
    held = _held(patient, entries)
    changed = [new for new in entries if _differs(held.get((new.kind, new.key)), new)]
    now = timezone.now()
    amended = [held[new.kind, new.key].pk for new in changed if (new.kind, new.key) in held]
    Entry.objects.filter(pk__in=amended).update(current=False)
    rows = [
        Entry(
            patient=patient,
            kind=new.kind,
            key=new.key,
            value=new.value,
            on=new.on,
            at=now,
            by=by.user,
            by_name=by.name,
            reason=reason,
            origin=new.origin[:ORIGIN],
        )
        for new in changed
    ]
    made = Entry.objects.bulk_create(rows)
    what = ", ".join(f"{new.kind} {new.key}" for new in changed) or "nothing new"
    leave(by, "record.amend" if amended else "record.enter", patient=patient, entries=what, reason=reason)
    return made


def _held(patient: Patient, entries: tuple[New, ...]) -> Mapping[tuple[str, str], Entry]:
    keys = {(new.kind, new.key) for new in entries}
    if len(keys) != len(entries):
        raise Conflict("the same thing was entered twice at once: enter it once")
    found = Entry.objects.filter(patient=patient, current=True, key__in={key for _, key in keys})
    return {(one.kind, one.key): one for one in found if (one.kind, one.key) in keys}


def _differs(held: Entry | None, new: New) -> bool:
    if held is None:
        return new.value is not None
    return held.value != new.value or held.on != new.on
