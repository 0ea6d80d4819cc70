"""Referrals that come in: kept as they arrived, and answered by a named person, who registers, attaches or declines.

Nothing of a file is read into a record: what is known of the person was typed by somebody, or sent by a system, and is
a draft until then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from unwound_clinic.core.access import OtherSystem, Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import Patient, Referral, Site
from unwound_clinic.record import incoming, requested
from unwound_clinic.record.actions import patients

REASON_CHARACTERS = 250
REQUEST_NAME = "ServiceRequest.json"


class AlreadyHere(Conflict):
    """This very file came before."""

    def __init__(self, referral: Referral) -> None:
        super().__init__(f"this file came already, from {referral.sender}: it is kept once")
        self.referral = referral


@action("register-patient")
def receive(
    *, by: Staff, site: Site, content: bytes, name: str, sender: str, arrived_on: date, **draft: Any
) -> Referral:
    """Keeps a referral as it arrived, with whom it is about. Conflict for a file of another kind, or too large."""
    kind = incoming.kind_of(content)
    if not kind:
        raise Conflict("only PDF, JPEG, PNG and TIFF files are kept: scan it, or print it to a PDF")
    if len(content) > incoming.limit():
        most = incoming.limit() // incoming.MEGABYTE
        raise Conflict(f"this file is larger than {most} MB: scan it in black and white, or in parts")
    referral = _kept(
        Referral(
            site=site, content=content, name=name, kind=kind, sender=sender.strip(), arrived_on=arrived_on,
            received_by=by.user, **draft,
        )
    )  # fmt: skip
    audit_event(by, "referral.receive", site=site, referral=referral.pk, sender=referral.sender, digest=referral.digest)
    return referral


@action("refer-as-system")
def receive_request(*, by: OtherSystem, site: Site, system: str, content: bytes) -> Referral:
    """Keeps a FHIR ServiceRequest as it came, with the draft of it. `requested.NotTaken` for what is not kept."""
    today = timezone.localdate(timezone=site.zone)
    draft = requested.read(content, today)
    referral = _kept(
        Referral(
            site=site, content=content, name=REQUEST_NAME, kind=requested.KIND, system=system, arrived_on=today,
            sender=draft.sender or f"the system {system}", family_name=draft.family_name, given_name=draft.given_name,
            birth_date=draft.birth_date, phone=draft.phone, asks=draft.asks,
        )
    )  # fmt: skip
    audit_event(by, "referral.request", site=site, referral=referral.pk, sender=referral.sender, digest=referral.digest)
    return referral


def _kept(referral: Referral) -> Referral:
    """The row, saved. AlreadyHere where the very content is kept at the site, also since a moment ago."""
    referral.digest, referral.received_at = hashlib.sha256(referral.content).hexdigest(), timezone.now()
    same = Referral.objects.filter(site=referral.site, digest=referral.digest)
    if (before := same.first()) is not None:
        raise AlreadyHere(before)
    # Whether it is the only one is for the database to say, below.
    not_here = ("content", "patient", "answered_at", "answered_by")
    referral.full_clean(exclude=not_here, validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            referral.save()
    except IntegrityError:
        # Two who send it at once both find nothing: the database lets one of them in.
        before = same.first()
        if before is None:
            raise
        raise AlreadyHere(before) from None
    return referral


@action("register-patient")
def register(*, by: Staff, site: Site, referral: Referral, **personal: Any) -> Patient:
    """Registers the person as a new patient, whose record the referral is part of from now on."""
    row = _waiting(referral, site)
    patient = patients.register(by=by, site=site, **personal)
    _answer(row, by, "registered as a new patient", patient)
    audit_event(by, "referral.register", patient=patient, referral=row.pk)
    return patient


@action("register-patient")
def attach(*, by: Staff, patient: Patient, referral: Referral) -> Patient:
    """The referral is about somebody who has a record here already."""
    row = _waiting(referral, patient.site)
    if patient.merged_into_id is not None:
        raise Conflict("this record was merged into another one: choose that one")
    _answer(row, by, "of a patient who was registered already", patient)
    audit_event(by, "referral.attach", patient=patient, referral=row.pk)
    return patient


@action("register-patient")
def decline(*, by: Staff, site: Site, referral: Referral, reason: str) -> None:
    """The referral is not taken on, and why; it is kept."""
    row, why = _waiting(referral, site), " ".join(reason.split())
    if not why:
        raise Conflict("enter the reason for declining, and who was informed")
    if len(why) > REASON_CHARACTERS:
        raise Conflict(f"the reason has {len(why)} characters; at most {REASON_CHARACTERS} can be kept: shorten it")
    _answer(row, by, f"declined: {why}", None)
    audit_event(by, "referral.decline", site=site, referral=row.pk, reason=why)


@action("register-patient")
def looked_at(*, by: Staff, site: Site, rows: Iterable[Referral], page: str) -> None:
    """Logs that the referrals of a site were shown: nobody in them needs to be a patient yet."""
    audit_event(by, "view.referrals", site=site, page=page, referrals=" ".join(str(row.pk) for row in rows))


@action("see-patients")
def opened(*, by: Staff, site: Site, referral: Referral) -> bytes:
    """The file, to be read; logged with the name of whoever does, and with the patient where there is one."""
    about = {"patient": referral.patient} if referral.patient else {"site": site}
    audit_event(by, "referral.open", referral=referral.pk, **about)
    return bytes(referral.content)


def _waiting(referral: Referral, site: Site) -> Referral:
    """The row, held; Conflict where somebody has answered for it, or it came to another site."""
    row = Referral.objects.select_for_update(of=("self",)).select_related("answered_by").get(pk=referral.pk)
    if row.site_id != site.pk:
        raise Conflict("this referral came to another site")
    if row.answered_by is not None:
        raise Conflict(f"{row.answered_by.name} has decided on this referral already: {row.answer}")
    return row


def _answer(row: Referral, by: Staff, answer: str, patient: Patient | None) -> None:
    row.patient, row.answered_at, row.answered_by, row.answer = patient, timezone.now(), by.user, answer
    row.save(update_fields=["patient", "answered_at", "answered_by", "answer"])
