"""Adverse events of a patient: those on record, a new one, one amended; a report to print, and the same as FHIR."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from unwound.exchange.fhir import adverse as as_fhir
from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor, patient_page
from unwound_clinic.follow_up import adverse
from unwound_clinic.follow_up.actions import adverse as actions
from unwound_clinic.follow_up.forms import AdverseForm
from unwound_clinic.models import Entry, Patient


@patient_page("adverse events")
def shown(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The events; `amend` with the number of one opens its form."""
    standing = adverse.of(patient)
    number = request.POST.get("amends") or request.GET.get("amend", "")
    amended = next((entry for entry, _ in standing if str(entry.pk) == number), None)
    typed = request.POST if request.method == "POST" and request.POST.get("do") == "record" else None
    form = AdverseForm(typed, initial=dict(amended.value or {}) if amended else {"cause": "possible"}, label_suffix="")
    if request.method == "POST" and (done := _do(request, patient, form, number, amended)):
        return done
    context = {
        "patient": patient, "tab": "outcome", "events": standing, "form": form, "amended": amended,
        "may_record": access.may(actor(request), "record-facts", patient), "printed_at": timezone.now(),
    }  # fmt: skip
    return render(request, "follow_up/adverse.html", context)


def _do(
    request: HttpRequest, patient: Patient, form: AdverseForm, number: str, amended: Entry | None
) -> HttpResponse | None:
    """What a button asks for; None where the form is shown again."""
    by, what, words = actor(request), request.POST.get("do", ""), request.POST.get("words", "")
    if what == "take-back":
        actions.take_back(by=by, patient=patient, key=request.POST.get("key", ""), reason=words)
    elif what != "record":
        raise Conflict("choose what is to be done")
    elif number and amended is None:
        raise Conflict("this event was amended since the page was shown: open it again")
    elif form.is_valid():
        key = amended.key if amended else ""
        actions.record(by=by, patient=patient, value=form.value(), key=key, reason=words)
    else:
        return None
    messages.success(request, "Recorded.")
    return redirect("adverse", patient.pk)


@patient_page("adverse event as FHIR")
def fhir(request: HttpRequest, patient: Patient, entry: int) -> HttpResponse:
    """One event as a FHIR R4 AdverseEvent."""
    row = get_object_or_404(patient.entries, pk=entry, kind=adverse.KIND, current=True, value__isnull=False)
    event = adverse.event_of(dict(row.value or {}))
    resource = as_fhir.adverse_event(
        event, patient=f"Patient/{patient.pk}", id=f"adverse-{row.pk}", recorded_at=row.at, by=row.by_name
    )
    answer = HttpResponse(json.dumps(resource, ensure_ascii=False), content_type="application/fhir+json")
    answer["Content-Disposition"] = f'attachment; filename="adverse-event-{row.pk}.json"'
    return answer


urls = [
    takes("patients/<int:number>/adverse/", shown, name="adverse"),
    reads("patients/<int:number>/adverse/<int:entry>.json", fhir, name="adverse-fhir"),
]
