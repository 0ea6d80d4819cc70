"""Surveillance that is due at a site: liver tests and questions about the bladder that are due after a course."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from unwound.outcomes import surveillance
from unwound.outcomes.surveillance import Due, Watched
from unwound.session.states import SessionState
from unwound_clinic.models import Entry, FollowUp, InfusionSession, Patient

LONGEST = timedelta(days=400)
"""How far back a session is looked for: a year and the length of a course."""


@dataclass(frozen=True, slots=True)
class ToDo:
    """One patient and what is due, the longest first."""

    patient: Patient
    due: tuple[Due, ...]


def due(sites: Iterable[int], now: datetime) -> list[ToDo]:
    """Everybody of these sites with something due; nobody whose asking ended because they died."""
    rows = InfusionSession.objects.filter(
        patient__site__in=sites, patient__merged_into=None, patient__erased_at=None, scheduled_at__gte=now - LONGEST
    )
    died = FollowUp.objects.filter(ended_why="died").values("patient_id")
    rows = rows.exclude(patient__in=died).select_related("patient__site", "plan", "site")
    by_patient = {
        patient: list(sessions)
        for patient, sessions in groupby(rows.order_by("patient_id", "scheduled_at"), key=lambda row: row.patient)
    }
    done = _done(by_patient)
    todo = []
    for patient, sessions in by_patient.items():
        today = now.astimezone(patient.site.zone).date()
        if lines := surveillance.due(_courses(sessions), done.get(patient.pk, {}), today):
            todo.append(ToDo(patient, tuple(sorted(lines, key=lambda one: one.on))))
    return sorted(todo, key=lambda one: (one.due[0].on, one.patient.pk))


def _done(patients: Iterable[Patient]) -> dict[int, dict[str, set[date]]]:
    """The days on which each watched fact was known, by patient; without a day that on which it was entered."""
    done: dict[int, dict[str, set[date]]] = {}
    entries = Entry.objects.filter(patient__in=list(patients), kind="fact", key__in=surveillance.WATCHED)
    for entry in entries.exclude(value=None).select_related("patient__site"):
        day = entry.on or entry.at.astimezone(entry.patient.site.zone).date()
        done.setdefault(entry.patient_id, {}).setdefault(entry.key, set()).add(day)
    return done


def _courses(sessions: Iterable[InfusionSession]) -> list[Watched]:
    """The courses that were begun, in order; days are those of their calendar."""
    by_plan: dict[int, list[InfusionSession]] = {}
    for session in sessions:
        by_plan.setdefault(session.plan_id, []).append(session)
    begun = []
    for rows in by_plan.values():
        days = [
            row.scheduled_at.astimezone(row.site.zone).date() for row in rows if row.state != SessionState.SCHEDULED
        ]
        if days:
            shown = rows[0].plan.shown
            begun.append(
                Watched(
                    start=min(days),
                    last=max(days),
                    over=len(days) == len(rows),
                    liver_days=tuple(test["day"] for test in shown.get("liver_tests", ())),
                )
            )
    return sorted(begun, key=lambda one: one.start)
