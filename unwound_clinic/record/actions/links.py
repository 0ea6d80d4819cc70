"""A link sent to the patient by mail, which does not say what it leads to."""

from __future__ import annotations

import smtplib

from django.core import mail as post

from unwound_clinic.core import mail_settings, outside
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import Patient

WORDS = """{site} asks you to open this page before your visit:

{address}

It asks for your date of birth first. Please do not pass it on.
Questions? Call us: {phone}.
"""


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
