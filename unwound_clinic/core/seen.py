"""Viewing: every page about a patient, and every list of names, is checked and logged like a write.

A screen that refreshes itself is one long look: it leaves an event when it is opened, and again every ten minutes that
it stays open, so that the log says how long somebody looked and stays readable.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from unwound_clinic.core import access
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import action, audit_event
from unwound_clinic.models import Patient, Site

ONE_LOOK_S = 600
"""For how long a screen that refreshes itself counts as the same look."""
_LOOKS = "looks"
"""Key in the browser's session: page -> when its event was left, and whom it showed."""


@action(None)  # open during emergency access too
def viewed(*, by: Staff, patient: Patient, page: str) -> None:
    """Logs that a patient's page was viewed. Refused without the permission to see the record."""
    now = timezone.now()
    access.check(by, "see-medical-record", patient, now)
    emergency = not access.may(by, "see-medical-record", patient)
    audit_event(by, "view.emergency" if emergency else "view", patient=patient, page=page)


def listed(*, by: Staff, patients: Iterable[Patient], page: str) -> None:
    """Logs that a list was viewed: one event for each site, with the patients whose names it showed."""
    numbers_by_site: dict[int, list[int]] = {}
    for patient in patients:
        numbers_by_site.setdefault(patient.site_id, []).append(patient.pk)
    with transaction.atomic():
        for site in Site.objects.filter(pk__in=numbers_by_site):
            _listed_at(by=by, site=site, page=page, numbers=sorted(set(numbers_by_site[site.pk])))


@action(None)  # the page has checked who may open it
def _listed_at(*, by: Staff, site: Site, page: str, numbers: Iterable[int]) -> None:
    audit_event(by, "view.list", site=site, page=page, patients=" ".join(map(str, numbers)))


def looks_at(request: HttpRequest, patients: Iterable[Patient], page: str) -> bool:
    """Whether a screen that refreshes itself shows more than what its last event says; from now on it counts as seen.

    True also once that event is older than one look.
    """
    now, shown = time.time(), {patient.pk for patient in patients}
    looks = {name: look for name, look in request.session.get(_LOOKS, {}).items() if now - look[0] < ONE_LOOK_S}
    if page in looks and shown <= set(looks[page][1]):
        return False
    request.session[_LOOKS] = {**looks, page: [now, sorted(shown)]}
    return True
