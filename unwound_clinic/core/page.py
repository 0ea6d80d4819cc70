"""What every page about a patient begins with: the patient, the permission to see the record, the audit event."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from unwound_clinic.core import access, seen
from unwound_clinic.core.access import Staff
from unwound_clinic.models import Alarm, Patient, Site

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, Patient, P], HttpResponse]


def actor(request: HttpRequest) -> Staff:
    """The member of staff who is logged in; set by `AccessGate`."""
    staff: Staff = request.actor  # type: ignore[attr-defined]
    return staff


def today(site: Site) -> date:
    """Today's date at the site."""
    return timezone.now().astimezone(site.zone).date()


def show_alarms(request: HttpRequest, raised: Iterable[Alarm]) -> None:
    """Shows the alarms raised by an entry on the next page, to the person who made it."""
    for alarm in raised:
        messages.error(request, alarm.text)


def patient_page(name: str) -> Callable[[Page[P]], Callable[..., HttpResponse]]:
    """A page about one patient (`number` in its address): access is checked and logged before anything is read."""

    def wrap(page: Page[P]) -> Callable[..., HttpResponse]:
        @functools.wraps(page)
        def checked_page(request: HttpRequest, number: int, *args: Any, **kwargs: Any) -> HttpResponse:
            patient = get_object_or_404(Patient.objects.select_related("site"), pk=number)
            by = actor(request)
            if request.method in ("GET", "HEAD"):
                seen.viewed(by=by, patient=patient, page=name)
            else:
                access.check(by, "see-medical-record", patient, timezone.now())
            return page(request, patient, *args, **kwargs)

        return checked_page

    return wrap
