"""The plan: a course calculated for the patient, ordered, checked by a second person, compared with others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from unwound import pathway
from unwound.cautions import CautionLevel
from unwound.protocols.planner import PlanVerdict
from unwound.record import UnwoundError
from unwound.terms import Purpose
from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor, patient_page, today
from unwound_clinic.models import OrderState, Patient, Plan
from unwound_clinic.record import translate as record_translate
from unwound_clinic.treatment import charts, current, repeated, second_check
from unwound_clinic.treatment.actions import plans
from unwound_clinic.treatment.forms.plan import CheckForm, CourseForm, OrderForm

if TYPE_CHECKING:
    from unwound.protocols import Plan as LibraryPlan


@patient_page("plan")
def plan(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The open order, a course to calculate, and the form that orders it."""
    fields = request.POST if request.method == "POST" else request.GET
    aims = _aims(patient)
    asked = "protocol" in fields
    course = CourseForm(aims, fields) if asked else CourseForm(aims, initial=_consented_course(patient))
    now, by = timezone.now(), actor(request)
    ordered = current.plan(patient)
    may_order = access.may(by, "order-plan", patient)
    to_check = ordered is not None and second_check.awaits(by, ordered)
    unseen = to_check and not may_order
    calculated = None if unseen else _calculate(patient, course, by.name)
    changes = ordered is not None
    order = OrderForm(request, request.POST if "password" in request.POST else None, changes=changes)
    if calculated is not None and order.is_bound and order.is_valid() and _order(request, patient, course, order):
        return redirect("plan", patient.pk)
    context: dict[str, Any] = {
        "patient": patient,
        "tab": "plan",
        "candidate": _decided_for(patient, fields.get("protocol", "")),
        "plan": ordered,
        "missing": current.why_not_given(patient, now) if ordered else (),
        "no_consent": () if current.valid_consent(patient, now) else _no_consent(patient, now),
        "earlier": patient.plans.exclude(state__in=current.OPEN_STATES).select_related("ordered_by").order_by("-id"),
        "course": course,
        "order": order,
        "may_order": may_order,
        "to_check": to_check,
        "unseen": unseen,
        **(_calculated_parts(calculated) if calculated else {}),
        **_again(patient, course, calculated),
    }
    return render(request, "treatment/plan.html", context)


def _again(patient: Patient, course: CourseForm, calculated: LibraryPlan | None) -> dict[str, Any]:
    """What the earlier courses say of this one: what still speaks against it, and what was overridden."""
    if not current.was_treated(patient):
        return {}
    if calculated is None or not calculated.doses:
        return {"treated": True}
    chosen = course.cleaned_data
    start = chosen["start_on"] or today(patient.site)
    against = repeated.objections(patient, calculated.protocol, start, calculated.hours)
    still = repeated.open_ones(against, chosen["despite"])
    return {
        "treated": True,
        "against": still,
        "despite_again": [objection for objection in against if objection not in still],
    }


def _aims(patient: Patient) -> tuple[Purpose, ...]:
    """Courses for pain for everybody; those for depression where one is in play or was decided on."""
    review = pathway.review(record_translate.patient(patient, today(patient.site)))
    mood = review.depression is not None or Purpose.DEPRESSION in current.decided_aims(patient)
    return (Purpose.PAIN, Purpose.DEPRESSION) if mood else (Purpose.PAIN,)


def _decided_for(patient: Patient, protocol: str) -> bool:
    """Whether the course that was chosen, or any course while none is, rests on a decision for ketamine."""
    aims = current.decided_aims(patient)
    return current.aim_of(protocol) in aims if protocol else bool(aims)


def _consented_course(patient: Patient) -> dict[str, Any]:
    """The course that the patient consented to, as the form's first values."""
    from unwound import protocols

    consent = current.consent(patient)
    protocol = protocols.protocols().get(consent.protocol) if consent else None
    return {"protocol": consent.protocol if consent else None, "drug": protocol.drug if protocol else None}


def _no_consent(patient: Patient, now: Any) -> tuple[str, ...]:
    last = current.consent(patient)
    return current.why_no_consent(patient, last.protocol if last else "", now)


def _calculate(patient: Patient, form: CourseForm, by: str) -> LibraryPlan | None:
    """The library's plan for what was chosen; None, with the reason on the form, where it cannot be calculated."""
    from unwound import protocols

    if not form.is_bound or not form.is_valid():
        return None
    chosen = form.cleaned_data
    try:
        return protocols.plan(
            chosen["protocol"],
            record_translate.patient(patient, today(patient.site)),
            concentration_mg_per_ml=chosen["concentration_mg_per_ml"],
            drug=chosen["drug"],
            start=chosen["start_on"],
            despite=repeated.others(chosen["despite"]),
            basis=plans.basis(chosen["weight_basis"], by),
        )
    except UnwoundError as reason:
        if chosen["weight_basis"] and str(reason).startswith(chosen["weight_basis"]):
            form.add_error("weight_basis", str(reason))
            return None
        form.add_error("concentration_mg_per_ml", str(reason).removeprefix("concentration_mg_per_ml: "))
        return None


def _calculated_parts(plan: LibraryPlan) -> dict[str, Any]:
    """A plan that was calculated and not ordered yet, as the page shows it."""
    from unwound.report.plan_json import plan_json

    return {"calculated": plan, **_parts(plan_json(plan))}


def _parts(shown: dict[str, Any]) -> dict[str, Any]:
    """The parts of a plan as the page shows them, whether it was ordered or only calculated."""
    from unwound import protocols
    from unwound.protocols.planner import Rate
    from unwound.report.planning import pump_rows

    protocol = protocols.protocols().get(shown["protocol"])
    reasons = shown["reasons"]
    rows = [Rate(**{name: row[name] for name in Rate.__dataclass_fields__}) for row in shown["rates"]]
    return {
        "shown": shown,
        "protocol": protocol,
        "rows": list(pump_rows(rows)),
        "asks": [reason for reason in reasons if reason["level"] == CautionLevel.ASK and reason["because"]],
        "refusals": [reason for reason in reasons if reason["level"] == CautionLevel.STOP],
        "notes": [reason for reason in reasons if reason["level"] == CautionLevel.NOTE],
        "overridden": [reason for reason in reasons if reason["overridden"]],
    }


def _order(request: HttpRequest, patient: Patient, course: CourseForm, order: OrderForm) -> bool:
    """Orders the course: whether it was ordered; the reason against it is shown on the form."""
    chosen = course.cleaned_data
    try:
        row = plans.order(
            by=actor(request),
            patient=patient,
            protocol=chosen["protocol"],
            concentration_mg_per_ml=chosen["concentration_mg_per_ml"],
            drug=chosen["drug"],
            start_on=chosen["start_on"],
            despite=chosen["despite"],
            weight_basis=chosen["weight_basis"],
            seen_total_mg=order.cleaned_data["seen_total_mg"],
            note=order.cleaned_data["note"],
            reason=order.cleaned_data.get("reason", ""),
        )
    except Conflict as reason:
        order.add_error(None, f"Nothing was ordered: {reason}.")
        return False
    no_consent = current.why_no_consent(patient, row.protocol, timezone.now())
    next_step = "The patient's consent to this course is needed next" if no_consent else "It awaits the second check"
    messages.success(request, f"Ordered. {next_step}.")
    return True


@patient_page("order")
def order(request: HttpRequest, patient: Patient, plan: int) -> HttpResponse:
    """One order as it was signed, to be printed."""
    row = _row(patient, plan)
    if second_check.awaits(actor(request), row):
        messages.info(request, second_check.BEFORE_THE_ORDER)
        return redirect("plan-check", patient.pk, row.pk)
    despite = [repeated.in_words(id) for id in row.despite if id.startswith(repeated.BEGINS)]
    context = {"patient": patient, "tab": "plan", "plan": row, "despite_again": despite, **_parts(row.shown)}
    return render(request, "treatment/plan_one.html", context)


@patient_page("second check")
def check(request: HttpRequest, patient: Patient, plan: int) -> HttpResponse:
    """The second person weighs, reads the label and calculates without seeing any of the order's results."""
    row = _row(patient, plan)
    by = actor(request)
    access.check(by, "check-plan", patient)
    if by.user == row.ordered_by:
        raise access.Refused("the second check must be done by another person, not by the one who ordered")
    if row.state != OrderState.ORDERED:
        return redirect("plan-one", patient.pk, row.pk)
    form = CheckForm(request, request.POST if request.POST.get("do") == "check" else None)
    if request.method == "POST" and request.POST.get("do") == "refuse":
        plans.refuse(by=by, patient=patient, plan=row, reason=request.POST.get("reason", ""))
        messages.success(request, "The order was returned to the physician.")
        return redirect("plan", patient.pk)
    if form.is_bound and form.is_valid() and _check(request, patient, row, form):
        messages.success(request, "Checked: weight, amount, concentration and first rate agree.")
        return redirect("plan", patient.pk)
    parts = _parts(row.shown)
    steps = list(second_check.dosing_rule(parts["protocol"])) if parts["protocol"] else []
    missing = current.why_no_consent(patient, row.protocol, timezone.now())
    context = {
        "patient": patient,
        "tab": "plan",
        "plan": row,
        "form": form,
        "steps": steps,
        "missing": missing,
        **parts,
    }
    return render(request, "treatment/plan_check.html", context)


def _check(request: HttpRequest, patient: Patient, plan: Plan, form: CheckForm) -> bool:
    """Signs the second check: whether weight and amount agree; what differs is shown on the form."""
    note = form.cleaned_data["note"]
    try:
        differences = plans.check(
            by=actor(request), patient=patient, plan=plan, worked_out=form.worked_out(), note=note
        )
    except Conflict as reason:
        form.add_error(None, f"Not checked: {reason}.")
        return False
    for difference in differences:
        form.add_error(None, f"{difference} Not checked. Weigh and calculate again, or return the order.")
    return not differences


@patient_page("cancel order")
def cancel(request: HttpRequest, patient: Patient, plan: int) -> HttpResponse:
    """Cancels the order, with a reason."""
    if request.method == "POST":
        row = _row(patient, plan)
        plans.cancel(by=actor(request), patient=patient, plan=row, reason=request.POST.get("reason", ""))
        messages.success(request, "Order cancelled; it stays in the record.")
    return redirect("plan", patient.pk)


@patient_page("courses compared")
def compare(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The courses that are possible for this patient, side by side."""
    from unwound import protocols

    record = record_translate.patient(patient, today(patient.site))
    ids, refused = [], []
    for id, course in protocols.protocols().items():
        if course.aim == Purpose.PAIN and course.part == "course":
            result = protocols.plan(id, record, concentration_mg_per_ml=1.0)
            if result.verdict == PlanVerdict.PLANNED:
                ids.append(id)
            else:
                refused.append(result)
    weight = record.value("weight_kg")
    kg = round(float(weight), 1) if isinstance(weight, float | int) and not isinstance(weight, bool) else None
    compared = charts.compared(ids, kg) if ids and kg is not None else None
    context = {"patient": patient, "tab": "plan", "ids": ids, "refused": refused, "kg": kg, "compared": compared}
    return render(request, "treatment/plan_compare.html", context)


def _row(patient: Patient, plan: int) -> Plan:
    return get_object_or_404(patient.plans.select_related("ordered_by", "checked_by", "decision"), pk=plan)


urls = [
    takes("patients/<int:number>/plan/", plan, name="plan"),
    reads("patients/<int:number>/plan/compare/", compare, name="plan-compare"),
    reads("patients/<int:number>/plan/<int:plan>/", order, name="plan-one"),
    takes("patients/<int:number>/plan/<int:plan>/check/", check, name="plan-check"),
    takes("patients/<int:number>/plan/<int:plan>/cancel/", cancel, name="plan-cancel"),
]
