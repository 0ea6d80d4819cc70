"""When an appointment can be: not in the past, in the order of its course, and where nobody else is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from unwound.session.states import SessionState
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import InfusionSession
from unwound_clinic.session import order

LATE = timedelta(minutes=30)
"""How long ago an appointment may have been when it is made: a patient who is here already is entered too."""
FAR = timedelta(days=366)
FULL = timedelta(days=1)
"""The longest that one appointment keeps a bed from others: an infusion of days is not planned by the hour."""


def check(row: InfusionSession) -> None:
    """Conflict, saying why, for an appointment that cannot be."""
    for why in (*in_time(row), *in_order(row), *alone(row)):
        raise Conflict(why)


def in_time(row: InfusionSession) -> Iterator[str]:
    """Why the time itself cannot be."""
    now, local = timezone.now(), row.scheduled_at.astimezone(row.site.zone)
    if row.scheduled_at < now - LATE:
        yield f"{local:%-d %b %Y, %H:%M} is in the past: choose a time that is still to come"
    if row.scheduled_at > now + FAR:
        yield f"{local:%-d %b %Y} is more than a year ahead: check the year"


def in_order(row: InfusionSession) -> Iterator[str]:
    """One session of a course a day, in the order of its days."""
    zone = row.site.zone
    on = row.scheduled_at.astimezone(zone).date()
    for other in _others(row).filter(plan=row.plan):
        day = other.scheduled_at.astimezone(zone).date()
        if day == on or (day < on) != (other.day < row.day):
            yield (
                f"day {row.day} of the course on {on:%-d %b %Y} does not fit to day {other.day} on {day:%-d %b %Y}: "
                "one session a day, in the order of the course"
            )


def alone(row: InfusionSession) -> Iterator[str]:
    """Nobody else in the bed at that time, and the patient nowhere else."""
    begins, ends = row.scheduled_at, row.scheduled_at + _lasts(row)
    near = _others(row).filter(
        site=row.site, state=SessionState.SCHEDULED, scheduled_at__lt=ends, scheduled_at__gt=begins - FULL
    )
    for other in near.select_related("plan"):
        same_patient, same_bed = other.patient_id == row.patient_id, bool(row.bed) and row.bed == other.bed
        if other.scheduled_at + _lasts(other) > begins and (same_patient or same_bed):
            who = "this patient" if same_patient else row.bed
            yield f"{who} has another session at {other.scheduled_at.astimezone(row.site.zone):%H:%M on %-d %b}"


def _others(row: InfusionSession) -> QuerySet[InfusionSession]:
    return InfusionSession.objects.exclude(pk=row.pk).exclude(state=SessionState.ABORTED)


def _lasts(row: InfusionSession) -> timedelta:
    run = order.run_of(row)
    return min(timedelta(hours=run.hours if run else 1.0), FULL)
