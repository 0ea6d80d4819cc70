"""Near misses: reported by whoever sees one, answered by the safety owner of the site, whom an administrator names."""

from __future__ import annotations

from django.utils import timezone

from unwound_clinic.core import access, notices
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import Membership, NearMiss, Site, User

SUBJECT = "A near miss was reported at the clinic"
TEXT = "Somebody reported a near miss at {site}. Read and answer it in the clinic, under «Report a near miss»."


@action("report-near-miss")
def report(*, by: Staff, site: Site, what: str, could: str = "", page: str = "") -> NearMiss:
    """Keeps the report and tells the safety owner that there is one; mail that fails keeps nobody from reporting."""
    row = NearMiss.objects.create(
        site=site, what=what.strip(), could=could.strip(), page=page, reported_by=by.user, reported_at=timezone.now()
    )
    audit_event(by, "near-miss.report", site=site, report=row.pk)
    owner = site.safety_owner
    if owner is not None and _works_at(owner, site):
        notices.send(owner, SUBJECT, TEXT.format(site=site.name))
    return row


@action("report-near-miss")
def answer(*, by: Staff, site: Site, report: NearMiss, text: str) -> NearMiss:
    """What was done about it, by the safety owner. Conflict where it was answered, Refused for anybody else."""
    if not may_answer(by, site):
        raise access.Refused("answering a near miss is for the safety owner of the site")
    row = NearMiss.objects.select_for_update().get(pk=report.pk, site=site)
    if row.answered_at is not None:
        raise Conflict("this report was answered already")
    row.answer, row.answered_by, row.answered_at = text.strip(), by.user, timezone.now()
    row.save(update_fields=["answer", "answered_by", "answered_at"])
    audit_event(by, "near-miss.answer", site=site, report=row.pk)
    return row


@action("manage-site")
def name_owner(*, by: Staff, site: Site, owner: User | None) -> None:
    """Names who answers for safety at the site, or nobody. Conflict for somebody without a role there."""
    if owner is not None and not _works_at(owner, site):
        raise Conflict(f"{owner.name} has no role at {site.name}" if owner.is_active else f"{owner.name} has left")
    before = site.safety_owner.name if site.safety_owner else "nobody"
    Site.objects.filter(pk=site.pk).update(safety_owner=owner)
    audit_event(by, "site.safety-owner", site=site, owner=owner.name if owner else "nobody", before=before)


def left(*, by: Staff, site: Site, user: User) -> None:
    """Nobody answers for safety at a site any more where the one who did has no role there; within another action."""
    if not _works_at(user, site) and Site.objects.filter(pk=site.pk, safety_owner=user).update(safety_owner=None):
        audit_event(by, "site.safety-owner", site=site, owner="nobody", before=user.name)


def may_answer(by: Staff, site: Site) -> bool:
    """Whether somebody answers reports at the site: its safety owner as long as they work there."""
    return site.safety_owner_id == by.user.pk and access.may_at(by, "report-near-miss", site.pk)


def _works_at(user: User, site: Site) -> bool:
    return user.is_active and Membership.objects.filter(site=site, user=user).exists()
