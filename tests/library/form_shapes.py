"""Filled forms of elsewhere in the shapes that occur, for tests."""

from collections.abc import Iterable, Sequence
from typing import Any

from bundle_builder import Json, read, resource

from unwound import instruments
from unwound.exchange.fhir import Import
from unwound.patient import Answers

PHQ9 = instruments.instrument("phq_9").items
CODES = [item.loinc for item in PHQ9]
TEXTS = [item.text for item in PHQ9]
OPTIONS = ["Not at all", "Several days", "More than half the days", "Nearly every day"]


def response(items: Sequence[Json], **fields: Any) -> Json:
    usual = {"status": "completed", "authored": "2026-11-20", "item": list(items)}
    return resource("QuestionnaireResponse", **{**usual, **fields})


def numbered(links: Iterable[str], values: Iterable[int]) -> list[Json]:
    """Items known by their links alone, answered with whole numbers."""
    return [{"linkId": link, "answer": [{"valueInteger": value}]} for link, value in zip(links, values, strict=True)]


def coded(links: Iterable[str], answers: Iterable[Json]) -> list[Json]:
    return [{"linkId": link, "answer": [{"valueCoding": answer}]} for link, answer in zip(links, answers, strict=True)]


def with_texts(items: Iterable[Json], texts: Iterable[str]) -> list[Json]:
    return [{**item, "text": text} for item, text in zip(items, texts, strict=True)]


def items_of(imported: Import, form: str) -> tuple[float | None, ...]:
    """The items of the only form of this kind; empty where there is none."""
    read_forms = [answers for answers in imported.patient.answers if answers.instrument == form]
    return read_forms[0].items if read_forms else ()


def of_phq9(items: Sequence[Json], *others: Json, **fields: Any) -> Import:
    return read(response(items, questionnaire="http://example.org/Questionnaire/phq-9", **fields), *others)


def scored(imported: Import) -> tuple[Answers, ...]:
    """The forms of which something was read; one in doubt stands there without answers, and opens older ones."""
    return tuple(form for form in imported.patient.answers if form.items or form.total is not None)
