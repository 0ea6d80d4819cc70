"""Before the start: the assessment of the day, the second check of the syringe, the baseline, ready."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from unwound import session as library
from unwound.session.events import EventKind
from unwound.session.states import SessionState
from unwound_clinic.core.access import Confirmed, Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import InfusionSession, Patient, SessionEvent
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.actions import entries as record_entries
from unwound_clinic.record.entries import New
from unwound_clinic.session import baselines, before_and_after, gates, order, times, watching
from unwound_clinic.session.actions.appointments import check_bed_is_free
from unwound_clinic.session.actions.course import Json
from unwound_clinic.session.actions.events import (
    add_event,
    check_event,
    day_of,
    locked,
    move_to_state,
    opens,
    second_person,
)
from unwound_clinic.session.actions.readings import chart_by_hand
from unwound_clinic.treatment.second_check import agrees, is_concentration

BEFORE = (SessionState.CHECKED_IN, SessionState.READY)
TODAY = frozenset(
    {
        "weight_kg",
        "hours_without_food",
        "hours_without_drink",
        "fasting_rule_kept",
        "driver",
        "pregnancy_possible",
        "pregnancy_test",
        "tested_on",
        "rescue_checked",
        "suction_checked",
        "asa_class",
        "airway",
        "iv_access",
        "oxygen_by",
        "carrier_ml_per_h",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Syringe:
    """What the second person reads at the bedside and works out, without seeing it in the order."""

    weight_kg: float
    concentration_mg_per_ml: float
    first_rate_ml_per_h: float

    @classmethod
    def of(cls, row: InfusionSession) -> Syringe:
        """What agrees with the order and the weight charted today."""
        run, weighed = order.run_of(row), _weighed(row)
        assert run is not None
        return cls(
            weight_kg=row.plan.weight_kg if weighed is None else weighed,
            concentration_mg_per_ml=row.plan.concentration_mg_per_ml,
            first_rate_ml_per_h=run.rates[0].ml_per_h,
        )


@action("run-session")
def record_today(*, by: Staff, patient: Patient, session: InfusionSession, answers: Mapping[str, Json]) -> SessionEvent:
    """Records the assessment of the day; weight and pregnancy go into the patient's record as well."""
    row = locked(patient, session, *BEFORE)
    filled = {name: value for name, value in answers.items() if value not in (None, "")}
    if not filled or not set(filled) <= TODAY:
        raise Conflict("nothing was entered")
    earlier = before_and_after.answers_of_today(row, times.events_of(row), timezone.now())
    entries = _facts_of(filled, {**earlier, **filled}, day_of(row))
    if entries:
        record_entries.enter(by=by, patient=patient, entries=entries, reason=f"on the day of session {row.pk}")
    event = add_event(row, ClinicEvent.TODAY, by, filled)
    audit_event(by, "session.today", patient=patient, session=row.pk, known=", ".join(filled))
    return event


@action("run-session")
def prepare(
    *,
    by: Staff,
    patient: Patient,
    session: InfusionSession,
    checker: Confirmed,
    syringe: Syringe,
) -> SessionEvent:
    """The syringe was prepared by `by` and checked by `checker`, who confirmed with their own password."""
    row = locked(patient, session, *BEFORE)
    checked_by = second_person(by, patient, checker)
    differences = " ".join(_differences(row, syringe))
    if differences:
        raise Conflict(f"{differences} Read and calculate again, or prepare the syringe as ordered")
    content = {
        "prepared_by": by.name,
        "checked_by": checked_by,
        "checked_weight_kg": syringe.weight_kg,
        "concentration_mg_per_ml": syringe.concentration_mg_per_ml,
        "checked_rate_ml_per_h": syringe.first_rate_ml_per_h,
    }
    event = add_event(row, ClinicEvent.TODAY, by, content)
    audit_event(by, "session.prepare", patient=patient, session=row.pk, checked_by=checked_by)
    return event


def _differences(row: InfusionSession, typed: Syringe) -> Iterator[str]:
    """A sentence for each number of the second person that does not agree with the order or the day.

    The order's own numbers are not told: who has to find them again would otherwise type what is shown.
    """
    weighed = _weighed(row)
    if weighed is None:
        yield "The weight of today is not charted yet: weigh the patient first."
    elif not agrees(typed.weight_kg, weighed):
        yield "The weight differs from the one charted today."
    if not is_concentration(typed.concentration_mg_per_ml, row.plan.concentration_mg_per_ml):
        yield "The concentration differs from the solution ordered."
    run = order.run_of(row)
    if run is not None and not agrees(typed.first_rate_ml_per_h, run.rates[0].ml_per_h):
        yield "The first rate differs from the order."


def _weighed(row: InfusionSession) -> float | None:
    answers = before_and_after.answers_of_today(row, times.events_of(row), timezone.now())
    weighed: float | None = answers.get("weight_kg")
    return weighed


@action("run-session")
def baseline(
    *, by: Staff, patient: Patient, session: InfusionSession, values: Mapping[str, float], at: datetime | None = None
) -> None:
    """Charts the patient's baseline values; those that the monitor did not send just now are readings by hand too."""
    row = locked(patient, session, *BEFORE)
    if not values:
        raise Conflict("nothing was entered")
    now = at or timezone.now()
    shown = baselines.as_shown(values, baselines.of_the_monitor(watching.live(row, now)))
    for sign, value in values.items():
        content = {"of": sign, "value": value, "note": shown[sign].says(row.site.zone) if sign in shown else ""}
        check_event(EventKind.BASELINE, now, by, content)
        add_event(row, EventKind.BASELINE, by, content, at=now)
    chart_by_hand(row, by, {sign: value for sign, value in values.items() if sign not in shown}, now)
    of_facts = {library.sign(sign).fact: value for sign, value in values.items()}
    entries = tuple(record_translate.new_fact(id, value, day_of(row)) for id, value in of_facts.items() if id)
    record_entries.enter(by=by, patient=patient, entries=entries, reason=f"on the day of session {row.pk}")
    audit_event(by, "session.baseline", patient=patient, session=row.pk, values=dict(values))


@action("run-session")
def ready(*, by: Staff, patient: Patient, session: InfusionSession, at: datetime | None = None) -> InfusionSession:
    """All requirements are met: the session is ready."""
    row = locked(patient, session, SessionState.CHECKED_IN)
    check_bed_is_free(row)
    move_to_state(row, SessionState.READY, by, {"may-start": opens(gates.start(row, at))})
    audit_event(by, "session.ready", patient=patient, session=row.pk)
    return row


@action("run-session")
def check_again(*, by: Staff, patient: Patient, session: InfusionSession) -> InfusionSession:
    """Back to checking before the start."""
    row = locked(patient, session, SessionState.READY)
    move_to_state(row, SessionState.CHECKED_IN, by, {})
    audit_event(by, "session.check-again", patient=patient, session=row.pk)
    return row


def _facts_of(filled: Mapping[str, Json], today: Mapping[str, Json], day: date) -> tuple[New, ...]:
    """The day's answers that are facts of the record; a pregnancy test is dated by the day it was done."""
    facts = {name: (filled[name], day) for name in ("weight_kg", "pregnancy_possible") if name in filled}
    if filled.get("driver"):
        facts["escort_available"] = True, day
    if today.get("pregnancy_test") and {"pregnancy_test", "tested_on"} & filled.keys():
        if not today.get("tested_on"):
            raise Conflict("enter the date of the pregnancy test")
        tested = date.fromisoformat(today["tested_on"])
        facts["pregnancy_test_done"] = True, tested
        facts["pregnant"] = today["pregnancy_test"] == "positive", tested
    return tuple(record_translate.new_fact(id, value, measured_on) for id, (value, measured_on) in facts.items())
