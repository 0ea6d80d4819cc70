"""Monitors and what they sent: beds, clocks, readings that wait for a session, and what was kept back."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from unwound.exchange import hl7v2
from unwound.exchange.device_words import words
from unwound_clinic import access
from unwound_clinic.actions import readings
from unwound_clinic.arrivals import AT_BEDSIDE
from unwound_clinic.forms_devices import MonitorForm, NewMonitorForm
from unwound_clinic.models import InfusionSession, Message, Monitor, Quarantined, Site, VitalReading
from unwound_clinic.pages.door import actor

SILENT_AFTER = timedelta(minutes=2)
RECENT = timedelta(days=2)
SHOWN = 100
_EXAMPLES = 5
WHY = {
    "refused": "the whole message was refused",
    "torn": "torn off before its end",
    "disagree": "code and name disagree",
    "unit": "a unit that does not fit",
    "number": "not a plain number",
    "time": "a time that cannot be told",
    "future": "a time in the future",
    "taken-back": "taken back by the sender",
    "shape": "not in the form of a reading",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A monitor as the page shows it."""

    monitor: Monitor
    last: Message | None
    silent: bool
    skewed: bool
    others: tuple[str, ...]
    """Other monitors of the same bed."""

    @property
    def skew(self) -> str:
        """The difference of its clock to ours, in words."""
        return skew_in_words(self.last.skew_s) if self.last and self.last.skew_s is not None else ""


def skew_in_words(ahead_s: float) -> str:
    """«12 s behind ours»."""
    size = abs(ahead_s)
    steps = ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h"), (math.inf, 86_400, "days"))
    told = next(f"{size / unit:.0f} {name}" for below, unit, name in steps if size < below)
    return "as ours" if size < 1 else f"{told} {'ahead of' if ahead_s > 0 else 'behind'} ours"


def monitors(request: HttpRequest) -> HttpResponse:
    """Every device: its bed, when it was heard last, and how its clock runs."""
    sites = _sites(request, "assign-devices")
    shown = [(site, _shown(site)) for site in sites]
    allowed = words().allowed_ahead_s.value
    skewed = [one for _, listed in shown for one in listed if one.skewed and not one.silent]
    waiting = {site.pk: _waiting(site).count() for site in sites}
    page = {"sites": shown, "skewed": skewed, "allowed": skew_in_words(allowed).split(" ahead")[0], "waiting": waiting}
    return render(request, "monitors.html", page)


def monitor(request: HttpRequest, number: int) -> HttpResponse:
    """One device: assign it, give it a key, and read its last message as it came."""
    found = get_object_or_404(Monitor.objects.select_related("site"), pk=number)
    access.check_at(actor(request), "assign-devices", found.site_id)
    form = MonitorForm(found.site, request.POST or None, initial={"bed": found.bed, "zone": found.timezone})
    if request.method == "POST" and form.is_valid():
        readings.assign_monitor(by=actor(request), site=found.site, monitor=found, **form.cleaned_data)
        messages.success(request, f"{found.name} stands at {found.bed or 'no bed'} now.")
        return redirect("monitors")
    last = found.messages.order_by("-id").first()
    return render(request, "monitor.html", {"monitor": found, "form": form, "last": last})


def new_monitor(request: HttpRequest, site: int) -> HttpResponse:
    """A device before its first message."""
    found = get_object_or_404(Site, pk=site)
    access.check_at(actor(request), "assign-devices", found.pk)
    form = NewMonitorForm(found, request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = readings.add_monitor(by=actor(request), site=found, **form.cleaned_data)
        return redirect("monitor", made.pk)
    return render(request, "monitor_new.html", {"site": found, "form": form})


@require_POST
def key(request: HttpRequest, number: int) -> HttpResponse:
    """A new key for posting readings; shown once."""
    found = get_object_or_404(Monitor.objects.select_related("site"), pk=number)
    made = readings.give_key(by=actor(request), site=found.site, monitor=found)
    address = request.build_absolute_uri("/api/readings")
    return render(request, "monitor_key.html", {"monitor": found, "key": made, "address": address})


def message(request: HttpRequest, number: int) -> HttpResponse:
    """One message as it came, and what the library makes of it."""
    found = get_object_or_404(Message.objects.select_related("site", "monitor"), pk=number)
    assert found.site is not None
    readings.look_at(by=actor(request), site=found.site, message=found)
    raw = bytes(found.raw)
    whole = found.answer and raw[:3] == b"MSH"
    read = hl7v2.read(raw, received_at=found.received_at, zone=found.site.zone) if whole else None
    lines = raw[:20_000].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    shown = {
        "message": found,
        "lines": lines,
        "cut": len(raw) > 20_000,
        "not_charted": read.not_charted if read else (),
        "readings": found.readings.order_by("id")[:SHOWN],
        "quarantined": found.quarantined.order_by("id")[:SHOWN],
        "site": found.site,
        "whole": whole_of(found),
    }
    return render(request, "message.html", shown)


def whole_of(torn: Message) -> Message | None:
    """The message that a torn one is the beginning of, if it came."""
    if torn.answer or not torn.control_id:
        return None
    same = Message.objects.filter(site=torn.site_id, sender=torn.sender, control_id=torn.control_id).exclude(answer="")
    begun = bytes(torn.raw)
    return next((one for one in same.order_by("id")[:_EXAMPLES] if bytes(one.raw).startswith(begun)), None)


def unassigned(request: HttpRequest) -> HttpResponse:
    """Readings of which nobody knows whose they are."""
    sites = _sites(request, "watch-sessions")
    groups = [{"site": site, "group": one, **_choices(site)} for site in sites for one in _groups(site)]
    return render(request, "unassigned.html", {"groups": groups[:SHOWN], "more": len(groups) > SHOWN})


@require_POST
def claim(request: HttpRequest, site: int) -> HttpResponse:
    """Readings that waited are a session's."""
    found = get_object_or_404(Site, pk=site)
    chosen = get_object_or_404(
        InfusionSession.objects.select_related("patient__site"), pk=_number(request.POST.get("session")), site=found
    )
    sent = Message.objects.filter(
        site=found,
        sender=request.POST.get("sender", ""),
        bed=request.POST.get("bed", ""),
        patient_ids=_ids(request.POST.get("patient_ids", "")),
        pk__lte=_number(request.POST.get("last")),
    )
    number = readings.claim(
        by=actor(request),
        patient=chosen.patient,
        session=chosen,
        messages=sent,
        since=_moment(request.POST.get("since"), found),
        until=_moment(request.POST.get("until"), found, end=True),
    )
    messages.success(request, f"{number} readings are charted in the session of {chosen.patient.full_name}.")
    return redirect("unassigned")


def quarantine(request: HttpRequest) -> HttpResponse:
    """What was kept back, by sender and reason, until somebody has seen to it."""
    sites = _sites(request, "watch-sessions")
    open_ones = Quarantined.objects.filter(message__site__in=sites, seen_at=None)
    groups = open_ones.values("message__site", "message__sender", "why").annotate(
        count=Count("id"), last=Max("id"), since=Min("message__received_at"), until=Max("message__received_at")
    )
    by_site = {site.pk: site for site in sites}
    shown = []
    for one in groups.order_by("-last")[:SHOWN]:
        site = by_site[one["message__site"]]
        same = open_ones.filter(message__site=site, message__sender=one["message__sender"], why=one["why"])
        found = same.select_related("message").order_by("-id")[:_EXAMPLES]
        examples = [(kept, whole_of(kept.message)) for kept in found]
        told = {"site": site, "sender": one["message__sender"], "examples": examples, "says": WHY.get(one["why"])}
        shown.append({**one, **told})
    seen = Quarantined.objects.filter(message__site__in=sites).exclude(seen_at=None)
    return render(request, "quarantine.html", {"groups": shown, "seen": _seen(seen)})


@require_POST
def quarantine_seen(request: HttpRequest, site: int) -> HttpResponse:
    """Somebody has looked at what one sender's messages were kept back for."""
    found = get_object_or_404(Site, pk=site)
    kept = Quarantined.objects.filter(
        message__sender=request.POST.get("sender", ""),
        why=request.POST.get("why", ""),
        pk__lte=_number(request.POST.get("last")),
    )
    readings.see_quarantined(by=actor(request), site=found, kept=kept, note=request.POST.get("note", ""))
    return redirect("quarantine")


def _sites(request: HttpRequest, permission: str) -> list[Site]:
    sites = list(Site.objects.filter(pk__in=actor(request).sites_where(permission)).order_by("name"))
    if not sites:
        raise access.Refused(f"«{permission.replace('-', ' ')}» needs a role in care")
    return sites


def _shown(site: Site) -> list[Shown]:
    newest = Message.objects.filter(monitor=OuterRef("pk")).order_by("-id").values("pk")[:1]
    found = list(Monitor.objects.filter(site=site).annotate(newest=Subquery(newest)).order_by("bed", "name"))
    last = {one.pk: one for one in Message.objects.filter(pk__in=[one.newest for one in found]).defer("raw")}
    allowed, now = words().allowed_ahead_s.value, timezone.now()
    shown = []
    for one in found:
        sent = last.get(one.newest)
        others = tuple(other.name for other in found if one.bed and other.bed == one.bed and other != one)
        silent = sent is None or now - sent.received_at > SILENT_AFTER
        skewed = sent is not None and abs(sent.skew_s or 0) > allowed
        shown.append(Shown(one, sent, silent, skewed, others))
    return shown


def _waiting(site: Site) -> QuerySet[VitalReading]:
    return VitalReading.objects.filter(session=None, message__site=site)


def _groups(site: Site) -> list[dict[str, Any]]:
    """Waiting readings by sender, bed and patient ids as sent."""
    found = (
        _waiting(site)
        .values("message__sender", "message__bed", "message__patient_ids")
        .annotate(count=Count("id"), since=Min("at"), until=Max("at"), last=Max("message_id"))
        .order_by("-last")[: SHOWN + 1]
    )
    return [
        {
            **one,
            "sender": one["message__sender"],
            "bed": one["message__bed"],
            "ids": one["message__patient_ids"],
            "ids_json": json.dumps(one["message__patient_ids"]),
        }
        for one in found
    ]


def _choices(site: Site) -> dict[str, Any]:
    """Sessions that readings may belong to: under way, or ended lately."""
    recent = Q(state__in=AT_BEDSIDE) | Q(ended_at__gte=timezone.now() - RECENT)
    found = InfusionSession.objects.filter(recent, site=site).exclude(state="scheduled")
    return {"sessions": found.select_related("patient").order_by("bed", "id")}


def _seen(found: QuerySet[Quarantined]) -> list[Quarantined]:
    return list(found.select_related("message", "seen_by").order_by("-seen_at", "-id")[:_EXAMPLES])


def _number(written: str | None) -> int:
    return int(written) if written and written.isdecimal() and len(written) < 19 else 0


def _ids(written: str) -> list[str]:
    try:
        found = json.loads(written)
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def _moment(written: str | None, site: Site, *, end: bool = False) -> datetime | None:
    """A time of a form in the site's zone; the end of its minute where it is the last."""
    found = parse_datetime(written) if written else None
    if found is None:
        return None
    more = timedelta(seconds=59.999999) if end and found.second == 0 else timedelta()
    return found.replace(tzinfo=site.zone) + more


urls = [
    path("monitors/", monitors, name="monitors"),
    path("monitors/<int:number>/", monitor, name="monitor"),
    path("monitors/<int:number>/key/", key, name="monitor-key"),
    path("monitors/new/<int:site>/", new_monitor, name="monitor-new"),
    path("messages/<int:number>/", message, name="message"),
    path("readings/unassigned/", unassigned, name="unassigned"),
    path("readings/unassigned/<int:site>/claim/", claim, name="claim-readings"),
    path("readings/quarantine/", quarantine, name="quarantine"),
    path("readings/quarantine/<int:site>/seen/", quarantine_seen, name="quarantine-seen"),
]
