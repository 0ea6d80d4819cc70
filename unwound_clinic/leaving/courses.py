"""Every course that was begun, as the registry takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from unwound import instruments
from unwound.protocols import protocols
from unwound.record import UnwoundError
from unwound.registry import Treated
from unwound.session.states import SessionState
from unwound_clinic.models import Patient, Plan
from unwound_clinic.record import translate as record_translate
from unwound_clinic.session import given

OVER = (SessionState.DISCHARGED, SessionState.ABORTED)


def treated() -> Iterator[Treated]:
    """Every course of which an infusion was begun, by patient; records that were erased hold none."""
    plans = Plan.objects.filter(patient__erased_at=None, patient__merged_into=None)
    begun = plans.exclude(sessions=None).select_related("patient__site", "decision").distinct()
    patient, scores = None, dict[str, tuple[tuple[date, float], ...]]()
    for plan in begun.order_by("patient_id", "pk").iterator(chunk_size=100):
        if patient != plan.patient_id:
            patient, scores = plan.patient_id, _scores(plan.patient)
        days = sorted(day for session in plan.sessions.select_related("site") if (day := given.began_on(session)))
        if days:
            yield _course(plan, days, scores)


def _course(plan: Plan, days: Sequence[date], scores: Mapping[str, tuple[tuple[date, float], ...]]) -> Treated:
    protocol, patient = protocols().get(plan.protocol), plan.patient
    return Treated(
        person=str(patient.pk),
        start=days[0],
        end=days[-1],
        birth_date=patient.birth_date,
        sex=patient.sex or None,
        condition=plan.decision.indication or None,
        course=plan.protocol,
        drug=str(protocol.drug) if protocol else "",
        infusions=len(days),
        planned=None if plan.sessions.exclude(state__in=OVER).exists() else plan.sessions.count(),
        mg=_given(plan),
        scores=scores,
    )


def _given(plan: Plan) -> float | None:
    """What ran in on all days together, as charted; None where that of a day is not known, or the course goes on."""
    sessions = list(plan.sessions.all())
    if any(session.state not in OVER or session.ended_at is None for session in sessions):
        return None
    doses = [given.total_mg(session.events.all(), session.ended_at) for session in sessions if session.ended_at]
    return None if not any(dose is not None for dose in doses) else sum(dose for dose in doses if dose is not None)


def _scores(patient: Patient) -> dict[str, tuple[tuple[date, float], ...]]:
    """Form -> day and total of each time that it was answered and can be scored."""
    scores: dict[str, list[tuple[date, float]]] = {}
    for entry in patient.entries.filter(kind="answers", current=True).order_by("on", "pk"):
        try:
            form = record_translate.answers(entry)
            score = instruments.score(form.instrument, items=form.items, total=form.total)
        except (UnwoundError, ValueError):
            continue  # a form that cannot be scored is no score
        if form.on is not None and score.total is not None:
            scores.setdefault(form.instrument, []).append((form.on, score.total))
    return {form: tuple(pairs) for form, pairs in scores.items()}
