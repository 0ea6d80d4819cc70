"""A diagnosis that stands in another kind of resource: as a result, among the procedures, among the allergies.

Read is a result that answers «which problem?» or says of a diagnosis that it is there; all else is said, never counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from unwound.exchange.fhir import conditions
from unwound.exchange.fhir.chart import Chart
from unwound.exchange.fhir.form_answers import shown
from unwound.exchange.fhir.shapes import ICD10, ICD11, SNOMED, Coding, Object, codings, name, obj, text
from unwound.exchange.fhir.tables import tables
from unwound.exchange.names import quoted

_SYSTEMS = frozenset((SNOMED, ICD10, ICD11))


def in_result(observation: Object, chart: Chart) -> bool:
    """Whether an observation holds a diagnosis that was counted; one whose answer is not clear is said."""
    concept, value = obj(observation.get("code")), obj(observation.get("valueCodeableConcept"))
    asked = tables().in_results
    if value and any(coding.code in asked.questions for coding in codings(concept)):
        return conditions.read(_as_condition(observation, value), chart)
    if not _has_meaning(concept):
        return False
    answers = {shown(observation).lower(), *(coding.code.lower() for coding in codings(value))}
    if not answers.isdisjoint(asked.present):
        return conditions.read(_as_condition(observation, concept), chart)
    if answers.isdisjoint(asked.absent):
        answer = f" with the answer {quoted(shown(observation))}" if _has_value(observation) else ""
        say(concept, f"as a result{answer}", chart)
    return False


def say(concept: object, where: str, chart: Chart) -> None:
    """Point out a diagnosis that bears on something here and stands where none belongs («among the procedures»)."""
    if _has_meaning(concept):
        chart.problem(f"{quoted(name(concept) or _code(concept))} is a diagnosis, but stands {where}; please clarify")


def _as_condition(observation: Object, concept: Object) -> Object:
    """What the observation says, as a diagnosis noted on its day; a preliminary one is not confirmed."""
    sure = "provisional" if text(observation.get("status")) == "preliminary" else "confirmed"
    when = observation.get("effectiveDateTime") or obj(observation.get("effectivePeriod")).get("start")
    return {
        "resourceType": "Condition",
        "code": concept,
        "verificationStatus": {"coding": [{"code": sure}]},
        "recordedDate": when or observation.get("issued"),
        "extension": observation.get("extension"),
        "note": observation.get("note"),
    }


def _has_meaning(concept: object) -> bool:
    return is_diagnosis(codings(concept))


def is_diagnosis(listed: Sequence[Coding]) -> bool:
    """Whether codes are those of a diagnosis that bears on something here."""
    if not any(coding.system in _SYSTEMS for coding in listed):
        return False
    says = conditions.meaning_of_all(listed)
    return bool(says.states or says.asks)


def _has_value(observation: Object) -> bool:
    return any(key.startswith("value") for key in observation)


def _code(concept: object) -> str:
    return next((coding.code for coding in codings(concept)), "")
