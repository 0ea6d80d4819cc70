"""What speaks against another course, for whoever orders one: the rules of `outcomes.retreat` on today's record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.utils import timezone

from unwound import cautions, protocols
from unwound.outcomes import Again, Planned, Retreat
from unwound.report import after
from unwound.terms import Purpose
from unwound_clinic.core.page import today
from unwound_clinic.follow_up import given, months
from unwound_clinic.models import Patient
from unwound_clinic.record import review
from unwound_clinic.treatment import current
from unwound_clinic.treatment.repeated import BEGINS, Objection

OF_PAIN = frozenset({"response", "failures", "relief"})
"""Rules about what the courses did for pain: they say nothing of a course for depression."""


def objections(patient: Patient, protocol: str, start: date, hours: float) -> tuple[Objection, ...]:
    """Every rule that says «not again» or «too early» to a course of so many hours from that day.

    What a caution forbids is not among them: the plan itself refuses it.
    """
    day = today(patient.site)
    reviewed = review.review_of(patient, day)
    under_way = _under_way(patient)
    begun = [one for one in given.here(patient, timezone.now()) if one.plan.pk not in under_way]
    courses = months.judged(patient, reviewed, begun, day)
    if not courses:
        return ()
    planned = Planned(start=max(start, day), hours=hours, booster=_is_booster(protocol))
    return tuple(_objections(months.another(reviewed, courses, planned), current.aim_of(protocol)))


def _under_way(patient: Patient) -> frozenset[int]:
    """The open order and those that it replaced: a course that is changed on its way is no course before itself."""
    order, orders = current.plan(patient), set[int]()
    while order is not None:
        orders.add(order.pk)
        order = order.replaces
    return frozenset(orders)


def _is_booster(protocol: str) -> bool:
    """Whether the course is given by the calendar, before relief is lost."""
    course = protocols.protocols().get(protocol)
    return course is not None and course.part == "booster"


def _objections(again: Retreat, aim: Purpose) -> Iterator[Objection]:
    for rule in again.rules:
        if rule.verdict not in (Again.NOT_AGAIN, Again.TOO_EARLY) or rule.id in cautions.cautions():
            continue
        if aim == Purpose.PAIN or rule.id not in OF_PAIN:
            yield Objection(
                id=f"{BEGINS}{rule.id}",
                title=f"{rule.verdict.replace('-', ' ').capitalize()}: {after.rule(rule).lower()}",
                because="; ".join(rule.judgement.because),
                until=rule.until,
                relative=rule.relative,
            )
