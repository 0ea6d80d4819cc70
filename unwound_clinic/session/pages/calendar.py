"""The calendar: one day of a site by time and chair, printed too; and a link for somebody's own calendar elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from unwound.session.states import SessionState
from unwound_clinic.core import access, opening, outside, seen
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor, today
from unwound_clinic.models import Feed, InfusionSession, Site, hash_of
from unwound_clinic.session import day_plan, feed
from unwound_clinic.session.actions import feeds

WEEK = 7
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)


def day(request: HttpRequest) -> HttpResponse:
    """One day of one site; `day` and `site` say which, today's of the first otherwise."""
    by = actor(request)
    sites = Site.objects.filter(pk__in=by.sites_where("schedule-session")).order_by("name")
    if not sites:
        raise access.Refused("viewing the calendar requires a role in patient care")
    site = _chosen(sites, request.GET.get("site", ""))
    shown = _day(request.GET.get("day", ""), today(site))
    rows = list(day_plan.of_day(site, shown))
    listed = day_plan.appointments(rows)
    grid = day_plan.grid(listed)
    seen.listed(by=by, patients=[row.patient for row in rows], page=f"calendar of {shown.isoformat()}")
    context: dict[str, Any] = {
        "site": site,
        "sites": sites,
        "day": shown,
        "today": today(site),
        "before": shown - timedelta(days=1),
        "after": shown + timedelta(days=1),
        "week": _week(site, shown),
        "closed": opening.why_closed(site, shown),
        "nobody_said": not opening.is_said(site),
        "manages": site.pk in by.sites_where("manage-site"),
        "appointments": listed,
        "grid": grid,
        "most": max((slot.at_once for slot in grid.slots), default=0),
    }
    return render(request, "session/calendar.html", context)


def _chosen(sites: QuerySet[Site], number: str) -> Site:
    """The site of that number, the first where none was named; 404 for any other."""
    chosen = next((site for site in sites if str(site.pk) == number), None) if number else sites[0]
    if chosen is None:
        raise Http404
    return chosen


def _day(typed: str, otherwise: date) -> date:
    """The day that was typed; another one for what is none, or far away."""
    try:
        asked = date.fromisoformat(typed)
    except ValueError:
        return otherwise
    return asked if FIRST_DAY < asked < LAST_DAY else otherwise


def _week(site: Site, shown: date) -> Iterable[dict[str, Any]]:
    """The week of a day: each day with how many sessions it has, and why it is closed."""
    monday = shown - timedelta(days=shown.weekday())
    for number in range(WEEK):
        on = monday + timedelta(days=number)
        count = day_plan.of_day(site, on).exclude(state=SessionState.ABORTED).count()
        yield {"on": on, "count": count, "closed": opening.why_closed(site, on), "here": on == shown}


def own(request: HttpRequest) -> HttpResponse:
    """The link for the person's own calendar: made, shown once, made to stop."""
    by = actor(request)
    if not by.sites_where("schedule-session"):
        raise access.Refused("a calendar of appointments requires a role in patient care")
    do, context = request.POST.get("do", "") if request.method == "POST" else "", {}
    if do == "revoke":
        feeds.stop_feed(by=by)
        messages.success(request, "The link no longer works.")
        return redirect("calendar-own")
    if do == "make":
        token = feeds.make_feed(by=by, only_mine=bool(request.POST.get("only_mine")))
        address = outside.address(request, f"/f/{token}/appointments.ics")
        context = {"address": address, "fault": outside.fault(address), "picture": outside.picture(address)}
    working = by.user.feeds.filter(revoked_at=None).first()
    return render(request, "session/calendar_own.html", {**context, "feed": working})


def as_file(request: HttpRequest, token: str) -> HttpResponse:
    """The appointments as a calendar reads them: behind the secret link, with what its owner may see now."""
    link = Feed.objects.filter(token_hash=hash_of(token), revoked_at=None).select_related("user").first()
    if link is None:
        raise Http404
    now = timezone.now()
    rows: Iterable[InfusionSession] = feed.sessions_of(link, access.staff(link.user), now)
    text = feed.calendar(rows, outside.address(request, "/").rstrip("/"), now)
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Cache-Control"] = "private, no-store"
    response["Content-Disposition"] = 'inline; filename="appointments.ics"'
    return response


urls = [
    reads("calendar/", day, name="calendar"),
    takes("calendar/own/", own, name="calendar-own"),
    reads("f/<slug:token>/appointments.ics", as_file, name="calendar-file"),
]
