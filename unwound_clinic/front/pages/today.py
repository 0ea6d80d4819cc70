"""The home page: what needs attention today; and the page that unlocks an idle screen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from unwound_clinic.administration import checklist
from unwound_clinic.core import locking, mail_settings, passwords, seen
from unwound_clinic.core.access import Staff
from unwound_clinic.core.addresses import reads, sent, takes
from unwound_clinic.core.forms import SignForm
from unwound_clinic.core.page import actor
from unwound_clinic.front import turns
from unwound_clinic.models import Alarm, AuditEvent, BreakGlass, InfusionSession, Patient, Referral, Site, User
from unwound_clinic.operations import health
from unwound_clinic.record import incoming
from unwound_clinic.record.actions import referrals
from unwound_clinic.session import order

SHOWN = 50


def home(request: HttpRequest) -> HttpResponse:
    """Alarms first, then today's sessions, then what is due for the roles of the person, then for the others."""
    by = actor(request)
    sites = by.sites_where("see-patients")
    context: dict[str, Any] = {
        "alarms": Alarm.objects.filter(seen_at=None, patient__site__in=sites).select_related("patient__site"),
        "cares": bool(sites),
        "sessions": tuple(_sessions(by)),
        "several": len(by.sites) > 1,
        "referrals": Referral.objects.filter(site__in=by.sites_where("register-patient"), answered_at=None)
        .defer("content")
        .order_by("arrived_on", "id")[:SHOWN],
        "glass": BreakGlass.objects.filter(
            reviewed_at=None, patient__site__in=by.sites_where("read-audit")
        ).select_related("patient", "user"),
        **_due(by),
    }
    listed = [*context["mine"], *context["others"], *context["soon"], *(row.patient for row in context["sessions"])]
    listed += [row.patient for row in (*context["alarms"], *context["glass"])]
    seen.listed(by=by, patients=listed, page="today")
    for site, rows in incoming.by_site(context["referrals"]):
        referrals.looked_at(by=by, site=site, rows=rows, page="today")
    context.update(_oversight(by))
    return render(request, "front/today.html", context)


def _due(by: Staff) -> dict[str, Any]:
    """What is due by today: first what the person's own roles do next, the rest beside it; then the days ahead."""
    sites = by.sites_where("see-patients")
    now = timezone.now()
    zones = [site.zone for site in Site.objects.filter(pk__in=sites)]
    today = max((now.astimezone(zone).date() for zone in zones), default=now.date())
    of_sites = Patient.objects.filter(site__in=sites, merged_into=None).select_related("site")
    due, own = of_sites.filter(due_on__lte=today).order_by("due_on", "id"), turns.of(by)
    mine, others = due.filter(own), due.exclude(own)
    soon = of_sites.filter(due_on__gt=today, due_on__lte=today + timedelta(days=7)).order_by("due_on", "id")
    return {
        "today": today,
        "mine": mine[:SHOWN],
        "mine_count": mine.count(),
        "others": others[:SHOWN],
        "others_count": others.count(),
        "soon": soon[:SHOWN],
    }


def _sessions(by: Staff) -> Iterator[InfusionSession]:
    """Today's sessions at each of their sites, with those of before that are still under way."""
    now = timezone.now()
    for site in Site.objects.filter(pk__in=by.sites_where("schedule-session")).order_by("name"):
        begins = datetime.combine(now.astimezone(site.zone).date(), time(0), tzinfo=site.zone)
        rows = InfusionSession.objects.filter(site=site).select_related("patient", "site", "plan", "provider")
        todays = Q(scheduled_at__gte=begins, scheduled_at__lt=begins + timedelta(days=1))
        yield from rows.filter(todays | Q(state__in=order.AT_BEDSIDE)).order_by("scheduled_at", "id")


def _oversight(by: Staff) -> dict[str, Any]:
    """What concerns administrators and auditors: people without a second factor, the last day of the log."""
    manages, audits = by.sites_where("manage-people"), by.sites_where("read-audit")
    context: dict[str, Any] = {}
    if manages:
        steps = checklist.steps(by)
        context["steps"] = steps
        context["still"] = sum(not step.done for step in steps)
        context["mail_is_set"] = mail_settings.is_set()
        people = User.objects.filter(memberships__site__in=manages, is_active=True).distinct()
        guarded = Authenticator.objects.filter(type=Authenticator.Type.TOTP).values("user_id")
        context["unguarded"] = people.exclude(pk__in=guarded).order_by("name")[:SHOWN] if settings.MFA_REQUIRED else ()
        context["people_count"] = people.count()
        context["warnings"] = health.warnings()
    if audits:
        since = timezone.now() - timedelta(days=1)
        context["events"] = AuditEvent.objects.filter(site_id__in=audits, at__gt=since).count()
    return context


def unlock(request: HttpRequest) -> HttpResponse:
    """Asks for the password again on an idle screen, then returns to the page that was open."""
    address = request.POST.get("next") or request.GET.get("next") or "/"
    target = address if url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}) else "/"
    if request.headers.get("X-Unwound-Lock"):
        return _unlock_in_place(request)
    form = SignForm(request, request.POST or None)
    form.fields["password"].label = "Your password, to continue"
    if request.method == "POST" and form.is_valid():
        locking.reopen(request)
        return redirect(target)
    locked = form.is_bound and passwords.LOCKED in form.errors.get("password", ())
    return render(request, "unlock.html", {"form": form, "next": target}, status=429 if locked else 200)


def _unlock_in_place(request: HttpRequest) -> HttpResponse:
    """Opens the cover over a page, by PIN or password; the words to show beside the field where it stays closed."""
    typed, user = request.POST.get("secret", ""), actor(request).user
    short = typed.isdecimal() and len(typed) <= max(locking.PIN_DIGITS)
    if short:
        why = locking.reopens_by_pin(request, user, typed)
    else:
        why = passwords.why_refused(request, user, typed, passwords.AskedFor.OWN)
        if not why:
            locking.reopen(request)
    if not why:
        return HttpResponse(status=204)
    return HttpResponse(why, content_type="text/plain", status=400 if request.user.is_authenticated else 401)


def lock(request: HttpRequest) -> HttpResponse:
    """Locks the screen now."""
    locking.lock(request)
    return HttpResponse(status=204)


def touch(request: HttpRequest) -> HttpResponse:
    """The screen is used: keys are pressed or it is touched, though nothing was sent yet."""
    return HttpResponse(status=204)


urls = [
    reads("", home, name="home"),
    takes("unlock/", unlock, name="unlock"),
    sent("lock/", lock, name="lock"),
    sent("touch/", touch, name="touch"),
]
