"""The flowsheet of an order, to be printed before the network fails."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from unwound_clinic.core.addresses import reads
from unwound_clinic.core.page import actor, patient_page
from unwound_clinic.models import Patient
from unwound_clinic.session import flowsheet
from unwound_clinic.treatment import second_check


@patient_page("flowsheet")
def sheet(request: HttpRequest, patient: Patient, plan: int) -> HttpResponse:
    """The PDF, on the paper of the country or on the one that is asked for."""
    rows = patient.plans.select_related("patient__site", "ordered_by", "checked_by")
    row = get_object_or_404(rows, pk=plan)
    if second_check.awaits(actor(request), row):
        messages.info(request, second_check.BEFORE_THE_ORDER)
        return redirect("plan-check", patient.pk, row.pk)
    asked = request.GET.get("paper", "")
    paper = asked if asked in flowsheet.PAPERS else flowsheet.usual_paper(row)
    answer = HttpResponse(flowsheet.render(row, paper), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="flowsheet-{row.pk}.pdf"'
    return answer


urls = [reads("patients/<int:number>/plan/<int:plan>/flowsheet.pdf", sheet, name="flowsheet")]
