"""Monitors and what they sent: beds, clocks, keys, and each message as it came."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from unwound.exchange import hl7v2
from unwound.exchange.device_words import words
from unwound_clinic.core import access
from unwound_clinic.core.addresses import reads, sent, takes
from unwound_clinic.core.page import actor
from unwound_clinic.models import Message, Monitor, Quarantined, Site, VitalReading
from unwound_clinic.monitors import actions
from unwound_clinic.monitors.forms import MonitorForm, NewMonitorForm

SILENT_AFTER = timedelta(minutes=2)
SHOWN = 100
_SAME = 5
"""Messages of one number that are searched for the complete version of a torn one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorRow:
    """A monitor as the page shows it."""

    monitor: Monitor
    last: Message | None
    silent: bool
    skewed: bool
    others: tuple[str, ...]
    """Other monitors of the same bed."""

    @property
    def clock(self) -> str:
        """The difference of its clock to ours, in words."""
        return clock_in_words(self.last.clock_ahead_s) if self.last and self.last.clock_ahead_s is not None else ""


def clock_in_words(clock_ahead_s: float) -> str:
    """«12 s behind» the clock of this server."""
    size = abs(clock_ahead_s)
    steps = ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h"), (math.inf, 86_400, "days"))
    difference = next(f"{size / unit:.0f} {name}" for below, unit, name in steps if size < below)
    return "correct" if size < 1 else f"{difference} {'ahead' if clock_ahead_s > 0 else 'behind'}"


def monitors(request: HttpRequest) -> HttpResponse:
    """Every monitor: its bed, its last message, and its clock."""
    sites = sites_of(request, "assign-devices")
    by_site = [(site, _monitor_rows(site)) for site in sites]
    allowed = words().allowed_ahead_s.value
    skewed = [row for _, rows in by_site for row in rows if row.skewed and not row.silent]
    waiting = {
        site.pk: VitalReading.objects.filter(session=None, set_aside=None, message__site=site).count() for site in sites
    }
    held = {site.pk: Quarantined.objects.filter(message__site=site, seen_at=None).count() for site in sites}
    tolerance = clock_in_words(allowed).split(" ahead")[0]
    context = {"sites": by_site, "skewed": skewed, "allowed": tolerance, "waiting": waiting, "kept": held}
    return render(request, "monitors/monitors.html", context)


def monitor(request: HttpRequest, number: int) -> HttpResponse:
    """One device: assign it, give it a key, and read its last message as it came."""
    row = get_object_or_404(Monitor.objects.select_related("site"), pk=number)
    access.check_at(actor(request), "assign-devices", row.site_id)
    form = MonitorForm(row.site, request.POST or None, initial={"bed": row.bed, "zone": row.timezone})
    if request.method == "POST" and form.is_valid():
        actions.assign_monitor(by=actor(request), site=row.site, monitor=row, **form.cleaned_data)
        messages.success(request, f"{row.name} is now assigned to {row.bed or 'no bed'}.")
        return redirect("monitors")
    last = row.messages.order_by("-id").first()
    return render(request, "monitors/monitor.html", {"monitor": row, "form": form, "last": last})


def new_monitor(request: HttpRequest, site: int) -> HttpResponse:
    """A device before its first message."""
    row = get_object_or_404(Site, pk=site)
    access.check_at(actor(request), "assign-devices", row.pk)
    form = NewMonitorForm(row, request.POST or None)
    if request.method == "POST" and form.is_valid():
        monitor_row = actions.add_monitor(by=actor(request), site=row, **form.cleaned_data)
        return redirect("monitor", monitor_row.pk)
    return render(request, "monitors/monitor_new.html", {"site": row, "form": form})


def key(request: HttpRequest, number: int) -> HttpResponse:
    """A new key for posting readings; shown once."""
    row = get_object_or_404(Monitor.objects.select_related("site"), pk=number)
    new_key = actions.give_key(by=actor(request), site=row.site, monitor=row)
    address = request.build_absolute_uri("/api/readings")
    return render(request, "monitors/monitor_key.html", {"monitor": row, "key": new_key, "address": address})


def message(request: HttpRequest, number: int) -> HttpResponse:
    """One message as it came, and what the library makes of it."""
    row = get_object_or_404(Message.objects.select_related("site", "monitor"), pk=number)
    assert row.site is not None
    actions.view_message(by=actor(request), site=row.site, message=row)
    raw = bytes(row.raw)
    whole = row.answer and raw[:3] == b"MSH"
    read = hl7v2.read(raw, received_at=row.received_at, zone=row.site.zone) if whole else None
    lines = raw[:20_000].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    context = {
        "message": row,
        "lines": lines,
        "cut": len(raw) > 20_000,
        "not_charted": read.not_charted if read else (),
        "readings": row.readings.order_by("id")[:SHOWN],
        "quarantined": row.quarantined.order_by("id")[:SHOWN],
        "site": row.site,
        "whole": complete_version_of(row),
    }
    return render(request, "monitors/message.html", context)


def complete_version_of(torn: Message) -> Message | None:
    """The message that a torn one is the beginning of, if it came."""
    if torn.answer or not torn.control_id:
        return None
    same = Message.objects.filter(site=torn.site_id, sender=torn.sender, control_id=torn.control_id).exclude(answer="")
    begun = bytes(torn.raw)
    return next((message for message in same.order_by("id")[:_SAME] if bytes(message.raw).startswith(begun)), None)


def waiting_at(site: Site) -> QuerySet[VitalReading]:
    """Unassigned readings that were not dismissed."""
    return VitalReading.objects.filter(session=None, set_aside=None, message__site=site)


def sites_of(request: HttpRequest, permission: str) -> list[Site]:
    """The sites where they have a permission; Refused where there is none."""
    sites = list(Site.objects.filter(pk__in=actor(request).sites_where(permission)).order_by("name"))
    if not sites:
        raise access.Refused(f"«{permission.replace('-', ' ')}» requires a role in patient care")
    return sites


def _monitor_rows(site: Site) -> list[MonitorRow]:
    """The monitors of a site by bed, each with its newest message and whether it is silent or its clock is wrong."""
    newest = Message.objects.filter(monitor=OuterRef("pk")).order_by("-id").values("pk")[:1]
    monitors = list(Monitor.objects.filter(site=site).annotate(newest=Subquery(newest)).order_by("bed", "name"))
    last = {
        message.pk: message
        for message in Message.objects.filter(pk__in=[monitor.newest for monitor in monitors]).defer("raw")
    }
    allowed, now = words().allowed_ahead_s.value, timezone.now()
    rows = []
    for monitor in monitors:
        sent = last.get(monitor.newest)
        others = tuple(
            neighbour.name
            for neighbour in monitors
            if monitor.bed and neighbour.bed == monitor.bed and neighbour != monitor
        )
        silent = sent is None or now - sent.received_at > SILENT_AFTER
        skewed = sent is not None and abs(sent.clock_ahead_s or 0) > allowed
        rows.append(MonitorRow(monitor=monitor, last=sent, silent=silent, skewed=skewed, others=others))
    return rows


urls = [
    reads("monitors/", monitors, name="monitors"),
    takes("monitors/<int:number>/", monitor, name="monitor"),
    sent("monitors/<int:number>/key/", key, name="monitor-key"),
    takes("monitors/new/<int:site>/", new_monitor, name="monitor-new"),
    reads("messages/<int:number>/", message, name="message"),
]
