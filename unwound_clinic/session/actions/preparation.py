"""Before the start: what is known today, the syringe checked by two, the baseline, ready."""

from __future__ import annotations

from collections.abc import Mapping
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
from unwound_clinic.session import before_and_after, gates
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
    }
)


@action("run-session")
def know_today(*, by: Staff, patient: Patient, session: InfusionSession, known: Mapping[str, Json]) -> SessionEvent:
    """What was found out on the day; weight and pregnancy go into the record as well."""
    found = locked(patient, session, *BEFORE)
    told = {name: value for name, value in known.items() if value not in (None, "")}
    if not told or not set(told) <= TODAY:
        raise Conflict("nothing was entered")
    before = before_and_after.found_today(found, found.events.order_by("at", "id"), timezone.now())
    entries = _facts_of(told, {**before, **told}, day_of(found))
    if entries:
        record_entries.enter(by=by, patient=patient, entries=entries, reason=f"on the day of session {found.pk}")
    event = add_event(found, ClinicEvent.TODAY, by, told)
    audit_event(by, "session.today", patient=patient, session=found.pk, known=", ".join(told))
    return event


@action("run-session")
def prepare(
    *, by: Staff, patient: Patient, session: InfusionSession, checker: Confirmed, concentration_mg_per_ml: float
) -> SessionEvent:
    """The syringe is prepared by who asks and checked by `checker`, who gave their own password for it."""
    found = locked(patient, session, *BEFORE)
    checked_by = second_person(by, patient, checker)
    ordered = found.plan.concentration_mg_per_ml
    if not abs(concentration_mg_per_ml - ordered) <= 1e-9:
        raise Conflict(
            f"the order is for {ordered:g} mg/mL, this is {concentration_mg_per_ml:g} mg/mL: prepare as ordered"
        )
    told = {"prepared_by": by.name, "checked_by": checked_by, "concentration_mg_per_ml": concentration_mg_per_ml}
    event = add_event(found, ClinicEvent.TODAY, by, told)
    audit_event(by, "session.prepare", patient=patient, session=found.pk, checked_by=checked_by)
    return event


@action("run-session")
def baseline(
    *, by: Staff, patient: Patient, session: InfusionSession, values: Mapping[str, float], at: datetime | None = None
) -> None:
    """The patient's own start values: charted by a person, also as readings."""
    found = locked(patient, session, *BEFORE)
    if not values:
        raise Conflict("nothing was entered")
    now = at or timezone.now()
    for sign, value in values.items():
        told = {"of": sign, "value": value}
        check_event(EventKind.BASELINE, now, by, told)
        add_event(found, EventKind.BASELINE, by, told, at=now)
    chart_by_hand(found, by, values, now)
    of_facts = {library.sign(sign).fact: value for sign, value in values.items()}
    entries = tuple(record_translate.new_fact(id, value, day_of(found)) for id, value in of_facts.items() if id)
    record_entries.enter(by=by, patient=patient, entries=entries, reason=f"on the day of session {found.pk}")
    audit_event(by, "session.baseline", patient=patient, session=found.pk, values=dict(values))


@action("run-session")
def ready(*, by: Staff, patient: Patient, session: InfusionSession, at: datetime | None = None) -> InfusionSession:
    """Everything is checked."""
    found = locked(patient, session, SessionState.CHECKED_IN)
    check_bed_is_free(found)
    move_to_state(found, SessionState.READY, by, {"may-start": opens(gates.start(found, at))})
    audit_event(by, "session.ready", patient=patient, session=found.pk)
    return found


@action("run-session")
def check_again(*, by: Staff, patient: Patient, session: InfusionSession) -> InfusionSession:
    """Something is to be checked again before the start."""
    found = locked(patient, session, SessionState.READY)
    move_to_state(found, SessionState.CHECKED_IN, by, {})
    audit_event(by, "session.check-again", patient=patient, session=found.pk)
    return found


def _facts_of(told: Mapping[str, Json], known: Mapping[str, Json], day: date) -> tuple[New, ...]:
    """What of the day is a fact of the record; a pregnancy test is dated as it was made."""
    found = {name: (told[name], day) for name in ("weight_kg", "pregnancy_possible") if name in told}
    if told.get("driver"):
        found["escort_available"] = True, day
    if known.get("pregnancy_test") and {"pregnancy_test", "tested_on"} & told.keys():
        if not known.get("tested_on"):
            raise Conflict("enter the date of the pregnancy test")
        tested = date.fromisoformat(known["tested_on"])
        found["pregnancy_test_done"] = True, tested
        found["pregnant"] = known["pregnancy_test"] == "positive", tested
    return tuple(record_translate.new_fact(id, value, on) for id, (value, on) in found.items())
