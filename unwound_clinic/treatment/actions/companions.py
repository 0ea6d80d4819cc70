"""Who was there at a visit: recorded, or retracted with a reason."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import Companion, CompanionRole, Patient, Presence


@action("record-facts")
def record(
    *,
    by: Staff,
    patient: Patient,
    on: date,
    role: str,
    name: str = "",
    relation: str = "",
    language: str = "",
    presence: str = Presence.IN_PERSON,
    licence: str = "",
) -> Companion:
    """Records one person at a visit. Conflict with what is missing: a branch for each thing that a role needs."""
    if role not in CompanionRole.values or presence not in Presence.values:
        raise Conflict("choose what the person was there for, and how they took part")
    if on > timezone.now().astimezone(patient.site.zone).date():
        raise Conflict("this date is in the future: record who was there on the day of the visit")
    if presence == Presence.DECLINED and role != CompanionRole.CHAPERONE:
        raise Conflict("only a chaperone is offered and declined")
    if not name.strip() and presence != Presence.DECLINED:
        raise Conflict("enter the name")
    if role == CompanionRole.INTERPRETER and not language.strip():
        raise Conflict("enter the language that was interpreted")
    if role == CompanionRole.GUARDIAN and not relation.strip():
        raise Conflict("enter the relation to the patient, as «mother»")
    row = Companion.objects.create(
        patient=patient, on=on, role=role, name=name.strip(), relation=relation.strip(), language=language.strip(),
        presence=presence, licence=licence.strip(), by=by.user, at=timezone.now(),
    )  # fmt: skip
    audit_event(by, "visit.companion", patient=patient, companion=row.pk, role=role, presence=presence)
    return row


@action("record-facts")
def strike_out(*, by: Staff, patient: Patient, companion: Companion, reason: str) -> None:
    """Strikes out an error; it stays readable."""
    if companion.patient_id != patient.pk or companion.struck_at is not None:
        raise Conflict("this was marked as entered in error already, or belongs to another patient")
    if not reason.strip():
        raise Conflict("give the reason")
    companion.struck_at, companion.struck_by, companion.struck_reason = timezone.now(), by.user, reason.strip()[:300]
    companion.save(update_fields=["struck_at", "struck_by", "struck_reason"])
    audit_event(by, "visit.companion-struck", patient=patient, companion=companion.pk, reason=reason.strip())
