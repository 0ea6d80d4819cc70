"""Everything dated of one patient, newest first, of some kinds only where that was asked; to be printed as it is."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from unwound_clinic.core.addresses import reads
from unwound_clinic.core.page import patient_page, today
from unwound_clinic.front import timeline
from unwound_clinic.models import Patient
from unwound_clinic.record import review

A_PAGE = 200


@patient_page("timeline")
def shown(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The timeline; `kind`, once or several times, leaves out all others."""
    every = timeline.lines(patient, review.review_of(patient, today(patient.site)), timezone.now())
    asked = [kind for kind in request.GET.getlist("kind") if kind in timeline.KINDS]
    lines = [line for line in every if not asked or line.kind in asked]
    context: dict[str, Any] = {
        "patient": patient,
        "tab": "timeline",
        "page": Paginator(lines, A_PAGE).get_page(request.GET.get("page")),
        "kinds": [(kind, title, number, kind in asked) for kind, title, number in timeline.kinds(every)],
        "asked": [timeline.KINDS[kind] for kind in asked],
        "printed_at": timezone.now(),
    }
    return render(request, "front/timeline.html", context)


urls = [reads("patients/<int:number>/timeline/", shown, name="timeline")]
