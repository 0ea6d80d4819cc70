"""The first form, by the patient: opened with the date of birth, answered bit by bit, sent."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from unwound import languages
from unwound_clinic.core.access import PatientLink, Refused
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.intake import links
from unwound_clinic.models import Alarm, Entry, IntakeLink, Patient, Stage
from unwound_clinic.record.actions import entries as record_entries
from unwound_clinic.record.actions import patients
from unwound_clinic.record.entries import New, current


@action("fill-own-intake")
def open_link(*, by: PatientLink, patient: Patient, link: IntakeLink, birth_date: date) -> bool:
    """Whether the date of birth is right; wrong ones are counted, and too many close the link."""
    link = _open(patient, link)
    now = timezone.now()
    if patient.birth_date != birth_date:
        link.wrong_birth_dates += 1
        link.revoked_at = now if link.wrong_birth_dates >= links.TRIES else None
        link.save(update_fields=["wrong_birth_dates", "revoked_at"])
        audit_event(by, "intake.wrong-birth-date", patient=patient, tries=link.wrong_birth_dates)
        return False
    link.opened_at, link.wrong_birth_dates = link.opened_at or now, 0
    link.save(update_fields=["opened_at", "wrong_birth_dates"])
    audit_event(by, "intake.open", patient=patient)
    return True


@action("fill-own-intake")
def choose_language(*, by: PatientLink, patient: Patient, link: IntakeLink, language: str) -> None:
    """The form is shown in this language from now on, behind this link. UnwoundError for one that is not spoken."""
    link = _open(patient, link)
    link.language = languages.check(language)
    link.save(update_fields=["language"])
    audit_event(by, "intake.language", patient=patient, language=language)


@action("fill-own-intake")
def visit(*, by: PatientLink, patient: Patient, link: IntakeLink, page: str) -> None:
    """Remembers the page the patient is on, so that a reopened browser returns to it."""
    link = _open(patient, link)
    link.place = page
    link.save(update_fields=["place"])
    audit_event(by, "intake.visit", patient=patient, page=page)


@action("fill-own-intake")
def answer(*, by: PatientLink, patient: Patient, link: IntakeLink, entries: tuple[New, ...]) -> list[Alarm]:
    """Saves the answers and raises alarms for new red flags in them, both or neither; returns the alarms.

    An answer amends an earlier one; a retracted answer retracts only the patient's own, never what the clinic entered.
    """
    _open(patient, link)
    return record_entries.put(by, patient, _changed(current(patient), entries), "")


@action("fill-own-intake")
def finish(*, by: PatientLink, patient: Patient, link: IntakeLink) -> None:
    """The form is sent: the link is closed, and a consultation is due."""
    link = _open(patient, link)
    now = timezone.now()
    link.finished_at = now
    link.save(update_fields=["finished_at"])
    if patient.stage in (Stage.REGISTERED, Stage.INTAKE):
        patients.set_stage(patient, Stage.CONSULTATION, now.astimezone(patient.site.zone).date(), "consultation")
    audit_event(by, "intake.finish", patient=patient)


def _open(patient: Patient, link: IntakeLink) -> IntakeLink:
    """The link as it is now, locked until the action ends, so that two saves follow one another."""
    now = timezone.now()
    current_link = IntakeLink.objects.select_for_update().get(pk=link.pk)
    if current_link.patient_id != patient.pk:
        raise Refused("this link is not for this patient")
    if links.state(current_link, now) != "open":
        raise Conflict("this link is no longer valid")
    return current_link


def _changed(recorded: list[Entry], entries: tuple[New, ...]) -> tuple[New, ...]:
    """The entries that differ: the same answer again keeps its first date."""
    recorded_by_key = {(entry.kind, entry.key): entry for entry in recorded if not entry.pain}
    changed = []
    for new in entries:
        before = recorded_by_key.get((new.kind, new.key))
        nothing_to_retract = new.value is None and (before is None or not before.is_own)
        if not nothing_to_retract and (before is None or before.value != new.value):
            changed.append(new)
    return tuple(changed)
