"""Outside records: looked at, set aside, brought in, undone; nothing of a file is on record before it is brought in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from django.utils import timezone

from unwound.record import long_day
from unwound_clinic.core import access
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import Alarm, Imported, Incoming, Patient, User
from unwound_clinic.record import (
    comparing,
    import_preview,
    imported_records,
    importing,
    pains,
    review,
    undoing,
    whose_record,
)
from unwound_clinic.record.actions import entries
from unwound_clinic.record.comparing import Change
from unwound_clinic.record.entries import New, current
from unwound_clinic.record.importing import Record

DIGITS = 12
"""Of a file's digest, in the audit log: enough to find it again."""


@action("record-facts", again=True)
def refuse(*, by: Staff, patient: Patient, record: Record, kinds: tuple[str, ...]) -> None:
    """A file was somebody else's: nothing of it is kept, the log says what differed and not how."""
    audit_event(by, "import.refuse", patient=patient, differs=", ".join(kinds), file=record.digest[:DIGITS])


@action("record-facts", again=True)
def look(*, by: Staff, patient: Patient, record: Record) -> None:
    """What was understood of a file waits for this person, in place of what waited before. Conflict for another's."""
    if whose_record.likeness(patient, record).differs:
        raise Conflict("this file is another patient's")
    _forget_old()
    user, content = _user(by), importing.stored(record)
    Incoming.objects.filter(patient=patient, by=user).delete()
    Incoming.objects.create(patient=patient, by=user, at=timezone.now(), content=content)
    audit_event(by, "import.look", patient=patient, file=record.digest[:DIGITS])


@action("record-facts")
def agree(*, by: Staff, patient: Patient) -> None:
    """It is the same person, somebody compared; what was open is in the log."""
    incoming, record = _waiting(by, patient)
    asked = whose_record.likeness(patient, record).asked
    incoming.agreed = True
    incoming.save(update_fields=["agreed"])
    audit_event(by, "import.same-person", patient=patient, file=record.digest[:DIGITS], asked="; ".join(asked))


@action("record-facts")
def set_aside(*, by: Staff, patient: Patient) -> None:
    """What waited is forgotten."""
    _forget_old()
    Incoming.objects.filter(patient=patient, by=_user(by)).delete()
    audit_event(by, "import.set-aside", patient=patient)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """What somebody ticked beside an outside record; nothing ticked is unknown."""

    for_pain: Collection[str] = ()
    """Treatments that were taken for the pain."""
    as_prescribed: Collection[str] = ()
    gone: Collection[str] = ()
    """Keys of medicines that are not in the newer file and are not taken any more."""


@action("record-facts")
def bring_in(*, by: Staff, patient: Patient, shown: str, ticked: Ticked = Ticked()) -> tuple[Imported, list[Alarm]]:
    """What waited becomes part of the record. Conflict when it is not what was shown, or was brought in before."""
    Patient.objects.select_for_update().get(pk=patient.pk)
    incoming, record = _waiting(by, patient)
    open_questions = whose_record.likeness(patient, record)
    if open_questions.differs or (open_questions.asked and not incoming.agreed):
        raise Conflict("first confirm that this is the same person")
    if already := imported_records.brought_in(patient, record):
        raise Conflict(f"this file was imported before, on {long_day(already.at)}; it adds nothing")
    rows, day = current(patient), timezone.now().astimezone(patient.site.zone).date()
    comparison = comparing.compare(record, rows, comparing.before(patient, record))
    preview = import_preview.preview(patient, record, comparison, rows, day)
    if preview.shown != shown:
        raise Conflict("the record changed since this was shown: look at it again, then import it")
    imported = Imported.objects.create(
        patient=patient,
        at=timezone.now(),
        by=_user(by),
        name=record.name[:200],
        digest=record.digest,
        source=record.identity.address[:300],
        newest=record.newest,
        account=import_preview.account_lines(record, comparison),
    )
    raised = entries.put(by, patient, _entered(patient, day, comparison, ticked, imported), f"from {record.name}"[:300])
    incoming.delete()
    audit_event(by, "import.bring-in", patient=patient, number=imported.pk, file=record.digest[:DIGITS])
    return imported, raised


def _entered(
    patient: Patient, day: object, comparison: comparing.Comparison, ticked: Ticked, imported: Imported
) -> tuple[New, ...]:
    """What is written, with what was ticked."""
    listed = pains.on_record(current(patient, "pain"))
    today = timezone.now().astimezone(patient.site.zone).date()
    pain = pains.key_in_view(listed, review.review_of(patient, today).review.patient) if len(listed) > 1 else ""
    for_pain = ticked.for_pain if len(listed) < 2 or pain else ()
    confirmed = import_preview.confirmed(comparison.entries, for_pain, ticked.as_prescribed, pain)
    gone = [
        New(kind=line.kind, key=line.key, value=None) for line in comparison.of(Change.GONE) if line.key in ticked.gone
    ]
    return tuple(replace(new, imported=imported.pk) for new in (*confirmed, *gone))


@action("record-facts")
def undo(*, by: Staff, patient: Patient, number: int, reason: str) -> list[str]:
    """Takes back all that an import entered, in one act, and returns what stays because it was entered since.

    What it replaced is current again. Alarms that it raised stay open: somebody has to have seen them.
    """
    Patient.objects.select_for_update().get(pk=patient.pk)
    imported = Imported.objects.filter(patient=patient, pk=number, undone_at=None).first()
    if imported is None:
        raise Conflict("this import was undone before, or is not of this patient")
    if not reason.strip():
        raise Conflict("give the reason for undoing it")
    undone = undoing.plan(imported)
    imported.undone_at, imported.undone_by = timezone.now(), _user(by)
    imported.undone_reason = reason.strip()[:300]
    imported.save(update_fields=["undone_at", "undone_by", "undone_reason"])
    entries.put(by, patient, undone.back, f"import of {imported.name} undone: {reason.strip()}"[:300])
    audit_event(by, "import.undo", patient=patient, number=imported.pk, reason=reason.strip())
    return list(undone.stays)


def _waiting(by: Staff, patient: Patient) -> tuple[Incoming, Record]:
    waits = imported_records.waiting(by, patient)
    if waits is None:
        minutes = int(imported_records.WAITS.total_seconds() // 60)
        raise Conflict(f"the file is no longer held (it is kept for {minutes} minutes): choose it again")
    return waits


def _user(by: Staff) -> User:
    account = access.account(by)
    if account is None:
        raise Conflict("only a member of staff can import a record")
    return account


def _forget_old() -> None:
    """What nobody looked at in time, of anybody."""
    Incoming.objects.filter(at__lte=timezone.now() - imported_records.WAITS).delete()
