"""The audit log as an auditor asks for it: by day, person, patient and kind; machines' events a line a minute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.functions import TruncMinute

from unwound_clinic.models import AuditEvent, Patient, Site
from unwound_clinic.models.searching import fold

Events = QuerySet[AuditEvent]
MOST_DIGITS = 19
MOST_NAMED = 200
"""Patients of a name whose events are looked for together."""
KINDS = {
    "looked": "viewed",
    "written": "patient records changed",
    "logins": "log-ins and refusals",
    "administration": "people, sites and settings",
    "machines": "machines, a line a minute",
}
"""Kind of event -> what it is called."""
BEGINNINGS: Mapping[str, tuple[str, ...]] = {
    "looked": ("view", "letter.download", "referral.open", "message.view", "audit."),
    "logins": ("login", "logout", "refused", "account."),
    "administration": ("people.", "site.", "clinic.", "set-up.", "calendar.", "monitor."),
}
"""Kind -> how the names of its events begin; what begins in no such way was written about a patient."""
OF_MACHINES = ("readings.receive", "session.alerts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an auditor asks for; empty is everything that people did."""

    kind: str = ""
    who: str = ""
    patient: str = ""
    """The number in the address of a patient's page, or a name."""
    since: date | None = None
    until: date | None = None

    @classmethod
    def of(cls, typed: Mapping[str, str]) -> Asked:
        """What was typed; a day that is none, or a kind that is none, asks for nothing."""
        return cls(
            kind=typed.get("kind", "") if typed.get("kind", "") in KINDS else "",
            who=typed.get("who", "").strip(),
            patient=typed.get("patient", "").strip(),
            since=_day(typed.get("since", "")),
            until=_day(typed.get("until", "")),
        )


def _day(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        return None
    return day if date.min + timedelta(days=2) < day < date.max - timedelta(days=2) else None


def events(sites: Iterable[int], asked: Asked) -> Events:
    """The events of these sites that were asked for, the newest first; machines' only where they were."""
    of_nobody = Q(site_id=None, action__startswith="login")  # at an account that does not exist
    rows = AuditEvent.objects.filter(Q(site_id__in=list(sites)) | of_nobody).filter(_of_kind(asked.kind))
    if asked.who:
        rows = rows.filter(who__icontains=asked.who)
    if asked.patient:
        rows = rows.filter(patient_id__in=_patients(asked.patient, sites))
    zone = _zone(sites)
    if asked.since:
        rows = rows.filter(at__gte=datetime.combine(asked.since, time(0), tzinfo=zone))
    if asked.until:
        rows = rows.filter(at__lt=datetime.combine(asked.until + timedelta(days=1), time(0), tzinfo=zone))
    return rows.order_by("-number")


def _of_kind(kind: str) -> Q:
    machines = Q(action__in=OF_MACHINES, user_id=None)
    if kind == "machines":
        return machines
    if not kind:
        return ~machines
    if kind in BEGINNINGS:
        return _begins(BEGINNINGS[kind])
    return ~machines & ~_begins(part for parts in BEGINNINGS.values() for part in parts)


def _begins(parts: Iterable[str]) -> Q:
    condition = Q()
    for part in parts:
        condition |= Q(action__startswith=part)
    return condition


def _patients(typed: str, sites: Iterable[int]) -> list[int]:
    """The numbers of the patients that are meant."""
    if typed.isdecimal() and typed.isascii():
        return [int(typed)] if len(typed) < MOST_DIGITS else []
    named = Patient.objects.filter(site__in=list(sites))
    for word in fold(typed).split():
        named = named.filter(search__contains=word)
    return list(named.values_list("pk", flat=True)[:MOST_NAMED]) if fold(typed) else []


def _zone(sites: Iterable[int]) -> Any:
    """Days are those of the first site's clock."""
    site = Site.objects.filter(pk__in=list(sites)).order_by("pk").first()
    return site.zone if site else None


def folded(rows: Events) -> Any:
    """A line for each minute, machine and kind of event: how many, the first and last number, newest first."""
    lines = rows.order_by().annotate(minute=TruncMinute("at")).values("minute", "who", "action", "site_id")
    counted = lines.annotate(how_many=Count("pk"), first=Min("number"), last=Max("number"))
    return counted.order_by("-minute", "-last")
