"""Records whose time is over, and the erasure of one by two people."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from unwound_clinic.core import access, seen
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor, patient_page, today
from unwound_clinic.front.forms import EraseForm
from unwound_clinic.models import Patient, Site
from unwound_clinic.operations import erasing
from unwound_clinic.record import erasable, retention
from unwound_clinic.record.actions import erasure


def due(request: HttpRequest) -> HttpResponse:
    """The records of each site whose time is over by its rule."""
    by = actor(request)
    sites = Site.objects.filter(pk__in=by.sites_where("erase-patient")).order_by("pk")
    if not sites:
        raise access.Refused("erasing records requires the role of physician")
    listed = [(site, retention.due(site, today(site))) for site in sites]
    seen.listed(by=by, patients=[row.patient for _, rows in listed for row in rows], page="retention")
    return render(request, "front/retention.html", {"sites": listed})


@patient_page("erasure")
def erase(request: HttpRequest, patient: Patient) -> HttpResponse:
    """What would go and what stays; the second person's password, and the reason."""
    by = actor(request)
    access.check(by, "erase-patient", patient)
    form = EraseForm(request, patient.site, request.POST or None)
    if request.method == "POST" and form.is_valid():
        words = [patient.full_name, patient.name, patient.email]
        fields = form.cleaned_data
        try:
            erasure.erase(
                by=by, patient=patient, second=fields["confirmed"], reason=fields["reason"], ground=fields["ground"]
            )
        except Conflict as reason:
            form.add_error(None, f"{str(reason)[:1].upper()}{str(reason)[1:]}.".replace("..", "."))
        else:
            transaction.on_commit(lambda: erasing.clean(words))
            messages.success(request, f"Record {patient.pk} was erased.")
            return redirect("patients")
    context = {
        "patient": patient, "tab": "overview", "form": form, "against": erasable.against(patient),
        "early": erasable.too_early(patient, today(patient.site)), "stays": erasable.STAYS,
    }  # fmt: skip
    return render(request, "front/erase.html", context)


urls = [
    reads("retention/", due, name="retention"),
    takes("patients/<int:number>/erase/", erase, name="patient-erase"),
]
