"""What waits for a clinician: unassigned and dismissed readings, and what is held for review."""

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
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from unwound.session.states import SessionState
from unwound_clinic.core import seen
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import reads, sent
from unwound_clinic.core.page import actor
from unwound_clinic.models import InfusionSession, Message, Quarantined, SetAside, Site
from unwound_clinic.monitors import actions
from unwound_clinic.monitors.pages.monitors import complete_version_of, sites_of, waiting_at
from unwound_clinic.session.order import AT_BEDSIDE

RECENT = timedelta(days=2)
SHOWN, GROUPS = 20, 5
"""Senders on a page, and groups of each, the newest first; the total is shown."""
_EXAMPLES = 3
_ORIGIN = ("message__sender", "message__bed", "message__patient_ids")
WHY = {
    "refused": "whole message refused",
    "torn": "incomplete: cut off before its end",
    "disagree": "code and name disagree",
    "unit": "unit does not match the sign",
    "number": "not a valid number",
    "time": "time not recognised",
    "future": "time in the future",
    "taken-back": "retracted by the sender",
    "simulated": "from a monitor in demonstration or test mode",
    "setting": "what a device is set to, not what it measured",
    "shape": "not a valid reading",
}


def unassigned(request: HttpRequest) -> HttpResponse:
    """Readings not assigned to a session, and those that were dismissed."""
    sites = sites_of(request, "watch-sessions")
    senders = [sender for site in sites for sender in _senders(site)]
    aside = [dismissal for site in sites for dismissal in _aside(site)]
    context: dict[str, Any] = {
        "senders": senders[:SHOWN],
        "number": len(senders),
        "aside": aside[:SHOWN],
        "number_aside": len(aside),
        "may": set(actor(request).sites_where("run-session")),
    }
    choices = [row.patient for group in (*context["senders"], *context["aside"]) for row in group["sessions"]]
    seen.listed(by=actor(request), patients=choices, page="unassigned readings")
    return render(request, "monitors/unassigned.html", context)


def assign(request: HttpRequest, site: int) -> HttpResponse:
    """Assigns unassigned or dismissed readings to a session."""
    site_row = get_object_or_404(Site, pk=site)
    chosen = get_object_or_404(
        InfusionSession.objects.select_related("patient__site"), pk=_number(request.POST.get("session")), site=site_row
    )
    posted = request.POST.get("aside")
    aside = get_object_or_404(SetAside, pk=_number(posted), site=site_row) if posted else None
    sent = Message.objects.all() if aside else _sent(request, site_row)
    number = actions.assign_readings(
        by=actor(request),
        patient=chosen.patient,
        session=chosen,
        messages=sent,
        aside=aside,
        **_stretch(request, site_row),
    )
    messages.success(request, f"{number} readings charted in the session of {chosen.patient.full_name}.")
    return redirect("unassigned")


def dismiss(request: HttpRequest, site: int) -> HttpResponse:
    """Dismisses unassigned readings."""
    site_row = get_object_or_404(Site, pk=site)
    number = actions.dismiss_readings(
        by=actor(request),
        site=site_row,
        messages=_sent(request, site_row),
        reason=request.POST.get("reason", ""),
        **_stretch(request, site_row),
    )
    messages.success(request, f"{number} readings dismissed; they are kept and can still be assigned.")
    return redirect("unassigned")


def held_for_review(request: HttpRequest) -> HttpResponse:
    """Values and messages held for review, by sender and reason, until they are reviewed."""
    sites = {site.pk: site for site in sites_of(request, "watch-sessions")}
    waiting = Quarantined.objects.filter(message__site__in=sites, seen_at=None)
    groups = waiting.values("message__site", "message__sender", "why").annotate(
        count=Count("id"), last=Max("id"), since=Min("message__received_at"), until=Max("message__received_at")
    )
    senders: dict[tuple[int, str], list[Any]] = {}
    group: Any
    for group in groups.order_by("-last"):
        reason = {**group, "says": WHY.get(group["why"], group["why"])}
        senders.setdefault((group["message__site"], group["message__sender"]), []).append(reason)
    newest = list(senders.items())[:SHOWN]
    examples = _examples(waiting, {sender for (_, sender), _ in newest})
    for (site, sender), reasons in newest:
        for reason in reasons:
            reason["examples"] = examples.get((site, sender, reason["why"]), ())
    reviewed = Quarantined.objects.filter(message__site__in=sites).exclude(seen_at=None)
    context = {
        "senders": [(sites[site], sender, reasons) for (site, sender), reasons in newest],
        "number": len(senders),
        "seen": reviewed.select_related("message", "seen_by").defer("message__raw").order_by("-seen_at", "-id")[:5],
    }
    return render(request, "monitors/held_for_review.html", context)


def _examples(
    waiting: QuerySet[Quarantined], senders: Collection[str]
) -> Mapping[tuple[int, str, str], list[tuple[Quarantined, Message | None]]]:
    """The newest of each sender and reason, each with the message that a torn one is the beginning of."""
    group = [F("message__site"), F("message__sender"), F("why")]
    place = Window(RowNumber(), partition_by=group, order_by=F("id").desc())
    newest = waiting.filter(message__sender__in=senders).annotate(place=place).filter(place__lte=_EXAMPLES)
    examples: dict[tuple[int, str, str], list[tuple[Quarantined, Message | None]]] = {}
    for held in newest.select_related("message").defer("message__raw").order_by("-id"):
        assert held.message.site_id is not None
        key = (held.message.site_id, held.message.sender, held.why)
        examples.setdefault(key, []).append((held, complete_version_of(held.message)))
    return examples


def mark_reviewed(request: HttpRequest, site: int) -> HttpResponse:
    """Records the review of what is held from one sender."""
    site_row = get_object_or_404(Site, pk=site)
    held = Quarantined.objects.filter(
        message__sender=request.POST.get("sender", ""),
        why=request.POST.get("why", ""),
        pk__lte=_number(request.POST.get("last")),
    )
    actions.review_held(by=actor(request), site=site_row, held=held, note=request.POST.get("note", ""))
    return redirect("quarantine")


def _senders(site: Site) -> list[dict[str, Any]]:
    """Senders of unassigned readings, the newest first, with their beds and patient IDs as sent."""
    counted = (
        waiting_at(site)
        .values(*_ORIGIN)
        .annotate(
            count=Count("id"), since=Min("at"), until=Max("at"), last=Max("message_id"), doubt=Max("message__doubt")
        )
        .order_by("-last")
    )
    sessions, senders = _choices(site), dict[str, list[Any]]()
    for counts in counted:
        ids = counts["message__patient_ids"]
        group = {**counts, "bed": counts["message__bed"], "ids": ids, "ids_json": json.dumps(ids)}
        senders.setdefault(counts["message__sender"], []).append(group)
    return [
        {
            "site": site,
            "sessions": sessions,
            "sender": sender,
            "groups": groups[:GROUPS],
            "number": len(groups),
            "count": sum(group["count"] for group in groups),
            "last": groups[0]["last"],
        }
        for sender, groups in senders.items()
    ]


def _aside(site: Site) -> list[dict[str, Any]]:
    """Dismissed readings not assigned since: by whom, when and why; the newest first."""
    left = Q(readings__session=None)
    dismissals = SetAside.objects.filter(site=site, readings__isnull=False).annotate(
        count=Count("readings", filter=left),
        since=Min("readings__at", filter=left),
        until=Max("readings__at", filter=left),
        sender=Min("readings__message__sender"),
        bed=Min("readings__message__bed"),
        beds=Count("readings__message__bed", distinct=True),
    )
    sessions = _choices(site)
    listed = dismissals.filter(count__gt=0).select_related("by").order_by("-at", "-id")
    return [
        {"aside": dismissal, "origin": _origin(dismissal), "site": site, "sessions": sessions} for dismissal in listed
    ]


def _origin(aside: Any) -> str:
    """The monitor, and its bed where all of it came from one."""
    return f"{aside.sender} at {aside.bed}" if aside.beds == 1 and aside.bed else aside.sender


def _choices(site: Site) -> QuerySet[InfusionSession]:
    """Sessions that readings may belong to: under way, or ended lately."""
    recent = Q(state__in=AT_BEDSIDE) | Q(ended_at__gte=timezone.now() - RECENT)
    sessions = InfusionSession.objects.filter(recent, site=site).exclude(state=SessionState.SCHEDULED)
    return sessions.select_related("patient").order_by("bed", "id")


def _sent(request: HttpRequest, site: Site) -> QuerySet[Message]:
    """The messages of a sender, or of one bed and patient id of it, up to the last that the page showed."""
    fields = request.POST
    sent = Message.objects.filter(site=site, sender=fields.get("sender", ""), pk__lte=_number(fields.get("last")))
    return sent.filter(bed=fields["bed"], patient_ids=_ids(fields.get("patient_ids", ""))) if "bed" in fields else sent


def _number(written: str | None) -> int:
    return int(written) if written and written.isdecimal() and len(written) < 19 else 0


def _ids(written: str) -> list[str]:
    try:
        ids = json.loads(written)
    except ValueError:
        return []
    return ids if isinstance(ids, list) else []


def _stretch(request: HttpRequest, site: Site) -> dict[str, datetime | None]:
    """From when to when, by the clock of the site; the end of its minute where that is the last."""
    until = _moment(request.POST.get("until", ""), site)
    if until is not None and until.second == 0:
        until += timedelta(seconds=59.999999)
    return {"since": _moment(request.POST.get("since", ""), site), "until": until}


def _moment(typed: str, site: Site) -> datetime | None:
    if not typed:
        return None
    try:
        moment = parse_datetime(typed)
    except ValueError:
        moment = None
    if moment is None:
        raise Conflict(f"«{typed[:30]}» is not a valid time: nothing was done")
    return moment.replace(tzinfo=site.zone)


urls = [
    reads("readings/unassigned/", unassigned, name="unassigned"),
    sent("readings/unassigned/<int:site>/claim/", assign, name="claim-readings"),
    sent("readings/unassigned/<int:site>/set-aside/", dismiss, name="set-aside-readings"),
    reads("readings/quarantine/", held_for_review, name="quarantine"),
    sent("readings/quarantine/<int:site>/seen/", mark_reviewed, name="quarantine-seen"),
]
