"""One resource about a medicine -> the stretches of taking it: orders, dispenses, statements, administrations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from unwound import drugs, routes
from unwound.exchange.fhir import absent, directions, dosage, medicines, purposes, reasons, supplies
from unwound.exchange.fhir.chart import Chart
from unwound.exchange.fhir.dosage import Phase, Product, later
from unwound.exchange.fhir.medicines import Medicine
from unwound.exchange.fhir.shapes import (
    Moment,
    Object,
    all_names,
    codings,
    moment,
    name,
    notes,
    obj,
    objects,
    reference,
    status,
    tail,
    text,
)
from unwound.exchange.fhir.supplies import GOING_ON, Span
from unwound.exchange.fhir.tables import tables
from unwound.routes import Way
from unwound.terms import Purpose, TrialEffect, WhyStopped

State = Literal["going-on", "ended", "not-clear"]
Kind = Literal["order", "dispense", "statement", "administration"]
_NOT_IN_FORCE = frozenset(
    (
        "cancelled",
        "entered-in-error",
        "draft",
        "not-done",
        "not-taken",
        "intended",
        "preparation",
        "nullified",
        "declined",
    )
)
_NOT_AN_ORDER = frozenset(("proposal", "plan", "option"))
_NOT_CLEAR = frozenset(("on-hold", "unknown", ""))
_KINDS: dict[str, Kind] = {
    "MedicationRequest": "order",
    "MedicationDispense": "dispense",
    "MedicationStatement": "statement",
    "MedicationAdministration": "administration",
}
TYPES = frozenset(_KINDS)
"""The resources that tell of taking a medicine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One stretch of taking one drug, as one resource tells it; None is unknown."""

    drug: str
    """Drug id, or the written name of what is not in the catalogue."""
    product: str
    substances: tuple[str, ...]
    state: State
    origin: str
    kind: Kind = "order"
    mg_per_day: float | None = None
    why_not: str = ""
    """Why the dose is not known."""
    start: Moment | None = None
    end: date | None = None
    """The last day, where it is known."""
    latest_end: date | None = None
    """Where the end is not known: the day after which it cannot have gone on."""
    until: date | None = None
    """Where the end is not known: a day on which it was stated as still taken."""
    asserted: date | None = None
    """The day on which a statement was made."""
    fulfils: tuple[str, ...] = ()
    """The orders that a dispense names as its own."""
    conflict: bool = False
    """Listed as going on beside a stated end."""
    timed_elsewhere: bool = False
    """Another resource tells when it was taken: only its words and its dose count."""
    purpose: Purpose | None = None
    reason: str = ""
    encounter: str = ""
    """What the encounter in which it was ordered was for."""
    stopped: WhyStopped | None = None
    effect: TrialEffect | None = None
    relief_percent: float | None = None
    side_effects: str = ""
    note: str = ""
    local: str = ""
    """How it is given, where that is no treatment of the whole body and none of its own: «on the skin»."""
    one_dose_mg: float | None = None
    """An administration's single dose: those of a day are added before they count."""

    @property
    def is_open(self) -> bool:
        """Whether it may still go on and nothing says how long: no end, no supply, and nobody who stated it."""
        return self.state != "ended" and not (self.end or self.until or self.latest_end or self.timed_elsewhere)


def read(resource: Object, chart: Chart) -> tuple[Course, ...]:
    """The courses of one resource; empty when it is not in force. Unreadable when no medicine is named.

    First what is not in force is left out; then each kind of resource goes its own way.
    """
    state = _state(resource)
    if state in _NOT_IN_FORCE or text(resource.get("intent")).lower() in _NOT_AN_ORDER:
        return ()
    if resource.get("doNotPerform") is True or absent.says_nothing(resource.get("medicationCodeableConcept")):
        return ()
    medicine = medicines.read(resource, chart)
    by_name = absent.how_taken(medicine.product) if medicine.substances else None
    if by_name is not None and (state in GOING_ON or state in _NOT_CLEAR):
        if by_name == "not-taken":
            chart.leave("medicines", "not counted (their name says that they are not taken)", medicine.product)
            return ()
        state = "on-hold" if by_name == "held" else "stopped"
    kind = _KINDS[text(resource.get("resourceType"))]
    going: State = "going-on" if state in GOING_ON else "not-clear" if state in _NOT_CLEAR else "ended"
    first_with_reasons = Course(
        drug=medicine.drug,
        product=medicine.product,
        substances=medicine.substances,
        state=going,
        kind=kind,
        origin=chart.origin,
        fulfils=tuple(filter(None, map(_relative, objects(resource.get("authorizingPrescription"))))),
        **_reasons(going, resource, chart),
    )
    if by_name == "not-tolerated" and first_with_reasons.stopped is None:
        first_with_reasons = replace(first_with_reasons, stopped=WhyStopped.SIDE_EFFECTS)
    if kind == "administration":
        return _administered(resource, first_with_reasons, medicine, chart)
    courses = _in_time(resource, first_with_reasons, medicine, state, chart)
    return () if any(chart.is_later(course.start) for course in courses[:1]) else courses


def _state(resource: Object) -> str:
    """The status in the words of FHIR, also where it is written as a text or in another release's words."""
    written = resource.get("status")
    state = text(written) or status(written) or name(written)
    word = " ".join(state.lower().replace("_", "-").split())
    return tables().states.get(word, word)


# ---- when


def _in_time(resource: Object, course: Course, medicine: Medicine, state: str, chart: Chart) -> tuple[Course, ...]:
    """The course over its phases: each begins where the one before it ends.

    The branches fill in what a phase leaves out, from its neighbours and from the resource.
    """
    dosages = _dosages(resource, chart)
    product = dosage.product(medicine.product, medicine.resource)
    phases = dosage.phases(dosages, product)
    if _own_dosages(resource):  # of a dispense that gives none, those of its order are noted there
        _note_contradictions(phases, chart)
        _leave_unread(phases, chart)
    course = _by_its_way(course, [phase.way or product.way for phase in phases])
    span = _span(resource, course, state, dosages=dosages, phases=phases, product=product, chart=chart)
    start, parts = span.start, list[Course]()
    for position, phase in enumerate(phases):
        begins = _moment_of(phase.start) or start
        last = position == len(phases) - 1
        own_end = phase.end or later(begins.last if begins else None, phase.days)
        ends = own_end if own_end or not last else span.end
        if last and own_end and span.end:
            ends = min(own_end, span.end)
        most = later(begins.last if begins else None, phase.at_most_days)
        parts.append(
            replace(
                course,
                mg_per_day=phase.mg_per_day,
                why_not=phase.why_not,
                start=begins,
                end=ends,
                latest_end=min((day for day in (span.latest_end, most) if day), default=None),
                until=span.until if last and ends is None else None,
                asserted=span.asserted,
                state=course.state if last else "ended",
                note="; ".join(filter(None, (course.note, span.note))),
            )
        )
        start = _moment_of(ends) if ends else start
    lasts = course.kind == "dispense" and absent.how_taken(medicine.product) is None
    return tuple(_as_supplied(part, chart.as_of) if lasts else part for part in _held(parts, state))


def _note_contradictions(phases: Sequence[Phase], chart: Chart) -> None:
    """Say where the coding and the words of a dosage, or two parts of its coding, differ."""
    for why in dict.fromkeys(phase.why_not for phase in phases if phase.conflict):
        chart.problem(why)


def _leave_unread(phases: Sequence[Phase], chart: Chart) -> None:
    """Name the directions that are not understood whole, unless they stand in why there is no dose."""
    quoted = {words: directions.quoted(words) for phase in phases for words in phase.unread}
    for words, shown in quoted.items():
        if not any(shown in phase.why_not for phase in phases):
            chart.leave("directions", "not understood whole", words)


def _by_its_way(course: Course, ways: Sequence[Way | None]) -> Course:
    """The plaster where lidocaine is given as one; what is given where it cannot treat the whole body is marked so."""
    if any(way is not None and way.id == "patch" for way in ways):
        course = replace(course, drug=drugs.recognise(text=f"{course.drug} patch") or course.drug)
    local = next((way.title for way in ways if way is not None and not routes.is_treatment(course.drug, way)), "")
    return replace(course, local=local) if local != course.local else course


def _dosages(resource: Object, chart: Chart) -> list[Object]:
    """The dosages of the resource; of a dispense that gives none those of its order."""
    if own := _own_dosages(resource):
        return own
    for pointer in objects(resource.get("authorizingPrescription")):
        order = chart.resolve(pointer, resource)
        if order is not None and objects(order.get("dosageInstruction")):
            return objects(order.get("dosageInstruction"))
    return []


def _own_dosages(resource: Object) -> list[Object]:
    return objects(resource.get("dosageInstruction")) or objects(resource.get("dosage"))


def _span(
    resource: Object,
    course: Course,
    state: str,
    *,
    dosages: Sequence[Object],
    phases: Sequence[Phase],
    product: Product,
    chart: Chart,
) -> Span:
    if course.kind == "statement":
        return supplies.of_statement(resource, state, chart)
    if course.kind == "dispense":
        return supplies.of_dispense(resource, dosages, phases, product, chart)
    return supplies.of_order(resource, state, dosages, phases, medicine=product, chart=chart)


def _held(parts: list[Course], state: str) -> list[Course]:
    """An order on hold is no dose that is taken: how much was taken before is not known."""
    if state != "on-hold":
        return parts
    return [replace(part, mg_per_day=None, why_not="it is on hold", until=None) for part in parts]


def _as_supplied(part: Course, as_of: date) -> Course:
    """A dispense is over when it is handed over; taking it goes on for as long as it lasts."""
    if part.end is None:
        return replace(part, state="not-clear")
    return replace(part, state="going-on" if part.end >= as_of else "ended")


def _relative(pointer: Object) -> str:
    """«MedicationRequest/7» of a reference to it, as origins are written."""
    pointed = reference(pointer)
    return f"MedicationRequest/{tail(pointed)}" if pointed else ""


def _moment_of(day: date | None) -> Moment | None:
    return moment(day.isoformat()) if day else None


def _administered(resource: Object, course: Course, medicine: Medicine, chart: Chart) -> tuple[Course, ...]:
    """A dose that was given: on its day, with its amount; a rate alone gives none."""
    period = obj(resource.get("effectivePeriod"))
    when = chart.when(resource.get("effectiveDateTime")) or chart.when(period.get("start"))
    if chart.is_later(when):
        return ()
    administered = obj(resource.get("dosage"))
    once_a_day = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
    rates = {key: administered[key] for key in administered if key.startswith("rate")}
    amount = {"doseQuantity": administered["dose"]} if "dose" in administered else rates
    single = {"doseAndRate": [amount], "timing": once_a_day, "route": administered.get("route")}
    phase = dosage.phases([single], dosage.product(medicine.product, medicine.resource))[0]
    course = _by_its_way(course, [phase.way])
    until = chart.when(period.get("end")) or when
    end = until.first if until else None
    return (replace(course, start=when, end=end, why_not=phase.why_not, one_dose_mg=phase.mg_per_day, state="ended"),)


# ---- why


def _reasons(state: State, resource: Object, chart: Chart) -> dict[str, Any]:
    """What it was for, why it ended, what it did, as fields of the course. A branch for each thing that may be open."""
    because, note = [obj(concept) for concept in objects(resource.get("statusReason"))], notes(resource)
    why = " ; ".join(filter(None, (all_names(concept) for concept in because)))
    text = f"{why} . {note.lower()}"
    codes = {coding.code for concept in (*because, *objects(resource.get("reasonCode"))) for coding in codings(concept)}
    why_stopped = reasons.reasons_given(text, why, codes)
    stopped: WhyStopped | None = next(iter(why_stopped)) if len(why_stopped) == 1 else None
    if not why_stopped and because and state == "ended":
        stopped = WhyStopped.OTHER
    purpose, reason = purposes.purpose_of(resource, chart)
    side_effects = " ".join(filter(None, (*(name(concept) for concept in because), note)))
    return {
        "purpose": purpose,
        "reason": reason,
        "encounter": purposes.of_encounter(resource, chart),
        "stopped": stopped,
        "effect": reasons.effect(text),
        "relief_percent": reasons.relief_percent(text),
        "side_effects": side_effects if stopped == WhyStopped.SIDE_EFFECTS else "",
        "note": note,
    }
