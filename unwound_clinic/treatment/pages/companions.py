"""Guardian, interpreter and chaperone of each visit."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import sent, takes
from unwound_clinic.core.page import actor, patient_page, today
from unwound_clinic.models import Patient
from unwound_clinic.treatment.actions import companions
from unwound_clinic.treatment.forms.companions import CompanionForm


@patient_page("companions")
def listed(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Who was there, the newest visit first, and the form for another."""
    form = CompanionForm(request.POST or None, initial={"on": today(patient.site)})
    if request.method == "POST" and form.is_valid():
        try:
            row = companions.record(by=actor(request), patient=patient, **form.values())
        except Conflict as reason:
            form.add_error(None, f"{str(reason)[:1].upper()}{str(reason)[1:]}.")
        else:
            messages.success(request, f"Recorded: {row.line}.")
            return redirect("companions", patient.pk)
    context = {
        "patient": patient, "tab": "consent", "form": form,
        "rows": patient.companions.select_related("by", "struck_by").order_by("-on", "-pk"),
        "may": access.may(actor(request), "record-facts", patient),
    }  # fmt: skip
    return render(request, "treatment/companions.html", context)


@patient_page("companion entered in error")
def strike_out(request: HttpRequest, patient: Patient, companion: int) -> HttpResponse:
    """Strikes out an error."""
    row = get_object_or_404(patient.companions, pk=companion)
    companions.strike_out(by=actor(request), patient=patient, companion=row, reason=request.POST.get("reason", ""))
    messages.success(request, "Marked as entered in error; it stays readable.")
    return redirect("companions", patient.pk)


urls = [
    takes("patients/<int:number>/companions/", listed, name="companions"),
    sent("patients/<int:number>/companions/<int:companion>/strike-out/", strike_out, name="companion-strike-out"),
]
