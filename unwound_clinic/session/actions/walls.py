"""Screens on a wall: made and revoked by an administrator; what they show is in the log, folded to one line an hour."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from django.utils import timezone

from unwound_clinic.core.access import Device, Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import Site, WallKey, hash_of

NAME_CHARACTERS = 120


@action("manage-site", again=True)
def make(*, by: Staff, site: Site, name: str) -> str:
    """The key of a new screen: shown once, kept as its hash."""
    if not name.strip():
        raise Conflict("say where the screen hangs")
    if len(name.strip()) > NAME_CHARACTERS:
        raise Conflict("the name of the screen is too long")
    key = secrets.token_urlsafe(32)
    WallKey.objects.create(site=site, name=name.strip(), key_hash=hash_of(key), made_at=timezone.now(), made_by=by.user)
    audit_event(by, "wall.key", site=site, screen=name.strip())
    return key


@action("manage-site")
def revoke(*, by: Staff, site: Site, wall: WallKey) -> None:
    """The screen shows nothing any more, from its next look on."""
    row = WallKey.objects.select_for_update().get(pk=wall.pk)
    if row.site_id != site.pk:
        raise Conflict("this screen belongs to another site")
    if row.revoked_at is not None:
        raise Conflict("the key of this screen was revoked before")
    row.revoked_at, row.revoked_by = timezone.now(), by.user
    row.save(update_fields=["revoked_at", "revoked_by"])
    audit_event(by, "wall.revoke", site=site, screen=row.name)


@action("show-beds")
def looked(*, by: Device, site: Site, wall: WallKey, patients: Iterable[int]) -> None:
    """The screen shows these patients: the event of its look, until it shows another or the hour is over."""
    wall.looked_at, wall.shown = timezone.now(), sorted(patients)
    wall.save(update_fields=["looked_at", "shown"])
    audit_event(by, "view.wall", site=site, screen=wall.name, patients=" ".join(map(str, wall.shown)))
