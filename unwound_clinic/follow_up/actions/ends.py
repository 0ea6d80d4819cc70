"""What came of each course, calculated again where something was entered: the rows that the clinic's outcomes count."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from unwound_clinic.core.access import Program
from unwound_clinic.core.action import action, audit_event
from unwound_clinic.follow_up import given, months
from unwound_clinic.follow_up.months import Judged
from unwound_clinic.models import CourseEnd, Patient
from unwound_clinic.record import review

FAILED = ("failed-adequate", "intolerant")


@action("ask-patients")
def calculate(*, by: Program, patient: Patient, day: date, now: datetime) -> int:
    """Every course of a patient that is over, as of that day; how many there are."""
    courses = months.judged(patient, review.review_of(patient, day), given.here(patient, now), day)
    over = [course for course in courses if course.given.end < day]
    for course in over:
        CourseEnd.objects.update_or_create(plan=course.given.plan, defaults=_row(patient, course, now))
    audit_event(by, "outcome.calculated", patient=patient, courses=len(over))
    return len(over)


def _row(patient: Patient, course: Judged, now: datetime) -> dict[str, Any]:
    plan, ending, outcome = course.given.plan, course.ending, course.outcome
    shown = plan.decision.shown if isinstance(plan.decision.shown, dict) else {}
    trials = shown.get("ledger")
    return {
        "patient": patient,
        "protocol": plan.protocol,
        "condition": plan.decision.indication,
        "ended_on": course.given.end,
        "failed": None if trials is None else sum(trial.get("verdict") in FAILED for trial in trials),
        "responder": outcome.responder.holds if outcome else None,
        "success": outcome.success.holds if outcome else None,
        "kind": ending.kind if ending else "",
        "days": ending.days if ending else None,
        "calculated_at": now,
    }
