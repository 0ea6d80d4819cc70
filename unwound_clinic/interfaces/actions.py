"""Hospitals' systems that may ask, and what they say of an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from unwound.exchange.cds_hooks import Feedback
from unwound_clinic.core.access import Program, Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import CardFeedback, HospitalSystem, Site


@action("manage-site")
def add_system(*, by: Staff, site: Site, **fields: Any) -> HospitalSystem:
    """A hospital's system that may ask from now on. Conflict where another one has the same issuer or server."""
    try:
        with transaction.atomic():
            system = HospitalSystem.objects.create(site=site, made_by=by.user, made_at=timezone.now(), **fields)
    except IntegrityError:
        raise Conflict("another system has this issuer or this FHIR server: end that one first") from None
    audit_event(by, "interfaces.add-system", site=site, system=system.pk, name=system.name, issuer=system.issuer)
    return system


@action("manage-site")
def end_system(*, by: Staff, site: Site, system: HospitalSystem) -> None:
    """From now on it is answered no more; what it said of cards stays."""
    row = HospitalSystem.objects.select_for_update().get(pk=system.pk)
    if row.ended_at is not None:
        raise Conflict(f"«{row.name}» was ended before")
    row.ended_at, row.ended_by = timezone.now(), by.user
    row.save(update_fields=["ended_at", "ended_by"])
    audit_event(by, "interfaces.end-system", site=site, system=row.pk, name=row.name)


@action(None)
def keep_feedback(
    *,
    by: Program,
    site: Site,
    system: HospitalSystem,
    service: str,
    entries: Sequence[Feedback],
    about: Mapping[str, str],
) -> int:
    """What was done with cards, each once: what is said again of a card changes nothing. Who sends it was checked."""
    now = timezone.now()
    rows = [
        CardFeedback(
            system=system,
            service=service,
            card=feedback.card,
            finding=about.get(feedback.card, ""),
            outcome=feedback.outcome,
            reason=feedback.reason,
            comment=feedback.comment,
            said_at=feedback.at,
            at=now,
        )
        for feedback in {feedback.card: feedback for feedback in entries}.values()
    ]
    known = CardFeedback.objects.filter(system=system, card__in=[row.card for row in rows])
    there = set(known.values_list("card", flat=True))
    new = [row for row in rows if row.card not in there]
    CardFeedback.objects.bulk_create(new, ignore_conflicts=True)
    audit_event(by, "interfaces.feedback", site=site, system=system.pk, cards=len(new), again=len(rows) - len(new))
    return len(new)


@action("see-medical-record")
def note_launch(*, by: Staff, site: Site, system: HospitalSystem, whose: str, what: str, whole: bool) -> None:
    """That the record of somebody in a hospital was read here, or a summary sent there: all that is kept of it."""
    audit_event(by, f"interfaces.launch-{what}", site=site, system=system.pk, patient_there=whose[:64], whole=whole)
