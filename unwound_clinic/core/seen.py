"""Viewing: every page about a patient, and every list of names, is checked and logged like a write."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from unwound_clinic.core import access
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import action, audit_event
from unwound_clinic.models import Patient, Site


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
