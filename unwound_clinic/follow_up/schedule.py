"""What is due for whom: rows to the library's records, and the call list of a site."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from unwound import follow_up
from unwound.follow_up import Asked, Channel, Day, What
from unwound_clinic.core import mail_settings, outside
from unwound_clinic.follow_up import course, died
from unwound_clinic.models import Asking, FollowUp, Patient


@dataclass(frozen=True, slots=True)
class ToCall:
    """Somebody to call today, and why."""

    asking: Asking
    patient: Patient
    why: str


def active() -> Iterable[FollowUp]:
    """Everybody who is being asked."""
    rows = FollowUp.objects.filter(ended_at=None, patient__merged_into=None, patient__erased_at=None)
    rows = rows.exclude(channel=Channel.NONE).select_related("patient__site", "plan")
    return rows.prefetch_related("askings__events").order_by("pk")


def days(row: FollowUp) -> tuple[Day, ...]:
    """Every day of asking after the course; none while it goes on. What was answered already is not asked again."""
    last = course.last_infusion(row.plan)
    if last is None:
        return ()
    since = row.agreed_at.astimezone(row.patient.site.zone).date()
    others = Asking.objects.filter(follow_up__plan=row.plan, events__what=What.DONE).exclude(follow_up=row)
    answered = set(others.values_list("day", flat=True))
    return tuple(day for day in follow_up.schedule(last, since) if day.number not in answered)


def asked(row: FollowUp, asking: Asking) -> Asked:
    """An asking as the library reads it."""
    later = [day for phase in follow_up.rule().phases for day in phase.days if day > asking.day]
    first = asking.on.toordinal() - asking.day
    return Asked(
        day=Day(asking.day, asking.on, follow_up.phase_of(asking.day).id),
        channel=Channel(row.channel),
        standing=asking.standing,
        zone=row.patient.site.zone,
        next_on=asking.on.fromordinal(first + later[0]) if later else None,
        reachable=bool(to(row)),
    )


def to(row: FollowUp) -> str:
    """The address or number that messages go to; empty where none can arrive."""
    if outside.fault(settings.ADDRESS):
        return ""
    if row.channel == Channel.EMAIL:
        where = row.patient.email if mail_settings.is_set() else ""
    else:
        where = row.patient.phone if row.channel == Channel.SMS and settings.SMS else ""
    return "" if where == row.unreachable else where


def call_list(sites: Iterable[int], now: datetime) -> list[ToCall]:
    """Whom to call now at these sites, the longest waiting first."""
    rows = Asking.objects.filter(open=True, follow_up__ended_at=None, patient__site__in=sites)
    rows = rows.exclude(follow_up__in=died.still_asked())
    listed = rows.filter(patient__merged_into=None).select_related("follow_up__patient__site", "patient__site")
    to_call = []
    for asking in listed.prefetch_related("events").order_by("on", "pk"):
        standing = asked(asking.follow_up, asking)
        if follow_up.on_call_list(standing, now):
            to_call.append(ToCall(asking, asking.patient, _why(standing)))
    return to_call


def to_read(sites: Iterable[int]) -> list[Asking]:
    """Answers that somebody of the team has still to read, the oldest first."""
    rows = Asking.objects.filter(patient__site__in=sites, seen_at=None, patient__merged_into=None).exclude(look_at="")
    return list(rows.select_related("patient__site").order_by("on", "pk"))


def _why(asked: Asked) -> str:
    """Why somebody is called, in words."""
    here = asked.standing
    times = f"; called {here.calls} time{'s' * (here.calls > 1)} without an answer" if here.calls else ""
    if asked.channel == Channel.TELEPHONE:
        return f"asked by telephone{times}"
    if here.bounced:
        return f"the message came back{times}"
    return f"{'no answer' if here.asked_at else 'no message could be sent'}{times}"
