"""The steps of a way through the clinic up to the checked plan, each through the actions of a real one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from django.utils import timezone

import unwound.consents
import unwound.intake
from unwound.candidacy import Verdict
from unwound.patient import Patient as Known
from unwound_clinic.core import access
from unwound_clinic.core.access import Staff
from unwound_clinic.intake.actions import first_form
from unwound_clinic.models import Entry, Membership, Patient, Role
from unwound_clinic.record import importing, review
from unwound_clinic.record.actions import entries, patients
from unwound_clinic.record.entries import New, current
from unwound_clinic.treatment.actions import consents, decisions, plans
from unwound_clinic.treatment.pages.consent import text_for

FIRST_LINE_DAYS = 84
"""After how long the demonstration's physician sees again whom they sent to other treatments first."""

Walk = Callable[[Patient, Known], None]


def one(role: Role) -> Staff:
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


def brought(known: Known, held: Iterable[Entry] = ()) -> tuple[New, ...]:
    """What the story adds to what is in the record."""
    return tuple(importing.compare(importing.Record("first visit", known), held).entries)


def invited(patient: Patient, known: Known) -> None:
    """The link to the first form was given."""
    patients.invite(by=one(Role.COORDINATOR), patient=patient)


def answered(patient: Patient, known: Known) -> None:
    """The patient filled in some of the form; red flags raise their alarms."""
    link = patient.links.latest("id")
    by = access.of_link(link)
    assert patient.birth_date is not None
    first_form.open_link(by=by, patient=patient, link=link, birth_date=patient.birth_date)
    asked = {question.fact for step in unwound.intake.steps().values() for question in step.questions}
    entries = [one for one in brought(known) if one.kind == "answers" or one.key in asked]
    first_form.answer(by=by, patient=patient, link=link, entries=tuple(entries))


def sent(patient: Patient, known: Known) -> None:
    """The patient sent the form."""
    link = patient.links.latest("id")
    first_form.finish(by=access.of_link(link), patient=patient, link=link)


def told(patient: Patient, known: Known) -> None:
    """Everything of the story is in the record."""
    entries.enter(by=one(Role.NURSE), patient=patient, entries=brought(known, current(patient)))


def decided(patient: Patient, known: Known) -> None:
    """The physician read the assessment and accepted it."""
    reviewed = review.review_of(patient, today(patient))
    advised = reviewed.review.candidacy.verdict
    indication = reviewed.review.candidacy.indication if advised == Verdict.CANDIDATE else ""
    later = today(patient) + timedelta(days=FIRST_LINE_DAYS) if advised == Verdict.FIRST_LINE_FIRST else None
    decisions.sign(
        by=one(Role.PHYSICIAN),
        patient=patient,
        seen=reviewed.seen,
        decided=advised,
        indication=indication or "",
        review_on=later,
    )


def consented(protocol: str) -> Walk:
    """The patient read the text for that course and signed it."""

    def walk(patient: Patient, known: Known) -> None:
        words = text_for(patient, {"protocol": protocol})
        offer, _ = consents.offer(by=one(Role.NURSE), patient=patient, here=True, **words)
        by = access.of_link(offer)
        consents.open_offer(by=by, patient=patient, offer=offer, birth_date=patient.birth_date)
        agreed = {one["id"]: True for one in offer.statements}
        fingerprint = unwound.consents.fingerprint(offer.text)
        consents.sign(
            by=by, patient=patient, offer=offer, choices=agreed, typed_name=patient.full_name, text_hash=fingerprint
        )

    return walk


def ordered(protocol: str, concentration_mg_per_ml: float) -> Walk:
    """The physician ordered the course."""

    def walk(patient: Patient, known: Known) -> None:
        found = plans.calculate(
            patient,
            protocol,
            concentration_mg_per_ml=concentration_mg_per_ml,
            start_on=today(patient),
            drug=None,
            despite=(),
            now=timezone.now(),
        )
        plans.order(
            by=one(Role.PHYSICIAN),
            patient=patient,
            protocol=protocol,
            concentration_mg_per_ml=concentration_mg_per_ml,
            seen_total_mg=found.total_mg,
            start_on=today(patient),
        )

    return walk


def checked(patient: Patient, known: Known) -> None:
    """A second person weighed and reckoned again."""
    plan = patient.plans.latest("id")
    differs = plans.check(
        by=one(Role.ANAESTHESIA),
        patient=patient,
        plan=plan,
        weight_kg=plan.weight_kg,
        total_mg=plan.shown["total_mg"],
    )
    assert not differs, differs


def today(patient: Patient) -> date:
    """The day it is at the patient's site."""
    return timezone.now().astimezone(patient.site.zone).date()
