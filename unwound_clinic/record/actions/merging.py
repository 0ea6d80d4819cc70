"""Two records of one person made one, and taken apart again: by two people, never during a session.

Rows move from the duplicate to the record that stays, and which ones is kept; nothing is changed in them, and nothing
is deleted. The number of the duplicate leads on to the record that stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.utils import timezone

from unwound_clinic.core import access, drafts
from unwound_clinic.core.access import Confirmed, Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import (
    Alarm,
    Asking,
    Bill,
    Companion,
    Consent,
    ConsentOffer,
    CourseEnd,
    Decision,
    Entry,
    FollowUp,
    Imported,
    InfusionSession,
    IntakeLink,
    Letter,
    Patient,
    PatientMerge,
    Plan,
    Referral,
    Stage,
)
from unwound_clinic.record import same_person

MOVED: tuple[type[Model], ...] = (
    Entry, Imported, IntakeLink, Alarm, Decision, Plan, Consent, ConsentOffer, Letter, InfusionSession,
    Companion, Referral, FollowUp, Asking, Bill, CourseEnd,
)  # fmt: skip
"""What belongs to a patient. Emergency access stays where it was used, and the log where it was written."""
_STAGES = list(Stage.values)


@action("merge-patients")
def merge(*, by: Staff, patient: Patient, duplicate: Patient, second: Confirmed, reason: str) -> PatientMerge:
    """Moves everything of the duplicate to this record. Conflict with every reason that speaks against it."""
    _check_two(by, patient, second)
    locked = {row.pk: row for row in Patient.objects.select_for_update().filter(pk__in=(patient.pk, duplicate.pk))}
    stays, goes = locked[patient.pk], locked[duplicate.pk]
    reasons = same_person.against(stays, goes)
    if reasons:
        raise Conflict("these two records cannot be merged. " + " ".join(reasons[: same_person.MOST_SHOWN]))
    if not reason.strip():
        raise Conflict("give the reason: how you know that both are of the same person")
    if all(FollowUp.objects.filter(patient=row, ended_at=None).exists() for row in (stays, goes)):
        raise Conflict("both records are being asked after a course: end the asking in one of them first")
    ended = _end_repeated(stays, goes)
    moved: dict[str, Any] = {}
    for model in MOVED:
        rows = _movable(model, goes, stays)
        moved[model.__name__] = sorted(rows.values_list("pk", flat=True))
        rows.update(patient=stays)
    moved["Draft"] = drafts.move_letters(goes.pk, stays.pk)
    moved["care"] = _further(stays, goes)
    goes.merged_into = stays
    goes.save(update_fields=["merged_into", "search"])
    row = PatientMerge.objects.create(
        patient=stays, duplicate=goes, at=timezone.now(), by=by.user, second=second.user, reason=reason.strip()[:300],
        moved=moved, ended=ended,
    )  # fmt: skip
    for concerned in (stays, goes):
        audit_event(
            by, "patient.merge", patient=concerned, into=stays.pk, duplicate=goes.pk, reason=row.reason,
            second=second.user.name,
        )  # fmt: skip
    return row


@action("merge-patients")
def take_apart(*, by: Staff, patient: Patient, merged: PatientMerge, second: Confirmed) -> None:
    """Two records again: what was moved goes back; what was added since stays. Conflict where that leans on it."""
    _check_two(by, patient, second)
    row = PatientMerge.objects.select_for_update().select_related("patient", "duplicate").get(pk=merged.pk)
    if row.patient_id != patient.pk or row.undone_at is not None:
        raise Conflict("this merge was undone already")
    if row.patient.merged_into_id:
        raise Conflict("this record has since been merged into another one: undo that merge first")
    same_person.check_not_in_session(row.patient)
    _check_nothing_leans_on(row)
    for model in MOVED:
        _of(model, row.patient).filter(pk__in=row.moved.get(model.__name__, ())).update(patient=row.duplicate)
    drafts.move_letters(row.patient.pk, row.duplicate.pk, row.moved.get("Draft", ()))
    keys = set(Entry.objects.filter(pk__in=row.moved["Entry"]).values_list("kind", "key", "pain"))
    for concerned in (row.duplicate, row.patient):
        _newest_is_current(concerned, keys)
    _set_care(row.patient, row.moved["care"])
    row.duplicate.merged_into = None
    row.duplicate.save(update_fields=["merged_into", "search"])
    row.undone_at, row.undone_by, row.undone_second = timezone.now(), by.user, second.user
    row.save(update_fields=["undone_at", "undone_by", "undone_second"])
    for concerned in (row.patient, row.duplicate):
        audit_event(by, "patient.take-apart", patient=concerned, merge=row.pk, second=second.user.name)


def _check_two(by: Staff, patient: Patient, second: Confirmed) -> None:
    """Conflict unless two people, each with the permission, are there."""
    if not isinstance(second, Confirmed):
        raise Conflict("two people are needed: the second one enters their own password")
    if second.user == by.user:
        raise Conflict("the second person has to be somebody else")
    access.check(access.staff(second.user), "merge-patients", patient)


def _of(model: type[Model], patient: Patient) -> Any:
    return model._default_manager.filter(patient=patient)


def _movable(model: type[Model], goes: Patient, stays: Patient) -> Any:
    """The rows that move: all, but for a file that was imported into both."""
    rows = _of(model, goes)
    if model is Imported:
        return rows.exclude(digest__in=_of(model, stays).values_list("digest", flat=True))
    return rows


def _end_repeated(stays: Patient, goes: Patient) -> list[int]:
    """What both records say alike is current once: the duplicate's becomes an earlier value."""
    keys = set(Entry.objects.filter(patient=stays, current=True).values_list("kind", "key", "pain"))
    rows = Entry.objects.filter(patient=goes, current=True)
    repeated = [row.pk for row in rows if (row.kind, row.key, row.pain) in keys]
    rows.filter(pk__in=repeated).update(current=False)
    return repeated


def _newest_is_current(patient: Patient, keys: Iterable[tuple[str, str, str]]) -> None:
    """Of each of these things the newest entry of this record is the current one."""
    for kind, key, pain in keys:
        rows = Entry.objects.filter(patient=patient, kind=kind, key=key, pain=pain)
        newest = rows.order_by("-id").values_list("pk", flat=True).first()
        if newest is not None:
            rows.filter(current=True).exclude(pk=newest).update(current=False)
            rows.filter(pk=newest).update(current=True)


def _further(stays: Patient, goes: Patient) -> dict[str, Any]:
    """The record stands where the one of the two stands that is further on; what it was before is given back."""
    before = {"stage": stays.stage, "due_on": stays.due_on and stays.due_on.isoformat(), "due_what": stays.due_what}
    if _STAGES.index(goes.stage) > _STAGES.index(stays.stage):
        _set_care(stays, {"stage": goes.stage, "due_on": goes.due_on, "due_what": goes.due_what})
    return {**before, "after": stays.stage}


def _set_care(patient: Patient, care: dict[str, Any]) -> None:
    """Stage and what is due; where the patient has moved on since the merge, nothing."""
    if care.get("after", patient.stage) != patient.stage:
        return
    patient.stage, patient.due_on, patient.due_what = care["stage"], care["due_on"], care["due_what"]
    patient.save(update_fields=["stage", "due_on", "due_what", "search"])


def _check_nothing_leans_on(row: PatientMerge) -> None:
    """Conflict where something of the record since the merge rests on what would go back."""
    leans = (
        (Plan, "decision_id", "Decision", "an order rests on a decision"),
        (InfusionSession, "plan_id", "Plan", "a session rests on an order"),
    )
    for model, name, of, words in leans:
        resting = _of(model, row.patient).filter(**{f"{name}__in": row.moved[of]})
        if resting.exclude(pk__in=row.moved[model.__name__]).exists():
            raise Conflict(f"{words} of the other record since they were merged, so they cannot be separated")
