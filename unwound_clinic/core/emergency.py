"""Emergency access (break-glass): reading the record of another site's patient for a few hours; auditors review it."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from unwound_clinic.core.access import Refused, Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import BreakGlass, Patient, Role, Site, role_title

GLASS_HOURS = 4


def who_may(site: Site) -> str:
    """Why emergency access is refused: the roles that have it, in the terms of the site."""
    provider = role_title(Role.ANAESTHESIA, site.jurisdiction)
    return f"emergency access requires the role of physician or {provider}"


@action(None)  # the role it needs is held at another site than the patient's
def break_glass(*, by: Staff, patient: Patient, reason: str) -> BreakGlass:
    """Opens the record of another site's patient for reading, for a few hours; shown to the auditor."""
    if not by.sites_where("break-glass"):
        raise Refused(who_may(patient.site))
    if len(reason.strip()) < 10:
        raise Conflict("emergency access needs a reason of at least 10 characters")
    now = timezone.now()
    opened = BreakGlass.objects.create(
        user=by.user, patient=patient, reason=reason.strip(), at=now, until=now + timedelta(hours=GLASS_HOURS)
    )
    audit_event(by, "break-glass", patient=patient, reason=reason.strip(), until=opened.until.isoformat())
    return opened


@action("read-audit")
def review_glass(*, by: Staff, patient: Patient, opened: BreakGlass, note: str) -> None:
    """The auditor has reviewed an emergency access."""
    opened.reviewed_at, opened.reviewed_by, opened.review_note = timezone.now(), by.user, note
    opened.save(update_fields=["reviewed_at", "reviewed_by", "review_note"])
    audit_event(by, "break-glass.reviewed", patient=patient, of=opened.user.name, note=note)
