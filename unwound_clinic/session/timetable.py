"""When an appointment can be: not in the past, in the order of its course, and where nobody else is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from unwound import record
from unwound.session.states import SessionState
from unwound_clinic.core import opening
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import InfusionSession, Site
from unwound_clinic.session import order

LATE = timedelta(minutes=30)
"""How long ago an appointment may have been when it is made: a patient who is here already is entered too."""
FAR = timedelta(days=366)
HOLDS_A_CHAIR = (SessionState.SCHEDULED, *order.AT_BEDSIDE)
FULL = timedelta(days=1)
"""The longest that one appointment keeps a bed from others: an infusion of days is not planned by the hour."""


def check(row: InfusionSession, *, although_closed: bool = False) -> None:
    """Conflict, saying why, for an appointment that cannot be."""
    closed = () if although_closed else tuple(when_open(row))
    for why in (*in_time(row), *closed, *in_order(row), *alone(row), *within_capacity(row), *in_one_place(row)):
        raise Conflict(why)


def times_of(
    site: Site, runs: Iterable[order.Run], first_at: datetime, although_closed: bool = False
) -> list[datetime]:
    """When each of these infusions begins: the same local time, also across a change of the clocks."""
    local, numbers = first_at.astimezone(site.zone), [run.day for run in runs]
    if although_closed:
        days = [local.date() + timedelta(days=number - numbers[0]) for number in numbers]
    else:
        days = opening.series(site, local.date(), numbers)
    return [local + timedelta(days=(day - local.date()).days) for day in days]


def when_open(row: InfusionSession) -> Iterator[str]:
    """Why there are no infusions on its day."""
    on = row.scheduled_at.astimezone(row.site.zone).date()
    if why := opening.why_closed(row.site, on):
        yield f"{on:%A}, {record.day(on)}: {why}. Choose another day, or tick that it takes place all the same"


def in_time(row: InfusionSession) -> Iterator[str]:
    """Why the time itself cannot be."""
    now, local = timezone.now(), row.scheduled_at.astimezone(row.site.zone)
    if row.scheduled_at < now - LATE:
        yield f"{record.day(local)}, {local:%H:%M}, is in the past: choose a time that is still to come"
    if row.scheduled_at > now + FAR:
        yield f"{record.day(local)} is more than a year ahead: check the year"


def in_order(row: InfusionSession) -> Iterator[str]:
    """One session of a course a day, in the order of its days."""
    zone = row.site.zone
    on = row.scheduled_at.astimezone(zone).date()
    for other in _others(row).filter(plan=row.plan):
        day = other.scheduled_at.astimezone(zone).date()
        if day == on or (day < on) != (other.day < row.day):
            here, there = record.day(on), record.day(day)
            yield (
                f"day {row.day} of the course on {here} does not fit with day {other.day} on {there}: "
                "one session a day, in the order of the course"
            )


def alone(row: InfusionSession) -> Iterator[str]:
    """Nobody else in the bed at that time, and the patient nowhere else."""
    for other in _at_that_time(row).filter(site=row.site, state=SessionState.SCHEDULED):
        same_patient, same_bed = other.patient_id == row.patient_id, bool(row.bed) and row.bed == other.bed
        if _overlap(row, other) and (same_patient or same_bed):
            who = "this patient" if same_patient else row.bed
            yield f"{who} has another session at {_at(other.scheduled_at.astimezone(row.site.zone))}"


def within_capacity(row: InfusionSession) -> Iterator[str]:
    """Why there is no chair left at some moment of it, where the site has said how many it has."""
    if row.site.chairs is None:
        return
    others = [
        other for other in _at_that_time(row).filter(site=row.site, state__in=HOLDS_A_CHAIR) if _overlap(row, other)
    ]
    for moment in sorted({row.scheduled_at, *(max(other.scheduled_at, row.scheduled_at) for other in others)}):
        there = sum(other.scheduled_at <= moment < other.scheduled_at + lasts(other) for other in others)
        if there >= row.site.chairs:
            at = moment.astimezone(row.site.zone)
            yield f"all {row.site.chairs} beds and chairs are taken at {_at(at)}: choose another time"
            return


def in_one_place(row: InfusionSession) -> Iterator[str]:
    """Why who supervises cannot: at that time they supervise at another site."""
    if row.provider_id is None:
        return
    elsewhere = _at_that_time(row).filter(provider=row.provider_id, state__in=HOLDS_A_CHAIR).exclude(site=row.site)
    for other in elsewhere.select_related("site", "provider"):
        if _overlap(row, other) and other.provider is not None:
            at = other.scheduled_at.astimezone(row.site.zone)
            yield f"{other.provider.name} supervises a session at {other.site.name} at {_at(at)}"


def _at_that_time(row: InfusionSession) -> QuerySet[InfusionSession]:
    """Other sessions that may overlap with it."""
    begins = row.scheduled_at
    near = _others(row).filter(scheduled_at__lt=begins + lasts(row), scheduled_at__gt=begins - FULL)
    return near.select_related("plan").order_by("scheduled_at", "id")


def _overlap(row: InfusionSession, other: InfusionSession) -> bool:
    return other.scheduled_at + lasts(other) > row.scheduled_at and other.scheduled_at < row.scheduled_at + lasts(row)


def _others(row: InfusionSession) -> QuerySet[InfusionSession]:
    return InfusionSession.objects.exclude(pk=row.pk).exclude(state=SessionState.ABORTED)


def lasts(row: InfusionSession) -> timedelta:
    """How long it keeps a bed, as the order says: an hour where that is not known, a day at most."""
    run = order.run_of(row)
    return min(timedelta(hours=run.hours if run else 1.0), FULL)


def _at(local: datetime) -> str:
    return f"{local:%H:%M} on {record.short_day(local)}"
