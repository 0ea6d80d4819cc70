"""Emergency access (break-glass): reading a patient of another site for a few hours, under the auditor's eye."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from unwound_clinic.core.access import Refused, Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import BreakGlass, Patient

GLASS_HOURS = 4


@action(None)  # the role it needs is held at another site than the patient's
def break_glass(*, by: Staff, patient: Patient, reason: str) -> BreakGlass:
    """Opens a patient of another site for reading, for a few hours; the auditor sees it. Refused without the right."""
    if not by.sites_where("break-glass"):
        raise Refused("«break glass» needs the role of a physician or anaesthesia provider")
    if len(reason.strip()) < 10:
        raise Conflict("emergency access needs a reason in words (at least ten letters)")
    now = timezone.now()
    opened = BreakGlass.objects.create(
        user=by.user, patient=patient, reason=reason.strip(), at=now, until=now + timedelta(hours=GLASS_HOURS)
    )
    audit_event(by, "break-glass", patient=patient, reason=reason.strip(), until=opened.until.isoformat())
    return opened


@action("read-audit")
def review_glass(*, by: Staff, patient: Patient, opened: BreakGlass, note: str) -> None:
    """The auditor has looked at an emergency access."""
    opened.reviewed_at, opened.reviewed_by, opened.review_note = timezone.now(), by.user, note
    opened.save(update_fields=["reviewed_at", "reviewed_by", "review_note"])
    audit_event(by, "break-glass.reviewed", patient=patient, of=opened.user.name, note=note)
