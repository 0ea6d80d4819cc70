"""The steps through the clinic up to the checked plan, each made by the actions of a real clinic."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from django.utils import timezone

import unwound.consents
import unwound.intake
from unwound import screens
from unwound.candidacy import Verdict
from unwound.patient import Patient as Known
from unwound.terms import Purpose
from unwound_clinic.core import access
from unwound_clinic.core.access import Staff
from unwound_clinic.intake.actions import first_form
from unwound_clinic.models import Entry, Membership, Patient, Role
from unwound_clinic.record import comparing, importing, review
from unwound_clinic.record.actions import entries, patients
from unwound_clinic.record.entries import New, current
from unwound_clinic.treatment import second_check
from unwound_clinic.treatment.actions import consents, decisions, plans
from unwound_clinic.treatment.pages.consent import text_for

FIRST_LINE_DAYS = 84
"""After how many days the demonstration's physician reviews a patient who has first-line treatment first."""

Walk = Callable[[Patient, Known], None]


def staff(role: Role) -> Staff:
    """The first member of staff with that role."""
    return access.staff(Membership.objects.filter(role=role).order_by("pk")[0].user)


def to_today(known: Known, today: date) -> Known:
    """The same patient with every date moved, so that the story ends today."""
    shift = today - known.as_of

    def moved(day: date | None) -> date | None:
        return None if day is None else day + shift

    facts = {id: fact.model_copy(update={"on": moved(fact.on)}) for id, fact in known.facts.items()}
    trials = tuple(
        trial.model_copy(update={name: moved(getattr(trial, name)) for name in ("start", "end", "ordered")})
        for trial in known.trials
    )
    answers = tuple(form.model_copy(update={"on": moved(form.on)}) for form in known.answers)
    return known.model_copy(update={"as_of": today, "facts": facts, "trials": trials, "answers": answers})


def new_entries(known: Known, current_entries: Iterable[Entry] = ()) -> tuple[New, ...]:
    """The entries of the story that are not in the record yet."""
    return tuple(comparing.compare(importing.Record(name="first visit", known=known), current_entries).entries)


def invited(patient: Patient, known: Known) -> None:
    """The patient was given the link to the first form."""
    patients.invite(by=staff(Role.COORDINATOR), patient=patient)


def answered(patient: Patient, known: Known) -> None:
    """The patient filled in some of the form; red flags raise their alarms."""
    link = patient.links.latest("id")
    by = access.patient_link(link)
    assert patient.birth_date is not None
    first_form.open_link(by=by, patient=patient, link=link, birth_date=patient.birth_date)
    pages = unwound.intake.steps().values()
    asked = {question.fact for page in pages for question in page.questions}
    asked |= {item.fact for page in pages for group in page.groups for item in screens.screens()[group.screen].items}
    entries = [entry for entry in new_entries(known) if entry.kind == "answers" or entry.key in asked]
    first_form.answer(by=by, patient=patient, link=link, entries=tuple(entries))


def sent(patient: Patient, known: Known) -> None:
    """The patient sent the form."""
    link = patient.links.latest("id")
    first_form.finish(by=access.patient_link(link), patient=patient, link=link)


def recorded(patient: Patient, known: Known) -> None:
    """The whole story was entered in the record."""
    entries.enter(by=staff(Role.NURSE), patient=patient, entries=new_entries(known, current(patient)))


def decided_for(aim: Purpose) -> Walk:
    """The physician read the assessment and accepted the advice on ketamine for this aim."""

    def walk(patient: Patient, known: Known) -> None:
        reviewed = review.review_of(patient, today(patient))
        advice = reviewed.review.candidacy if aim == Purpose.PAIN else reviewed.review.depression
        assert advice is not None
        for_pain = aim == Purpose.PAIN and advice.verdict == Verdict.CANDIDATE
        later = today(patient) + timedelta(days=FIRST_LINE_DAYS) if advice.verdict in decisions.SEEN_AGAIN else None
        decisions.sign(
            by=staff(Role.PHYSICIAN),
            patient=patient,
            seen=reviewed.seen,
            decided=advice.verdict,
            aim=aim,
            indication=reviewed.review.candidacy.indication if for_pain else "",
            review_on=later,
        )

    return walk


decided = decided_for(Purpose.PAIN)


def consented(protocol: str) -> Walk:
    """The patient read the text for that course and signed it."""

    def walk(patient: Patient, known: Known) -> None:
        text = text_for(patient, {"protocol": protocol})
        offer, _ = consents.offer(by=staff(Role.NURSE), patient=patient, here=True, **text)
        by = access.patient_link(offer)
        consents.open_offer(by=by, patient=patient, offer=offer, birth_date=patient.birth_date)
        agreed = {statement["id"]: True for statement in offer.statements}
        fingerprint = unwound.consents.fingerprint(offer.text)
        consents.sign(
            by=by, patient=patient, offer=offer, choices=agreed, typed_name=patient.full_name, text_hash=fingerprint
        )

    return walk


def ordered(protocol: str, concentration_mg_per_ml: float) -> Walk:
    """The physician ordered the course."""

    def walk(patient: Patient, known: Known) -> None:
        calculated = plans.calculate(
            patient,
            protocol,
            concentration_mg_per_ml=concentration_mg_per_ml,
            start_on=today(patient),
            drug=None,
            despite=(),
            now=timezone.now(),
        )
        plans.order(
            by=staff(Role.PHYSICIAN),
            patient=patient,
            protocol=protocol,
            concentration_mg_per_ml=concentration_mg_per_ml,
            seen_total_mg=calculated.total_mg,
            start_on=today(patient),
        )

    return walk


def checked(patient: Patient, known: Known) -> None:
    """A second person weighed the patient and calculated again."""
    plan = patient.plans.latest("id")
    differences = plans.check(
        by=staff(Role.ANAESTHESIA),
        patient=patient,
        plan=plan,
        worked_out=second_check.WorkedOut.of(plan),
    )
    assert not differences, differences


def today(patient: Patient) -> date:
    """Today's date at the patient's site."""
    return timezone.now().astimezone(patient.site.zone).date()
