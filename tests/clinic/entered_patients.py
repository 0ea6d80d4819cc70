"""Synthetic patients of the library's tests, entered into the small clinic by its actions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from small_clinic import House, register
from synthetic_patients import synthetic

from unwound.patient import Patient as Known
from unwound.record import UnwoundError
from unwound_clinic.models import Patient
from unwound_clinic.record import translate
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New


def enter(house: House, number: int) -> list[Patient]:
    """So many patients at the first site, with everything of them that a form of the clinic takes."""
    nurse, physician = house.by("nurse"), house.by("physician")
    made = []
    for place, known in enumerate(synthetic(number)):
        patient = register(nurse, house.site, f"Testcase-{place}", "Synthetic")
        new = {(one.kind, one.key): one for one in _entries(known)}
        entries.enter(by=physician, patient=patient, entries=tuple(new.values()), reason="")
        made.append(patient)
    return made


def _entries(known: Known) -> Iterator[New]:
    """What of a patient can be entered; a combination that a form refuses is left out."""
    for id, fact in known.facts.items():
        value = list(fact.value) if isinstance(fact.value, tuple) else fact.value
        yield translate.new_fact(id, value, fact.on)
    for place, trial in enumerate(known.trials):
        with suppress(ValueError, UnwoundError):
            value = trial.model_dump(mode="json", exclude_defaults=True)
            yield translate.new_trial(f"line-{place}", {**value, "pains": []})
    for form in known.answers:
        with suppress(ValueError, UnwoundError):
            value = form.model_dump(mode="json", exclude_defaults=True)
            value.pop("on", None)
            value.pop("pain", None)
            yield translate.new_answers(value, form.on or date(2026, 11, 1))
    for place, medicine in enumerate(known.medications):
        with suppress(ValueError, UnwoundError):
            value = medicine.model_dump(mode="json", exclude_defaults=True)
            yield translate.new_medication(f"medicine-{place}", value)
    for place, allergy in enumerate(known.allergies):
        yield New(kind="allergy", key=f"allergy-{place}", value={"substance": allergy})
    for answer in known.screened:
        if answer.items and answer.on:
            with suppress(UnwoundError):
                yield translate.new_screened(answer.group, answer.items, answer.on)
