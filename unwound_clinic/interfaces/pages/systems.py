"""Hospitals' systems: entered and ended by the administrator, with what came of their calls."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from unwound.cds.card import rule
from unwound_clinic.core import access
from unwound_clinic.core.addresses import sent, takes
from unwound_clinic.core.page import actor, today
from unwound_clinic.interfaces import actions
from unwound_clinic.interfaces.cds import counts
from unwound_clinic.interfaces.cds.counts import Tally
from unwound_clinic.interfaces.forms import SystemForm
from unwound_clinic.models import CardFeedback, HospitalSystem, Site

DAYS = 30


@dataclass(frozen=True, slots=True)
class Reported:
    """One system with what came of its calls."""

    system: HospitalSystem
    tallies: tuple[Tally, ...]
    cards: tuple[dict[str, Any], ...]
    """For each finding: how often its card was accepted and overridden, and why."""


def systems(request: HttpRequest) -> HttpResponse:
    """The systems of every site that the user administers; enters one."""
    sites = Site.objects.filter(pk__in=actor(request).sites_where("manage-site")).order_by("name")
    if not sites:
        raise access.Refused("hospitals' systems are entered by the administrator")
    form = SystemForm(sites, request.POST or None)
    if request.method == "POST" and form.is_valid():
        system = actions.add_system(by=actor(request), **form.cleaned_data)
        messages.success(request, f"{system.name} may send calls from now on.")
        return redirect("systems")
    rows = HospitalSystem.objects.filter(site__in=sites).select_related("site", "made_by", "ended_by")
    context = {
        "form": form,
        "reported": [_reported(row) for row in rows.order_by("ended_at", "pk")],
        "address": request.build_absolute_uri(reverse("cds-services")),
        "days": DAYS,
    }
    return render(request, "interfaces/systems.html", context, status=409 if form.errors else 200)


def end(request: HttpRequest, number: int) -> HttpResponse:
    """Ends one system."""
    row = get_object_or_404(HospitalSystem.objects.select_related("site"), pk=number)
    access.check_at(actor(request), "manage-site", row.site_id)
    actions.end_system(by=actor(request), site=row.site, system=row)
    messages.success(request, f"{row.name} no longer gets answers.")
    return redirect("systems")


def _reported(system: HospitalSystem) -> Reported:
    since = today(system.site) - timedelta(days=DAYS)
    return Reported(system, counts.since(since, system.pk), tuple(_cards(system)))


def _cards(system: HospitalSystem) -> list[dict[str, Any]]:
    reasons = rule().override
    by_finding: dict[str, Counter[str]] = {}
    why: dict[str, Counter[str]] = {}
    rows = CardFeedback.objects.filter(system=system).values_list("finding", "outcome", "reason")
    for finding, outcome, reason in rows.iterator():
        by_finding.setdefault(finding, Counter())[outcome] += 1
        if outcome == "overridden":
            why.setdefault(finding, Counter())[reasons.get(reason, reason or "no reason given")] += 1
    return [
        {
            "finding": finding or "a card that is not known any more",
            "accepted": outcomes["accepted"],
            "overridden": outcomes["overridden"],
            "why": [f"{words} ({number})" for words, number in why.get(finding, Counter()).most_common()],
        }
        for finding, outcomes in sorted(by_finding.items())
    ]


urls = [
    takes("systems/", systems, name="systems"),
    sent("systems/<int:number>/end/", end, name="system-end"),
]
