"""Orders: signed by a physician, checked by a second person with independent numbers, changed by a newer order only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from unwound.candidacy import Verdict
from unwound.protocols.planner import PlanVerdict
from unwound.record import UnwoundError
from unwound_clinic.core import access
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import OrderState, Patient, Plan, Stage
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.actions import patients
from unwound_clinic.treatment import current, repeated, second_check

if TYPE_CHECKING:
    from unwound.protocols import Plan as LibraryPlan
    from unwound.protocols.weights import Basis


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
    weight_basis: str = "",
    note: str = "",
    reason: str = "",
) -> Plan:
    """Orders this protocol as it is calculated today. Conflict when it is refused or differs from what was seen.

    `weight_basis` is the weight that the physician chose to dose by, the actual one where empty. `despite` are
    relative contraindications that the physician overrides, with the reason in `note`; `reason` says why an open order
    is replaced. A consent to another protocol ends.
    """
    now = timezone.now()
    decision, today = current.decision(patient, current.aim_of(protocol)), now.astimezone(patient.site.zone).date()
    if decision is None or decision.decided != Verdict.CANDIDATE:
        raise Conflict("an order needs a signed decision that ketamine may be considered")
    if despite and not note.strip():
        raise Conflict("enter the reason for overriding the advice in the note")
    _check_consented(patient, now)
    earlier = current.plan(patient)
    if earlier is not None and not reason.strip():
        raise Conflict("there is an open order already: enter the reason for the change")
    plan = calculate(
        patient,
        protocol,
        concentration_mg_per_ml=concentration_mg_per_ml,
        start_on=start_on,
        drug=drug,
        despite=despite,
        dosed_by=basis(weight_basis, by.name),
        now=now,
    )
    _check_again(patient, plan, start_on or today, despite)
    if abs(plan.total_mg - seen_total_mg) >= second_check.HALF_A_STEP:
        total = f"the total is now {plan.total_mg:.1f} mg"
        raise Conflict(f"the record changed since you calculated the plan: {total}; check it again")
    if earlier is not None:
        earlier.state = OrderState.REPLACED
        earlier.save(update_fields=["state"])
    row = _new_order(
        by, patient, plan, now, decision=decision, start_on=start_on, despite=list(despite), note=note.strip()
    )
    row.replaces, row.change_reason = earlier, reason.strip()[:300]
    row.save()
    ended = _end_other_consents(patient, protocol, now)
    _wait_for_check(patient, row, now)
    audit_event(
        by,
        "plan.order",
        patient=patient,
        plan=row.pk,
        protocol=protocol,
        weight_kg=row.weight_kg,
        dosed_by=weight_basis or "actual",
        total_mg=plan.total_mg,
        replaces=earlier.pk if earlier else "",
        reason=reason,
        despite="; ".join(map(repeated.in_words, despite)),
        consent_ended=ended,
    )
    return row


@action("check-plan")
def check(
    *, by: Staff, patient: Patient, plan: Plan, worked_out: second_check.WorkedOut, note: str = ""
) -> tuple[str, ...]:
    """The second check by another person, who weighed and calculated again: what differs, if anything."""
    plan = _locked(by, patient, plan)
    now = timezone.now()
    missing = current.why_no_consent(patient, plan.protocol, now)
    if not current.is_candidate(patient, current.aim_of(plan.protocol)):
        missing = (current.NOT_DECIDED, *missing)
    if missing:
        raise Conflict(f"this order cannot be checked yet: {' '.join(missing)}")
    _check_unchanged(patient, plan, now)
    differences = tuple(second_check.differences(plan, worked_out))
    typed = asdict(worked_out)
    if differences:
        audit_event(by, "plan.check-differs", patient=patient, plan=plan.pk, **typed)
        return differences
    plan.state, plan.checked_by, plan.checked_at, plan.check_note = OrderState.CHECKED, by.user, now, note.strip()
    plan.checked_weight_kg, plan.checked_total_mg = worked_out.weight_kg, worked_out.total_mg
    plan.save()
    today = now.astimezone(patient.site.zone).date()
    patients.set_stage(patient, Stage.READY, plan.start_on or today, "infusion")
    audit_event(by, "plan.check", patient=patient, plan=plan.pk, **typed, note=note)
    return ()


@action("check-plan")
def refuse(*, by: Staff, patient: Patient, plan: Plan, reason: str) -> Plan:
    """The second person returns the order to the physician, with a reason."""
    plan = _locked(by, patient, plan)
    if not reason.strip():
        raise Conflict("enter why the order is returned")
    plan.state, plan.checked_by, plan.checked_at, plan.check_note = (
        OrderState.REFUSED,
        by.user,
        timezone.now(),
        reason.strip(),
    )
    plan.save(update_fields=["state", "checked_by", "checked_at", "check_note"])
    _back_to_plan(patient, "order returned from the second check")
    audit_event(by, "plan.refuse", patient=patient, plan=plan.pk, reason=reason.strip())
    return plan


@action("order-plan")
def cancel(*, by: Staff, patient: Patient, plan: Plan, reason: str) -> Plan:
    """Cancels an open order, with a reason; it stays in the record."""
    plan = Plan.objects.select_for_update().get(pk=plan.pk)
    if plan.patient_id != patient.pk or plan.state not in current.OPEN_STATES:
        raise Conflict("this order is no longer open")
    if not reason.strip():
        raise Conflict("enter why the order is cancelled")
    plan.state, plan.change_reason = OrderState.CANCELLED, reason.strip()[:300]
    plan.cancelled_at, plan.cancelled_by = timezone.now(), by.user
    plan.save(update_fields=["state", "change_reason", "cancelled_at", "cancelled_by"])
    _back_to_plan(patient, "order cancelled: plan again or decide again")
    audit_event(by, "plan.cancel", patient=patient, plan=plan.pk, reason=reason.strip())
    return plan


def calculate(
    patient: Patient,
    protocol: str,
    *,
    concentration_mg_per_ml: float,
    start_on: date | None,
    drug: Any,
    despite: Sequence[str],
    now: datetime,
    dosed_by: Basis | None = None,
) -> LibraryPlan:
    """The library's plan on the record of today. Conflict, with the reasons, when it refuses or cannot tell."""
    from unwound import protocols

    try:
        plan = protocols.plan(
            protocol,
            record_translate.patient(patient, now.astimezone(patient.site.zone).date()),
            concentration_mg_per_ml=concentration_mg_per_ml,
            drug=drug or None,
            start=start_on,
            despite=repeated.others(despite),
            basis=dosed_by,
        )
    except UnwoundError as reason:
        raise Conflict(str(reason)) from None
    if plan.verdict == PlanVerdict.CANNOT_TELL or plan.weight_kg is None:
        raise Conflict("the weight is not known: weigh the patient first; nothing was ordered")
    if plan.verdict == PlanVerdict.REFUSED:
        reasons = [": ".join([refusal.title, "; ".join(refusal.because)]).rstrip(": ") for refusal in plan.refusals]
        raise Conflict(f"this plan is refused: {'; '.join(reasons)}")
    return plan


def _check_again(patient: Patient, plan: LibraryPlan, start: date, despite: Sequence[str]) -> None:
    """Conflict, with the reasons, where what came of the earlier courses speaks against this one."""
    against = repeated.open_ones(repeated.objections(patient, plan.protocol, start, plan.hours), despite)
    if against:
        reasons = "; ".join(f"{objection.title}: {objection.because}" for objection in against)
        raise Conflict(f"another course is refused: {reasons}")


def basis(kind: str, by: str) -> Basis | None:
    """The weight that this person chose to dose by; None for the actual one, which nobody has to choose."""
    from unwound.protocols.weights import Basis, WeightKind

    return Basis(WeightKind(kind), by) if kind and kind != WeightKind.ACTUAL else None


def _new_order(by: Staff, patient: Patient, plan: LibraryPlan, now: datetime, **more: Any) -> Plan:
    from unwound.report.plan_json import plan_json

    assert plan.weight_kg is not None  # `calculate` refuses a plan without one
    shown = plan_json(plan)
    return Plan(
        patient=patient,
        protocol=plan.protocol,
        weight_kg=plan.weight_kg,
        concentration_mg_per_ml=plan.concentration_mg_per_ml,
        shown=shown,
        version=shown["version"],
        data_fingerprint=shown["data_fingerprint"],
        own_fingerprint=shown["own_fingerprint"] or "",
        ordered_by=by.user,
        ordered_at=now,
        **more,
    )


def _check_consented(patient: Patient, now: datetime) -> None:
    """Conflict unless a consent is valid, or ended only because the course was changed (then it is requested again)."""
    last = current.consent(patient)
    if last is None or not (last.valid_on(now, last.protocol) or (last.ended_at and not last.withdrawn_at)):
        reasons = current.why_no_consent(patient, last.protocol if last else "", now)
        raise Conflict(f"an order needs the patient's consent. {' '.join(reasons)}")


def _end_other_consents(patient: Patient, protocol: str, now: datetime) -> bool:
    patient.consent_offers.filter(consent=None, revoked_at=None).exclude(protocol=protocol).update(revoked_at=now)
    valid = patient.consents.filter(ended_at=None, withdrawn_at=None).exclude(protocol=protocol)
    return bool(valid.update(ended_at=now, ended_reason="another course was ordered"))


def _wait_for_check(patient: Patient, plan: Plan, now: datetime) -> None:
    today = now.astimezone(patient.site.zone).date()
    if current.why_no_consent(patient, plan.protocol, now):
        patients.set_stage(patient, Stage.CONSENT, today, "consent to the changed course")
    else:
        patients.set_stage(patient, Stage.SECOND_CHECK, today, "second check of the plan")


def _back_to_plan(patient: Patient, due: str) -> None:
    if patient.stage not in (Stage.TREATMENT, Stage.FOLLOW_UP):
        patients.set_stage(patient, Stage.PLAN, timezone.now().astimezone(patient.site.zone).date(), due)


def _locked(by: Staff, patient: Patient, plan: Plan) -> Plan:
    """The order, locked until the transaction ends; refused unless it waits for this person's second check."""
    plan = Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if plan.patient_id != patient.pk or plan.state != OrderState.ORDERED:
        raise Conflict("this order is not waiting for a second check")
    if plan.ordered_by_id == by.user.pk:
        raise access.Refused("the second check must be done by another person, not by the one who ordered")
    return plan


def _check_unchanged(patient: Patient, plan: Plan, now: datetime) -> None:
    """Conflict unless the record of today still gives this plan."""
    drug, weight = plan.shown["drug"], plan.shown.get("dosing_weight", {})  # orders of before have no choice of weight
    today = calculate(
        patient,
        plan.protocol,
        concentration_mg_per_ml=plan.concentration_mg_per_ml,
        start_on=plan.start_on,
        drug=drug,
        despite=plan.despite,
        dosed_by=basis(weight.get("kind", ""), weight.get("chosen_by") or ""),
        now=now,
    )
    _check_again(patient, today, plan.start_on or now.astimezone(patient.site.zone).date(), plan.despite)
    if abs(today.total_mg - plan.shown["total_mg"]) >= second_check.HALF_A_STEP:
        raise Conflict(
            f"the record changed since the order: the total is now {today.total_mg:.1f} mg, and "
            f"{plan.shown['total_mg']:.1f} mg were ordered; the course must be ordered again"
        )
