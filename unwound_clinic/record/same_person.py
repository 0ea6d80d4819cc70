"""Two records that may be of one person: what speaks against making them one."""

from __future__ import annotations

from collections.abc import Iterator

from unwound.session.states import SessionState
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import Entry, InfusionSession, OrderState, Patient
from unwound_clinic.record import translate

IN_SESSION = (
    SessionState.CHECKED_IN,
    SessionState.READY,
    SessionState.INFUSING,
    SessionState.PAUSED,
    SessionState.RECOVERING,
)
_ALSO = {"birth_date": "birth date", "sex": "sex at birth"}
MOST_SHOWN = 12


def against(patient: Patient, duplicate: Patient) -> list[str]:
    """Why these two are not made one record, each reason as a sentence; empty where nothing speaks against it."""
    return [*_of_records(patient, duplicate), *_of_contents(patient, duplicate)]


def check_not_in_session(*patients: Patient) -> None:
    """Conflict while one of them is in a session: whose infusion it is never changes under it."""
    rows = InfusionSession.objects.filter(patient__in=patients, state__in=IN_SESSION).select_related("patient")
    row = rows.first()
    if row is not None:
        raise Conflict(f"{row.patient.full_name} is in a session: wait until it is over")


def _of_records(patient: Patient, duplicate: Patient) -> Iterator[str]:
    # Every obstacle is listed at once, so that nobody mends one only to meet the next.
    if patient.pk == duplicate.pk:
        yield "These are the same record."
    if patient.site_id != duplicate.site_id:
        yield "The other record belongs to another site."
    if patient.merged_into_id or duplicate.merged_into_id:
        yield "One of them has been merged already."
    if InfusionSession.objects.filter(patient__in=(patient, duplicate), state__in=IN_SESSION).exists():
        yield "One of them is in a session: wait until it is over."
    for name, label in _ALSO.items():
        here, there = getattr(patient, name), getattr(duplicate, name)
        if here and there and here != there:
            yield f"The {label} differs ({here} and {there}): correct the one that is wrong first."
    states = (OrderState.ORDERED, OrderState.CHECKED)
    if all(row.plans.filter(state__in=states).exists() for row in (patient, duplicate)):
        yield "Both have an open order: cancel one of them first."


def _of_contents(patient: Patient, duplicate: Patient) -> Iterator[str]:
    """What the two records say differently of the same thing: a person decides, never the order of the two."""
    here = {_key(entry): entry for entry in _present(patient)}
    for entry in _present(duplicate):
        other = here.get(_key(entry))
        if other is not None and not same(other, entry):
            yield f"{_title(entry)}: {_said(other)} here, {_said(entry)} there. Amend the one that is wrong first."


def same(entry: Entry, other: Entry) -> bool:
    """Whether two entries say the same of the same thing."""
    return bool(entry.value == other.value and entry.on == other.on)


def _present(patient: Patient) -> list[Entry]:
    return list(Entry.objects.filter(patient=patient, current=True).order_by("id"))


def _key(entry: Entry) -> tuple[str, str, str]:
    return entry.kind, entry.key, entry.pain


def _title(entry: Entry) -> str:
    return f"{entry.get_kind_display().capitalize()} «{entry.key}»"


def _said(entry: Entry) -> str:
    content = translate.content(entry) if isinstance(entry.value, dict) else entry.value
    return "retracted" if entry.value is None else f"«{str(content)[:60]}»"
