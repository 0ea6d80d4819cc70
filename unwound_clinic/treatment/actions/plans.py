"""The plan: ordered by one person, checked by another with numbers of their own, changed by a newer order only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from unwound.candidacy import Verdict
from unwound.protocols.planner import PlanVerdict
from unwound_clinic.core import access
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import Patient, Plan, Stage
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.actions import patients
from unwound_clinic.treatment import current

if TYPE_CHECKING:
    from unwound.protocols import Plan as Found

HALF_A_STEP = 0.05
"""Weights and amounts are shown to one decimal: closer than half of it is the same."""


@action("order-plan")
def order(
    *,
    by: Staff,
    patient: Patient,
    protocol: str,
    concentration_mg_per_ml: float,
    seen_total_mg: float,
    start_on: date | None = None,
    drug: Any = None,
    despite: Sequence[str] = (),
    note: str = "",
    reason: str = "",
) -> Plan:
    """An order of this protocol as it comes out today; refused with its reasons, and when it is not what was seen.

    `despite` are relative stops on which the physician decided otherwise, with the reason in `note`; `reason` says why
    an order that stands is replaced. A consent to another protocol ends.
    """
    now = timezone.now()
    decision = current.decision(patient)
    if decision is None or decision.decided != Verdict.CANDIDATE:
        raise Conflict("an order needs a signed decision that ketamine may be considered")
    if despite and not note.strip():
        raise Conflict("say in the note why you decided otherwise than advised")
    _check_consented(patient, now)
    earlier = current.plan(patient)
    if earlier is not None and not reason.strip():
        raise Conflict("an order stands already: say why it is changed")
    found = reckoned(
        patient,
        protocol,
        concentration_mg_per_ml=concentration_mg_per_ml,
        start_on=start_on,
        drug=drug,
        despite=despite,
        now=now,
    )
    if abs(found.total_mg - seen_total_mg) >= HALF_A_STEP:
        raise Conflict(f"the record changed since you looked: it is now {found.total_mg:.1f} mg in all; look again")
    if earlier is not None:
        earlier.state = "replaced"
        earlier.save(update_fields=["state"])
    made = _made(
        by, patient, found, now, decision=decision, start_on=start_on, despite=list(despite), note=note.strip()
    )
    made.replaces, made.change_reason = earlier, reason.strip()[:300]
    made.save()
    ended = _end_other_consents(patient, protocol, now)
    _wait_for_check(patient, made, now)
    audit_event(
        by,
        "plan.order",
        patient=patient,
        plan=made.pk,
        protocol=protocol,
        weight_kg=made.weight_kg,
        total_mg=found.total_mg,
        replaces=earlier.pk if earlier else "",
        reason=reason,
        despite=", ".join(despite),
        consent_ended=ended,
    )
    return made


@action("check-plan")
def check(
    *, by: Staff, patient: Patient, plan: Plan, weight_kg: float, total_mg: float, note: str = ""
) -> tuple[str, ...]:
    """The second check by another person, who weighed and reckoned again; what differs is told, logged and stops it."""
    plan = _waiting(by, patient, plan)
    now = timezone.now()
    missing = current.why_no_consent(patient, plan.protocol, now)
    if not current.is_candidate(patient):
        missing = ("The last signed decision is not for ketamine.", *missing)
    if missing:
        raise Conflict(f"this cannot be checked yet: {' '.join(missing)}")
    _check_still_so(patient, plan, now)
    differs = tuple(_differences(plan, weight_kg, total_mg))
    if differs:
        audit_event(by, "plan.check-differs", patient=patient, plan=plan.pk, weight_kg=weight_kg, total_mg=total_mg)
        return differs
    plan.state, plan.checked_by, plan.checked_at, plan.check_note = "checked", by.user, now, note.strip()
    plan.checked_weight_kg, plan.checked_total_mg = weight_kg, total_mg
    plan.save()
    today = now.astimezone(patient.site.zone).date()
    patients.set_stage(patient, Stage.READY, plan.start_on or today, "infusion")
    audit_event(by, "plan.check", patient=patient, plan=plan.pk, weight_kg=weight_kg, total_mg=total_mg, note=note)
    return ()


@action("check-plan")
def refuse(*, by: Staff, patient: Patient, plan: Plan, reason: str) -> Plan:
    """The second person sends the order back, with a reason."""
    plan = _waiting(by, patient, plan)
    if not reason.strip():
        raise Conflict("say why the order goes back")
    plan.state, plan.checked_by, plan.checked_at, plan.check_note = "refused", by.user, timezone.now(), reason.strip()
    plan.save(update_fields=["state", "checked_by", "checked_at", "check_note"])
    _back_to_plan(patient, "order came back from the second check")
    audit_event(by, "plan.refuse", patient=patient, plan=plan.pk, reason=reason.strip())
    return plan


@action("order-plan")
def cancel(*, by: Staff, patient: Patient, plan: Plan, reason: str) -> Plan:
    """An order is given up, with a reason; it stays in the record."""
    plan = Plan.objects.select_for_update().get(pk=plan.pk)
    if plan.patient_id != patient.pk or plan.state not in current.GOES_ON:
        raise Conflict("this order does not stand any more")
    if not reason.strip():
        raise Conflict("say why the order is given up")
    plan.state, plan.change_reason = "cancelled", reason.strip()[:300]
    plan.cancelled_at, plan.cancelled_by = timezone.now(), by.user
    plan.save(update_fields=["state", "change_reason", "cancelled_at", "cancelled_by"])
    _back_to_plan(patient, "order was cancelled: plan again or decide again")
    audit_event(by, "plan.cancel", patient=patient, plan=plan.pk, reason=reason.strip())
    return plan


def reckoned(
    patient: Patient,
    protocol: str,
    *,
    concentration_mg_per_ml: float,
    start_on: date | None,
    drug: Any,
    despite: Sequence[str],
    now: datetime,
) -> Found:
    """The library's plan of today. Conflict, with the reasons, when it refuses or cannot tell."""
    from unwound import protocols

    found = protocols.plan(
        protocol,
        record_translate.patient(patient, now.astimezone(patient.site.zone).date()),
        concentration_mg_per_ml=concentration_mg_per_ml,
        drug=drug or None,
        start=start_on,
        despite=tuple(despite),
    )
    if found.verdict == PlanVerdict.CANNOT_TELL or found.weight_kg is None:
        raise Conflict("the weight is not known: weigh the patient first; nothing was ordered")
    if found.verdict == PlanVerdict.REFUSED:
        why = "; ".join(": ".join([one.title, "; ".join(one.because)]).rstrip(": ") for one in found.refusals)
        raise Conflict(f"this plan is refused: {why}")
    return found


def _made(by: Staff, patient: Patient, found: Found, now: datetime, **more: Any) -> Plan:
    from unwound.report.plan_json import plan_json

    assert found.weight_kg is not None  # `reckoned` refuses a plan without one
    shown = plan_json(found)
    return Plan(
        patient=patient,
        protocol=found.protocol,
        weight_kg=found.weight_kg,
        concentration_mg_per_ml=found.concentration_mg_per_ml,
        shown=shown,
        version=shown["version"],
        data_fingerprint=shown["data_fingerprint"],
        ordered_by=by.user,
        ordered_at=now,
        **more,
    )


def _check_consented(patient: Patient, now: datetime) -> None:
    """A consent holds, or has only ended because the course was changed and is being asked for again."""
    last = current.consent(patient)
    if last is None or not (last.valid_on(now, last.protocol) or (last.ended_at and not last.withdrawn_at)):
        why = current.why_no_consent(patient, last.protocol if last else "", now)
        raise Conflict(f"an order needs the patient's consent. {' '.join(why)}")


def _end_other_consents(patient: Patient, protocol: str, now: datetime) -> bool:
    patient.consent_offers.filter(consent=None, revoked_at=None).exclude(protocol=protocol).update(revoked_at=now)
    held = patient.consents.filter(ended_at=None, withdrawn_at=None).exclude(protocol=protocol)
    return bool(held.update(ended_at=now, ended_reason="another course was ordered"))


def _wait_for_check(patient: Patient, plan: Plan, now: datetime) -> None:
    today = now.astimezone(patient.site.zone).date()
    if current.why_no_consent(patient, plan.protocol, now):
        patients.set_stage(patient, Stage.CONSENT, today, "consent to the changed course")
    else:
        patients.set_stage(patient, Stage.SECOND_CHECK, today, "second check of the plan")


def _back_to_plan(patient: Patient, what: str) -> None:
    if patient.stage not in (Stage.TREATMENT, Stage.FOLLOW_UP):
        patients.set_stage(patient, Stage.PLAN, timezone.now().astimezone(patient.site.zone).date(), what)


def _waiting(by: Staff, patient: Patient, plan: Plan) -> Plan:
    plan = Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if plan.patient_id != patient.pk or plan.state != "ordered":
        raise Conflict("this order is not waiting for a second check")
    if plan.ordered_by_id == by.user.pk:
        raise access.Refused("the second check is another person's than the one who ordered")
    return plan


def _check_still_so(patient: Patient, plan: Plan, now: datetime) -> None:
    """The record as it is today still gives this plan."""
    drug = plan.shown["drug"]
    found = reckoned(
        patient,
        plan.protocol,
        concentration_mg_per_ml=plan.concentration_mg_per_ml,
        start_on=plan.start_on,
        drug=drug,
        despite=plan.despite,
        now=now,
    )
    if abs(found.total_mg - plan.shown["total_mg"]) >= HALF_A_STEP:
        raise Conflict(
            f"the record changed since it was ordered: it is now {found.total_mg:.1f} mg in all, ordered were "
            f"{plan.shown['total_mg']:.1f} mg; it has to be ordered again"
        )


def _differences(plan: Plan, weight_kg: float, total_mg: float) -> Sequence[str]:
    said = []
    if not abs(weight_kg - plan.weight_kg) <= HALF_A_STEP:
        said.append("The weight is not the one the order was made for.")
    if not abs(total_mg - plan.shown["total_mg"]) <= HALF_A_STEP:
        said.append("The total amount is not the one that was ordered.")
    return said
