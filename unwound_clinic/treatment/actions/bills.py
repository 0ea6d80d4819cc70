"""An estimate or a superbill is signed and kept; it is never changed, a newer one stands beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import Bill, Patient, Plan
from unwound_clinic.treatment import bills


@action("write-letter")
def estimate(
    *, by: Staff, patient: Patient, plan: Plan, each: Decimal, number: int, further: Iterable[tuple[str, Decimal]],
    currency: str, good_until: date, note: str,
) -> Bill:  # fmt: skip
    """A good-faith estimate under a named signature. Conflict for one that is over already."""
    if good_until <= _today(patient):
        raise Conflict("an estimate is good for some days at least: choose a later day")
    content = bills.estimate(
        plan, each=each, number=number, further=further, currency=currency, good_until=good_until, note=note,
        head=_head(by, patient),
    )  # fmt: skip
    return _keep(by, patient, plan, "estimate", content)


@action("write-letter")
def superbill(
    *, by: Staff, patient: Patient, plan: Plan, each: Decimal, service: tuple[str, str], diagnoses: Iterable[str],
    currency: str, paid: Decimal, provider: Mapping[str, str],
) -> Bill:  # fmt: skip
    """What was given, for the patient to send in. Conflict where nothing was given to its end yet."""
    if not bills.given(plan):
        raise Conflict("no infusion of this plan was given to its end yet: there is nothing to bill")
    content = bills.superbill(
        plan, each=each, service=service, diagnoses=diagnoses, currency=currency, paid=paid, provider=provider,
        head=_head(by, patient),
    )  # fmt: skip
    return _keep(by, patient, plan, "superbill", content)


def _keep(by: Staff, patient: Patient, plan: Plan, kind: str, content: dict[str, Any]) -> Bill:
    if plan.patient_id != patient.pk:
        raise Conflict("this order is of another patient")
    row = Bill.objects.create(
        patient=patient, plan=plan, kind=kind, content=content, signed_by=by.user, signed_at=timezone.now()
    )
    audit_event(by, f"bill.{kind}", patient=patient, bill=row.pk, total=content["total"], currency=content["currency"])
    return row


def _head(by: Staff, patient: Patient) -> dict[str, str]:
    site = patient.site
    return {
        "site": site.name, "letterhead": site.letterhead.strip(), "phone": site.phone,
        "patient": patient.full_name, "born": patient.birth_date.isoformat() if patient.birth_date else "",
        "record": patient.number or "", "signed_by": by.user.name, "signed_on": _today(patient).isoformat(),
    }  # fmt: skip


def _today(patient: Patient) -> date:
    return timezone.now().astimezone(patient.site.zone).date()
