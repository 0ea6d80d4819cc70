"""Surveillance that is due at a site: liver tests and questions about the bladder that are due after a course."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db.models import QuerySet

from unwound.outcomes import surveillance
from unwound.outcomes.surveillance import Due, Watched
from unwound_clinic.follow_up import died
from unwound_clinic.follow_up.course import OVER
from unwound_clinic.models import Entry, InfusionSession, Patient, Plan
from unwound_clinic.treatment import current

LONGEST = timedelta(days=400)
"""How far back a session is looked for: a year and the length of a course."""


@dataclass(frozen=True, slots=True)
class ToDo:
    """One patient and what is due, the longest first."""

    patient: Patient
    due: tuple[Due, ...]


def due(sites: Iterable[int], now: datetime) -> list[ToDo]:
    """Everybody of these sites with something due; nobody who has died."""
    rows = InfusionSession.objects.filter(
        patient__site__in=sites, patient__merged_into=None, patient__erased_at=None, scheduled_at__gte=now - LONGEST
    )
    rows = rows.exclude(patient__in=died.patients().values("pk")).select_related("patient__site", "site")
    rows = rows.only("patient", "site", "plan", "scheduled_at", "state")
    by_patient = {
        patient: list(sessions)
        for patient, sessions in groupby(rows.order_by("patient_id", "scheduled_at"), key=lambda row: row.patient)
    }
    done, liver_days = _done(by_patient), _liver_days(rows)
    started = set(rows.filter(current.started()).values_list("pk", flat=True))
    todo = []
    for patient, sessions in by_patient.items():
        today = now.astimezone(patient.site.zone).date()
        if lines := surveillance.due(_courses(sessions, started, liver_days), done.get(patient.pk, {}), today):
            todo.append(ToDo(patient, lines))
    return sorted(todo, key=lambda row: (row.due[0].on, row.patient.pk))


def _done(patients: Iterable[Patient]) -> dict[int, dict[str, set[date]]]:
    """The days on which each watched fact was known, by patient; without a day that on which it was entered.

    What was withdrawn as an error is not known.
    """
    done: dict[int, dict[str, set[date]]] = {}
    entries = Entry.objects.filter(patient__in=list(patients), kind="fact", key__in=surveillance.WATCHED, current=True)
    for entry in entries.exclude(value=None).select_related("patient__site"):
        day = entry.on or entry.at.astimezone(entry.patient.site.zone).date()
        done.setdefault(entry.patient_id, {}).setdefault(entry.key, set()).add(day)
    return done


def _liver_days(sessions: QuerySet[InfusionSession]) -> dict[int, tuple[int, ...]]:
    """The days of liver tests by order: alone, for a whole order is large, and many sessions have the same."""
    orders = Plan.objects.filter(pk__in=sessions.order_by().values("plan_id"))
    return {
        pk: tuple(test["day"] for test in tests or ()) for pk, tests in orders.values_list("pk", "shown__liver_tests")
    }


def _courses(
    sessions: Iterable[InfusionSession], started: Collection[int], liver_days: Mapping[int, tuple[int, ...]]
) -> list[Watched]:
    """The courses that were begun, in order; days are those of their calendar."""
    by_plan: dict[int, list[InfusionSession]] = {}
    for session in sessions:
        by_plan.setdefault(session.plan_id, []).append(session)
    begun = []
    for plan, rows in by_plan.items():
        days = [row.scheduled_at.astimezone(row.site.zone).date() for row in rows if row.pk in started]
        if days:
            over = all(row.pk in started or row.state in OVER for row in rows)
            begun.append(Watched(start=min(days), last=max(days), over=over, liver_days=liver_days.get(plan, ())))
    return sorted(begun, key=lambda row: row.start)
