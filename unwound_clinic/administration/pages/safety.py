"""Near misses: reported in a minute from any page, read by everybody of the site, answered by its safety owner."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from unwound_clinic.administration import safety_actions
from unwound_clinic.administration.forms import NearMissAnswerForm, NearMissForm, SafetyOwnerForm
from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import takes
from unwound_clinic.core.page import actor
from unwound_clinic.models import NearMiss, Site


def reports(request: HttpRequest) -> HttpResponse:
    """What was reported at the sites of the user, and the form for one more."""
    by = actor(request)
    sites = Site.objects.filter(pk__in=by.sites_where("report-near-miss")).select_related("safety_owner").order_by("pk")
    if not sites:
        raise access.Refused("a near miss is reported by whoever works at a site")
    form = NearMissForm(sites, request.POST or None, initial={"page": _page_before(request), "site": sites[0]})
    if request.method == "POST" and form.is_valid():
        safety_actions.report(by=by, **form.cleaned_data)
        messages.success(request, "Reported. Thank you.")
        return redirect("near-misses")
    rows = NearMiss.objects.filter(site__in=sites).select_related("site", "reported_by", "answered_by").order_by("-pk")
    return render(request, "administration/near_misses.html", {"form": form, "rows": rows[:200], "sites": sites})


def report(request: HttpRequest, number: int) -> HttpResponse:
    """One report, and its answer; the safety owner writes it."""
    row = get_object_or_404(NearMiss.objects.select_related("site__safety_owner", "reported_by"), pk=number)
    by = actor(request)
    access.check_at(by, "report-near-miss", row.site_id)
    answers = safety_actions.may_answer(by, row.site) and row.answered_at is None
    form = NearMissAnswerForm(request.POST or None) if answers else None
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            safety_actions.answer(by=by, site=row.site, report=row, **form.cleaned_data)
        except Conflict as reason:
            form.add_error(None, f"{str(reason)[:1].upper()}{str(reason)[1:]}.")
        else:
            return redirect("near-misses")
    return render(request, "administration/near_miss.html", {"row": row, "form": form})


def owner(request: HttpRequest, number: int) -> HttpResponse:
    """Who answers for safety at a site."""
    site = get_object_or_404(Site.objects.select_related("safety_owner"), pk=number)
    access.check_at(actor(request), "manage-site", site.pk)
    form = SafetyOwnerForm(site, request.POST or None)
    if request.method == "POST" and form.is_valid():
        safety_actions.name_owner(by=actor(request), site=site, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("people")
    return render(request, "administration/safety_owner.html", {"site": site, "form": form})


def _page_before(request: HttpRequest) -> str:
    """The page that somebody came from, without its query: addresses hold numbers, never names."""
    try:
        return urlsplit(request.headers.get("Referer", "")).path[:200]
    except ValueError:  # no address: «http://[»
        return ""


urls = [
    takes("near-misses/", reports, name="near-misses"),
    takes("near-misses/<int:number>/", report, name="near-miss"),
    takes("sites/<int:number>/safety/", owner, name="site-safety"),
]
