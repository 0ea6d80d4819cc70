"""Facts: an Observation each; one that a diagnosis states is a Condition where the answer is yes."""

from __future__ import annotations

from unwound import diagnoses, vocabulary
from unwound.exchange.fhir.writing.kinds import kind_of, ucum
from unwound.exchange.fhir.writing.words import (
    LOINC,
    UCUM,
    Resource,
    category,
    coded,
    day,
    id_of,
    present,
    resource,
    status,
    system,
)
from unwound.patient import Fact


def fact(id: str, known: Fact, patient: str, pain: str = "") -> Resource:
    """One fact; `pain` is the id of the Condition that is the pain it is about, where there are several."""
    own = id_of(patient, "fact", pain, id)
    question = vocabulary.question_of(id)
    about = coded(system("fact"), id, text=question.says)
    if known.value is True and id in diagnoses.stated():
        return resource(
            "Condition",
            "fact",
            own,
            patient,
            clinicalStatus=status("condition-clinical", "active"),
            verificationStatus=status("condition-ver-status", "confirmed"),
            category=category("condition-category", "problem-list-item"),
            code=about,
            recordedDate=day(known.on),
            evidence=[{"detail": [{"reference": f"Condition/{pain}"}]}] if pain else None,
        )
    if question.type == "number":
        about["coding"] += [{"system": LOINC, "code": code} for code in question.loinc]
    return resource(
        "Observation",
        "fact",
        own,
        patient,
        status="final",
        category=category("observation-category", kind_of(question.loinc if question.type == "number" else ())),
        code=about,
        focus=[{"reference": f"Condition/{pain}"}] if pain else None,
        effectiveDateTime=day(known.on),
        **_value(id, question, known),
    )


def _value(id: str, question: vocabulary.Question, known: Fact) -> Resource:
    """The value by the type of the fact; several choices are components, each of them true."""
    value, options = known.value, system(f"choice/{id}")
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, float):
        code = ucum(question.unit)
        coded_unit = {"system": UCUM, "code": code} if code else {}
        return {"valueQuantity": present({"value": value, "unit": question.unit}) | coded_unit}
    if isinstance(value, str):
        return {"valueCodeableConcept": coded(options, value, question.options.get(value, ""))}
    return {
        "component": [
            {"code": coded(options, word, question.options.get(word, "")), "valueBoolean": True} for word in value
        ]
    }
