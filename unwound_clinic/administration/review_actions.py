"""A clinician signs that one knowledge file was reviewed, or takes the signature back."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from unwound import catalogue
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import FileReview, Site


@action("review-knowledge")
def sign(
    *, by: Staff, site: Site, kind: str, name: str, shown: str, licence: str, due: date, note: str = ""
) -> FileReview:
    """Signs the text that was shown (`shown`, its digest), under the name of the account. Conflict for any other."""
    content = catalogue.content(kind, name)
    if catalogue.digest(kind, name) != shown:
        raise Conflict("the file was changed since it was shown: read it again, then sign")
    if not licence.strip():
        raise Conflict("a review names the licence of who signs it")
    now = timezone.now()
    today = now.astimezone(site.zone).date()
    if due <= today:
        raise Conflict("the day of the next review lies after today")
    row = FileReview.objects.create(
        kind=kind, name=name, content=content.decode("utf-8"), digest=shown, reviewer=by.user.name,
        licence=licence.strip()[:120], reviewed_on=today, due=due, note=note.strip(), site=site, signed_by=by.user,
        signed_at=now,
    )  # fmt: skip
    audit_event(
        by, "knowledge.review", site=site, file=f"{kind}/{name}.toml", digest=shown, licence=row.licence, due=due
    )
    return row


@action("review-knowledge")
def withdraw(*, by: Staff, site: Site, review: FileReview, reason: str) -> None:
    """The review no longer holds: the file counts as not reviewed from now on."""
    if review.withdrawn_at is not None:
        raise Conflict("this review was withdrawn already")
    if not reason.strip():
        raise Conflict("say why it is withdrawn")
    review.withdrawn_at, review.withdrawn_by = timezone.now(), by.user
    review.withdrawn_reason = reason.strip()[:300]
    review.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    audit_event(
        by, "knowledge.review-withdrawn", site=site, file=f"{review.kind}/{review.name}.toml", digest=review.digest,
        reason=reason.strip(),
    )  # fmt: skip
