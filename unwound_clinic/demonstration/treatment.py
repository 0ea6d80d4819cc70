"""The steps of an infusion: prepared, running with its monitor, ended, discharged; and the months after it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import takewhile
from typing import Any

from django.utils import timezone

from unwound.patient import Patient as Known
from unwound.session.giving import DrugStep
from unwound_clinic.core import access
from unwound_clinic.demonstration import bedside
from unwound_clinic.demonstration.clock import CLOCK
from unwound_clinic.demonstration.steps import Walk, staff, today
from unwound_clinic.models import InfusionSession, Patient, Role
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
    "asa_class": "II",
    "airway": "Mallampati 2, opens 4 cm, no dentures",
    "iv_access": "left forearm, 20 G",
    "oxygen_by": "room air",
}


def infusion(bed: str) -> Walk:
    """The patient is checked in and prepared, and the infusion starts."""

    def walk(patient: Patient, known: Known) -> None:
        plan = patient.plans.latest("id")
        row = appointments.schedule(
            by=staff(Role.COORDINATOR),
            patient=patient,
            plan=plan,
            first_at=timezone.now(),
            bed=bed,
            provider=staff(Role.PHYSICIAN).user,
            days=(1,),
        )[0]
        arguments: dict[str, Any] = {"by": staff(Role.NURSE), "patient": patient, "session": row}
        assert patient.birth_date is not None
        identifiers = {"name": patient.full_name, "birth-date": patient.birth_date.isoformat()}
        appointments.check_in(**arguments, identifiers=identifiers)
        preparation.record_today(**arguments, answers={**READY, "weight_kg": plan.weight_kg})
        preparation.baseline(**arguments, values=BASELINE)
        preparation.prepare(**arguments, checker=_second(), syringe=preparation.Syringe.of(row))
        CLOCK.pass_by(minutes=10)
        preparation.ready(**arguments)
        controlled_drug.account(
            **arguments, what=DrugStep.DRAWN, lot="K-2026-11", drug=order.drug(row), mg="200", witness=_second()
        )
        run = order.run_of(row)
        assert run is not None
        course.start(**arguments, rate_mg_per_h=run.rates[0].mg_per_h)

    return walk


def _second() -> access.Confirmed:
    """The second person of the story, who checks and confirms."""
    user = staff(Role.ANAESTHESIA).user
    assert user is not None
    return access.Confirmed(user)


def monitored(minutes: float) -> Walk:
    """The bedside monitor sends for that long, a message every ten seconds."""

    def walk(patient: Patient, known: Known) -> None:
        row = patient.sessions.latest("id")
        first = timezone.now()
        until = first + timedelta(minutes=minutes)
        messages = list(takewhile(lambda message: message[0] < until, bedside.stream(row, first)))
        for start in range(0, len(messages), bedside.AT_A_TIME):
            part = messages[start : start + bedside.AT_A_TIME]
            CLOCK.pass_until(part[-1][0])  # nothing is kept before it came: the log would be behind its rows
            bedside.receive(row, part, received_at=None)
        CLOCK.pass_until(until)

    return walk


def assessed_with(pain: float) -> Walk:
    """The nurse assesses sedation, dissociation and pain, and acknowledges the open alerts."""

    def walk(patient: Patient, known: Known) -> None:
        row = patient.sessions.latest("id")
        arguments: dict[str, Any] = {"by": staff(Role.NURSE), "patient": patient, "session": row}
        readings.enter_by_hand(**arguments, values={"sedation": 0, "dissociation": 2, "pain": pain})
        _acknowledge_alerts(row, arguments)

    return walk


assessed = assessed_with(5)


def light_headed(patient: Patient, known: Known) -> None:
    """A side effect is charted."""
    row = patient.sessions.latest("id")
    note = "eyes closed, answers well"
    charting.side_effect(by=staff(Role.NURSE), patient=patient, session=row, effect="light-headed", grade=1, note=note)


def ended(patient: Patient, known: Known) -> None:
    """The infusion ended, the controlled drug is accounted for, and the patient went home with an escort."""
    row = patient.sessions.latest("id")
    arguments: dict[str, Any] = {"by": staff(Role.NURSE), "patient": patient, "session": row}
    course.stop(**arguments)
    drug, lot = order.drug(row), "K-2026-11"
    ran = round(screen.pump(row, watching.live(row)).given_mg, 1)
    controlled_drug.account(**arguments, what=DrugStep.GIVEN, lot=lot, drug=drug, mg=f"{ran:.1f}")
    controlled_drug.account(
        **arguments, what=DrugStep.WASTED, lot=lot, drug=drug, mg=f"{200 - ran:.1f}", witness=_second()
    )
    CLOCK.pass_by(minutes=70)
    readings.enter_by_hand(**arguments, values=BASELINE)
    _acknowledge_alerts(row, arguments)
    discharge.before_leaving(**arguments, answers=_at_discharge(patient))
    discharge.discharge(**arguments)


def _at_discharge(patient: Patient) -> Mapping[str, Any]:
    call = today(patient) + timedelta(days=1)
    confirmed = {"escort_present": True, "when_to_call_given": True, "told_not_to_drive": True}
    return {"aldrete": 10.0, "padss": 10.0, **confirmed, "next_call": call.isoformat()}


def _acknowledge_alerts(row: InfusionSession, arguments: Mapping[str, Any]) -> None:
    for event in watching.live(row).watched.happenings:
        alerts.acknowledge(**arguments, episode=event.lead.episode, reason="seen at the bedside, patient well")


def followed(days: float, pain: float, peg: tuple[float, float, float]) -> Walk:
    """That many days later the patient reported pain and function."""

    def walk(patient: Patient, known: Known) -> None:
        CLOCK.pass_by(days=days)
        day = today(patient)
        forms = ({"instrument": "pain_nrs", "items": [pain]}, {"instrument": "peg", "items": list(peg)})
        entries = tuple(record_translate.new_answers(form, day) for form in forms)
        record_entries.enter(by=staff(Role.NURSE), patient=patient, entries=entries)

    return walk
