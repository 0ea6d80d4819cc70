"""Links that a patient is given: shown once with a picture to scan, or sent by mail; to what, no mail says."""

from __future__ import annotations

import smtplib
from typing import Any

from django.core import mail as post
from django.http import HttpRequest
from django.utils import timezone

from unwound_clinic.core import mail_settings, outside
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import ConsentOffer, IntakeLink, Patient, hash_of

WORDS = """{site} asks you to open this page before your visit:

{address}

It asks for your date of birth first. Please do not pass it on.
Questions? Call us: {phone}.
"""


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


@action("invite-patient")
def mail(*, by: Staff, patient: Patient, token: str, address: str) -> None:
    """Sends the link to the patient's address. Conflict where it could not be opened, or the mail was not taken."""
    if not patient.email:
        raise Conflict("enter the patient's e-mail address first")
    if why := outside.fault(address):
        raise Conflict(f"this link is not sent. {why}")
    if not mail_settings.is_set():
        raise Conflict("no mail server is set: an administrator sees how on the first page")
    words = WORDS.format(site=patient.site.name, address=address, phone=patient.site.phone)
    try:
        post.send_mail(f"From {patient.site.name}: a page for you", words, None, [patient.email])
    except (OSError, smtplib.SMTPException) as refused:
        raise Conflict(f"the mail was not taken: {' '.join(str(refused).split())[:200]}") from None
    audit_event(by, "link.mailed", patient=patient, to=patient.email)
