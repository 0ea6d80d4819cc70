"""What every page about a patient begins with: the patient, the permission to see the record, the audit event."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from unwound import record
from unwound.record import UnwoundError
from unwound_clinic.core import access, seen
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict
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


SHOWN_FOR = "shown_for"
"""The field of every form of a page about a patient: whose page it was, see `core/whose.py`."""
_SHOWS_NOTHING = (204, 301, 302, 303, 304, 307, 308, 405)


def patient_page(name: str) -> Callable[[Page[P]], Callable[..., HttpResponse]]:
    """A page about one patient (`number` in its address): access is checked and logged before anything is read."""

    def wrap(page: Page[P]) -> Callable[..., HttpResponse]:
        @functools.wraps(page)
        def checked_page(request: HttpRequest, number: int, *args: Any, **kwargs: Any) -> HttpResponse:
            patient = get_object_or_404(Patient.objects.select_related("site"), pk=number)
            by = actor(request)
            if patient.erased_at is not None:
                access.check(by, "see-medical-record", patient, timezone.now())
                raise Conflict(
                    f"this record was erased on {record.long_day(patient.erased_at)}: its number is all that is left"
                )
            if patient.merged_into_id is not None:
                return _leads_on(request, by, patient)
            if request.method in ("GET", "HEAD"):
                seen.viewed(by=by, patient=patient, page=name)
                return page(request, patient, *args, **kwargs)
            access.check(by, "see-medical-record", patient, timezone.now())
            check_whose(request, patient)
            return answered(lambda: page(request, patient, *args, **kwargs), by, patient, name)

        return checked_page

    return wrap


def _leads_on(request: HttpRequest, by: Staff, patient: Patient) -> HttpResponse:
    """The number of a record that was merged into another leads to the same page of that one; a form is not moved."""
    access.check(by, "see-medical-record", patient, timezone.now())
    stays, match = patient.leads_to(), request.resolver_match
    if request.method not in ("GET", "HEAD") or match is None:
        raise Conflict(
            f"this record was merged into that of {stays.full_name} since the page was shown. Open it again, and enter "
            "it there"
        )
    return redirect(reverse(match.view_name, kwargs={**match.kwargs, "number": stays.pk}))


def check_whose(request: HttpRequest, patient: Patient) -> None:
    """Conflict where the form that was sent belongs to the page of another patient than the address names."""
    shown = request.POST.get(SHOWN_FOR)
    if shown is not None and shown != str(patient.pk):
        raise Conflict(
            f"this form was opened for another patient, but it was sent to the record of {patient.full_name}. "
            "Open the page of the patient you mean, and check the name on it"
        )


R = TypeVar("R", bound=HttpResponseBase)


def answered(answer: Callable[[], R], by: Staff, patient: Patient, name: str) -> R:
    """The answer to a form; one that shows the patient again, as after a refusal, leaves the event of a view."""
    try:
        response = answer()
    except (Conflict, UnwoundError):  # the page of the refusal may speak of the patient
        seen.viewed(by=by, patient=patient, page=name)
        raise
    if response.status_code not in _SHOWS_NOTHING:
        seen.viewed(by=by, patient=patient, page=name)
    return response
