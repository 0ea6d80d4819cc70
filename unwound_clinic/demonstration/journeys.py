"""How far each invented person has come, and the steps that bring them there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from unwound.patient import Patient as Known
from unwound_clinic import access, translate
from unwound_clinic.access import Actor
from unwound_clinic.actions import patients, record
from unwound_clinic.models import Membership, Patient, Role

Walk = Callable[[Patient, Known], None]


@dataclass(frozen=True, slots=True)
class Journey:
    """One person: the file of their story, and the steps they went, in order."""

    person: str
    steps: tuple[Walk, ...] = ()


def one(role: Role) -> Actor:
    """The first of that role."""
    return access.of(Membership.objects.filter(role=role).order_by("pk")[0].user)


def to_today(known: Known, today: date) -> Known:
    """The same person with every date moved, so that the story is of today."""
    shift = today - known.as_of

    def moved(day: date | None) -> date | None:
        return None if day is None else day + shift

    facts = {id: fact.model_copy(update={"on": moved(fact.on)}) for id, fact in known.facts.items()}
    trials = tuple(
        trial.model_copy(update={"start": moved(trial.start), "end": moved(trial.end)}) for trial in known.trials
    )
    answers = tuple(form.model_copy(update={"on": moved(form.on)}) for form in known.answers)
    return known.model_copy(update={"as_of": today, "facts": facts, "trials": trials, "answers": answers})


def invited(patient: Patient, known: Known) -> None:
    """The link to the first form was given."""
    patients.invite(by=one(Role.COORDINATOR), patient=patient)


def told(patient: Patient, known: Known) -> None:
    """Everything of the story is in the record."""
    record.enter(by=one(Role.NURSE), patient=patient, entries=translate.entries_of(known, known.as_of))


def today(patient: Patient) -> date:
    """The day it is at the patient's site."""
    return timezone.now().astimezone(patient.site.zone).date()


def days_ago(patient: Patient, days: int) -> date:
    """A day before that."""
    return today(patient) - timedelta(days=days)


JOURNEYS = (
    Journey("chemotherapy_neuropathy_duloxetine_untried"),
    Journey("phq9_item_nine", (invited,)),
    Journey("sciatica_saddle_numbness", (invited, told)),
    Journey("crps_pregnancy_unknown", (invited, told)),
    Journey("crps_type_two", (invited, told)),
    Journey("fibromyalgia_sent_elsewhere", (invited, told)),
    Journey("crps_uncontrolled_hypertension", (invited, told)),
    Journey("spinal_cord_injury_candidate", (invited, told)),
    Journey("crps_three_classes_failed", (invited, told)),
    Journey("painful_diabetic_neuropathy_refractory", (invited, told)),
    Journey("postherpetic_neuralgia_refractory", (invited, told)),
    Journey("depression_and_crps", (invited, told)),
)
