"""The stock of controlled drugs, counted by two people at the change of a shift."""

from __future__ import annotations

from django.utils import timezone

from unwound_clinic.core import access
from unwound_clinic.core.access import Confirmed, Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import Site, StockCount

MOST = 100_000


@action("run-session")
def count(
    *,
    by: Staff,
    site: Site,
    witness: Confirmed,
    drug: str,
    strength: str,
    counted: int,
    received: int = 0,
    removed: int = 0,
    reason: str = "",
    informed: str = "",
) -> StockCount:
    """Records what two people counted. Where it is not what the count before leaves, why, and who was informed."""
    if witness.user.pk == by.user.pk or not access.may_at(access.staff(witness.user), "run-session", site.pk):
        raise Conflict("two people are required: a second person of the team must count and confirm")
    if not drug.strip() or not strength.strip() or not all(0 <= n <= MOST for n in (counted, received, removed)):
        raise Conflict("drug, strength and whole numbers are required")
    # Whoever counts the same drug at this moment waits, so that both counts follow each other.
    Site.objects.select_for_update().get(pk=site.pk)
    wanted = StockCount.objects.filter(site=site, drug__iexact=drug.strip(), strength__iexact=strength.strip())
    before = wanted.order_by("id").last()
    expected = None if before is None else before.counted + received - removed
    if expected is not None and expected != counted and (len(reason.split()) < 2 or not informed.strip()):
        raise Conflict(f"{expected} were expected, {counted} were counted: enter the reason, and who was informed")
    row = StockCount.objects.create(
        site=site,
        at=timezone.now(),
        drug=before.drug if before else drug.strip(),
        strength=before.strength if before else strength.strip(),
        received=received,
        removed=removed,
        counted=counted,
        expected=expected,
        by=by.user,
        witness=witness.user.name,
        reason=reason.strip(),
        informed=informed.strip(),
    )
    audit_event(
        by, "stock.count", site=site, count=row.pk, drug=row.drug, strength=row.strength, counted=counted,
        expected=expected, witness=row.witness,
    )  # fmt: skip
    return row
