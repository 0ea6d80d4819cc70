"""The ketamine a patient had: the courses given here, from their sessions, and what came from elsewhere."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from unwound import session
from unwound.outcomes import Course, Exposure, Supply, exposure
from unwound.pharmacology import Subjects
from unwound.pharmacology.dosing import Dose
from unwound.protocols.comparison import MODELS
from unwound.record import UnwoundError
from unwound.session.events import EventKind
from unwound.session.states import SessionState
from unwound.terms import Drug
from unwound_clinic.models import Entry, InfusionSession, Patient, Plan, SessionEvent
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.entries import ASKED, ELSEWHERE
from unwound_clinic.session import order, times, translate

HOUR = timedelta(hours=1)
_Begun = list[tuple[datetime, InfusionSession, tuple[Dose, ...]]]
"""Sessions that were begun: when, which, and what ran."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One course as it was given here; `days` are those of infusion with their milligrams (None: not known)."""

    plan: Plan
    start: date
    end: date
    days: tuple[tuple[date, float | None], ...]
    doses: tuple[Dose, ...]
    """Hours from the first start."""
    drug: Drug | None
    weight_kg: float

    @property
    def mg(self) -> float | None:
        """The milligrams of the whole course; None where those of a day are not known."""
        known = [mg for _, mg in self.days if mg is not None]
        return math.fsum(known) if len(known) == len(self.days) else None

    @property
    def hours(self) -> float | None:
        """Its hours of infusion; None where those of a day are not known."""
        return math.fsum(dose.duration_h for dose in self.doses) if self.mg is not None else None

    @property
    def several(self) -> bool:
        """Whether it was more than one outpatient infusion: several, or one that ran over days."""
        return self.end > self.start

    def course(self, *, helped: bool | None) -> Course:
        """As the library weighs it."""
        return Course(start=self.start, end=self.end, drug=self.drug, mg=self.mg, hours=self.hours, helped=helped)

    def drives(self) -> Exposure:
        """What drives its relief. UnwoundError where no dose was charted, or the drug is not known."""
        model = MODELS[self.drug or Drug.RACEMIC]
        return exposure(self.doses, Subjects(np.array([self.weight_kg])), model)


def here(patient: Patient, now: datetime) -> tuple[Given, ...]:
    """Every course that was begun, the earliest first.

    Two orders that were given of one drug within the same days are one course, that of the later order.
    """
    rows = patient.sessions.exclude(state=SessionState.SCHEDULED).select_related("plan", "site", "patient")
    by_plan: dict[int, _Begun] = {}
    for row in rows.prefetch_related("events").order_by("scheduled_at", "pk"):
        charted = times.in_order(row.events.all(), now)
        start = translate.latest_event(charted, EventKind.START)
        if start is not None:
            by_plan.setdefault(row.plan_id, []).append((start.at, row, _doses(charted, now)))
    together: dict[tuple[date, date, Drug | None], _Begun] = {}
    for begun in by_plan.values():
        course = _of(begun)
        together.setdefault((course.start, course.end, course.drug), []).extend(begun)
    return tuple(sorted(map(_of, together.values()), key=lambda course: (course.start, course.plan.pk)))


def _doses(charted: Iterable[SessionEvent], now: datetime) -> tuple[Dose, ...]:
    """What ran; nothing where the chart does not say it, and the amount is then not known."""
    try:
        return session.doses_given(translate.watched_events(charted), now)
    except UnwoundError:
        return ()


def _of(begun: _Begun) -> Given:
    first = min(at for at, _, _ in begun)
    doses = tuple(
        replace(dose, time_h=dose.time_h + (at - first) / HOUR)
        for at, _, ran in begun
        for dose in ran
        if math.isfinite(dose.amount_mg)
    )
    row = max((row for _, row, _ in begun), key=lambda row: row.plan_id)
    protocol = order.protocol_of(row)
    zone = row.site.zone
    amounts: dict[date, float | None] = {}
    for at, _, ran in begun:
        day, mg = at.astimezone(zone).date(), math.fsum(dose.amount_mg for dose in ran) if ran else None
        earlier = amounts.get(day, 0.0)
        amounts[day] = None if mg is None or earlier is None else earlier + mg
    last = max(at + HOUR * max((dose.end_h for dose in ran), default=0.0) for at, _, ran in begun)
    return Given(
        plan=row.plan, start=min(amounts), end=last.astimezone(zone).date(), days=tuple(sorted(amounts.items())),
        doses=doses, drug=protocol.drug if protocol else None, weight_kg=row.plan.weight_kg,
    )  # fmt: skip


def elsewhere(entries: Iterable[Entry]) -> tuple[Course, ...]:
    """What the patient had from elsewhere, as it was entered."""
    rows = (entry for entry in entries if entry.kind == ELSEWHERE and entry.key != ASKED)
    return tuple(course_of(record_translate.content(entry)) for entry in rows)


def asked_elsewhere(entries: Iterable[Entry], since: date) -> bool | None:
    """Whether somebody asked for ketamine from elsewhere since that day, and an answer stands.

    A diary that says «yes» asks for the amount: until that is entered it is not known.
    """
    answers: dict[date, bool] = {}
    for entry in entries:
        if entry.kind == ELSEWHERE and entry.on is not None:
            answers[entry.on] = True
        elif entry.kind == "story" and entry.key.startswith("diary-") and entry.on is not None:
            answer = (record_translate.content(entry).get("answers") or {}).get("ketamine")
            if answer is not None:
                answers[entry.on] = answers.get(entry.on, False) or answer == "no"
    latest = max((day for day in answers if day >= since), default=None)
    return None if latest is None else answers[latest] or None


def course_of(value: Mapping[str, object]) -> Course:
    """One course from elsewhere as it is kept. UnwoundError for one that cannot be."""
    mg, hours, drug = value.get("mg"), value.get("hours"), value.get("drug")
    return Course(
        start=date.fromisoformat(str(value["start"])),
        end=date.fromisoformat(str(value["end"])),
        drug=Drug(str(drug)) if drug else None,
        mg=float(str(mg)) if mg is not None else None,
        hours=float(str(hours)) if hours is not None else None,
        supply=Supply(str(value["supply"])),
    )
