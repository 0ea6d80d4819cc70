"""The decision that a physician signs: the advice is accepted, or overridden with a reason."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from unwound import conditions
from unwound.candidacy import Verdict
from unwound.report.words import VERDICTS
from unwound_clinic.core.access import Actor, Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import Decision, Patient, Stage
from unwound_clinic.record import review
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.actions.patients import set_stage

SEEN_AGAIN = {
    Verdict.FIRST_LINE_FIRST: "review the response to the first-line treatments",
    Verdict.NOT_REFRACTORY: "review whether the pain is refractory by now",
    Verdict.CONTROLLED: "review whether the pain is still controlled",
}
"""Verdicts after which the patient is seen again on a set day, and what for."""
SHORTEST_REASON = 10
"""Characters of the reason for overriding the advice, at least."""


@action("sign-decision")
def sign(
    *,
    by: Staff,
    patient: Patient,
    seen: str,
    decided: str,
    indication: str = "",
    override_reason: str = "",
    note: str = "",
    review_on: date | None = None,
) -> Decision:
    """Signs a decision on the review that was shown (`seen`). Conflict when it changed, or something is missing."""
    today = timezone.now().astimezone(patient.site.zone).date()
    reviewed = review.review_of(patient, today)
    if reviewed.seen != seen:
        raise Conflict("the record changed, or a new day began, since this page was shown: read it again, then sign")
    advised = reviewed.review.candidacy.verdict
    _check(patient, advised, decided, indication, override_reason)
    if decided in SEEN_AGAIN and (review_on is None or review_on <= today):
        raise Conflict("enter a later day on which the patient is seen again")
    decision = Decision.objects.create(
        patient=patient,
        known=record_translate.known_json(reviewed.known),
        shown=review.content(reviewed, changes=True),
        version=reviewed.review.version,
        data_fingerprint=reviewed.review.data_fingerprint,
        advised=advised,
        decided=decided,
        indication=indication,
        override_reason=override_reason.strip() if decided != advised else "",
        note=note.strip(),
        signed_by=by.user,
        signed_at=timezone.now(),
    )
    set_stage(patient, *_next(decided, today, review_on))
    audit_event(
        by, "decision.sign", patient=patient,
        decision=decision.pk, advised=advised, decided=decided, override=decision.override_reason,
    )  # fmt: skip
    return decision


@action(None)  # anyone who holds the clinic's folder and its keys may replay
def replayed(*, by: Actor, decision: Decision, differences: int) -> None:
    """Logs that a decision was computed again, because this reads the record."""
    audit_event(by, "decision.replay", patient=decision.patient, decision=decision.pk, differences=differences)


def _check(patient: Patient, advised: str, decided: str, indication: str, override_reason: str) -> None:
    """Conflict with the first thing that is missing: a branch for each requirement of a decision."""
    if decided not in VERDICTS:
        raise Conflict(f"«{decided}» is not a decision; choose {', '.join(VERDICTS)}")
    if patient.alarms.filter(seen_at=None).exists():
        raise Conflict("this patient has an open alarm: review it first, and record the action taken")
    if decided != advised and len(override_reason.strip()) < SHORTEST_REASON:
        raise Conflict(f"overriding the advice needs a reason of at least {SHORTEST_REASON} characters")
    if indication and indication not in conditions.conditions():
        raise Conflict(f"«{indication}» is not a condition in Unwound's library")
    if decided == Verdict.CANDIDATE and not indication:
        raise Conflict("choose for which condition ketamine may be considered")


def _next(decided: str, today: date, review_on: date | None) -> tuple[Stage, date | None, str]:
    """The patient's next stage, and what is due when."""
    if decided == Verdict.CANDIDATE:
        return Stage.CONSENT, today, "discuss consent"
    if decided in SEEN_AGAIN:
        return Stage.FIRST_LINE, review_on, SEEN_AGAIN[Verdict(decided)]
    if decided == Verdict.NOT_A_CANDIDATE:
        return Stage.DECLINED, None, ""
    return Stage.CONSULTATION, today, "obtain the missing information"
