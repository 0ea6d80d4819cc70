"""The decision a physician signs: advice accepted, or overridden with a reason."""

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

SHORTEST_REASON = 10
"""Letters of a reason for deciding otherwise than advised."""


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
    """Signs a decision on what was shown (`seen`). Conflict when that changed since, or when something is missing."""
    today = timezone.now().astimezone(patient.site.zone).date()
    reviewed = review.review_of(patient, today)
    if reviewed.seen != seen:
        raise Conflict("something was entered, or a new day began, since this page was shown: read it again, then sign")
    advised = reviewed.review.candidacy.verdict
    _fits(patient, advised, decided, indication, override_reason)
    if decided == Verdict.FIRST_LINE_FIRST and (review_on is None or review_on <= today):
        raise Conflict("say on which later day the patient is seen again after the treatments that come first")
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


@action(None)  # whoever holds the folder and its keys may replay
def replayed(*, by: Actor, decision: Decision, differences: int) -> None:
    """An old decision was computed again; logged, because it reads the record."""
    audit_event(by, "decision.replay", patient=decision.patient, decision=decision.pk, differences=differences)


def _fits(patient: Patient, advised: str, decided: str, indication: str, override_reason: str) -> None:
    if decided not in VERDICTS:
        raise Conflict(f"«{decided}» is no decision; choose {', '.join(VERDICTS)}")
    if patient.alarms.filter(seen_at=None).exists():
        raise Conflict("an alarm of this patient is open: see to it first, and say what was done")
    if decided != advised and len(override_reason.strip()) < SHORTEST_REASON:
        raise Conflict(f"to decide otherwise than advised needs a reason in words (at least {SHORTEST_REASON} letters)")
    if indication and indication not in conditions.conditions():
        raise Conflict(f"«{indication}» is not a condition Unwound knows")
    if decided == Verdict.CANDIDATE and not indication:
        raise Conflict("say for which condition ketamine may be considered")


def _next(decided: str, today: date, review_on: date | None) -> tuple[Stage, date | None, str]:
    """Where the patient goes from here, and what is due."""
    if decided == Verdict.CANDIDATE:
        return Stage.CONSENT, today, "talk about consent"
    if decided == Verdict.FIRST_LINE_FIRST:
        return Stage.FIRST_LINE, review_on, "see how the treatments that come first have helped"
    if decided == Verdict.NOT_A_CANDIDATE:
        return Stage.DECLINED, None, ""
    return Stage.CONSULTATION, today, "find out what is missing"
