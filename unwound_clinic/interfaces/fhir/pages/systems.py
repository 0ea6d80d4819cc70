"""The systems that may read this clinic: let in with their public keys and what they may see, and shut out."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from unwound_clinic.core import access
from unwound_clinic.core.addresses import sent, takes
from unwound_clinic.core.page import actor
from unwound_clinic.interfaces.fhir import actions
from unwound_clinic.interfaces.fhir.pages.server import base_of
from unwound_clinic.models import ReadingSystem, Site


def systems(request: HttpRequest) -> HttpResponse:
    """Every system of the sites that the user administers; lets one in."""
    sites = Site.objects.filter(pk__in=actor(request).sites_where("manage-site")).order_by("name")
    if not sites:
        raise access.Refused("other systems are authorised by the administrator")
    if request.method == "POST":
        written = request.POST.get("site", "")
        site = get_object_or_404(sites, pk=int(written) if written.isdecimal() and len(written) < 19 else 0)
        row = actions.let_in(
            by=actor(request),
            site=site,
            name=request.POST.get("name", ""),
            public_keys=request.POST.get("keys", ""),
            asked=request.POST.get("scopes", ""),
        )
        messages.success(request, f"{row.name} may read. Its client_id is {row.client_id}.")
        return redirect("fhir-systems")
    rows = (
        ReadingSystem.objects.filter(site__in=sites)
        .select_related("site", "made_by", "ended_by")
        .order_by("site", "id")
    )
    context = {"sites": sites, "systems": rows, "base": base_of(request)}
    return render(request, "interfaces/readers.html", context)


def end(request: HttpRequest, number: int) -> HttpResponse:
    """Shuts one system out."""
    row = get_object_or_404(ReadingSystem.objects.select_related("site"), pk=number)
    access.check_at(actor(request), "manage-site", row.site_id)
    actions.end(by=actor(request), site=row.site, system=row)
    messages.success(request, f"Access of {row.name} is revoked.")
    return redirect("fhir-systems")


urls = [
    takes("reading-systems/", systems, name="fhir-systems"),
    sent("reading-systems/<int:number>/end/", end, name="fhir-system-end"),
]
