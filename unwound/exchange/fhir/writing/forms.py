"""Answered forms: QuestionnaireResponse, an item for each question by its number, and the total."""

from __future__ import annotations

from unwound.exchange.fhir.writing.words import BASE, Resource, day, extensions, id_of, resource
from unwound.instruments import instruments
from unwound.patient import Answers

QUESTIONNAIRE = f"{BASE}/Questionnaire/"
TOTAL = "total"
"""The link of the total, beside «1», «2» of the questions."""


def form(known: Answers, patient: str, occurrence: int = 0) -> Resource:
    """One answered form. A question without an answer stands there without one; texts of items are not written."""
    listed = instruments().get(known.instrument)
    items: list[Resource] = []
    for number, value in enumerate(known.items, 1):
        about = {"text": listed.items[number - 1].about} if listed and number <= len(listed.items) else {}
        answer = {} if value is None else {"answer": [{"valueDecimal": value}]}
        items.append({"linkId": str(number), **about, **answer})
    if known.total is not None:
        items.append({"linkId": TOTAL, "text": "total", "answer": [{"valueDecimal": known.total}]})
    return resource(
        "QuestionnaireResponse",
        "form",
        id_of(patient, "form", known.instrument, known.on, known.pain, occurrence),
        patient,
        extension=extensions(pain=known.pain),
        questionnaire=f"{QUESTIONNAIRE}{known.instrument}",
        status="completed",
        authored=day(known.on),
        item=items,
    )
