"""The diary: opened with the date of birth, answered once, typed by somebody who calls, or taken back."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone

from unwound.follow_up import What
from unwound_clinic.core.access import Actor, PatientLink, Refused, Staff
from unwound_clinic.core.action import Conflict, action, audit_event, part_of_action
from unwound_clinic.follow_up import links
from unwound_clinic.follow_up.actions import asking as askings
from unwound_clinic.follow_up.diary import Diary
from unwound_clinic.models import Alarm, Asking, Entry, FollowUp, Patient
from unwound_clinic.record.actions import alarms
from unwound_clinic.record.actions import entries as record_entries
from unwound_clinic.record.entries import New


class Answered(Conflict):
    """The diary of this day was sent before."""


@action("fill-own-diary")
def open_link(*, by: PatientLink, patient: Patient, follow_up: FollowUp, birth_date: date) -> bool:
    """Whether the date of birth is right; wrong ones are counted, and too many close the link."""
    row, now = FollowUp.objects.select_for_update().get(pk=follow_up.pk), timezone.now()
    if row.patient_id != patient.pk or links.state(row, now) != "open":
        raise Conflict("this link is no longer valid")
    right = patient.birth_date is not None and patient.birth_date == birth_date
    row.wrong_birth_dates = 0 if right else row.wrong_birth_dates + 1
    row.closed_at = now if row.wrong_birth_dates >= links.TRIES else None
    row.save(update_fields=["wrong_birth_dates", "closed_at"])
    audit_event(by, "diary.open" if right else "diary.wrong-birth-date", patient=patient)
    return right


@action("fill-own-diary")
def opened(*, by: PatientLink, patient: Patient, asking: Asking) -> None:
    """The patient has the diary of a day before them; only the first time is kept."""
    row = _of(patient, asking)
    if row.open and not row.events.filter(what=What.OPENED).exists():
        askings.note(by, row, What.OPENED)
    audit_event(by, "diary.opened", patient=patient, day=row.day)


@action("fill-own-diary", again=True)
def looked(*, by: PatientLink, patient: Patient, what: str) -> None:
    """The patient looked at a part of the own record behind the link."""
    audit_event(by, "view.own", patient=patient, page=what)


@action("fill-own-diary")
def answer(*, by: PatientLink, patient: Patient, asking: Asking, diary: Diary) -> list[Alarm]:
    """The patient's answers, once. Answered where they were sent before; Conflict where the link is closed."""
    row = _of(patient, asking)
    if links.state(row.follow_up, timezone.now()) != "open":
        raise Conflict("this link is no longer valid")
    return _keep(by, patient, row, diary)


@action("follow-up")
def typed(*, by: Staff, patient: Patient, asking: Asking, diary: Diary) -> list[Alarm]:
    """What the patient answered on the telephone, typed by who called."""
    row = _of(patient, asking)
    if row.follow_up.ended_at is not None:
        raise Conflict("the patient is not asked any more")
    return _keep(by, patient, row, diary)


@action("record-facts")
def take_back(*, by: Staff, patient: Patient, asking: Asking, reason: str) -> None:
    """A diary was entered in error: what of it still stands in the record is taken back, and stays in the history."""
    row = _of(patient, asking)
    kept = Entry.objects.filter(patient=patient, kind="story", key=row.key, current=True).exclude(value=None).first()
    if kept is None or not reason.strip():
        raise Conflict("give the reason" if kept else "nothing of this diary stands in the record")
    keys = [tuple(key) for key in (kept.value or {}).get("keys", ())]
    standing = Entry.objects.filter(patient=patient, current=True, at=kept.at, by_name=kept.by_name).exclude(value=None)
    rows = [entry for entry in standing if (entry.kind, entry.key, entry.pain) in keys]
    back = tuple(
        New(kind=entry.kind, key=entry.key, value=None, on=entry.on, pain=entry.pain) for entry in (kept, *rows)
    )
    record_entries.put(by, patient, back, reason.strip()[:300])
    row.look_at = ""
    row.save(update_fields=["look_at"])
    audit_event(by, "diary.taken-back", patient=patient, day=row.day, reason=reason.strip())


@part_of_action
def _keep(by: Actor, patient: Patient, row: Asking, diary: Diary) -> list[Alarm]:
    """Keeps the answers and raises alarms for what is urgent in them, all or nothing."""
    if row.standing.over == What.DONE:
        raise Answered("this was sent before. It is saved, once")
    if not diary.entries:
        raise Conflict("nothing was answered")
    raised = record_entries.put(by, patient, diary.entries, _reason(row, diary.written_at))
    if diary.urgent is not None:
        raised += alarms.raise_new(by, patient, (), (diary.urgent,), another_day_is_new=True)
    row.look_at = " ".join(diary.look_at)
    row.save(update_fields=["look_at"])
    askings.note(by, row, What.DONE, diary.how)
    audit_event(by, "diary.answered", patient=patient, day=row.day, how=diary.how)
    return raised


def _reason(row: Asking, written_at: datetime) -> str:
    return f"diary of day {row.day} after the course, written {written_at.isoformat(timespec='minutes')}"


def _of(patient: Patient, asking: Asking) -> Asking:
    """The asking as it is now, locked until the action ends, so that two sendings follow one another."""
    row = Asking.objects.select_for_update(of=("self",)).select_related("follow_up").get(pk=asking.pk)
    if row.patient_id != patient.pk:
        raise Refused("this asking is of another patient")
    return row
