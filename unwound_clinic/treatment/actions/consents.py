"""Consent: offered to the patient, ticked, signed, withdrawn. A signature is stored whole or not at all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.utils import timezone

from unwound import catalogue, languages
from unwound_clinic.core import reachable, speaking
from unwound_clinic.core.access import PatientLink, Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import Consent, ConsentOffer, OrderState, Patient, Stage, hash_of, link_token
from unwound_clinic.record.actions import patients
from unwound_clinic.treatment import companions, current
from unwound_clinic.treatment.companions import ALONE, Beside

HOURS_HERE, DAYS_AWAY = 4, 7
"""How long a link is valid: in the clinic (hours), and on the patient's own device (days)."""
WRONG_BIRTH_DATES = 5
"""After so many wrong dates of birth a link is no longer valid."""
MOST_STROKES, MOST_POINTS, LEAST_INK = 80, 4000, 0.25
"""Of a drawn signature: most strokes, most points, and the shortest total length (1: the width of the field)."""

UNREADABLE = "the drawing could not be read: please draw it again, or type your name"

Strokes = Sequence[Sequence[Sequence[float]]]


@action("take-consent", again=True)
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
    beside: Beside = ALONE,
) -> tuple[ConsentOffer, str]:
    """Offers a text that was discussed for signature: the offer and the token of its link. Earlier links end.

    `beside` says who signs in the patient's place and who helped with the language: its words head the text.
    """
    if not current.is_candidate(patient, current.aim_of(protocol)):
        raise Conflict("consent needs a signed decision that ketamine may be considered")
    reachable.check(patient.site)
    if patient.birth_date is None:
        raise Conflict("the patient confirms their date of birth before the text opens: enter it in the record first")
    now = timezone.now()
    companions.check(patient, beside, now.astimezone(patient.site.zone).date())
    kept = beside.kept()
    text = "\n".join((*companions.words(patient, kept), text))
    patient.consent_offers.filter(consent=None, revoked_at=None).update(revoked_at=now)
    token = link_token()
    offer = ConsentOffer.objects.create(
        patient=patient,
        protocol=protocol,
        text_version=version,
        text=text,
        statements=[dict(statement) for statement in statements],
        covers_days=covers_days,
        beside=kept,
        language=speaking.chosen_by(patient),
        token_hash=hash_of(token),
        made_by=by.user,
        made_at=now,
        expires_at=now + (timedelta(hours=HOURS_HERE) if here else timedelta(days=DAYS_AWAY)),
    )
    audit_event(by, "consent.offer", patient=patient, protocol=protocol, version=version, here=here)
    return offer, token


@action("take-consent")
def revoke_offer(*, by: Staff, patient: Patient, offer: ConsentOffer) -> None:
    """Cancels an offer: its link is no longer valid; nothing was signed."""
    if offer.patient_id != patient.pk or not current.usable(offer, timezone.now()):
        raise Conflict("this link is no longer valid")
    offer.revoked_at = timezone.now()
    offer.save(update_fields=["revoked_at"])
    audit_event(by, "consent.offer-taken-back", patient=patient)


@action("sign-own-consent")
def open_offer(*, by: PatientLink, patient: Patient, offer: ConsentOffer, birth_date: date | None) -> bool:
    """Whether the date of birth is the patient's; after too many wrong ones the link is no longer valid."""
    offer = _locked(offer, patient)
    matches = birth_date is not None and birth_date == patient.birth_date
    if matches:
        offer.opened_at = offer.opened_at or timezone.now()
    else:
        offer.wrong_birth_dates += 1
        if offer.wrong_birth_dates >= WRONG_BIRTH_DATES:
            offer.revoked_at = timezone.now()
    offer.save(update_fields=["opened_at", "wrong_birth_dates", "revoked_at"])
    audit_event(by, "consent.open" if matches else "consent.wrong-birth-date", patient=patient)
    return matches


@action("sign-own-consent")
def choose_language(*, by: PatientLink, patient: Patient, offer: ConsentOffer, language: str) -> None:
    """The page is shown in this language; the text that is signed stays. UnwoundError for one that is not spoken."""
    offer = _locked(offer, patient)
    offer.language = languages.check(language)
    offer.save(update_fields=["language"])
    audit_event(by, "consent.language", patient=patient, language=language)


@action("sign-own-consent")
def keep_choices(*, by: PatientLink, patient: Patient, offer: ConsentOffer, choices: Mapping[str, bool]) -> None:
    """Saves what was ticked so far; a signature is not part of it."""
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
    """Signs the text that was shown, by drawing or by typing the name; an earlier consent ends."""
    offer = _locked(offer, patient)
    if not current.is_candidate(patient, current.aim_of(offer.protocol)):
        raise Conflict("the treatment decision has changed: please speak with your team; nothing was signed")
    agreed = _choices(offer, choices)
    unticked = [line["text"] for line in offer.statements if line["needed"] and not agreed[line["id"]]]
    if unticked:
        raise Conflict(f"not signed yet: please tick «{unticked[0]}», or ask your team what it means")
    drawn = _checked_strokes(strokes) if strokes else None
    signs = offer.beside.get("proxy") or patient.full_name
    if drawn is None and _normalised(typed_name) not in _names(patient, offer):
        raise Conflict(f"not signed yet: draw your signature, or type your full name as it is written here: {signs}")
    now = timezone.now()
    _end(patient.consents.filter(ended_at=None, withdrawn_at=None), "replaced by a newer consent", now)
    consent = Consent.objects.create(
        patient=patient,
        protocol=offer.protocol,
        text_version=offer.text_version,
        text=offer.text,
        text_hash=text_hash,
        signed_name=signs if drawn else typed_name.strip(),
        signature=drawn,
        signed_at=now,
        expires_on=now.astimezone(patient.site.zone).date() + timedelta(days=offer.covers_days),
        taken_by=offer.made_by,
        choices=agreed,
        beside=offer.beside,
        rests_on=catalogue.rests_on(),
    )
    offer.consent, offer.choices = consent, agreed
    offer.save(update_fields=["consent", "choices"])
    _set_next_stage(patient, offer.protocol, now)
    audit_event(
        by, "consent.sign", patient=patient, protocol=offer.protocol, hash=text_hash, taken_by=offer.made_by.name
    )
    return consent


@action("withdraw-consent")
def withdraw(*, by: Staff, patient: Patient, consent: Consent, reason: str) -> Consent:
    """Records that the patient withdraws the consent; from now on no treatment may be given under it."""
    if consent.patient_id != patient.pk or consent.withdrawn_at is not None or consent.ended_at is not None:
        raise Conflict("this consent is no longer valid")
    if not reason.strip():
        raise Conflict("enter what the patient said («gave no reason» is enough)")
    now = timezone.now()
    consent.withdrawn_at, consent.withdrawn_reason, consent.withdrawn_by = now, reason.strip()[:300], by.user
    consent.save(update_fields=["withdrawn_at", "withdrawn_reason", "withdrawn_by"])
    patient.consent_offers.filter(consent=None, revoked_at=None).update(revoked_at=now)
    if patient.stage != Stage.FOLLOW_UP:
        today = now.astimezone(patient.site.zone).date()
        patients.set_stage(patient, Stage.CONSENT, today, "consent withdrawn: discuss what comes next")
    audit_event(by, "consent.withdraw", patient=patient, reason=reason.strip())
    return consent


def _end(consents: Any, reason: str, now: datetime) -> int:
    return int(consents.update(ended_at=now, ended_reason=reason))


def _locked(offer: ConsentOffer, patient: Patient) -> ConsentOffer:
    """The offer as it is now, locked until the transaction ends. Conflict when its link is no longer valid."""
    locked = ConsentOffer.objects.select_for_update(of=("self",)).get(pk=offer.pk)
    if locked.patient_id != patient.pk or not current.usable(locked, timezone.now()):
        raise Conflict("this link is no longer valid: ask your team for a new one; nothing was signed")
    return locked


def _choices(offer: ConsentOffer, ticked: Mapping[str, bool]) -> dict[str, bool]:
    """Every statement of the offer, by id: whether it was ticked."""
    return {statement["id"]: bool(ticked.get(statement["id"])) for statement in offer.statements}


def _normalised(name: str) -> str:
    """A name without regard to commas, spaces and case, to be compared."""
    return " ".join(name.replace(",", " ").split()).casefold()


def _names(patient: Patient, offer: ConsentOffer) -> set[str]:
    """Who may sign by typing: the patient, or only who signs in their place."""
    if "proxy" in offer.beside:
        return {_normalised(offer.beside["proxy"])}
    given, family = patient.given_name, patient.family_name
    return {_normalised(f"{given} {family}"), _normalised(f"{family} {given}")}


def _checked_strokes(strokes: Strokes) -> list[list[list[float]]]:
    """The strokes to four decimals. Conflict when they are no signature: too little, too much, outside the field."""
    try:
        rounded = [[[round(float(x), 4), round(float(y), 4)] for x, y in stroke] for stroke in strokes]
    except (TypeError, ValueError):
        raise Conflict(f"{UNREADABLE}; nothing was signed") from None
    points = [point for stroke in rounded for point in stroke]
    outside = any(not 0 <= coordinate <= 1 for point in points for coordinate in point)
    if len(rounded) > MOST_STROKES or len(points) > MOST_POINTS or outside:
        raise Conflict(f"{UNREADABLE}; nothing was signed")
    ink = sum(math.dist(start, end) for stroke in rounded for start, end in pairwise(stroke))
    if ink < LEAST_INK:
        raise Conflict("this is too short for a signature: please draw it again, or type your name; nothing was signed")
    return rounded


def _set_next_stage(patient: Patient, protocol: str, now: datetime) -> None:
    """The stage after the consent: the plan, its second check, or the infusion, whichever was waiting for it."""
    if patient.stage == Stage.TREATMENT:
        return
    today = now.astimezone(patient.site.zone).date()
    ordered = current.plan(patient)
    if ordered is None or ordered.protocol != protocol:
        patients.set_stage(patient, Stage.PLAN, today, "order the plan")
    elif ordered.state == OrderState.ORDERED:
        patients.set_stage(patient, Stage.SECOND_CHECK, today, "second check of the plan")
    else:
        patients.set_stage(patient, Stage.READY, ordered.start_on or today, "infusion")
