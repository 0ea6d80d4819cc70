"""Doses that are taken now and lie above the patient's own ceiling: nobody may have seen it since the kidneys fell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from unwound import drugs
from unwound.patient import Patient
from unwound.record import unique
from unwound.therapies import doses, knowledge
from unwound.therapies.doses import Ceiling

MILLIGRAMS = "mg/day"


@dataclass(frozen=True, slots=True, kw_only=True)
class TooHigh:
    """One medicine that is taken now at a daily dose (in mg) above what suits this patient."""

    written: str
    mg_per_day: float
    ceiling: Ceiling

    @property
    def because(self) -> str:
        """In words: «pregabalin 450 mg/day: ceiling 75 mg/day at on dialysis»."""
        return f"{self.written} {self.mg_per_day:g} {MILLIGRAMS}: {self.ceiling.because}"


def too_high(patient: Patient, conditions: tuple[str, ...] = ()) -> tuple[TooHigh, ...]:
    """The medicines taken now above their ceiling, the list of medicines first, then trials that go on.

    Only a ceiling that is known to hold counts; what is not known may lower it, and is asked with the schedule.
    """
    kidneys, found = doses.kidneys(patient), dict[str, TooHigh]()
    for written, mg_per_day in _taken(patient):
        id = _therapy(written)
        if id is None or id in found:
            continue
        ceiling = doses.ceiling(patient, kidneys, id, conditions)
        if mg_per_day > ceiling.value:
            found[id] = TooHigh(written=written, mg_per_day=mg_per_day, ceiling=ceiling)
    return tuple(found.values())


def _taken(patient: Patient) -> Iterator[tuple[str, float]]:
    """Each medicine taken now whose daily dose is known, as it was written."""
    for medicine in patient.medications:
        dose = medicine.dose_mg_per_day
        dose = drugs.daily_mg(medicine.drug) if dose is None else dose
        if dose is not None:
            yield medicine.drug, dose
    listed = {_therapy(medicine.drug) for medicine in patient.medications}
    for trial in patient.trials:
        goes_on = trial.ongoing and trial.stopped is None and trial.top_dose is not None
        if goes_on and _therapy(trial.therapy) not in listed:
            yield trial.therapy, float(trial.top_dose or 0.0)


def _therapy(written: str) -> str | None:
    """The therapy whose ceiling holds for it: of a single substance, in milligrams."""
    if len(unique(drugs.ingredients(text=written))) != 1:
        return None
    id = knowledge.therapy_of(written)
    return id if id is not None and knowledge.therapies()[id].unit == MILLIGRAMS else None
