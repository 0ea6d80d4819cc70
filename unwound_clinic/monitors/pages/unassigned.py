"""What waits for a person: readings of nobody yet, those that were set aside, and what was kept back."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count, F, Max, Min, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from unwound.session.states import SessionState
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.page import actor
from unwound_clinic.models import InfusionSession, Message, Quarantined, SetAside, Site
from unwound_clinic.monitors import actions
from unwound_clinic.monitors.pages.monitors import sites_of, waiting_at, whole_of
from unwound_clinic.session.order import AT_BEDSIDE

RECENT = timedelta(days=2)
SHOWN, GROUPS = 20, 5
"""Senders on a page, and groups of each, the newest first; how many there are is told."""
_EXAMPLES = 3
_OF = ("message__sender", "message__bed", "message__patient_ids")
WHY = {
    "refused": "whole message refused",
    "torn": "incomplete: cut off before its end",
    "disagree": "code and name disagree",
    "unit": "unit does not match the sign",
    "number": "not a valid number",
    "time": "time not recognised",
    "future": "time in the future",
    "taken-back": "retracted by the sender",
    "shape": "not a valid reading",
}


def unassigned(request: HttpRequest) -> HttpResponse:
    """Readings of which nobody knows whose they are, and those that were set aside as nobody's."""
    sites = sites_of(request, "watch-sessions")
    senders = [one for site in sites for one in _senders(site)]
    aside = [one for site in sites for one in _aside(site)]
    shown = {
        "senders": senders[:SHOWN],
        "number": len(senders),
        "aside": aside[:SHOWN],
        "number_aside": len(aside),
        "may": set(actor(request).sites_where("run-session")),
    }
    return render(request, "monitors/unassigned.html", shown)


@require_POST
def claim(request: HttpRequest, site: int) -> HttpResponse:
    """Readings that waited, or were set aside, are a session's."""
    found = get_object_or_404(Site, pk=site)
    chosen = get_object_or_404(
        InfusionSession.objects.select_related("patient__site"), pk=_number(request.POST.get("session")), site=found
    )
    asked = request.POST.get("aside")
    aside = get_object_or_404(SetAside, pk=_number(asked), site=found) if asked else None
    sent = Message.objects.all() if aside else _sent(request, found)
    number = actions.claim(
        by=actor(request),
        patient=chosen.patient,
        session=chosen,
        messages=sent,
        aside=aside,
        **_stretch(request, found),
    )
    messages.success(request, f"{number} readings charted in the session of {chosen.patient.full_name}.")
    return redirect("unassigned")


@require_POST
def set_aside(request: HttpRequest, site: int) -> HttpResponse:
    """Readings that waited are nobody's."""
    found = get_object_or_404(Site, pk=site)
    number = actions.set_aside(
        by=actor(request),
        site=found,
        messages=_sent(request, found),
        reason=request.POST.get("reason", ""),
        **_stretch(request, found),
    )
    messages.success(request, f"{number} readings dismissed; they are kept and can still be assigned.")
    return redirect("unassigned")


def quarantine(request: HttpRequest) -> HttpResponse:
    """What was kept back, by sender and reason, until somebody has seen to it."""
    sites = {site.pk: site for site in sites_of(request, "watch-sessions")}
    open_ones = Quarantined.objects.filter(message__site__in=sites, seen_at=None)
    groups = open_ones.values("message__site", "message__sender", "why").annotate(
        count=Count("id"), last=Max("id"), since=Min("message__received_at"), until=Max("message__received_at")
    )
    senders: dict[tuple[int, str], list[Any]] = {}
    one: Any
    for one in groups.order_by("-last"):
        told = {**one, "says": WHY.get(one["why"], one["why"])}
        senders.setdefault((one["message__site"], one["message__sender"]), []).append(told)
    newest = list(senders.items())[:SHOWN]
    examples = _examples(open_ones, {sender for (_, sender), _ in newest})
    for (site, sender), found in newest:
        for told in found:
            told["examples"] = examples.get((site, sender, told["why"]), ())
    seen = Quarantined.objects.filter(message__site__in=sites).exclude(seen_at=None)
    shown = {
        "senders": [(sites[site], sender, found) for (site, sender), found in newest],
        "number": len(senders),
        "seen": seen.select_related("message", "seen_by").defer("message__raw").order_by("-seen_at", "-id")[:5],
    }
    return render(request, "monitors/held.html", shown)


def _examples(
    open_ones: QuerySet[Quarantined], senders: Collection[str]
) -> Mapping[tuple[int, str, str], list[tuple[Quarantined, Message | None]]]:
    """The newest of each sender and reason, each with the message that a torn one is the beginning of."""
    group = [F("message__site"), F("message__sender"), F("why")]
    place = Window(RowNumber(), partition_by=group, order_by=F("id").desc())
    found = open_ones.filter(message__sender__in=senders).annotate(place=place).filter(place__lte=_EXAMPLES)
    listed: dict[tuple[int, str, str], list[tuple[Quarantined, Message | None]]] = {}
    for one in found.select_related("message").defer("message__raw").order_by("-id"):
        assert one.message.site_id is not None
        key = (one.message.site_id, one.message.sender, one.why)
        listed.setdefault(key, []).append((one, whole_of(one.message)))
    return listed


@require_POST
def quarantine_seen(request: HttpRequest, site: int) -> HttpResponse:
    """Somebody has looked at what one sender's messages were kept back for."""
    found = get_object_or_404(Site, pk=site)
    kept = Quarantined.objects.filter(
        message__sender=request.POST.get("sender", ""),
        why=request.POST.get("why", ""),
        pk__lte=_number(request.POST.get("last")),
    )
    actions.review_held(by=actor(request), site=found, kept=kept, note=request.POST.get("note", ""))
    return redirect("quarantine")


def _senders(site: Site) -> list[dict[str, Any]]:
    """Who sent readings that wait, the newest first, and these by bed and patient ids as sent."""
    found = (
        waiting_at(site)
        .values(*_OF)
        .annotate(count=Count("id"), since=Min("at"), until=Max("at"), last=Max("message_id"))
        .order_by("-last")
    )
    sessions, senders = _choices(site), dict[str, list[Any]]()
    for one in found:
        ids = one["message__patient_ids"]
        group = {**one, "bed": one["message__bed"], "ids": ids, "ids_json": json.dumps(ids)}
        senders.setdefault(one["message__sender"], []).append(group)
    return [
        {
            "site": site,
            "sessions": sessions,
            "sender": sender,
            "groups": groups[:GROUPS],
            "number": len(groups),
            "count": sum(one["count"] for one in groups),
            "last": groups[0]["last"],
        }
        for sender, groups in senders.items()
    ]


def _aside(site: Site) -> list[dict[str, Any]]:
    """What was set aside and not claimed since: who said so, when and why; the newest first."""
    left = Q(readings__session=None)
    found = SetAside.objects.filter(site=site, readings__isnull=False).annotate(
        count=Count("readings", filter=left),
        since=Min("readings__at", filter=left),
        until=Max("readings__at", filter=left),
        sender=Min("readings__message__sender"),
        bed=Min("readings__message__bed"),
        beds=Count("readings__message__bed", distinct=True),
    )
    sessions = _choices(site)
    shown = found.filter(count__gt=0).select_related("by").order_by("-at", "-id")
    return [{"aside": one, "origin": _origin(one), "site": site, "sessions": sessions} for one in shown]


def _origin(aside: Any) -> str:
    """The monitor, and its bed where all of it came from one."""
    return f"{aside.sender} at {aside.bed}" if aside.beds == 1 and aside.bed else aside.sender


def _choices(site: Site) -> QuerySet[InfusionSession]:
    """Sessions that readings may belong to: under way, or ended lately."""
    recent = Q(state__in=AT_BEDSIDE) | Q(ended_at__gte=timezone.now() - RECENT)
    found = InfusionSession.objects.filter(recent, site=site).exclude(state=SessionState.SCHEDULED)
    return found.select_related("patient").order_by("bed", "id")


def _sent(request: HttpRequest, site: Site) -> QuerySet[Message]:
    """The messages of a sender, or of one bed and patient id of it, up to the last that the page showed."""
    told = request.POST
    sent = Message.objects.filter(site=site, sender=told.get("sender", ""), pk__lte=_number(told.get("last")))
    return sent.filter(bed=told["bed"], patient_ids=_ids(told.get("patient_ids", ""))) if "bed" in told else sent


def _number(written: str | None) -> int:
    return int(written) if written and written.isdecimal() and len(written) < 19 else 0


def _ids(written: str) -> list[str]:
    try:
        found = json.loads(written)
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def _stretch(request: HttpRequest, site: Site) -> dict[str, datetime | None]:
    """From when to when, by the clock of the site; the end of its minute where that is the last."""
    until = _moment(request.POST.get("until", ""), site)
    if until is not None and until.second == 0:
        until += timedelta(seconds=59.999999)
    return {"since": _moment(request.POST.get("since", ""), site), "until": until}


def _moment(written: str, site: Site) -> datetime | None:
    if not written:
        return None
    try:
        found = parse_datetime(written)
    except ValueError:
        found = None
    if found is None:
        raise Conflict(f"«{written[:30]}» is not a valid time: nothing was done")
    return found.replace(tzinfo=site.zone)


urls = [
    path("readings/unassigned/", unassigned, name="unassigned"),
    path("readings/unassigned/<int:site>/claim/", claim, name="claim-readings"),
    path("readings/unassigned/<int:site>/set-aside/", set_aside, name="set-aside-readings"),
    path("readings/quarantine/", quarantine, name="quarantine"),
    path("readings/quarantine/<int:site>/seen/", quarantine_seen, name="quarantine-seen"),
]
