"""Who looked: every page about a patient, and every list of names, is checked and logged like a write."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from unwound_clinic.core import access
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import action, audit_event
from unwound_clinic.models import Patient, Site


@action(None)  # open too to whoever broke the glass
def viewed(*, by: Staff, patient: Patient, page: str) -> None:
    """Somebody looked: checked and logged like a write. Refused unless they may see the record."""
    now = timezone.now()
    access.check(by, "see-medical-record", patient, now)
    emergency = not access.may(by, "see-medical-record", patient)
    audit_event(by, "view.emergency" if emergency else "view", patient=patient, page=page)


def listed(*, by: Staff, patients: Iterable[Patient], page: str) -> None:
    """Somebody looked at a list: one event a site, with the patients whose names it showed."""
    shown: dict[int, list[int]] = {}
    for patient in patients:
        shown.setdefault(patient.site_id, []).append(patient.pk)
    with transaction.atomic():
        for site in Site.objects.filter(pk__in=shown):
            _listed_at(by=by, site=site, page=page, numbers=sorted(set(shown[site.pk])))


@action(None)  # the page has shown them to whoever may open it
def _listed_at(*, by: Staff, site: Site, page: str, numbers: Iterable[int]) -> None:
    audit_event(by, "view.list", site=site, page=page, patients=" ".join(map(str, numbers)))
