"""What of a resource is not used, and why: each part is put into the account, unless it is never needed."""

from __future__ import annotations

from unwound.exchange.fhir import absent, certainty, conditions, observations, others, withheld
from unwound.exchange.fhir.chart import Chart
from unwound.exchange.fhir.elements import elements, many, not_read
from unwound.exchange.fhir.shapes import Object, all_names, codings, name, obj, objects, reference, status, tail, text

NOT_RECOGNISED, NOT_READ = "not recognised", "not read"
_COUNTED = frozenset(("active", "completed", "final", "amended", "corrected", "in-progress", "preliminary", "current"))
_MEDICINES = frozenset(("MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense"))
_NAMED_BY = ("code", "medicationCodeableConcept", "vaccineCode", "type", "relationship", "category", "serviceType")
_NOT_NAMED = ("Patient", "Medication", "Questionnaire")
"""What is not named where it stands within another resource."""
_LONGEST = 120


def whole(resource: Object, chart: Chart) -> None:
    """A resource that was read and not used: what it is called, and why."""
    type = str(resource.get("resourceType"))
    if type in elements().never:
        return
    if type == "Encounter":
        _visit(resource, chart)
        return
    reason = _reason(type, resource)
    if reason:
        chart.leave(many(type), reason, _medicine(resource, chart) or called(resource))
    if type == "Composition":
        for section in withheld.sections(resource):
            if section.get("text") and not section.get("entry"):
                chart.leave("sections of documents", "not read (they are text alone)", text(section.get("title")))


def parts(resource: Object, chart: Chart) -> None:
    """The elements of a resource that was used which nothing here reads."""
    for place, value in not_read(resource):
        chart.leave(place, NOT_READ, _in_words(value))
    for held in objects(resource.get("contained")):
        type = held.get("resourceType")
        if type not in elements().never and type not in _NOT_NAMED and not _is_read(held, resource):
            chart.leave("resources within another", NOT_READ, called(held) or str(held.get("resourceType")))
    if resource.get("resourceType") == "Observation":
        for component in objects(resource.get("component")):
            if not observations.is_known(component):
                chart.leave("parts of results", NOT_RECOGNISED, name(component.get("code")))


def _is_read(held: Object, inside: Object) -> bool:
    """Whether a contained resource was read with the one around it: a report's results, and what a reason points to."""
    if inside.get("resourceType") == "DiagnosticReport" and held.get("resourceType") == "Observation":
        return True
    pointers = (*objects(inside.get("reasonReference")), *objects(inside.get("medicationReference")))
    return any(reference(pointer) == f"#{held.get('id')}" for pointer in pointers)


def called(resource: Object) -> str:
    """What a resource calls itself: its code, its kind, its title; empty where it says nothing."""
    for key in _NAMED_BY:
        for concept in objects(resource[key]) if key in resource else ():
            if named := name(concept) or next((coding.code for coding in codings(concept)), ""):
                return named
    for key in ("title", "description", "questionnaire"):
        written = resource.get(key)
        if isinstance(written, str):
            return tail(written) if key == "questionnaire" else written[:_LONGEST]
    pointed = obj(resource.get("medicationReference"))
    return str(pointed.get("display") or reference(pointed))


def _medicine(resource: Object, chart: Chart) -> str:
    """The name of the medicine that a resource only points to; empty for another one."""
    pointer = obj(resource.get("medicationReference"))
    pointed = chart.resolve(pointer, resource) if pointer else None
    return name(obj(pointed).get("code")) or text(pointer.get("display"))


def _reason(type: str, resource: Object) -> str:
    """Why it was not used; empty for what stands elsewhere as well. Each type has a reason of its own."""
    if absent.says_nothing(resource.get("code") or resource.get("medicationCodeableConcept")):
        return "that say there is none"
    withdrawn = _withdrawn(resource)
    if withdrawn:
        return f"not counted ({withdrawn})"
    if type == "Condition":
        return _of_diagnosis(resource)
    if type == "Observation":
        return (
            "not counted (their answer says nothing of use here)" if observations.is_known(resource) else NOT_RECOGNISED
        )
    if type in _MEDICINES:
        return "not counted (no treatment of pain, and not taken now)"
    if type == "Medication":
        return "not counted (nothing that was read points to them)"
    if type == "DiagnosticReport" and not _says_more(resource):
        return ""
    if type == "Procedure":
        known = others.named(all_names(resource.get("code")), {c.code for c in codings(resource.get("code"))})
        return NOT_RECOGNISED if known is None else "not counted (asked for, or no fact here)"
    if type in ("QuestionnaireResponse", "DiagnosticReport"):
        return NOT_RECOGNISED
    return "" if type in ("Patient", "Questionnaire") else NOT_READ


def _of_diagnosis(resource: Object) -> str:
    """Why a diagnosis was not used; empty where its code is listed as one that bears on nothing here."""
    if certainty.certainty(resource)[0] == "refuted":
        return "not counted (refuted)"
    says = conditions.meaning_of(resource.get("code"))
    if not says.known:
        return NOT_RECOGNISED
    return "over, and of no bearing then" if says.states or says.asks else ""


def _withdrawn(resource: Object) -> str:
    """The status by which something does not count."""
    for key in ("verificationStatus", "clinicalStatus"):
        state = status(resource.get(key))
        if state in ("refuted", "entered-in-error", "inactive"):
            return state
    written = resource.get("status")
    if isinstance(written, str) and written and written not in _COUNTED:
        return written[:_LONGEST]
    if resource.get("doNotPerform") is True:
        return "not to be given"
    intent = resource.get("intent")
    return intent if isinstance(intent, str) and intent in ("proposal", "plan", "option") else ""


def _visit(resource: Object, chart: Chart) -> None:
    """The reasons of a visit that are no diagnosis of the same record."""
    for concept in objects(resource.get("reasonCode")):
        if chart.diagnosed.isdisjoint(coding.code for coding in codings(concept)):
            chart.leave("reasons of visits", NOT_READ, name(concept))


def _says_more(report: Object) -> bool:
    """Whether a report says something that its single results do not."""
    return any(report.get(key) for key in ("conclusion", "conclusionCode", "presentedForm")) or not report.get("result")


def _in_words(value: object) -> str:
    """A value in a few words, as far as it has any."""
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, dict):
        written = name(first) or first.get("display") or first.get("text") or first.get("value") or first.get("code")
        return str(written)[:_LONGEST] if isinstance(written, str | int | float) else ""
    return str(first)[:_LONGEST] if isinstance(first, str | int | float) else ""
