"""Links that a patient is given: what a page that shows one needs, and the address of one that still works."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from unwound_clinic.core import mail_settings, outside
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import ConsentOffer, IntakeLink, Patient, hash_of


def shown(request: HttpRequest, path: str, token: str) -> dict[str, Any]:
    """What a page that shows a new link needs."""
    address = outside.address(request, path)
    return {
        "address": address,
        "fault": outside.fault(address),
        "picture": outside.picture(address),
        "token": token,
        "mail_is_set": mail_settings.is_set(),
    }


def of_token(request: HttpRequest, patient: Patient, token: str) -> str:
    """The address of a link of this patient that still works; Conflict where there is none of that token."""
    now, kept = timezone.now(), hash_of(token)
    open_now = {"token_hash": kept, "patient": patient, "revoked_at": None, "expires_at__gt": now}
    if IntakeLink.objects.filter(finished_at=None, **open_now).exists():
        return outside.address(request, f"/i/{token}/")
    if ConsentOffer.objects.filter(consent=None, **open_now).exists():
        return outside.address(request, f"/c/{token}/")
    raise Conflict("this link no longer works: make a new one")
