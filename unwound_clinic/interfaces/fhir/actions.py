"""Who may read and refer by FHIR: each system is let in by an administrator, and each look leaves its events."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.utils import timezone

from unwound_clinic.core.access import OtherSystem, Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.interfaces.fhir import keys, scopes
from unwound_clinic.models import Export, Patient, ReadingSystem, Site

MOST_SCOPES = 2000


@action("manage-site")
def let_in(*, by: Staff, site: Site, name: str, public_keys: str, asked: str) -> ReadingSystem:
    """A system may read what these scopes say. Conflict for keys or scopes that do not fit."""
    name, asked = name.strip(), " ".join(asked.split())
    if not name or len(name) > 120:
        raise Conflict("say which system it is, in at most 120 characters")
    if not asked or len(asked) > MOST_SCOPES:
        raise Conflict("say what it may see: system/Patient.rs system/Observation.rs?category=vital-signs")
    scopes.parse(asked)
    row = ReadingSystem.objects.create(
        site=site,
        name=name,
        client_id=f"system-{secrets.token_hex(8)}",
        keys=keys.public_keys(public_keys),
        scopes=asked,
        made_at=timezone.now(),
        made_by=by.user,
    )
    names = " ".join(str(key["kid"]) for key in row.keys["keys"])
    audit_event(by, "fhir.let-in", site=site, system=name, client_id=row.client_id, scopes=asked, keys=names)
    return row


@action("manage-site")
def end(*, by: Staff, site: Site, system: ReadingSystem) -> None:
    """The system reads and sends nothing any more, from its next request on."""
    row = ReadingSystem.objects.select_for_update().get(pk=system.pk)
    if row.site_id != site.pk:
        raise Conflict("this system belongs to another site")
    if row.ended_at is not None:
        raise Conflict("access of this system was revoked before")
    row.ended_at, row.ended_by = timezone.now(), by.user
    row.save(update_fields=["ended_at", "ended_by"])
    audit_event(by, "fhir.shut-out", site=site, system=row.name, client_id=row.client_id)


@action("read-as-system")
def looked(*, by: OtherSystem, site: Site, what: str, patients: Iterable[int]) -> None:
    """A system was shown these patients: an event for each, and one where there was nobody."""
    shown = list(Patient.objects.filter(pk__in=set(patients), site=site).select_related("site").order_by("pk"))
    for patient in shown:
        audit_event(by, "fhir.read", patient=patient, asked=what[:300])
    if not shown:
        audit_event(by, "fhir.read", site=site, asked=what[:300])


@action("read-as-system")
def signed_in(*, by: OtherSystem, site: Site, scope: str) -> None:
    """A system was given a token."""
    audit_event(by, "fhir.token", site=site, scope=scope[:300])


@action("read-as-system")
def order_export(
    *, by: OtherSystem, site: Site, system: ReadingSystem, request: str, scope: str, types: list[str],
    since: datetime | None,
    stage: str,
) -> Export:  # fmt: skip
    """An export that is to be written."""
    row = Export.objects.create(
        system=system, asked_at=timezone.now(), request=request, scope=scope, types=types, since=since, stage=stage
    )
    audit_event(by, "fhir.export", site=site, export=row.pk, asked=request[:300])
    return row


@action("read-as-system")
def exported(
    *, by: OtherSystem, site: Site, export: Export, patients: Iterable[int], last: int,
    written: Mapping[str, tuple[int, int]], finished: bool,
) -> None:  # fmt: skip
    """A step of an export was written: an event for each patient who is in it."""
    for patient in Patient.objects.filter(pk__in=list(patients), site=site).select_related("site").order_by("pk"):
        audit_event(by, "fhir.read", patient=patient, export=export.pk)
    row = Export.objects.select_for_update().get(pk=export.pk)
    row.last, row.written = last, {type: list(size) for type, size in written.items()}
    row.finished_at = timezone.now() if finished else None
    row.save(update_fields=["last", "written", "finished_at"])
    if finished:
        audit_event(by, "fhir.exported", site=site, export=export.pk)
    else:
        audit_event(by, "fhir.export-step", site=site, export=export.pk, last=last)


@action("read-as-system")
def cancel_export(*, by: OtherSystem, site: Site, export: Export) -> None:
    """The export is not wanted any more."""
    row = Export.objects.select_for_update().get(pk=export.pk)
    row.cancelled_at = timezone.now()
    row.save(update_fields=["cancelled_at"])
    audit_event(by, "fhir.export-cancelled", site=site, export=export.pk)
