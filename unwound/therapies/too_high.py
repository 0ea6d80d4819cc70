"""Doses that are taken now and lie above the patient's own ceiling: nobody may have seen it since the kidneys fell."""

from __future__ import annotations

from dataclasses import dataclass

from unwound import drugs
from unwound.patient import Patient
from unwound.record import unique
from unwound.therapies import doses, knowledge
from unwound.therapies.doses import Ceiling

MILLIGRAMS = "mg/day"


@dataclass(frozen=True, slots=True, kw_only=True)
class TooHigh:
    """One therapy that is taken now at a daily dose (in mg, all its rows together) above what suits this patient."""

    therapy: str
    title: str
    mg_per_day: float
    ceiling: Ceiling

    @property
    def because(self) -> str:
        """In words: «pregabalin 450 mg/day: ceiling 75 mg/day on dialysis»."""
        return f"{self.title} {self.mg_per_day:g} {MILLIGRAMS}: {self.ceiling.because}"


def too_high(patient: Patient, conditions: tuple[str, ...] = ()) -> tuple[TooHigh, ...]:
    """The medicines taken now above their ceiling, the list of medicines first, then trials that go on.

    Only a ceiling that is known to hold counts; what is not known may lower it, and is asked with the schedule.
    """
    kidneys, above = doses.kidneys(patient), list[TooHigh]()
    for id, (title, mg_per_day) in _taken(patient).items():
        ceiling = doses.ceiling(patient, kidneys, id, conditions)
        if mg_per_day > ceiling.value:
            above.append(TooHigh(therapy=id, title=title, mg_per_day=mg_per_day, ceiling=ceiling))
    return tuple(above)


def _taken(patient: Patient) -> dict[str, tuple[str, float]]:
    """Each therapy taken now whose daily dose is known, with its drug: rows of the list are added, trials are not.

    A trial that goes on tells the dose only where the list does not: both mean the same tablets.
    """
    taken: dict[str, tuple[str, float]] = {}
    for medicine in patient.medications:
        dose = medicine.dose_mg_per_day
        dose = drugs.daily_mg(medicine.drug) if dose is None else dose
        if dose is not None and (id := _therapy(medicine.drug)):
            taken[id] = (_drug(medicine.drug), taken.get(id, ("", 0.0))[1] + dose)
    listed = frozenset(taken)
    for trial in patient.trials:
        goes_on = trial.ongoing and trial.stopped is None and trial.top_dose is not None
        id = _therapy(trial.therapy) if goes_on else None
        if id and id not in listed:
            highest = max(float(trial.top_dose or 0.0), taken.get(id, ("", 0.0))[1])
            taken[id] = (_drug(trial.therapy), highest)
    return taken


def _drug(written: str) -> str:
    return drugs.ingredients(text=written)[0]


def _therapy(written: str) -> str | None:
    """The therapy whose ceiling holds for it: of a single substance, in milligrams."""
    if len(unique(drugs.ingredients(text=written))) != 1:
        return None
    id = knowledge.therapy_of(written)
    return id if id is not None and knowledge.therapies()[id].unit == MILLIGRAMS else None
