"""Resources that we wrote (`writing`), by their profile: read back field by field, without guessing.

What another system changed in one by FHIR's own elements counts: one that is no longer in force is left to the usual
readers, which say so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from unwound.exchange.fhir.chart import Chart, Unreadable
from unwound.exchange.fhir.shapes import Object, moment, number, obj, objects, reference, status, tail, text
from unwound.exchange.fhir.writing.forms import QUESTIONNAIRE, TOTAL
from unwound.exchange.fhir.writing.words import profile, system
from unwound.patient import Answers, Fact, Medication, Pain, Patient, Screened, Trial
from unwound.record import UnwoundError
from unwound.terms import Jurisdiction, Purpose
from unwound.vocabulary import fitting

LEFT = {
    "order": "orders",
    "infusion": "infusions",
    "consent": "consents",
    "letter": "letters",
    "provenance": "",
    "administration": "infusions",
    "audit": "",
}
"""Resources of ours about what a clinic did: the record of the patient does not rest on them."""
_PREFIX = profile("")
_LONGEST_REASON = 300
_IN_FORCE: Mapping[str, frozenset[str]] = {
    "Observation": frozenset(("final", "amended", "corrected")),
    "QuestionnaireResponse": frozenset(("completed", "amended")),
    "MedicationStatement": frozenset(("active", "completed", "stopped", "unknown")),
    "Procedure": frozenset(("in-progress", "completed", "stopped", "unknown")),
}
_WRITTEN = frozenset(
    (
        "resourceType",
        "id",
        "meta",
        "extension",
        "subject",
        "patient",
        "focus",
        "evidence",
        "status",
        "category",
        "statusReason",
        "clinicalStatus",
        "verificationStatus",
        "code",
        "bodySite",
        "onsetDateTime",
        "recordedDate",
        "effectiveDateTime",
        "effectivePeriod",
        "performedPeriod",
        "valueBoolean",
        "valueQuantity",
        "valueCodeableConcept",
        "valueString",
        "component",
        "performer",
        "medicationCodeableConcept",
        "dosage",
        "reasonCode",
        "note",
        "questionnaire",
        "authored",
        "item",
        "identifier",
        "name",
        "birthDate",
    )
)
"""Elements that we write; what another system added to them is named as not read."""
_ONGOING = {"active": True, "in-progress": True, "completed": False, "stopped": False}


@dataclass(slots=True, kw_only=True)
class Ours:
    """What was read of our own resources so far."""

    jurisdiction: Jurisdiction | None = None
    own_id: str | None = None
    pains: dict[str, Pain] = field(default_factory=dict)
    """By the id of their Condition."""
    facts: list[tuple[str, str, Fact]] = field(default_factory=list)
    """The id of the pain's Condition (empty for the person's), the fact, its value."""
    trials: list[tuple[int, Trial]] = field(default_factory=list)
    medications: list[Medication] = field(default_factory=list)
    answers: list[Answers] = field(default_factory=list)
    screened: list[Screened] = field(default_factory=list)


def kind(resource: Object) -> str:
    """Which of our profiles a resource has, where it is still in force; empty for every other."""
    profiles = obj(resource.get("meta")).get("profile")
    named = text(profiles[0]) if isinstance(profiles, list) and len(profiles) == 1 else ""
    which = named.removeprefix(_PREFIX)
    if which == named or which not in (*_READERS, *LEFT, "patient"):
        return ""
    return which if which in LEFT or _in_force(resource) else ""


def _in_force(resource: Object) -> bool:
    type = resource.get("resourceType")
    if type in ("Condition", "AllergyIntolerance"):
        states = (status(resource.get("clinicalStatus")), status(resource.get("verificationStatus")))
        return states == ("active", "confirmed")
    return type == "Patient" or text(resource.get("status")) in _IN_FORCE.get(str(type), ())


def read(resource: Object, which: str, ours: Ours, chart: Chart) -> bool:
    """Reads one of our resources; Unreadable where something of it is not as we write it, or is of a later day."""
    if which in LEFT:
        if LEFT[which]:
            chart.leave(LEFT[which], "what the clinic did, not what is the case", text(resource.get("id"))[:8])
        return False
    try:
        if which == "patient":
            _person(resource, ours)
            return True
        for dosage in objects(resource.get("dosage")):
            if more := dosage.keys() - {"text", "doseAndRate", "maxDosePerPeriod"}:
                raise ValueError(f"its dosage was given {', '.join(sorted(more))} elsewhere")
        _READERS[which](resource, ours, chart)
    except (UnwoundError, ValueError, TypeError, LookupError, ArithmeticError) as wrong:
        why = str(wrong)[:_LONGEST_REASON]
        raise Unreadable(f"it is marked as written by Unwound, but cannot be read as such ({why})") from None
    for key in sorted(resource.keys() - _WRITTEN):
        chart.leave(f"{resource.get('resourceType')}.{key}", "not read")
    return True


def _person(resource: Object, ours: Ours) -> None:
    """What of the person only we write: whose limits apply, and the id in our own record."""
    extensions = _extensions(resource)
    jurisdiction, own_id = _first(extensions, "jurisdiction"), _first(extensions, "own-id")
    ours.jurisdiction = None if jurisdiction is None else Jurisdiction(jurisdiction)
    ours.own_id = None if own_id is None else str(own_id)


def together(patient: Patient, ours: Ours) -> Patient:
    """The patient as the other readers made it, with what our own resources say."""
    if ours == Ours():
        return patient
    fields: dict[str, Any] = {name: getattr(patient, name) for name in patient.model_fields_set}
    of = {id: {f: known for pain, f, known in ours.facts if pain == id} for id in ("", *ours.pains)}
    listed = tuple(pain.model_copy(update={"facts": of[id]}) for id, pain in ours.pains.items())
    fields |= {
        "id": patient.id if ours.own_id is None else ours.own_id,
        "jurisdiction": ours.jurisdiction or patient.jurisdiction,
        "facts": {**patient.facts, **of[""]},
        "pains": (*patient.pains, *listed),
        "trials": (*(trial for _, trial in sorted(ours.trials, key=lambda each: each[0])), *patient.trials),
        "medications": (*ours.medications, *patient.medications),
        "answers": (*ours.answers, *patient.answers),
        "screened": (*ours.screened, *patient.screened),
    }
    return Patient(**fields)


def _fact(resource: Object, ours: Ours, chart: Chart) -> None:
    id = _code(resource.get("code"), "fact")
    pointed = [*objects(resource.get("focus"))] + [
        detail for evidence in objects(resource.get("evidence")) for detail in objects(evidence.get("detail"))
    ]
    pain = next((tail(reference(pointer)) for pointer in pointed), "")
    on = _day(resource.get("effectiveDateTime") or resource.get("recordedDate"), chart)
    value = _value(resource, id)
    fitting(id, value)  # one that does not fit is a problem of its resource, not of the whole record
    ours.facts.append((pain, id, Fact(value=value, on=on, origin=chart.origin)))


def _value(resource: Object, id: str) -> Any:
    if resource.get("resourceType") == "Condition" or isinstance(resource.get("valueBoolean"), bool):
        return resource.get("valueBoolean", True)
    if "valueQuantity" in resource:
        return number(obj(resource["valueQuantity"]).get("value"))
    if "valueCodeableConcept" in resource:
        return _code(resource["valueCodeableConcept"], f"choice/{id}")
    return tuple(_code(part.get("code"), f"choice/{id}") for part in objects(resource.get("component")))


def _pain(resource: Object, ours: Ours, chart: Chart) -> None:
    extensions = _extensions(resource)
    ours.pains[text(resource.get("id"))] = Pain(
        name=text(obj(resource.get("code")).get("text")),
        site="".join(text(site.get("text")) for site in objects(resource.get("bodySite"))),
        side=_first(extensions, "side"),
        since=_day(resource.get("onsetDateTime"), chart),
        to_treat=_first(extensions, "to-treat"),
    )


def _trial(resource: Object, ours: Ours, chart: Chart) -> None:
    # Every part of a trial may be left out in a file of ours, and a missing part stays unknown.
    extensions, state = _extensions(resource), text(resource.get("status"))
    period = obj(resource.get("effectivePeriod") or resource.get("performedPeriod"))
    purposes = [_code(concept, "purpose") for concept in objects(resource.get("reasonCode"))]
    reasons = [_code(concept, "stopped") for concept in objects(resource.get("statusReason"))]
    most = [obj(obj(dosage.get("maxDosePerPeriod")).get("numerator")) for dosage in objects(resource.get("dosage"))]
    trial = Trial(
        therapy=_code(resource.get("medicationCodeableConcept") or resource.get("code"), "therapy"),
        purpose=Purpose(purposes[0]) if purposes else None,
        top_dose=number(most[0].get("value")) if most else None,
        days=_first(extensions, "days"),
        days_at_top=_first(extensions, "days-at-top"),
        start=_day(period.get("start"), chart),
        end=_day(period.get("end"), chart),
        ordered=_first(extensions, "ordered"),
        ongoing=_ONGOING.get(state),
        relief_percent=_first(extensions, "relief-percent"),
        effect=_first(extensions, "effect"),
        stopped=reasons[0] if reasons else None,
        dose_limited_by_side_effects=_first(extensions, "dose-limited"),
        side_effects=_first(extensions, "side-effects") or "",
        adherent=_first(extensions, "adherent"),
        pains=tuple(extensions.get("pain", ())),
        in_this_pain=_first(extensions, "in-this-pain"),
        prescribed_for=_first(extensions, "prescribed-for") or "",
        pain_then=_first(extensions, "pain-then") or "",
        rivals=tuple(extensions.get("rival", ())),
        note="".join(str(note.get("text", "")) for note in objects(resource.get("note"))),
        origin=chart.origin,
    )
    ours.trials.append((int(_first(extensions, "place") or 0), trial))


def _medication(resource: Object, ours: Ours, chart: Chart) -> None:
    doses: dict[str, float | None] = {}
    for dosage in objects(resource.get("dosage")):
        for rate in objects(dosage.get("doseAndRate")):
            ratio = obj(rate.get("rateRatio"))
            unit, time = obj(ratio.get("numerator")).get("unit"), obj(ratio.get("denominator")).get("code")
            doses[f"{unit}/{time}"] = number(obj(ratio.get("numerator")).get("value"))
    if doses.keys() - {"mg/d", "ug/h"} or text(resource.get("status")) != "active":
        raise ValueError("a medicine taken now, in mg a day or micrograms an hour, is needed")
    drug = str(obj(resource.get("medicationCodeableConcept")).get("text", ""))
    ours.medications.append(
        Medication(
            drug=drug,
            dose_mg_per_day=doses.get("mg/d"),
            dose_ug_per_hour=doses.get("ug/h"),
            origin=chart.origin,
        )
    )


def _allergy(resource: Object, ours: Ours, chart: Chart) -> None:
    chart.allergies.append(str(obj(resource.get("code")).get("text", "")))


def _form(resource: Object, ours: Ours, chart: Chart) -> None:
    items: list[float | None] = []
    total = None
    for item in objects(resource.get("item")):
        answers = [number(answer.get("valueDecimal")) for answer in objects(item.get("answer"))]
        value = answers[0] if answers else None
        if item.get("linkId") == TOTAL:
            total = value
        elif item.get("linkId") == str(len(items) + 1):
            items.append(value)
        else:
            raise ValueError("its questions are not numbered in order")
    form = Answers(
        instrument=text(resource.get("questionnaire")).removeprefix(QUESTIONNAIRE),
        on=_day(resource.get("authored"), chart),
        items=tuple(items),
        total=total,
        pain=_first(_extensions(resource), "pain") or "",
        origin=chart.origin,
    )
    ours.answers.append(form)


def _screened(resource: Object, ours: Ours, chart: Chart) -> None:
    ours.screened.append(
        Screened(
            group=_code(resource.get("code"), "group"),
            on=_day(resource.get("effectiveDateTime"), chart),
            by="".join(text(performer.get("display")) for performer in objects(resource.get("performer"))),
            items=tuple(_code(component.get("code"), "fact") for component in objects(resource.get("component"))),
        )
    )


_READERS: Mapping[str, Callable[[Object, Ours, Chart], None]] = {
    "fact": _fact,
    "pain": _pain,
    "trial": _trial,
    "medication": _medication,
    "allergy": _allergy,
    "form": _form,
    "screened": _screened,
}
SAY_THEMSELVES = frozenset(_READERS)
"""Kinds of which `read` names what was not read."""


def _code(concept: object, kind: str) -> str:
    """The code of our own system. ValueError where there is none."""
    own = [
        str(coding.get("code"))
        for coding in objects(obj(concept).get("coding"))
        if coding.get("system") == system(kind)
    ]
    if len(own) != 1:
        raise ValueError(f"one code of {system(kind)} is needed")
    return own[0]


def _extensions(resource: Object) -> dict[str, list[Any]]:
    """Our extensions by name, each with its values."""
    extensions: dict[str, list[Any]] = {}
    for each in objects(resource.get("extension")):
        url = text(each.get("url"))
        if url.startswith(_PREFIX):
            extensions.setdefault(url.removeprefix(_PREFIX), []).extend(
                date.fromisoformat(value) if key == "valueDate" else value
                for key, value in each.items()
                if key.startswith("value")
            )
    return extensions


def _first(extensions: Mapping[str, list[Any]], name: str) -> Any:
    return next(iter(extensions.get(name, ())), None)


def _day(written: object, chart: Chart) -> date | None:
    """The whole day that is written. ValueError for a part of one, and for one after the day of the review."""
    if written is None:
        return None
    day = moment(written)
    if day is None or not day.exact:
        raise ValueError(f"a whole day is needed, not «{str(written)[:30]}»")
    if day.first > chart.as_of:
        raise ValueError(f"it is of {day.first}, after the day of the review")
    return day.first
