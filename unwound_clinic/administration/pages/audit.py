"""The audit log, for the auditor: events of their sites, emergency access to review, whether the chain is intact."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from unwound_clinic.core import access, audit, emergency, heads, seen
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor
from unwound_clinic.models import AuditEvent, BreakGlass, Patient, Site

A_PAGE = 100
MOST_DIGITS = 19


def log(request: HttpRequest) -> HttpResponse:
    """Events, newest first, filtered by patient or person."""
    sites = actor(request).sites_where("read-audit")
    if not sites:
        raise access.Refused("reading the audit log requires the role of auditor")
    of_nobody = Q(site_id=None, action__startswith="login")  # at an account that does not exist
    events = AuditEvent.objects.filter(Q(site_id__in=sites) | of_nobody).order_by("-number")
    patient, who = request.GET.get("patient", ""), request.GET.get("who", "").strip()
    if patient.isdecimal() and len(patient) < MOST_DIGITS:
        events = events.filter(patient_id=int(patient))
    if who:
        events = events.filter(who__icontains=who)
    page = Paginator(events, A_PAGE).get_page(request.GET.get("page"))
    patients = Patient.objects.in_bulk({event.patient_id for event in page if event.patient_id is not None})
    opened = BreakGlass.objects.filter(patient__site__in=sites).select_related("user", "patient__site").order_by("-id")
    context: dict[str, Any] = {
        "page": page,
        "names": patients,
        "patient": patient,
        "who": who,
        "opened": opened[:A_PAGE],
        "sites": Site.objects.in_bulk(sites),
        "several": len(sites) > 1,
    }
    listed = [*patients.values(), *(row.patient for row in context["opened"])]
    seen.listed(by=actor(request), patients=listed, page="audit log")
    return render(request, "administration/audit.html", context)


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
    reads("audit/verify/", verify, name="audit-verify"),
    takes("audit/glass/<int:opened>/", reviewed, name="glass-reviewed"),
]
