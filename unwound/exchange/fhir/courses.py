"""MedicationRequest, MedicationStatement and MedicationAdministration: one stretch of taking one drug each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal

from unwound import drugs, routes, units
from unwound.exchange.fhir import conditions, dosage, reasons
from unwound.exchange.fhir.chart import Chart, Unreadable
from unwound.exchange.fhir.dosage import Phase, later
from unwound.exchange.fhir.shapes import (
    NOTHING,
    RXNORM,
    Moment,
    Object,
    all_names,
    codings,
    moment,
    name,
    notes,
    number,
    obj,
    objects,
    status,
    text,
)
from unwound.exchange.fhir.tables import tables, whole_words
from unwound.routes import Way
from unwound.terms import Purpose, TrialEffect, WhyStopped

_NOT_IN_FORCE = frozenset(
    ("cancelled", "entered-in-error", "draft", "not-done", "not-taken", "intended", "preparation", "nullified")
)
_NOT_AN_ORDER = frozenset(("proposal", "plan", "option"))
_GOING_ON = frozenset(("active", "in-progress"))
_NOT_CLEAR = frozenset(("on-hold", "unknown", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One stretch of taking one drug, as one resource tells it; None is unknown."""

    drug: str
    """Drug id, or the written name of what is not in the catalogue."""
    product: str
    substances: tuple[str, ...]
    state: Literal["going-on", "ended", "not-clear"]
    origin: str
    mg_per_day: float | None = None
    why_not: str = ""
    """WhyStopped the dose is not known."""
    start: Moment | None = None
    end: date | None = None
    """The last day, where it is known."""
    latest_end: date | None = None
    """Where the end is not known: the day after which it cannot have gone on."""
    purpose: Purpose | None = None
    reason: str = ""
    stopped: WhyStopped | None = None
    effect: TrialEffect | None = None
    relief_percent: float | None = None
    side_effects: str = ""
    note: str = ""
    local: str = ""
    """How it is given, where that is no treatment of the whole body and none of its own: «on the skin»."""
    one_dose_mg: float | None = None
    """An administration's single dose: those of a day are added before they count."""


def read(resource: Object, chart: Chart) -> tuple[Course, ...]:
    """The courses of one resource; empty when it is not in force. Unreadable when no medicine is named.

    First what is not in force is left out; then an administration goes another way than an order.
    """
    state = text(resource.get("status")).lower()
    if state in _NOT_IN_FORCE or text(resource.get("intent")).lower() in _NOT_AN_ORDER:
        return ()
    if resource.get("doNotPerform") is True:
        return ()
    written, codes, medication = _medicine(resource, chart)
    if not written and not codes:
        raise Unreadable("no medicine is named")
    substances = _ingredients(written, codes)
    first = Course(
        drug=drugs.recognise(text=written, rxnorm=codes) or written or f"RxNorm {codes[0]}",
        product=written,
        substances=substances,
        state="going-on" if state in _GOING_ON else "not-clear" if state in _NOT_CLEAR else "ended",
        origin=chart.origin,
    )
    if resource.get("resourceType") == "MedicationAdministration":
        return _administered(resource, _with_reasons(first, resource, chart), chart)
    dosages = objects(resource.get("dosageInstruction")) or objects(resource.get("dosage"))
    product = dosage.product(written, medication)
    phases = dosage.phases(dosages, product)
    for why in dict.fromkeys(phase.why_not for phase in phases if phase.conflict):
        chart.problem(why)
    first = _by_its_way(first, [phase.way or product.way for phase in phases])
    courses = _in_time(resource, _with_reasons(first, resource, chart), phases, state)
    return () if any(chart.is_later(course.start) for course in courses[:1]) else courses


def _by_its_way(course: Course, ways: Sequence[Way | None]) -> Course:
    """The plaster where lidocaine is given as one; what is given where it cannot treat the whole body is marked so."""
    if any(way is not None and way.id == "patch" for way in ways):
        course = replace(course, drug=drugs.recognise(text=f"{course.drug} patch") or course.drug)
    local = next((way.title for way in ways if way is not None and not routes.is_treatment(course.drug, way)), "")
    return replace(course, local=local)


def _medicine(resource: Object, chart: Chart) -> tuple[str, tuple[str, ...], Object]:
    """The written name, the RxNorm codes and the Medication resource, where there is one.

    Records name a medicine inline or by reference, in words or by a code: each is tried in turn.
    """
    concept, medication = resource.get("medicationCodeableConcept"), NOTHING
    if concept is None and resource.get("medicationReference") is not None:
        resolved = chart.resolve(resource.get("medicationReference"), resource)
        display = text(obj(resource.get("medicationReference")).get("display"))
        medication = resolved or NOTHING
        concept = medication.get("code") or {"text": display}
    codes = tuple(coding.code for coding in codings(concept) if coding.system == RXNORM)
    written = name(concept)
    if written and not _ingredients(written, codes):
        written = next((coding.display for coding in codings(concept) if _ingredients(coding.display, ())), written)
    return written, codes, medication


@lru_cache(maxsize=4096)
def _ingredients(written: str, codes: tuple[str, ...]) -> tuple[str, ...]:
    return drugs.ingredients(text=written, rxnorm=codes)


# ---- when


def _in_time(resource: Object, course: Course, phases: Sequence[Phase], state: str) -> tuple[Course, ...]:
    """The course over its phases: each begins where the one before it ends.

    The branches fill in what a phase leaves out, from its neighbours and from the order.
    """
    start, end, latest = _span(resource, state, phases)
    parts = []
    for position, phase in enumerate(phases):
        begins = _moment_of(phase.start) or start
        last = position == len(phases) - 1
        own_end = phase.end or later(begins.last if begins else None, phase.days)
        ends = own_end if own_end or not last else end
        part = replace(course, mg_per_day=phase.mg_per_day, why_not=phase.why_not, start=begins)
        longest = later(begins.last if begins else None, phase.at_most_days)
        latest_end = min((day for day in (latest, longest) if day), default=None)
        parts.append(replace(part, end=ends, latest_end=latest_end, state=course.state if last else "ended"))
        start = _moment_of(ends) if ends else start
    return tuple(parts)


def _span(resource: Object, state: str, phases: Sequence[Phase]) -> tuple[Moment | None, date | None, date | None]:
    """First day, last day, and the latest possible last day, as far as known."""
    period = obj(resource.get("effectivePeriod"))
    if period:
        return moment(period.get("start")), _first(moment(period.get("end"))), None
    effective = moment(resource.get("effectiveDateTime"))
    if effective is not None:
        return effective, None, None
    return _ordered(resource, state, phases)


def _ordered(resource: Object, state: str, phases: Sequence[Phase]) -> tuple[Moment | None, date | None, date | None]:
    """A prescription from its date: its supply and validity end it, but one that was stopped ended before.

    The branches are the dates a record may lack.
    """
    dispense = obj(resource.get("dispenseRequest"))
    validity = obj(dispense.get("validityPeriod"))
    start = moment(validity.get("start")) or moment(resource.get("authoredOn")) or moment(resource.get("dateAsserted"))
    if phases and phases[0].start is not None:
        start = _moment_of(phases[0].start)
    valid_until = _first(moment(validity.get("end")))
    supplied_until = later(start.last if start else None, _supply_days(dispense))
    if state == "stopped":
        return start, valid_until, supplied_until
    ends = [day for day in (valid_until, supplied_until) if day is not None]
    return start, min(ends) if ends else None, None


def _supply_days(dispense: Object) -> float | None:
    """Days that the first supply and its repeats last together."""
    supply = obj(dispense.get("expectedSupplyDuration"))
    value = number(supply.get("value"))
    days = None
    for key in ("code", "unit"):
        unit = text(supply.get(key))
        days = days or (units.in_days(value, _UNITS.get(unit, unit)) if value else None)
    repeats = number(dispense.get("numberOfRepeatsAllowed")) or 0.0
    return days * (1 + max(repeats, 0.0)) if days and days > 0 else None


_UNITS = {"day": "d", "days": "d", "week": "wk", "weeks": "wk", "month": "mo", "months": "mo"}


def _first(when: Moment | None) -> date | None:
    return when.first if when else None


def _moment_of(day: date | None) -> Moment | None:
    return moment(day.isoformat()) if day else None


def _administered(resource: Object, course: Course, chart: Chart) -> tuple[Course, ...]:
    """A dose that was given: on its day, with its amount; a rate alone gives none."""
    period = obj(resource.get("effectivePeriod"))
    when = moment(resource.get("effectiveDateTime")) or moment(period.get("start"))
    if chart.is_later(when):
        return ()
    administered = obj(resource.get("dosage"))
    once_a_day = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
    amount = {"doseQuantity": administered.get("dose")}
    single = {"doseAndRate": [amount], "timing": once_a_day, "route": administered.get("route")}
    phase = dosage.phases([single], dosage.product(course.product, NOTHING))[0]
    course = _by_its_way(course, [phase.way])
    end = _first(moment(period.get("end"))) or _first(when)
    return (replace(course, start=when, end=end, why_not=phase.why_not, one_dose_mg=phase.mg_per_day, state="ended"),)


# ---- why


def _with_reasons(course: Course, resource: Object, chart: Chart) -> Course:
    """What it was for, why it ended, what it did. A branch for each thing that a record may leave open."""
    because = [obj(concept) for concept in objects(resource.get("statusReason"))]
    why = " ; ".join(filter(None, (all_names(concept) for concept in because)))
    text = f"{why} . {notes(resource).lower()}"
    codes = {coding.code for concept in (*because, *objects(resource.get("reasonCode"))) for coding in codings(concept)}
    why_stopped = reasons.reasons_given(text, why, codes)
    stopped: WhyStopped | None = next(iter(why_stopped)) if len(why_stopped) == 1 else None
    if not why_stopped and because and course.state == "ended":
        stopped = WhyStopped.OTHER
    purpose, reason = purpose_of(resource, chart)
    side_effects = " ".join(filter(None, (*(name(concept) for concept in because), notes(resource))))
    return replace(
        course,
        purpose=purpose,
        reason=reason,
        stopped=stopped,
        effect=reasons.effect(text),
        relief_percent=reasons.relief_percent(text),
        side_effects=side_effects if stopped == WhyStopped.SIDE_EFFECTS else "",
        note=notes(resource),
    )


def purpose_of(resource: Object, chart: Chart) -> tuple[Purpose | None, str]:
    """Whether it was for pain or depression; None where that is not stated, or both are, or something else is."""
    concepts = [obj(concept) for concept in objects(resource.get("reasonCode"))]
    for pointer in objects(resource.get("reasonReference")):
        resolved = chart.resolve(pointer, resource)
        if resolved is not None and status(resolved.get("verificationStatus")) != "entered-in-error":
            concepts.append(obj(resolved.get("code")))
    text = " ; ".join(all_names(concept) for concept in concepts)
    purposes = {purpose for purpose, words in tables().purposes.items() if whole_words(words).search(text)}
    if any("depression_diagnosed" in conditions.facts_of(concept) for concept in concepts):
        purposes.add(Purpose.DEPRESSION)
    return (purposes.pop() if len(purposes) == 1 else None), ", ".join(
        filter(None, (name(concept) for concept in concepts))
    )
