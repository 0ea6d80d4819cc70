"""What a course costs: an estimate before it, a superbill after it, each signed, kept, and as data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render

from unwound_clinic.core import access, typesetting
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor, patient_page, today
from unwound_clinic.models import Bill, Patient, Plan
from unwound_clinic.treatment import bills
from unwound_clinic.treatment.actions import bills as actions
from unwound_clinic.treatment.forms.bills import EstimateForm, SuperbillForm

TEMPLATE = Path(__file__).parents[1] / "templates/treatment/bill.typ"
GOOD_FOR = timedelta(days=90)


@patient_page("bills")
def listed(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Every estimate and superbill, and the orders for which another can be written."""
    context = {
        "patient": patient, "tab": "plan",
        "bills": patient.bills.select_related("signed_by").order_by("-pk"),
        "plans": patient.plans.order_by("-pk"),
        "may": access.may(actor(request), "write-letter", patient),
    }  # fmt: skip
    return render(request, "treatment/bills.html", context)


@patient_page("estimate")
def estimate(request: HttpRequest, patient: Patient, plan: int) -> HttpResponse:
    """Infusions by price, and what comes with them."""
    row = get_object_or_404(patient.plans, pk=plan)
    each, currency = bills.price(row)
    begins = {"each": each, "currency": currency, "number": bills.days(row),
              "good_until": today(patient.site) + GOOD_FOR}  # fmt: skip
    form = EstimateForm(request, request.POST or None, initial=begins)

    def write(typed: EstimateForm) -> Bill:
        data = {name: value for name, value in typed.cleaned_data.items() if name != "password"}
        return actions.estimate(by=actor(request), patient=patient, plan=row, **data)

    return _written(request, patient, row, form, write=write, title="Good-faith estimate")


@patient_page("superbill")
def superbill(request: HttpRequest, patient: Patient, plan: int) -> HttpResponse:
    """What was given, with the codes that the clinic types."""
    row = get_object_or_404(patient.plans, pk=plan)
    each, currency = bills.price(row)
    form = SuperbillForm(request, request.POST or None, initial={"each": each, "currency": currency})

    def write(typed: SuperbillForm) -> Bill:
        return actions.superbill(by=actor(request), patient=patient, plan=row, **typed.values())

    return _written(request, patient, row, form, write=write, title="Superbill")


def _written(
    request: HttpRequest, patient: Patient, plan: Plan, form: Any, *, write: Callable[[Any], Bill], title: str
) -> HttpResponse:
    access.check(actor(request), "write-letter", patient)
    if request.method == "POST" and form.is_valid():
        try:
            bill = write(form)
        except Conflict as reason:
            form.add_error(None, f"{str(reason)[:1].upper()}{str(reason)[1:]}.")
        else:
            messages.success(request, "Signed and kept.")
            return redirect("bill", patient.pk, bill.pk)
    context = {"patient": patient, "tab": "plan", "form": form, "plan": plan, "title": title,
               "given": len(bills.given(plan))}  # fmt: skip
    return render(request, "treatment/bill_new.html", context)


@patient_page("bill")
def shown(request: HttpRequest, patient: Patient, bill: int) -> HttpResponse:
    """One of them."""
    row = get_object_or_404(patient.bills.select_related("signed_by"), pk=bill)
    return render(request, "treatment/bill.html", {"patient": patient, "tab": "plan", "bill": row})


@patient_page("bill as a file")
def as_file(request: HttpRequest, patient: Patient, bill: int, form: str) -> HttpResponse:
    """The same as JSON, CSV or PDF."""
    row = get_object_or_404(patient.bills, pk=bill)
    if form == "json":
        answer: HttpResponse = JsonResponse({"kind": row.kind, "number": row.pk, **row.content})
    elif form == "csv":
        answer = HttpResponse(bills.table(row), content_type="text/csv; charset=utf-8")
    elif form == "pdf":
        paper = "us-letter" if patient.site.jurisdiction == "US" else "a4"
        content = {**row.content, "paper": paper, "number": str(row.pk)}
        answer = HttpResponse(typesetting.pdf(TEMPLATE, content, row.signed_at), content_type="application/pdf")
    else:
        raise Http404
    answer["Content-Disposition"] = f'attachment; filename="{row.kind}-{row.pk}.{form}"'
    return answer


urls = [
    reads("patients/<int:number>/bills/", listed, name="bills"),
    takes("patients/<int:number>/plan/<int:plan>/estimate/", estimate, name="estimate"),
    takes("patients/<int:number>/plan/<int:plan>/superbill/", superbill, name="superbill"),
    reads("patients/<int:number>/bills/<int:bill>/", shown, name="bill"),
    reads("patients/<int:number>/bills/<int:bill>/<slug:form>/", as_file, name="bill-file"),
]
