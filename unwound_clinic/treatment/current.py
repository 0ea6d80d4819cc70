"""A patient's present state of treatment: the last decision, the valid consent, the open order. Reads only."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef

from unwound import record
from unwound.candidacy import Verdict
from unwound.record import UnwoundError
from unwound.session.events import EventKind
from unwound.terms import Purpose
from unwound_clinic.models import Consent, ConsentOffer, Decision, OrderState, Patient, Plan, SessionEvent
from unwound_clinic.record.entries import ASKED, ELSEWHERE

OPEN_STATES = (OrderState.ORDERED, OrderState.CHECKED)
"""States of an open order: neither given nor cancelled."""
NOT_DECIDED = "The last signed decision is not for ketamine."


def decision(patient: Patient, aim: str = Purpose.PAIN) -> Decision | None:
    """The last signed decision on pain, or on another aim."""
    return patient.decisions.filter(aim=aim).select_related("signed_by").order_by("-id").first()


def is_candidate(patient: Patient, aim: str = Purpose.PAIN) -> bool:
    """Whether the last signed decision on that aim is that ketamine may be considered, as advised or overridden."""
    last = decision(patient, aim)
    return last is not None and last.decided == Verdict.CANDIDATE


def decided_aims(patient: Patient) -> tuple[Purpose, ...]:
    """What ketamine may be considered for, as last decided."""
    return tuple(aim for aim in (Purpose.PAIN, Purpose.DEPRESSION) if is_candidate(patient, aim))


def aim_of(protocol: str) -> Purpose:
    """What a protocol treats; pain where the library knows it no more."""
    from unwound import protocols

    try:
        return Purpose(protocols.protocol(protocol).aim)
    except UnwoundError:
        return Purpose.PAIN


def started() -> Exists:
    """Whether an infusion began in a session, and that was not struck out: for a query of sessions."""
    starts = SessionEvent.objects.filter(session=OuterRef("pk"), kind=EventKind.START, in_error=False, amended_by=None)
    return Exists(starts)


def was_treated(patient: Patient) -> bool:
    """Whether ketamine was given before, in a session here or by what stands on record from elsewhere."""
    elsewhere = patient.entries.filter(kind=ELSEWHERE, current=True).exclude(value=None).exclude(key=ASKED)
    return patient.sessions.filter(started()).exists() or elsewhere.exists()


def consent(patient: Patient) -> Consent | None:
    """The last consent, whether or not it is still valid."""
    return patient.consents.select_related("taken_by").order_by("-id").first()


def valid_consent(patient: Patient, now: datetime) -> Consent | None:
    """The consent that is valid now, to any protocol."""
    last = consent(patient)
    return last if last is not None and last.valid_on(now, last.protocol) else None


def usable(offer: ConsentOffer, now: datetime) -> bool:
    """Whether the link of an offer is still valid."""
    return offer.consent_id is None and offer.revoked_at is None and offer.expires_at > now


def plan(patient: Patient) -> Plan | None:
    """The open order: waiting for its second check, or checked."""
    return patient.plans.filter(state__in=OPEN_STATES).select_related("ordered_by", "checked_by", "decision").last()


def why_not_given(patient: Patient, now: datetime) -> tuple[str, ...]:
    """Everything still missing before the first dose of the open order, a sentence each; empty when it may be given."""
    order = plan(patient)
    if order is None:
        return ("There is no order.",)
    reasons = [] if is_candidate(patient, aim_of(order.protocol)) else [NOT_DECIDED]
    if order.state != OrderState.CHECKED:
        reasons.append("The order has not been checked by a second person.")
    return (*reasons, *why_no_consent(patient, order.protocol, now))


def why_no_consent(patient: Patient, protocol: str, now: datetime) -> tuple[str, ...]:
    """Why no consent is valid for this protocol now, in a sentence; empty when one is."""
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
        return ("The consent is for another course.",)
    return (f"The consent expired on {record.day(last.expires_on)}.",)
