"""The home page: what needs me today; and the screen that locks when nobody touches it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from unwound_clinic.forms import SignForm
from unwound_clinic.models import Alarm, BreakGlass, Patient, Site
from unwound_clinic.pages.door import actor

SHOWN = 50


def home(request: HttpRequest) -> HttpResponse:
    """Alarms first, then what is due, for the sites where one cares for patients."""
    by = actor(request)
    sites = by.sites_where("see-patients")
    now = timezone.now()
    zones = [site.zone for site in Site.objects.filter(pk__in=sites)]
    today = max((now.astimezone(zone).date() for zone in zones), default=now.date())
    due = Patient.objects.filter(site__in=sites, due_on__lte=today).order_by("due_on", "id").select_related("site")
    soon = Patient.objects.filter(site__in=sites, due_on__gt=today, due_on__lte=today + timedelta(days=7))
    shown: dict[str, Any] = {
        "alarms": Alarm.objects.filter(seen_at=None, patient__site__in=sites).select_related("patient__site")[:SHOWN],
        "due": due[:SHOWN],
        "due_count": due.count(),
        "soon": soon.order_by("due_on", "id").select_related("site")[:SHOWN],
        "today": today,
        "cares": bool(sites),
        "glass": BreakGlass.objects.filter(
            reviewed_at=None, patient__site__in=by.sites_where("read-audit")
        ).select_related("patient", "user"),
    }
    return render(request, "home.html", shown)


def unlock(request: HttpRequest) -> HttpResponse:
    """The password again after nobody touched the screen; what was open stays where it was."""
    asked = request.POST.get("next") or request.GET.get("next") or "/"
    target = asked if url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}) else "/"
    form = SignForm(request, request.POST or None)
    form.fields["password"].label = "Your password, to go on"
    if request.method == "POST" and form.is_valid():
        request.session.pop("locked", None)
        request.session.pop("seen", None)
        return redirect(target)
    return render(request, "unlock.html", {"form": form, "next": target})


urls = [path("", home, name="home"), path("unlock/", unlock, name="unlock")]
