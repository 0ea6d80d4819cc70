"""The count of controlled drugs at the change of a shift, and the counts before."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from unwound_clinic.core import access
from unwound_clinic.core.addresses import takes
from unwound_clinic.core.page import actor
from unwound_clinic.models import Site, StockCount
from unwound_clinic.session.actions import stock
from unwound_clinic.session.forms import StockForm

SHOWN = 40


def counts(request: HttpRequest) -> HttpResponse:
    """The form of a count for one site, and the latest counts of each site."""
    sites = actor(request).sites_where("run-session")
    if not sites:
        raise access.Refused("counting controlled drugs requires a role in patient care")
    asked = request.POST.get("site") or request.GET.get("site", "")
    site = get_object_or_404(Site, pk=asked if asked.isdecimal() and len(asked) < 19 else sites[0])
    access.check_at(actor(request), "run-session", site.pk)
    form = StockForm(request, site, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        stock.count(by=actor(request), site=site, **form.counted_now())
        messages.success(request, "Count recorded.")
        return redirect("stock")
    rows = StockCount.objects.filter(site=site).select_related("by").order_by("-id")[:SHOWN]
    several = Site.objects.filter(pk__in=sites).order_by("name") if len(sites) > 1 else ()
    context = {"site": site, "form": form, "rows": rows, "several": several, "section": "sessions"}
    return render(request, "session/stock.html", context)


urls = [
    takes("stock/", counts, name="stock"),
]
