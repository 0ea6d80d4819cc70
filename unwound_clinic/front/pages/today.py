"""The home page: what needs attention today; and the page that unlocks an idle screen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
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
from unwound_clinic.models import Alarm, AuditEvent, BreakGlass, Patient, Site, User
from unwound_clinic.operations import health

SHOWN = 50


def home(request: HttpRequest) -> HttpResponse:
    """Alarms first, then what is due, at the sites where the user cares for patients."""
    by = actor(request)
    sites = by.sites_where("see-patients")
    now = timezone.now()
    zones = [site.zone for site in Site.objects.filter(pk__in=sites)]
    today = max((now.astimezone(zone).date() for zone in zones), default=now.date())
    due = (
        Patient.objects.filter(site__in=sites, merged_into=None, due_on__lte=today)
        .order_by("due_on", "id")
        .select_related("site")
    )
    soon = Patient.objects.filter(
        site__in=sites, merged_into=None, due_on__gt=today, due_on__lte=today + timedelta(days=7)
    )
    context: dict[str, Any] = {
        "alarms": Alarm.objects.filter(seen_at=None, patient__site__in=sites).select_related("patient__site"),
        "due": due[:SHOWN],
        "due_count": due.count(),
        "soon": soon.order_by("due_on", "id")[:SHOWN],
        "today": today,
        "cares": bool(sites),
        "glass": BreakGlass.objects.filter(
            reviewed_at=None, patient__site__in=by.sites_where("read-audit")
        ).select_related("patient", "user"),
    }
    listed = [*context["due"], *context["soon"], *(row.patient for row in (*context["alarms"], *context["glass"]))]
    seen.listed(by=by, patients=listed, page="today")
    context.update(_oversight(by))
    return render(request, "front/today.html", context)


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
