"""Patients who have tried something, for the tests of trials, refractoriness and next steps."""

from __future__ import annotations

from datetime import date
from typing import Any

from unwound import facts, therapies
from unwound.ladder import Ladder
from unwound.patient import Medication, Patient, Trial

DAY = date(2026, 11, 21)


def someone(
    *trials: Trial, jurisdiction: Any = None, medications: tuple[Medication, ...] = (), **known: Any
) -> Patient:
    """Somebody whose trials were all taken for this pain and as prescribed, unless something else is `known`."""
    patient = Patient(as_of=DAY, trials=trials, jurisdiction=jurisdiction, medications=medications)
    patient = patient.knowing(**{"trials_confirmed": True} | known)
    facts.check(patient)
    return patient


def tried(therapy: str, **fields: Any) -> Trial:
    return Trial(therapy=therapy, **fields)


def failed(therapy: str, **fields: Any) -> Trial:
    adequate = therapies.therapies()[therapy].adequate
    assert adequate is not None
    dose = adequate.dose.value if adequate.dose else None
    told: dict[str, Any] = {"top_dose": dose, "days": 200, "days_at_top": 100, "relief_percent": 10, "adherent": True}
    return Trial(therapy=therapy, **(told | {"stopped": "no-effect"} | fields))


def verdict(patient: Patient) -> str:
    (entry,) = therapies.ledger(patient).entries
    return entry.verdict


def steps(patient: Patient, *conditions: str, ladder: Ladder | None = None) -> dict[str, therapies.Step]:
    found = therapies.next_steps(patient, therapies.ledger(patient), conditions=conditions, ladder=ladder)
    assert len({step.therapy for step in found}) == len(found), "a therapy is offered twice"
    return {step.therapy: step for step in found}


THREE = (failed("nortriptyline"), failed("duloxetine"), failed("gabapentin"))
PAIN = {"pain_duration_days": 400, "pain_average_nrs": 8, "pain_interferes_much": True}


def local(patient: Patient) -> bool | None:
    return therapies.ledger(patient).refractory_local.holds


def delphi(patient: Patient) -> bool | None:
    return therapies.ledger(patient).refractory_delphi.holds
