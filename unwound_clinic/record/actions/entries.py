"""A patient's record: entered once, amended later, never overwritten."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import timezone

from unwound_clinic.core import access, seals
from unwound_clinic.core.access import Actor, Staff
from unwound_clinic.core.action import Conflict, action, audit_event, part_of_action
from unwound_clinic.models import Alarm, Entry, Patient
from unwound_clinic.record import urgent
from unwound_clinic.record.actions import alarms
from unwound_clinic.record.entries import Item, New, item

ORIGIN = 160
"""Longest stored origin of an imported value, in characters."""


@action("record-facts")
def enter(*, by: Staff, patient: Patient, entries: tuple[New, ...], reason: str = "") -> list[Alarm]:
    """Enters values and returns the alarms raised; a replaced value stays in the history, `reason` says why."""
    return put(by, patient, entries, reason)


@part_of_action
def put(by: Actor, patient: Patient, entries: tuple[New, ...], reason: str) -> list[Alarm]:
    """Within an action: enters values and raises alarms for what is urgent in them, both or neither."""
    today = timezone.now().astimezone(patient.site.zone).date()
    earlier = urgent.findings(patient, today)
    changed = _put(by, patient, entries, reason)
    if not changed:
        return []
    a_form = any(new.kind == "answers" for new in changed)
    return alarms.raise_new(by, patient, earlier, urgent.findings(patient, today), another_day_is_new=a_form)


def _put(by: Actor, patient: Patient, entries: tuple[New, ...], reason: str) -> list[New]:
    """Stores the values that differ from the current ones, and returns them."""
    _check_pains(patient, entries)
    current = _current(patient, entries)
    changed = [new for new in entries if _differs(current.get(item(new)), new)]
    now = timezone.now()
    amended = [current[item(new)].pk for new in changed if item(new) in current]
    Entry.objects.filter(pk__in=amended).update(current=False)
    rows = [
        Entry(
            patient=patient,
            kind=new.kind,
            key=new.key,
            pain=new.pain,
            value=new.value,
            on=new.on,
            at=now,
            by=access.account(by),
            by_name=by.name,
            reason=reason,
            origin=new.origin[:ORIGIN],
            imported_id=new.imported,
        )
        for new in changed
    ]
    seals.written(Entry.objects.bulk_create(rows))
    what = ", ".join(" ".join(filter(None, item(new))) for new in changed) or "nothing new"
    audit_event(by, "record.amend" if amended else "record.enter", patient=patient, entries=what, reason=reason)
    return changed


def _check_pains(patient: Patient, entries: tuple[New, ...]) -> None:
    """Conflict where an entry names a pain that is not this patient's."""
    named = {new.pain for new in entries if new.pain}
    named |= {key for new in entries if new.kind == "trial" and new.value for key in new.value.get("pains", ())}
    known = {new.key for new in entries if new.kind == "pain" and new.value is not None}
    if named - known:
        rows = Entry.objects.filter(patient=patient, kind="pain", current=True, value__isnull=False)
        known |= set(rows.values_list("key", flat=True))
    if named - known:
        raise Conflict("this names a pain that is not on this patient's record: open the page again and choose one")


def _current(patient: Patient, entries: tuple[New, ...]) -> Mapping[Item, Entry]:
    keys = {item(new) for new in entries}
    if len(keys) != len(entries):
        raise Conflict("the same item was entered twice: enter it once")
    rows = Entry.objects.filter(patient=patient, current=True, key__in={new.key for new in entries})
    return {item(entry): entry for entry in rows if item(entry) in keys}


def _differs(current: Entry | None, new: New) -> bool:
    if current is None:
        return new.value is not None
    return current.value != new.value or current.on != new.on
