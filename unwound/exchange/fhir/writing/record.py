"""A whole patient as resources, in the order in which they are read back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from unwound.exchange.fhir.writing.allergies import allergy
from unwound.exchange.fhir.writing.facts import fact
from unwound.exchange.fhir.writing.forms import form
from unwound.exchange.fhir.writing.medications import medication
from unwound.exchange.fhir.writing.pains import pain
from unwound.exchange.fhir.writing.person import person
from unwound.exchange.fhir.writing.provenance import provenances
from unwound.exchange.fhir.writing.screened import screened
from unwound.exchange.fhir.writing.trials import trial
from unwound.exchange.fhir.writing.words import Resource, id_of
from unwound.patient import Patient
from unwound.record import UnwoundError

NOT_HELD = (
    "the day of the review (as_of): a resource is of the day on which it was stated, whenever it is read",
    "the origin of a fact is its Provenance; whoever reads the resource back names the resource as its origin",
    "the administrative gender is not known here: the sex at birth stands as an extension (US Core birthsex)",
    "readings of monitors, alerts and messages: they are in the tables, as they were received",
    "who looked at what (the audit log), accounts and roles: they are in the tables",
)
"""What the FHIR part does not hold, or holds in another way, for a manifest."""


def resources(
    patient: Patient, *, id: str, at: datetime, family: str = "", given: str = "", numbers: Sequence[str] = ()
) -> Iterator[Resource]:
    """Everything known of a patient; `id` names the Patient resource, `at` is when it is written out.

    UnwoundError for an id that FHIR does not take.
    """
    if not (0 < len(id) <= 64 and id.isascii() and all(sign.isalnum() or sign in "-." for sign in id)):
        raise UnwoundError(f"«{id[:70]}» is no id of FHIR: up to 64 letters, digits, «-» and «.» are needed")
    yield person(patient, id, family=family, given=given, numbers=numbers)
    written: list[tuple[str, Resource]] = []
    for each in clinical(patient, id):
        written.append(each)
        yield each[1]
    yield from provenances(written, id, at)


def clinical(patient: Patient, id: str) -> Iterator[tuple[str, Resource]]:
    """Every resource of the record with its origin."""
    seen = Counter[object]()

    def again(*key: object) -> int:
        """How many of the same were before it: what is there twice keeps two ids."""
        seen[key] += 1
        return seen[key] - 1

    for own in patient.pains:
        yield "", pain(own, id)
        for name, known in own.facts.items():
            yield known.origin, fact(name, known, id, id_of(id, "pain", own.name))
    for name, known in patient.facts.items():
        yield known.origin, fact(name, known, id)
    for place, tried in enumerate(patient.trials):
        yield tried.origin, trial(tried, id, place, again("trial", tried.therapy, tried.start))
    for taken in patient.medications:
        yield taken.origin, medication(taken, id, again("medication", taken.drug))
    for written in patient.allergies:
        yield "", allergy(written, id, again("allergy", written))
    for answers in patient.answers:
        yield answers.origin, form(answers, id, again("form", answers.instrument, answers.on, answers.pain))
    for group in patient.screened:
        yield "", screened(group, id, again("screened", group.group))
