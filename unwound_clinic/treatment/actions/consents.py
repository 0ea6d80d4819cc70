"""Consent: laid before the patient, ticked, signed, withdrawn. Nothing half signed is ever kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.utils import timezone

from unwound_clinic.core.access import PatientLink, Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import Consent, ConsentOffer, Patient, Stage, hash_of, link_token
from unwound_clinic.record.actions import patients
from unwound_clinic.treatment import current

HOURS_HERE, DAYS_AWAY = 4, 7
"""How long a link works: in the clinic, and on the patient's own screen."""
WRONG_BIRTH_DATES = 5
MOST_STROKES, MOST_POINTS, LEAST_INK = 80, 4000, 0.25
"""Of a drawn signature: how much is taken at most, and how long its lines are at least (1: the width of the field)."""

Strokes = Sequence[Sequence[Sequence[float]]]


@action("take-consent")
def offer(
    *,
    by: Staff,
    patient: Patient,
    protocol: str,
    version: str,
    text: str,
    statements: Sequence[Mapping[str, Any]],
    covers_days: int,
    here: bool,
) -> tuple[ConsentOffer, str]:
    """A text to sign, after it was talked through, and the token of its link; an earlier link stops working."""
    if not current.is_candidate(patient):
        raise Conflict("consent needs a signed decision that ketamine may be considered")
    if patient.birth_date is None:
        raise Conflict("the patient is asked for their birth date before the text opens: enter it first")
    now = timezone.now()
    patient.consent_offers.filter(consent=None, revoked_at=None).update(revoked_at=now)
    token = link_token()
    offer = ConsentOffer.objects.create(
        patient=patient,
        protocol=protocol,
        text_version=version,
        text=text,
        statements=[dict(one) for one in statements],
        covers_days=covers_days,
        token_hash=hash_of(token),
        made_by=by.user,
        made_at=now,
        expires_at=now + (timedelta(hours=HOURS_HERE) if here else timedelta(days=DAYS_AWAY)),
    )
    audit_event(by, "consent.offer", patient=patient, protocol=protocol, version=version, here=here)
    return offer, token


@action("take-consent")
def revoke_offer(*, by: Staff, patient: Patient, offer: ConsentOffer) -> None:
    """The link stops working; nothing was signed."""
    if offer.patient_id != patient.pk or not current.usable(offer, timezone.now()):
        raise Conflict("this link does not work any more")
    offer.revoked_at = timezone.now()
    offer.save(update_fields=["revoked_at"])
    audit_event(by, "consent.offer-taken-back", patient=patient)


@action("sign-own-consent")
def open_offer(*, by: PatientLink, patient: Patient, offer: ConsentOffer, birth_date: date | None) -> bool:
    """Whether the birth date is the patient's; after a few wrong ones the link stops working."""
    offer = _locked(offer, patient)
    right = birth_date is not None and birth_date == patient.birth_date
    if right:
        offer.opened_at = offer.opened_at or timezone.now()
    else:
        offer.wrong_birth_dates += 1
        if offer.wrong_birth_dates >= WRONG_BIRTH_DATES:
            offer.revoked_at = timezone.now()
    offer.save(update_fields=["opened_at", "wrong_birth_dates", "revoked_at"])
    audit_event(by, "consent.open" if right else "consent.wrong-birth-date", patient=patient)
    return right


@action("sign-own-consent")
def keep_choices(*, by: PatientLink, patient: Patient, offer: ConsentOffer, choices: Mapping[str, bool]) -> None:
    """What was ticked so far; a signature is not part of it."""
    offer = _locked(offer, patient)
    offer.choices = _choices(offer, choices)
    offer.save(update_fields=["choices"])
    audit_event(by, "consent.ticked", patient=patient, agreed=", ".join(id for id, yes in offer.choices.items() if yes))


@action("sign-own-consent")
def sign(
    *,
    by: PatientLink,
    patient: Patient,
    offer: ConsentOffer,
    choices: Mapping[str, bool],
    typed_name: str = "",
    strokes: Strokes | None = None,
    text_hash: str,
) -> Consent:
    """The signature, drawn or typed, under the text that was shown; an earlier consent ends with it."""
    offer = _locked(offer, patient)
    if not current.is_candidate(patient):
        raise Conflict("the decision has changed: please speak with your team; nothing was signed")
    agreed = _choices(offer, choices)
    left = [one["text"] for one in offer.statements if one["needed"] and not agreed[one["id"]]]
    if left:
        raise Conflict(f"not signed yet: please tick «{left[0]}», or ask what it means")
    drawn = _checked_strokes(strokes) if strokes else None
    if drawn is None and _plain(typed_name) not in _names(patient):
        raise Conflict(
            f"not signed yet: draw your signature, or type your full name as it stands here: {patient.full_name}"
        )
    now = timezone.now()
    _end(patient.consents.filter(ended_at=None, withdrawn_at=None), "a newer consent took its place", now)
    consent = Consent.objects.create(
        patient=patient,
        protocol=offer.protocol,
        text_version=offer.text_version,
        text=offer.text,
        text_hash=text_hash,
        signed_name=patient.full_name if drawn else typed_name.strip(),
        signature=drawn,
        signed_at=now,
        expires_on=now.astimezone(patient.site.zone).date() + timedelta(days=offer.covers_days),
        taken_by=offer.made_by,
        choices=agreed,
    )
    offer.consent, offer.choices = consent, agreed
    offer.save(update_fields=["consent", "choices"])
    _go_on(patient, offer.protocol, now)
    audit_event(
        by, "consent.sign", patient=patient, protocol=offer.protocol, hash=text_hash, taken_by=offer.made_by.name
    )
    return consent


@action("withdraw-consent")
def withdraw(*, by: Staff, patient: Patient, consent: Consent, reason: str) -> Consent:
    """The patient takes the consent back, at any time; from now on nothing may be given on it."""
    if consent.patient_id != patient.pk or consent.withdrawn_at is not None or consent.ended_at is not None:
        raise Conflict("this consent does not hold any more")
    if not reason.strip():
        raise Conflict("say in a few words what the patient said («would not say why» will do)")
    now = timezone.now()
    consent.withdrawn_at, consent.withdrawn_reason, consent.withdrawn_by = now, reason.strip()[:300], by.user
    consent.save(update_fields=["withdrawn_at", "withdrawn_reason", "withdrawn_by"])
    patient.consent_offers.filter(consent=None, revoked_at=None).update(revoked_at=now)
    if patient.stage != Stage.FOLLOW_UP:
        today = now.astimezone(patient.site.zone).date()
        patients.set_stage(patient, Stage.CONSENT, today, "consent was withdrawn: talk about what comes next")
    audit_event(by, "consent.withdraw", patient=patient, reason=reason.strip())
    return consent


def _end(consents: Any, reason: str, now: datetime) -> int:
    return int(consents.update(ended_at=now, ended_reason=reason))


def _locked(offer: ConsentOffer, patient: Patient) -> ConsentOffer:
    """The offer as it is now, held until the transaction ends. Conflict when its link does not work any more."""
    found = ConsentOffer.objects.select_for_update(of=("self",)).get(pk=offer.pk)
    if found.patient_id != patient.pk or not current.usable(found, timezone.now()):
        raise Conflict("this link does not work any more: ask your team for a new one; nothing was signed")
    return found


def _choices(offer: ConsentOffer, given: Mapping[str, bool]) -> dict[str, bool]:
    return {one["id"]: bool(given.get(one["id"])) for one in offer.statements}


def _plain(name: str) -> str:
    return " ".join(name.replace(",", " ").split()).casefold()


def _names(patient: Patient) -> set[str]:
    given, family = patient.given_name, patient.family_name
    return {_plain(f"{given} {family}"), _plain(f"{family} {given}")}


def _checked_strokes(strokes: Strokes) -> list[list[list[float]]]:
    """The strokes to four digits. Conflict when they are no signature: too little, too much, outside the field."""
    try:
        found = [[[round(float(x), 4), round(float(y), 4)] for x, y in stroke] for stroke in strokes]
    except (TypeError, ValueError):
        raise Conflict("the drawing could not be read: draw again, or type your name; nothing was signed") from None
    points = [point for stroke in found for point in stroke]
    if (
        len(found) > MOST_STROKES
        or len(points) > MOST_POINTS
        or not all(0 <= part <= 1 for one in points for part in one)
    ):
        raise Conflict("the drawing could not be read: draw again, or type your name; nothing was signed")
    ink = sum(math.dist(one, other) for stroke in found for one, other in pairwise(stroke))
    if ink < LEAST_INK:
        raise Conflict("that is too little for a signature: draw again, or type your name; nothing was signed")
    return found


def _go_on(patient: Patient, protocol: str, now: datetime) -> None:
    """What comes after the consent: the plan, its check, or the infusion, whichever has been waiting for it."""
    if patient.stage == Stage.TREATMENT:
        return
    today = now.astimezone(patient.site.zone).date()
    ordered = current.plan(patient)
    if ordered is None or ordered.protocol != protocol:
        patients.set_stage(patient, Stage.PLAN, today, "order the plan")
    elif ordered.state == "ordered":
        patients.set_stage(patient, Stage.SECOND_CHECK, today, "second check of the plan")
    else:
        patients.set_stage(patient, Stage.READY, ordered.start_on or today, "infusion")
