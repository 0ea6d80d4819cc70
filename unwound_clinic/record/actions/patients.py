"""Registering a patient, correcting personal details, the link to the first form, alarms, and what is due next."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from unwound import record
from unwound_clinic.core import reachable
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event, part_of_action
from unwound_clinic.models import Alarm, IntakeLink, Patient, Site, Stage, hash_of, link_token

LINK_DAYS = 14
PERSONAL = ("number", "family_name", "given_name", "birth_date", "sex", "phone", "email", "team")


class AlreadyRegistered(Conflict):
    """A patient of this name and date of birth has a record here."""

    def __init__(self, patient: Patient) -> None:
        born = f", born {record.day(patient.birth_date)}," if patient.birth_date else ""
        super().__init__(f"{patient.name}{born} is already registered: open that record instead")
        self.patient = patient


@action("register-patient")
def register(*, by: Staff, site: Site, **personal: Any) -> Patient:
    """A new patient of the site. Conflict when the name and date of birth are already registered."""
    same = Patient.objects.filter(
        site=site,
        family_name__iexact=personal.get("family_name", ""),
        given_name__iexact=personal.get("given_name") or "",
        birth_date=personal.get("birth_date"),
    ).first()
    if same is not None:
        raise AlreadyRegistered(same.leads_to())
    today = timezone.now().astimezone(site.zone).date()
    patient = Patient(
        site=site, registered_at=timezone.now(), due_on=today, due_what="invite to the first form", **personal
    )
    patient.full_clean()
    patient.save()
    audit_event(by, "patient.register", patient=patient)
    return patient


@action("register-patient")
def correct(*, by: Staff, patient: Patient, reason: str, **personal: object) -> Patient:
    """Corrects who a patient is; the values before go into the event."""
    if not reason.strip():
        raise Conflict("give the reason for the correction")
    before = {name: getattr(patient, name) for name in personal if name in PERSONAL}
    for name in before:
        setattr(patient, name, personal[name])
    patient.full_clean()
    patient.save()
    audit_event(by, "patient.correct", patient=patient, before=before, reason=reason)
    return patient


@action("invite-patient", again=True)
def invite(*, by: Staff, patient: Patient) -> tuple[IntakeLink, str]:
    """A new link to the first form, and its token (never stored); earlier links stop working."""
    reachable.check(patient.site)
    if patient.birth_date is None:
        raise Conflict("enter the date of birth first: the link asks for it before it opens")
    now = timezone.now()
    patient.links.filter(revoked_at=None, finished_at=None).update(revoked_at=now)
    token = link_token()
    link = IntakeLink.objects.create(
        patient=patient,
        token_hash=hash_of(token),
        made_at=now,
        made_by=by.user,
        expires_at=now + timedelta(days=LINK_DAYS),
    )
    if patient.stage == Stage.REGISTERED:
        set_stage(patient, Stage.INTAKE, now.date() + timedelta(days=LINK_DAYS), "first form expected back")
    audit_event(by, "intake.invite", patient=patient, expires=link.expires_at.isoformat())
    return link, token


@action("acknowledge-alarm")
def acknowledge_alarm(*, by: Staff, patient: Patient, alarm: Alarm, note: str) -> None:
    """A named person acknowledges an alarm and records the action taken."""
    if alarm.patient_id != patient.pk or alarm.seen_at is not None:
        raise Conflict("this alarm has already been acknowledged")
    if not note.strip():
        raise Conflict("record the action taken")
    alarm.seen_at, alarm.seen_by, alarm.seen_note = timezone.now(), by.user, note.strip()
    alarm.save(update_fields=["seen_at", "seen_by", "seen_note"])
    audit_event(by, "alarm.seen", patient=patient, finding=alarm.finding, note=note.strip())


@part_of_action
def set_stage(patient: Patient, stage: Stage, due_on: date | None, due_what: str) -> None:
    """The patient's stage, and what is due next."""
    patient.stage, patient.due_on, patient.due_what = stage, due_on, due_what
    patient.save(update_fields=["stage", "due_on", "due_what", "search"])
