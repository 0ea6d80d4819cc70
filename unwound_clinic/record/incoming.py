"""Files that come in from outside: what one is by its first bytes, how large one may be; referrals by site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.conf import settings

from unwound_clinic.models import Referral, Site

MEGABYTE = 1_000_000
BEGINNINGS: Mapping[bytes, str] = {
    b"%PDF-": "application/pdf",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
}
"""First bytes of a file -> what it is."""


def kind_of(content: bytes) -> str:
    """What a file is by its first bytes; empty for a kind that is not taken."""
    return next((kind for beginning, kind in BEGINNINGS.items() if content.startswith(beginning)), "")


def limit() -> int:
    """Most bytes of one file."""
    return int(settings.IMPORT_MEGABYTES) * MEGABYTE


def by_site(rows: Iterable[Referral]) -> list[tuple[Site, list[Referral]]]:
    """Each site with those of these referrals that came to it."""
    listed: dict[int, list[Referral]] = {}
    for row in rows:
        listed.setdefault(row.site_id, []).append(row)
    return [(site, listed[site.pk]) for site in Site.objects.filter(pk__in=listed).order_by("pk")]
