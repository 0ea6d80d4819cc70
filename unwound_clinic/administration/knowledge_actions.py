"""A physician answers for own knowledge that is looser than ours, or no longer does."""

from __future__ import annotations

from dataclasses import asdict

from django.utils import timezone

from unwound_clinic.core import own_knowledge
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.core.own_knowledge import Drafted
from unwound_clinic.models import KnowledgeSignature, Site

SHORTEST_REASON = 10
"""Characters of the reason for being looser than what is built in, at least."""


@action("sign-knowledge")
def sign(*, by: Staff, site: Site, file: Drafted, shown: str, reason: str) -> KnowledgeSignature:
    """Signs the file that was shown (`shown`, its digest), these bytes beside ours; it is used once checked."""
    if file.overlay is None or not file.overlay.looser:
        raise Conflict("this file is not looser than the built-in one: it needs no signature")
    if own_knowledge.digest(file.content) != shown:
        raise Conflict("the file was changed since it was shown: read it again, then sign")
    if len(reason.strip()) < SHORTEST_REASON:
        raise Conflict(f"a looser file needs a reason of at least {SHORTEST_REASON} characters")
    built_in = own_knowledge.ours(file.kind, file.name)
    row = KnowledgeSignature.objects.create(
        kind=file.kind, name=file.name, content=file.content.decode("utf-8"), digest=shown,
        against=own_knowledge.digest(built_in) if built_in is not None else "",
        changes=[asdict(change) for change in file.overlay.changes],
        reason=reason.strip(), signed_by=by.user, signed_at=timezone.now(),
    )  # fmt: skip
    audit_event(
        by, "knowledge.sign", site=site, file=f"{file.kind}/{file.name}.toml", digest=shown, reason=reason.strip()
    )
    return row


@action("see-knowledge")
def withdraw(*, by: Staff, site: Site, signature: KnowledgeSignature, reason: str) -> None:
    """The signature no longer stands: the file is left out within a minute."""
    if signature.withdrawn_at is not None:
        raise Conflict("this signature was withdrawn already")
    if not reason.strip():
        raise Conflict("say why it is withdrawn")
    signature.withdrawn_at, signature.withdrawn_by = timezone.now(), by.user
    signature.withdrawn_reason = reason.strip()[:300]
    signature.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    audit_event(
        by, "knowledge.withdraw", site=site, file=f"{signature.kind}/{signature.name}.toml", digest=signature.digest,
        reason=reason.strip(),
    )  # fmt: skip
