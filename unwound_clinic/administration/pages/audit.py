"""The audit log, for the auditor: events of their sites, emergency access to review, whether the chain is intact."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from unwound_clinic.administration import actions
from unwound_clinic.administration import log as entries
from unwound_clinic.administration import who_saw as answered
from unwound_clinic.core import access, audit, emergency, heads, seen
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor
from unwound_clinic.models import BreakGlass, Patient, Site

A_PAGE = 100


def log(request: HttpRequest) -> HttpResponse:
    """What was asked for, newest first: by day, person, patient and kind."""
    sites = actor(request).sites_where("read-audit")
    if not sites:
        raise access.Refused("reading the audit log requires the role of auditor")
    asked = entries.Asked.of(request.GET.dict())
    events = entries.events(sites, asked)
    folds = asked.kind == "machines"
    page = Paginator(entries.folded(events) if folds else events, A_PAGE).get_page(request.GET.get("page"))
    numbers = set() if folds else {event.patient_id for event in page if event.patient_id is not None}
    patients = Patient.objects.in_bulk(numbers)
    opened = BreakGlass.objects.filter(patient__site__in=sites).select_related("user", "patient__site").order_by("-id")
    context: dict[str, Any] = {
        "page": page,
        "folds": folds,
        "asked": asked,
        "kinds": entries.KINDS.items(),
        "names": patients,
        "whose": _whose(asked, sites),
        "opened": opened[:A_PAGE],
        "sites": Site.objects.in_bulk(sites),
        "several": len(sites) > 1,
    }
    listed = [*patients.values(), *(row.patient for row in context["opened"])]
    seen.listed(by=actor(request), patients=listed, page="audit log")
    return render(request, "administration/audit.html", context)


def _whose(asked: entries.Asked, sites: Iterable[int]) -> Patient | None:
    """The patient whose number was typed, where the record is of one of these sites."""
    if not (asked.patient.isdecimal() and asked.patient.isascii() and len(asked.patient) < entries.MOST_DIGITS):
        return None
    return Patient.objects.filter(pk=int(asked.patient), site__in=list(sites)).first()


def who_saw(request: HttpRequest, number: int) -> HttpResponse:
    """Who saw one patient's record, for the patient: by role, and by name where `names` asks for that."""
    patient = get_object_or_404(Patient.objects.select_related("site"), pk=number)
    names = request.GET.get("names") == "yes"
    actions.answer_who_saw(by=actor(request), patient=patient, names=names)
    accesses = answered.lines(patient, names=names)
    context = {
        "patient": patient,
        "lines": accesses,
        "names": names,
        "total": answered.total(accesses),
        "now": timezone.now(),
    }
    return render(request, "administration/who_saw.html", context)


def verify(request: HttpRequest) -> HttpResponse:
    """Verifies the whole chain now."""
    if not actor(request).sites_where("read-audit"):
        raise access.Refused("reading the audit log requires the role of auditor")
    checked = audit.check(heads.kept())
    context = {"fault": checked.fault, "head": checked.head, "heads": heads.trouble()}
    return render(request, "administration/audit_verified.html", context)


def reviewed(request: HttpRequest, opened: int) -> HttpResponse:
    """Records that the auditor reviewed an emergency access."""
    row = get_object_or_404(BreakGlass.objects.select_related("patient", "user"), pk=opened)
    if request.method == "POST":
        note = request.POST.get("note", "")[:300]
        emergency.review_glass(by=actor(request), patient=row.patient, opened=row, note=note)
    return redirect("audit")


urls = [
    reads("audit/", log, name="audit"),
    reads("audit/patients/<int:number>/", who_saw, name="who-saw"),
    reads("audit/verify/", verify, name="audit-verify"),
    takes("audit/glass/<int:opened>/", reviewed, name="glass-reviewed"),
]
