"""What stands for a patient now: the last decision, the consent that holds, the order that counts. Reads only."""

from __future__ import annotations

from datetime import datetime

from unwound.candidacy import Verdict
from unwound_clinic.models import Consent, ConsentOffer, Decision, Patient, Plan

GOES_ON = ("ordered", "checked")
"""States of an order that has been neither given nor given up."""


def decision(patient: Patient) -> Decision | None:
    """The last signed decision."""
    return patient.decisions.select_related("signed_by").order_by("-id").first()


def is_candidate(patient: Patient) -> bool:
    """Whether the last signed decision is for ketamine, as advised or otherwise."""
    last = decision(patient)
    return last is not None and last.decided == Verdict.CANDIDATE


def consent(patient: Patient) -> Consent | None:
    """The last consent, whether it still holds or not."""
    return patient.consents.select_related("taken_by").order_by("-id").first()


def holding(patient: Patient, now: datetime) -> Consent | None:
    """The consent that holds now, to whichever protocol."""
    last = consent(patient)
    return last if last is not None and last.valid_on(now, last.protocol) else None


def usable(offer: ConsentOffer, now: datetime) -> bool:
    """Whether the link to a text still works."""
    return offer.consent_id is None and offer.revoked_at is None and offer.expires_at > now


def plan(patient: Patient) -> Plan | None:
    """The order that counts: waiting for its check, or checked."""
    return patient.plans.filter(state__in=GOES_ON).select_related("ordered_by", "checked_by", "decision").last()


def why_not_given(patient: Patient, now: datetime) -> tuple[str, ...]:
    """Everything that stands between this patient and the first dose of the order that counts; empty when nothing."""
    found = plan(patient)
    if found is None:
        return ("There is no order.",)
    said = [] if is_candidate(patient) else ["The last signed decision is not for ketamine."]
    if found.state != "checked":
        said.append("The order has not been checked by a second person.")
    return (*said, *why_no_consent(patient, found.protocol, now))


def why_no_consent(patient: Patient, protocol: str, now: datetime) -> tuple[str, ...]:
    """Why no consent covers this protocol now, in a sentence; empty when one does."""
    last = consent(patient)
    if last is None:
        return ("The patient has not consented.",)
    if last.valid_on(now, protocol):
        return ()
    if last.withdrawn_at is not None:
        return (f"The consent was withdrawn: {last.withdrawn_reason}.",)
    if last.ended_at is not None:
        return (f"The consent has ended: {last.ended_reason}.",)
    if last.protocol != protocol:
        return ("The consent is to another protocol.",)
    return (f"The consent expired on {last.expires_on:%-d %b %Y}.",)
