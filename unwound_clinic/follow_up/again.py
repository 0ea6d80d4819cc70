"""What speaks against another course, for whoever orders one: the rules of `outcomes.retreat` on today's record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from django.utils import timezone

from unwound import cautions, protocols
from unwound.outcomes import Again, Planned, Rule
from unwound.record import UnwoundError
from unwound.report import after
from unwound.terms import Purpose
from unwound_clinic.core.page import today
from unwound_clinic.follow_up import given, months
from unwound_clinic.follow_up.course import OVER
from unwound_clinic.follow_up.months import Judged
from unwound_clinic.models import Patient
from unwound_clinic.record import review
from unwound_clinic.record.review import Reviewed
from unwound_clinic.treatment import current
from unwound_clinic.treatment.repeated import BEGINS, Objection

OF_PAIN = frozenset({"response", "failures", "relief"})
"""Rules about what the courses did for pain: they say nothing of a course for depression."""
LIVER, UNFIT = "liver", "record"
PAUSE = timedelta(days=4)
"""The longest pause between two infusions of a course that goes on: a long weekend."""


def objections(patient: Patient, protocol: str, start: date, hours: float) -> tuple[Objection, ...]:
    """Every rule that says «not again» or «too early» to a course of so many hours from that day.

    What a caution forbids is not among them: the plan itself refuses it.
    """
    day = today(patient.site)
    reviewed = review.review_of(patient, day)
    planned = Planned(start=max(start, day), hours=hours, booster=_is_booster(protocol))
    try:
        return tuple(_objections(_rules(patient, reviewed, planned), current.aim_of(protocol)))
    except UnwoundError as reason:
        return (_unfit(str(reason)),)


def _rules(patient: Patient, reviewed: Reviewed, planned: Planned) -> Iterator[Rule]:
    """Every rule on the courses before this one; that for the liver counts what was given of the one under way too."""
    day = today(patient.site)
    courses = months.judged(patient, reviewed, given.here(patient, timezone.now()), day)
    under_way = _under_way(patient, courses, day)
    before = [course for course in courses if course.given.plan.pk not in under_way]
    other = given.elsewhere(reviewed.entries)
    if courses or other:
        yield from (rule for rule in months.another(reviewed, courses, planned).rules if rule.id == LIVER)
    if before or other:
        yield from (rule for rule in months.another(reviewed, before, planned).rules if rule.id != LIVER)


def _under_way(patient: Patient, courses: Sequence[Judged], day: date) -> frozenset[int]:
    """The open order and those that it replaced, while their course goes on: it is no course before itself.

    It goes on while an infusion of these orders is still to come, or under way, and the last is a few days old.
    """
    order, orders = current.plan(patient), set[int]()
    while order is not None:
        orders.add(order.pk)
        order = order.replaces
    last = max((course.given.end for course in courses if course.given.plan.pk in orders), default=None)
    open_sessions = patient.sessions.filter(plan__in=orders).exclude(state__in=OVER)
    goes_on = last is not None and day - last <= PAUSE and open_sessions.exists()
    return frozenset(orders if goes_on else ())


def _is_booster(protocol: str) -> bool:
    """Whether the course is given by the calendar, before relief is lost."""
    course = protocols.protocols().get(protocol)
    return course is not None and course.part == "booster"


def _unfit(reason: str) -> Objection:
    """No rule can be asked of these courses: whoever orders reads why, and decides."""
    return Objection(
        id=f"{BEGINS}{UNFIT}", title=f"Cannot tell: {after.refusing(UNFIT).lower()}", because=reason, relative=True
    )


def _objections(rules: Iterable[Rule], aim: Purpose) -> Iterator[Objection]:
    for rule in rules:
        if rule.verdict not in (Again.NOT_AGAIN, Again.TOO_EARLY) or rule.id in cautions.cautions():
            continue
        if aim == Purpose.PAIN or rule.id not in OF_PAIN:
            yield Objection(
                id=f"{BEGINS}{rule.id}",
                title=f"{rule.verdict.replace('-', ' ').capitalize()}: {after.refusing(rule.id).lower()}",
                because="; ".join(rule.judgement.because),
                until=rule.until,
                relative=rule.relative,
            )
