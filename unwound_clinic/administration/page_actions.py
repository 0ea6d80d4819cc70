"""The public page of a site is changed by who administers the site."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import timezone

from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import action, audit_event
from unwound_clinic.models import ClinicPage, Site


@action("manage-site")
def change(
    *, by: Staff, site: Site, fields: Mapping[str, str], prices: Mapping[str, str], currency: str, shown: bool
) -> ClinicPage:
    """Stores the page, and whether it is shown; what it said before stays in the log."""
    before = ClinicPage.objects.filter(site=site).first()
    page, _ = ClinicPage.objects.update_or_create(
        site=site,
        defaults={
            "fields": dict(fields), "prices": dict(prices), "currency": currency, "shown": shown,
            "changed_by": by.user, "changed_at": timezone.now(),
        },
    )  # fmt: skip
    audit_event(
        by, "site.public-page", site=site, shown=shown, fields=dict(fields), prices=dict(prices), currency=currency,
        before={**before.fields, **before.prices} if before else {},
    )  # fmt: skip
    return page
