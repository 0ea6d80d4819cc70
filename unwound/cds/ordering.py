"""What is said of an order: a dose above this patient's highest, a tricyclic at risk, an opioid first, a course."""

from __future__ import annotations

import math
from collections.abc import Iterator

from unwound import cautions, conditions, derive, drugs, evidence, facts
from unwound.cautions import CautionKind, CautionLevel
from unwound.cds.card import Card, Indicator, Order, rule
from unwound.cds.viewing import first_line_left, listed, pain_is_named
from unwound.patient import Medication, Patient
from unwound.record import unique
from unwound.therapies import Against, Therapy, doses, knowledge
from unwound.therapies.doses import Ceiling, Kidneys
from unwound.therapies.knowledge import ObjectionLevel


def of_orders(
    patient: Patient, orders: tuple[Order, ...], course_planned: bool, results_missing: bool
) -> Iterator[Card]:
    """What each order gives reason to say; orders of anything else are not looked at further than their name."""
    for order in orders:
        ordered = _ingredients(order.drug)
        if not ordered:
            continue
        before = derive.derive(_without(patient, ordered))
        goes_on = _is_taken(patient, ordered)
        id = knowledge.therapy_of(order.drug)
        therapy = knowledge.therapies().get(id) if id else None
        if id and therapy and therapy.drug_class in rule().dose_classes:
            yield from _dose(before, order, id, therapy, results_missing)
        if id and therapy and therapy.drug_class == "tca":
            yield from _tricyclic(before, order, id, goes_on)
        if not goes_on and any("opioid" in drugs.classes(drug) for drug in ordered):
            yield from _opioid_first(before, order)
        if course_planned and not goes_on:
            yield from _beside_a_course(before, order)


def _ingredients(written: str) -> tuple[str, ...]:
    return drugs.ingredients(text=written)


def _is_taken(patient: Patient, ordered: tuple[str, ...]) -> bool:
    """Whether it is on the list already: a renewal brings no new danger, but may bring a new dose."""
    return any(set(_ingredients(taken.drug)) & set(ordered) for taken in patient.medications)


def _without(patient: Patient, ordered: tuple[str, ...]) -> Patient:
    """The patient without what is ordered: it cannot speak against itself."""
    gone = set(ordered)
    return patient.with_checked(
        medications=tuple(taken for taken in patient.medications if not gone & set(_ingredients(taken.drug))),
        trials=tuple(
            trial for trial in patient.trials if not (trial.ongoing and gone & set(_ingredients(trial.therapy)))
        ),
    )


def _dose(known: Patient, order: Order, id: str, therapy: Therapy, results_missing: bool) -> Iterator[Card]:
    """The dose against the highest for this patient; an unknown function of the kidneys is no reason to speak.

    Only where results did not come, or not all of them, is it said that it could not be looked at.
    """
    kidneys = doses.kidneys(known)
    ceiling = doses.ceiling(known, kidneys, id, _plausible(known))
    usual = therapy.dosing.maximum.value if therapy.dosing.maximum else math.inf
    highest = min(ceiling.value, usual)
    dose = order.dose_mg_per_day
    if dose is None:
        if ceiling.value < usual:
            yield _card_of_dose(order, ceiling, kidneys, known, highest=highest, how=Indicator.INFO, id="dose-not-read")
    elif dose > highest:
        yield _card_of_dose(
            order, ceiling, kidneys, known, highest=highest, how=Indicator.WARNING, id="dose-above-ceiling"
        )
    elif ceiling.unknown and dose > ceiling.lowest and results_missing:
        yield Card(
            id="kidneys-not-seen",
            summary=f"{_title(order)} {dose:g} mg a day: the kidney function could not be looked at",
            detail=(
                f"With reduced kidney function the highest dose may be as low as {ceiling.lowest:g} {therapy.unit}.",
                "The results did not come with the call, or not all of them: nothing follows about the kidneys.",
            ),
            indicator=Indicator.INFO,
            sources=ceiling.sources,
            strength=_checked(ceiling.sources),
            about=order.ref,
        )


def _card_of_dose(
    order: Order, ceiling: Ceiling, kidneys: Kidneys, known: Patient, *, highest: float, how: Indicator, id: str
) -> Card:
    # What the card says depends on what is known: the country, the kidneys, and whether the dose was read.
    limit = "to be avoided" if ceiling.avoid else f"at most {highest:g} mg a day"
    dose = order.dose_mg_per_day
    written = "dose not read" if dose is None else f"{dose:g} mg a day"
    why = ceiling.because if ceiling.value <= highest and ceiling.because else "the highest dose of any patient"
    detail = [f"For this patient {limit}: {why}."]
    if ceiling.frequency:
        detail.append(f"Given {ceiling.frequency}.")
    if ceiling.elsewhere is not None:
        elsewhere = f"elsewhere it is up to {ceiling.elsewhere:g} mg a day"
        detail.append(f"The country is not known here: the lower limit was taken; {elsewhere}.")
    detail.append("Stop or reduce slowly, never abruptly." if dose is not None else "Check the dose that is ordered.")
    unchecked = tuple(f"not in the record: {what}" for what in ceiling.may_fall)
    if kidneys.ml_per_min is not None and facts.known(known, "crcl_ml_per_min") is None and not kidneys.dialysis:
        unchecked += ("creatinine clearance: creatinine, weight, age or sex is missing, so the eGFR was used",)
    return Card(
        id=id,
        summary=f"{_title(order)}, {written}: for this patient {limit}",
        detail=tuple(detail),
        indicator=how,
        sources=ceiling.sources or evidence.cite(knowledge.therapies()[knowledge.therapy_of(order.drug) or ""].dosing),
        strength=_checked(ceiling.sources),
        about=order.ref,
        unchecked=unchecked,
    )


def _tricyclic(known: Patient, order: Order, id: str, goes_on: bool) -> Iterator[Card]:
    """What speaks against a tricyclic by age or heart; for one that is taken already only what forbids it."""
    against = [
        objection for objection in _objections(known, id) if objection.level == ObjectionLevel.ABSOLUTE or not goes_on
    ]
    if not against:
        return
    absolute = against[0].level == ObjectionLevel.ABSOLUTE
    unknown = (fact for fact in rule().tricyclic_needs if facts.known(known, fact) is None)
    yield Card(
        id="tricyclic-risk",
        summary=f"{_title(order)}: {against[0].text}",
        detail=tuple(
            f"{objection.text[:1].upper()}{objection.text[1:]} ({'; '.join(objection.because) or 'on record'})."
            for objection in against
        ),
        indicator=Indicator.WARNING if absolute else Indicator.INFO,
        sources=unique(objection.source for objection in against),
        strength="; ".join(
            unique(f"{_short_source(objection.source)}, read: {objection.checked}" for objection in against)
        ),
        about=order.ref,
        unchecked=tuple(f"not in the record: {facts.vocabulary()[fact].says}" for fact in unknown),
    )


def _objections(known: Patient, id: str) -> list[Against]:
    """The objections that hold and turn on one of the facts that are spoken of; the absolute ones first."""
    spoken, held = set(rule().tricyclic_reads), list[Against]()
    for reason in knowledge.against(id):
        if spoken.isdisjoint(reason.when.facts()):
            continue
        judgement = facts.warns(known, reason.when)
        if judgement.holds:
            held.append(Against.of(reason, judgement))
    return sorted(held, key=lambda objection: objection.level)


def _opioid_first(known: Patient, order: Order) -> Iterator[Card]:
    """An opioid for somebody with neuropathic pain of whom no first-line medicine is on record."""
    if (
        order.elsewhere
        or not pain_is_named(known)
        or not set(_plausible(known, any_level=True)).isdisjoint(rule().opioid_elsewhere)
    ):
        return
    first = first_line_left(known)
    if not first:
        return
    third = rule().opioid_third_line
    yield Card(
        id="opioid-first",
        summary=f"{_title(order)}: if it is for the neuropathic pain, no first-line medicine is on record before it",
        detail=(
            f"{third.text[:1].upper()}{third.text[1:]}.",
            f"Not on record, and nothing known speaks against them: {listed(first)}.",
            "If it is for something else, or they were tried elsewhere, nothing follows from this.",
        ),
        indicator=Indicator.INFO,
        sources=(third.source,),
        strength=f"weak recommendation ({_short_source(third.source)}, read: {third.checked})",
        about=order.ref,
    )


def _beside_a_course(before: Patient, order: Order) -> Iterator[Card]:
    """What the order would bring to an infusion of ketamine that is due."""
    known = {finding.id for finding in cautions.screen(before) if finding.holds}
    taken = Medication(drug=order.drug, dose_mg_per_day=order.dose_mg_per_day)
    after = derive.derive(before.with_checked(medications=(*before.medications, taken)))
    for finding in cautions.screen(after):
        new = finding.holds and finding.id not in known
        if new and finding.kind in (CautionKind.INTERACTION, CautionKind.CONTRAINDICATION):
            yield Card(
                id=f"course-{finding.id}",
                summary=f"{_title(order)}: a ketamine infusion is planned. {finding.title}",
                detail=(finding.reason, finding.action),
                indicator=Indicator.INFO if finding.level == CautionLevel.NOTE else Indicator.WARNING,
                sources=finding.sources,
                strength=f"read: {finding.checked}",
                about=order.ref,
            )


def _plausible(known: Patient, *, any_level: bool = False) -> tuple[str, ...]:
    grades = conditions.grade(known)
    return tuple(grade.condition for grade in grades) if any_level else conditions.plausible(grades)


def _title(order: Order) -> str:
    name = order.name
    return f"{name[:1].upper()}{name[1:]}"


def _short_source(id: str) -> str:
    study = evidence.study(id)
    return f"{study.title} ({study.year})"


def _checked(sources: tuple[str, ...]) -> str:
    """The sources in short, with how well each was read."""
    listed = [f"{_short_source(id)}, read: {evidence.study(id).checked}" for id in sources]
    return "; ".join(listed) or "a local rule"
