"""Patients with facts of one condition, for the tests of grading."""

from collections.abc import Mapping
from datetime import date

from unwound import conditions
from unwound.conditions import Grade
from unwound.patient import Fact, Patient, Value

TODAY = date(2026, 11, 21)


DPN = {
    "diabetes": True,
    "pain_began_in_plausible_time": True,
    "pain_distribution": ("distal-symmetric",),
}
CRPS = {
    "crps_after_limb_event": True,
    "crps_disproportionate": True,
    "crps_no_better_diagnosis": True,
    "crps_symptom_sensory": True,
    "crps_symptom_vasomotor": True,
    "crps_symptom_sudomotor": True,
    "crps_symptom_motor": False,
    "crps_sign_sensory": True,
    "crps_sign_vasomotor": True,
    "crps_major_nerve_lesion": False,
    "pain_distribution": ("regional-limb",),
}
FIBROMYALGIA = {"wpi": 12.0, "sss": 8.0, "pain_regions": 5.0, "pain_duration_days": 400.0}
KOSEK = {
    "pain_duration_days": 400.0,
    "pain_distribution": ("widespread",),
    "pain_hypersensitivity_evoked": True,
    "hypersensitivity_history": True,
    "nociplastic_comorbidity": True,
    "tissue_damage_explains_pain": False,
}


def somebody(known: Mapping[str, Value]) -> Patient:
    return Patient(as_of=TODAY, facts={id: Fact(value=value, on=TODAY) for id, value in known.items()})


def grades(known: Mapping[str, Value]) -> dict[str, Grade]:
    return {one.condition: one for one in conditions.grade(somebody(known))}


def flags(known: Mapping[str, Value]) -> conditions.Flags:
    patient = somebody(known)
    return conditions.flags(patient, conditions.grade(patient))
