"""The plan: a course looked at with its doses, ordered, checked by a second person, compared with others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone

from unwound.catalogue import plain
from unwound.cautions import CautionLevel
from unwound.protocols.planner import PlanVerdict
from unwound.record import UnwoundError
from unwound.terms import Purpose
from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.page import actor, patient_page, today
from unwound_clinic.models import Patient, Plan
from unwound_clinic.record import translate as record_translate
from unwound_clinic.treatment import charts, current
from unwound_clinic.treatment.actions import plans
from unwound_clinic.treatment.forms.plan import CheckForm, CourseForm, OrderForm

if TYPE_CHECKING:
    from unwound.protocols import Plan as Found
    from unwound.protocols import Protocol


@patient_page("plan")
def plan(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The order that counts, a course to look at, and the form that orders it."""
    given = request.POST if request.method == "POST" else request.GET
    course = CourseForm(given) if "protocol" in given else CourseForm(initial=_usual(patient))
    ordered = current.plan(patient)
    found = _looked_at(patient, course)
    changes = ordered is not None
    order = OrderForm(request, request.POST if "password" in request.POST else None, changes=changes)
    if found is not None and order.is_bound and order.is_valid() and _ordered(request, patient, course, order):
        return redirect("plan", patient.pk)
    now, by = timezone.now(), actor(request)
    shown: dict[str, Any] = {
        "patient": patient,
        "tab": "plan",
        "candidate": current.is_candidate(patient),
        "plan": ordered,
        "missing": current.why_not_given(patient, now) if ordered else (),
        "no_consent": () if current.holding(patient, now) else _no_consent(patient, now),
        "earlier": patient.plans.exclude(state__in=current.GOES_ON).select_related("ordered_by").order_by("-id"),
        "course": course,
        "order": order,
        "may_order": access.may(by, "order-plan", patient),
        "may_check": access.may(by, "check-plan", patient) and ordered is not None and by.user != ordered.ordered_by,
        **(_looks(found) if found else {}),
    }
    return render(request, "treatment/plan.html", shown)


def _usual(patient: Patient) -> dict[str, Any]:
    """The course that was consented to, to begin with."""
    from unwound import protocols

    held = current.consent(patient)
    known = protocols.protocols().get(held.protocol) if held else None
    return {"protocol": held.protocol if held else None, "drug": known.drug if known else None}


def _no_consent(patient: Patient, now: Any) -> tuple[str, ...]:
    last = current.consent(patient)
    return current.why_no_consent(patient, last.protocol if last else "", now)


def _looked_at(patient: Patient, form: CourseForm) -> Found | None:
    """The library's plan for what was chosen; None with the reason on the form where it cannot be reckoned."""
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
            despite=chosen["despite"],
        )
    except UnwoundError as why:
        form.add_error("concentration_mg_per_ml", str(why).removeprefix("concentration_mg_per_ml: "))
        return None


def _looks(found: Found) -> dict[str, Any]:
    """The parts of a plan as the page shows them, whether it was ordered or is only looked at."""
    from unwound.report.plan_json import plan_json

    return {"found": found, **_parts(plan_json(found))}


def _parts(shown: dict[str, Any]) -> dict[str, Any]:
    from unwound import protocols
    from unwound.protocols.planner import Rate
    from unwound.report.planning import pump_rows

    known = protocols.protocols().get(shown["protocol"])
    rows = [Rate(**{name: row[name] for name in Rate.__dataclass_fields__}) for row in shown["rates"]]
    return {
        "shown": shown,
        "known": known,
        "rows": list(pump_rows(rows)),
        "asks": [one for one in shown["reasons"] if one["level"] == CautionLevel.ASK and one["because"]],
        "refusals": [one for one in shown["reasons"] if one["level"] == CautionLevel.STOP],
        "notes": [one for one in shown["reasons"] if one["level"] == CautionLevel.NOTE],
        "decided": [one for one in shown["reasons"] if one["overridden"]],
    }


def _ordered(request: HttpRequest, patient: Patient, course: CourseForm, order: OrderForm) -> bool:
    """Whether it was ordered; what stands against it is told on the form."""
    chosen = course.cleaned_data
    try:
        made = plans.order(
            by=actor(request),
            patient=patient,
            protocol=chosen["protocol"],
            concentration_mg_per_ml=chosen["concentration_mg_per_ml"],
            drug=chosen["drug"],
            start_on=chosen["start_on"],
            despite=chosen["despite"],
            seen_total_mg=order.cleaned_data["seen_total_mg"],
            note=order.cleaned_data["note"],
            reason=order.cleaned_data.get("reason", ""),
        )
    except Conflict as why:
        order.add_error(None, f"Nothing was ordered: {why}.")
        return False
    waits = current.why_no_consent(patient, made.protocol, timezone.now())
    then = "The patient is asked for consent to this course first." if waits else "It waits for the second check."
    messages.success(request, f"Ordered. {then}")
    return True


@patient_page("order")
def one(request: HttpRequest, patient: Patient, plan: int) -> HttpResponse:
    """One order as it was signed, to be printed."""
    found = _of(patient, plan)
    shown = {"patient": patient, "tab": "plan", "plan": found, **_parts(found.shown)}
    return render(request, "treatment/plan_one.html", shown)


@patient_page("second check")
def check(request: HttpRequest, patient: Patient, plan: int) -> HttpResponse:
    """The second person weighs and reckons without seeing the order's weight and total."""
    found = _of(patient, plan)
    by = actor(request)
    access.check(by, "check-plan", patient)
    if by.user == found.ordered_by:
        raise access.Refused("the second check is another person's than the one who ordered")
    if found.state != "ordered":
        return redirect("plan-one", patient.pk, found.pk)
    form = CheckForm(request, request.POST if request.POST.get("do") == "check" else None)
    if request.method == "POST" and request.POST.get("do") == "refuse":
        plans.refuse(by=by, patient=patient, plan=found, reason=request.POST.get("reason", ""))
        messages.success(request, "The order went back to the physician.")
        return redirect("plan", patient.pk)
    if form.is_bound and form.is_valid() and _checked(request, patient, found, form):
        messages.success(request, "Checked: weight and amount agree.")
        return redirect("plan", patient.pk)
    parts = _parts(found.shown)
    steps = list(_steps(parts["known"])) if parts["known"] else []
    missing = current.why_no_consent(patient, found.protocol, timezone.now())
    shown = {
        "patient": patient,
        "tab": "plan",
        "plan": found,
        "form": form,
        "steps": steps,
        "missing": missing,
        **parts,
    }
    return render(request, "treatment/plan_check.html", shown)


def _checked(request: HttpRequest, patient: Patient, plan: Plan, form: CheckForm) -> bool:
    given = {name: form.cleaned_data[name] for name in ("weight_kg", "total_mg", "note")}
    try:
        differs = plans.check(by=actor(request), patient=patient, plan=plan, **given)
    except Conflict as why:
        form.add_error(None, f"Not checked: {why}.")
        return False
    for said in differs:
        form.add_error(None, f"{said} Not checked. Weigh and reckon again, or send the order back.")
    return not differs


def _steps(known: Protocol) -> Iterator[str]:
    """The rule of the course in words, to be reckoned by hand."""
    for step in known.steps:
        size = step.rate or step.amount
        said = [f"{plain(size.value)} {size.unit}" if size else ""]
        if step.cap:
            said.append(f"at most {plain(step.cap.value)} {step.cap.unit}")
        if step.share:
            said.append(f"of this the part {plain(step.share.value)}")
        said.append(f"for {plain(step.duration.value)} {step.duration.unit}")
        said.append(f"on days {', '.join(str(day) for day in step.days)}" if step.days else "following on")
        yield ", ".join(said)


@patient_page("cancel order")
def cancel(request: HttpRequest, patient: Patient, plan: int) -> HttpResponse:
    """The order is given up, with a reason."""
    if request.method == "POST":
        found = _of(patient, plan)
        plans.cancel(by=actor(request), patient=patient, plan=found, reason=request.POST.get("reason", ""))
        messages.success(request, "The order is cancelled; it stays in the record.")
    return redirect("plan", patient.pk)


@patient_page("courses compared")
def compare(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The courses that are open to this patient, side by side."""
    from unwound import protocols

    known = record_translate.patient(patient, today(patient.site))
    ids, refused = [], []
    for id, course in protocols.protocols().items():
        if course.aim == Purpose.PAIN and course.part == "course":
            found = protocols.plan(id, known, concentration_mg_per_ml=1.0)
            if found.verdict == PlanVerdict.PLANNED:
                ids.append(id)
            else:
                refused.append(found)
    weight = known.value("weight_kg")
    kg = round(float(weight), 1) if isinstance(weight, float | int) and not isinstance(weight, bool) else None
    compared = charts.compared(ids, kg) if ids and kg is not None else None
    shown = {"patient": patient, "tab": "plan", "ids": ids, "refused": refused, "kg": kg, "compared": compared}
    return render(request, "treatment/plan_compare.html", shown)


def _of(patient: Patient, plan: int) -> Plan:
    return get_object_or_404(patient.plans.select_related("ordered_by", "checked_by", "decision"), pk=plan)


urls = [
    path("patients/<int:number>/plan/", plan, name="plan"),
    path("patients/<int:number>/plan/compare/", compare, name="plan-compare"),
    path("patients/<int:number>/plan/<int:plan>/", one, name="plan-one"),
    path("patients/<int:number>/plan/<int:plan>/check/", check, name="plan-check"),
    path("patients/<int:number>/plan/<int:plan>/cancel/", cancel, name="plan-cancel"),
]
