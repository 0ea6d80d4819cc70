"""The page on which a copy of a whole record is handed out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from unwound_clinic.core import access
from unwound_clinic.core.addresses import takes
from unwound_clinic.core.page import actor, patient_page
from unwound_clinic.leaving import actions, own_copy
from unwound_clinic.leaving.forms import CopyForm
from unwound_clinic.models import Patient


@patient_page("copy of the record")
def copy(request: HttpRequest, patient: Patient) -> HttpResponse:
    """What is in a copy and what is not; who asked for it. It is made when the form is sent, and logged before."""
    by = actor(request)
    access.check(by, "see-medical-record", patient)
    form = CopyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.copied(by=by, patient=patient, why=form.cleaned_data["why"])
        now = timezone.now()
        answer = HttpResponse(own_copy.archive(patient, now), content_type="application/zip")
        day = now.astimezone(patient.site.zone)
        answer["Content-Disposition"] = f'attachment; filename="record-{patient.pk}-{day:%Y-%m-%d}.zip"'
        answer["X-Content-Type-Options"] = "nosniff"
        return answer
    context = {"patient": patient, "tab": "overview", "form": form, "left_out": own_copy.NOT_IN_IT.values()}
    return render(request, "leaving/copy.html", context)


urls = [takes("patients/<int:number>/copy/", copy, name="patient-copy")]
