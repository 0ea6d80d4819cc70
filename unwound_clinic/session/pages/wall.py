"""All beds on a wall, by initials, for a screen that has a key of its own; and the keys, for the administrator."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from unwound.session import MONITOR_FIRST
from unwound_clinic.core import access
from unwound_clinic.core.addresses import reads, sent, takes
from unwound_clinic.core.page import actor
from unwound_clinic.models import Patient, Site, WallKey, hash_of
from unwound_clinic.session.actions import walls
from unwound_clinic.session.pages import room

COOKIE = "unwound-wall"
A_YEAR_S = 365 * 86_400
ONE_LOOK = timedelta(hours=1)
"""A screen that shows the same patients leaves one event in so long."""


def wall(request: HttpRequest) -> HttpResponse:
    """All beds of the site whose key this screen has; without one it asks for it."""
    if request.method == "POST":
        return _keyed(request)
    screen = _screen(request)
    if screen is None:
        answer = render(request, "session/wall_key.html", {"refused": COOKIE in request.COOKIES})
        answer.delete_cookie(COOKIE, path=reverse("wall"))
    else:
        answer = render(request, "session/wall.html", {**_beds(screen), "label": MONITOR_FIRST})
    answer["Cache-Control"] = "no-store"
    return answer


def wall_now(request: HttpRequest) -> HttpResponse:
    """The beds that changed, or 304; a screen whose key was revoked asks for one."""
    screen = _screen(request)
    if screen is None:
        return HttpResponse(status=204, headers={"HX-Refresh": "true", "Cache-Control": "no-store"})
    answer = room.news(request, _beds(screen))
    answer["Cache-Control"] = "no-store"
    return answer


def _keyed(request: HttpRequest) -> HttpResponse:
    """Keeps the key in this browser, for this address and no other, where it is one that holds."""
    key = request.POST.get("key", "").strip()
    if not WallKey.objects.filter(key_hash=hash_of(key), revoked_at=None).exists():
        return render(request, "session/wall_key.html", {"refused": True}, status=403)
    answer = redirect("wall")
    answer.set_cookie(
        COOKIE, key, max_age=A_YEAR_S, path=reverse("wall"), httponly=True, secure=settings.HTTPS, samesite="Strict"
    )
    return answer


def _screen(request: HttpRequest) -> WallKey | None:
    key = request.COOKIES.get(COOKIE, "")
    rows = WallKey.objects.select_related("site").filter(key_hash=hash_of(key), revoked_at=None)
    return rows.first() if key else None


def _beds(screen: WallKey) -> dict[str, Any]:
    """The beds of its site; whoever is shown anew leaves the event of a look."""
    beds = room.beds_of([screen.site_id])
    patients = [bed["session"].patient for bed in beds["beds"]]
    if _shows_more(screen, patients):
        by = access.Device(f"screen {screen.name}", screen.site_id)
        walls.looked(by=by, site=screen.site, wall=screen, patients={patient.pk for patient in patients})
    return {**beds, "news": reverse("wall-now"), "wall": True}


def _shows_more(wall: WallKey, patients: Iterable[Patient]) -> bool:
    """Whether the screen shows somebody whom its last event does not name, or that event is an hour old."""
    if wall.looked_at is None or timezone.now() - wall.looked_at >= ONE_LOOK:
        return True
    return not {patient.pk for patient in patients} <= set(wall.shown)


def keys(request: HttpRequest) -> HttpResponse:
    """The screens of every site that the user administers; makes one, whose address is shown once."""
    sites = Site.objects.filter(pk__in=actor(request).sites_where("manage-site")).order_by("name")
    if not sites:
        raise access.Refused("screens on a wall are made by the administrator")
    if request.method == "POST":
        site = get_object_or_404(sites, pk=_number(request.POST.get("site", "")))
        key = walls.make(by=actor(request), site=site, name=request.POST.get("name", ""))
        address = f"{request.build_absolute_uri(reverse('wall'))}#{key}"
        return render(request, "session/wall_made.html", {"address": address})
    rows = WallKey.objects.filter(site__in=sites).select_related("site", "made_by", "revoked_by").order_by("site", "id")
    return render(request, "session/wall_keys.html", {"sites": sites, "walls": rows})


def revoke(request: HttpRequest, number: int) -> HttpResponse:
    """Revokes the key of one screen."""
    row = get_object_or_404(WallKey.objects.select_related("site"), pk=number)
    access.check_at(actor(request), "manage-site", row.site_id)
    walls.revoke(by=actor(request), site=row.site, wall=row)
    messages.success(request, f"{row.name} shows nothing any more.")
    return redirect("wall-keys")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


urls = [
    takes("wall/", wall, name="wall"),
    reads("wall/now/", wall_now, name="wall-now"),
    takes("walls/", keys, name="wall-keys"),
    sent("walls/<int:number>/revoke/", revoke, name="wall-revoke"),
]
