"""The steps of an infusion: prepared, running with its monitor, ended, home; and the months after it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import takewhile
from typing import Any

from django.utils import timezone

from unwound.exchange import hl7v2
from unwound.patient import Patient as Known
from unwound.session.giving import DrugStep
from unwound_clinic.core import access
from unwound_clinic.demonstration.clock import CLOCK
from unwound_clinic.demonstration.steps import Walk, one, today
from unwound_clinic.models import InfusionSession, Patient, Role
from unwound_clinic.monitors import actions as monitors_actions
from unwound_clinic.monitors import arrivals, simulator
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.actions import entries as record_entries
from unwound_clinic.session import order, screen, watching
from unwound_clinic.session.actions import (
    alerts,
    appointments,
    charting,
    controlled_drug,
    course,
    discharge,
    preparation,
    readings,
)

BASELINE = {"systolic": 126.0, "diastolic": 78.0, "heart_rate": 72.0, "spo2": 98.0, "respiratory_rate": 14.0}
READY = {
    "hours_without_food": 9.0,
    "hours_without_drink": 3.0,
    "driver": "a friend, 555-0102",
    "pregnancy_possible": False,
    "rescue_checked": True,
    "suction_checked": True,
}
EVERY_S = 10
AT_A_TIME = 200
"""Messages of the monitor that are stored together."""


def infusion(bed: str) -> Walk:
    """The patient is checked in and prepared, and the infusion starts."""

    def walk(patient: Patient, known: Known) -> None:
        plan = patient.plans.latest("id")
        row = appointments.schedule(
            by=one(Role.COORDINATOR),
            patient=patient,
            plan=plan,
            first_at=timezone.now(),
            bed=bed,
            provider=one(Role.PHYSICIAN).user,
            days=(1,),
        )[0]
        given: dict[str, Any] = {"by": one(Role.NURSE), "patient": patient, "session": row}
        assert patient.birth_date is not None
        told = {"name": patient.full_name, "birth-date": patient.birth_date.isoformat()}
        appointments.check_in(**given, identifiers=told)
        preparation.record_today(**given, answers={**READY, "weight_kg": plan.weight_kg})
        preparation.baseline(**given, values=BASELINE)
        preparation.prepare(**given, checker=_second(), concentration_mg_per_ml=plan.concentration_mg_per_ml)
        CLOCK.pass_by(minutes=10)
        preparation.ready(**given)
        controlled_drug.account(**given, what=DrugStep.DRAWN, lot="K-2026-11", drug=order.drug(row), mg="200")
        run = order.run_of(row)
        assert run is not None
        course.start(**given, rate_mg_per_h=run.rates[0].mg_per_h)

    return walk


def _second() -> access.Confirmed:
    """The second person of the story, who looks and agrees."""
    user = one(Role.ANAESTHESIA).user
    assert user is not None
    return access.Confirmed(user)


def monitored(minutes: float) -> Walk:
    """The bedside monitor sends for so long, a message every ten seconds."""

    def walk(patient: Patient, known: Known) -> None:
        row = patient.sessions.latest("id")
        named = simulator.Named(patient_id=patient.number, bed=row.bed)
        first = timezone.now()
        feed = simulator.invented(patient.pk, first)
        moments = takewhile(lambda one: one[0] < first + timedelta(minutes=minutes), feed)
        sent = (one for one in moments if round((one[0] - first).total_seconds()) % EVERY_S == 0)
        kept = list(simulator.messages(sent, named))
        for start in range(0, len(kept), AT_A_TIME):
            arrived = [
                arrivals.from_hl7(raw, hl7v2.read(raw, received_at=at), at)
                for at, raw in kept[start : start + AT_A_TIME]
            ]
            by = access.Device("demonstration monitor", patient.site_id)
            monitors_actions.receive(by=by, site=patient.site, arrived=arrived)
        CLOCK.pass_by(minutes=minutes)

    return walk


def looked_at(patient: Patient, known: Known) -> None:
    """The nurse reads sedation, dissociation and pain, and sees to what the page told."""
    row = patient.sessions.latest("id")
    given: dict[str, Any] = {"by": one(Role.NURSE), "patient": patient, "session": row}
    readings.enter_by_hand(**given, values={"sedation": 0, "dissociation": 2, "pain": 5})
    _see_to_alerts(row, given)


def light_headed(patient: Patient, known: Known) -> None:
    """A side effect."""
    row = patient.sessions.latest("id")
    note = "eyes closed, answers well"
    charting.side_effect(by=one(Role.NURSE), patient=patient, session=row, effect="light-headed", grade=1, note=note)


def ended(patient: Patient, known: Known) -> None:
    """The infusion has run, the drug adds up, and the patient went home with an escort."""
    row = patient.sessions.latest("id")
    given: dict[str, Any] = {"by": one(Role.NURSE), "patient": patient, "session": row}
    course.stop(**given)
    drug, lot = order.drug(row), "K-2026-11"
    ran = round(screen.pump(row, watching.live(row)).given_mg, 1)
    controlled_drug.account(**given, what=DrugStep.GIVEN, lot=lot, drug=drug, mg=f"{ran:.1f}")
    controlled_drug.account(**given, what=DrugStep.WASTED, lot=lot, drug=drug, mg=f"{200 - ran:.1f}", witness=_second())
    CLOCK.pass_by(minutes=70)
    readings.enter_by_hand(**given, values=BASELINE)
    _see_to_alerts(row, given)
    discharge.before_leaving(**given, answers=_leaving(patient))
    discharge.discharge(**given)


def _leaving(patient: Patient) -> Mapping[str, Any]:
    call = today(patient) + timedelta(days=1)
    given = {"escort_present": True, "when_to_call_given": True, "told_not_to_drive": True}
    return {"aldrete": 10.0, "padss": 10.0, **given, "next_call": call.isoformat()}


def _see_to_alerts(row: InfusionSession, given: Mapping[str, Any]) -> None:
    for alert in watching.live(row).watched.open:
        alerts.acknowledge(**given, episode=alert.episode, reason="seen at the bedside, patient well")


def followed(days: float, pain: float, peg: tuple[float, float, float]) -> Walk:
    """So many days later the patient said how it is."""

    def walk(patient: Patient, known: Known) -> None:
        CLOCK.pass_by(days=days)
        day = today(patient)
        forms = ({"instrument": "pain_nrs", "items": [pain]}, {"instrument": "peg", "items": list(peg)})
        entries = tuple(record_translate.new_answers(form, day) for form in forms)
        record_entries.enter(by=one(Role.NURSE), patient=patient, entries=entries)

    return walk
