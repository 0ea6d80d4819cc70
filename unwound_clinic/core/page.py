"""What every page about a patient begins with: the patient, the right to see them, the event that they were seen."""

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
    """Who asks; set by the doorkeeper."""
    found: Staff = request.actor  # type: ignore[attr-defined]
    return found


def today(site: Site) -> date:
    """The day it is at the site."""
    return timezone.now().astimezone(site.zone).date()


def show_alarms(request: HttpRequest, raised: Iterable[Alarm]) -> None:
    """Whoever entered what raised an alarm reads it on the next page."""
    for alarm in raised:
        messages.error(request, alarm.text)


def patient_page(name: str) -> Callable[[Page[P]], Callable[..., HttpResponse]]:
    """A page about one patient (`number` in its address): refused or logged before anything is read."""

    def wrap(page: Page[P]) -> Callable[..., HttpResponse]:
        @functools.wraps(page)
        def shown(request: HttpRequest, number: int, *args: Any, **kwargs: Any) -> HttpResponse:
            patient = get_object_or_404(Patient.objects.select_related("site"), pk=number)
            by = actor(request)
            if request.method in ("GET", "HEAD"):
                seen.viewed(by=by, patient=patient, page=name)
            else:
                access.check(by, "see-medical-record", patient, timezone.now())
            return page(request, patient, *args, **kwargs)

        return shown

    return wrap
