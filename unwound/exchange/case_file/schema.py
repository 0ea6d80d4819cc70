"""The format of a case file as a JSON schema, with every fact of the vocabulary: what `unwound schema case` prints."""

from __future__ import annotations

from typing import Any

from unwound import facts, screens
from unwound.catalogue import Frozen, ids
from unwound.facts import Question
from unwound.patient import Answers, Medication, Pain, Patient, Trial
from unwound.terms import Purpose
from unwound.vocabulary import belongs_to_one_pain

Schema = dict[str, Any]
DAY: Schema = {"type": "string", "format": "date", "description": "A day, written 2026-11-21."}
FACT_DAY: Schema = {
    "anyOf": [
        DAY,
        {"const": "unknown", "description": "The day is not known: a value that expires then counts for less."},
    ],
    "description": "The day of the value; without it, the day of the case.",
}


def case_schema() -> Schema:
    """JSON schema (2020-12) of a case: TOML days appear as strings of format «date»."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An Unwound case",
        "type": "object",
        "additionalProperties": False,
        "required": ["title", "as_of"],
        "properties": {
            "title": {"type": "string"},
            "story": {"type": "string", "description": "Two to six sentences a clinician would tell."},
            "as_of": {**DAY, "description": "The day of the review; nothing in the case is later."},
            "patient": _person(),
            "facts": _facts(),
            "screened": _screened(),
            "pains": _pains(),
            "trials": _trials(),
            "medications": _list(Medication, "One medicine taken now."),
            "answers": _answers(),
            "expect": {"type": "object", "description": "What a review should say; kept as it is."},
        },
    }


def _facts() -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "description": "What is known; a fact that is left out is unknown.",
        "properties": {id: _fact(question) for id, question in facts.vocabulary().items()},
    }


def _fact(question: Question) -> Schema:
    value = _value(question)
    dated = {
        "type": "object",
        "additionalProperties": False,
        "required": ["value"],
        "properties": {"value": value, "on": FACT_DAY, "origin": {"type": "string"}},
    }
    schema: Schema = {"title": question.says, "description": question.ask, "anyOf": [value, dated]}
    if question.unit:
        schema["x-unit"] = question.unit
    if question.options:
        schema["x-options"] = dict(question.options)
    if question.derived:
        schema["x-derived"] = True
    return schema


def _value(question: Question) -> Schema:
    if question.type == "yes-no":
        return {"type": "boolean"}
    if question.type == "number":
        limits = {"minimum": question.min, "maximum": question.max}
        return {"type": "number", **{name: limit for name, limit in limits.items() if limit is not None}}
    word: Schema = {"type": "string", "enum": list(question.options)}
    return word if question.type == "choice" else {"anyOf": [{"type": "array", "items": word}, word]}


def _person() -> Schema:
    fields = Patient.model_json_schema()["properties"]
    wanted = ("id", "name", "birth_date", "sex", "jurisdiction", "allergies")
    return {"type": "object", "additionalProperties": False, "properties": {name: fields[name] for name in wanted}}


def _list(record: type[Frozen], description: str) -> Schema:
    return {"type": "array", "items": {**record.model_json_schema(), "description": description}}


def _screened() -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "description": "Groups of questions that were asked as one and answered with «none of these».",
        "properties": {
            id: {
                "title": screen.title,
                "description": "; ".join(facts.vocabulary()[item.fact].says for item in screen.items),
                "anyOf": [{"const": "none"}, _answered(screen)],
            }
            for id, screen in screens.screens().items()
        },
    }


def _answered(screen: screens.Screen) -> Schema:
    """The answer to one group with its day, who asked, and the items it was said of."""
    items = {"type": "array", "items": {"enum": [item.fact for item in screen.items]}}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["answer"],
        "properties": {
            "answer": {"const": "none"},
            "on": DAY,
            "by": {"type": "string", "description": "Who asked."},
            "items": {**items, "description": "The items it was said of, where it was none of the others."},
        },
    }


def _pains() -> Schema:
    schema = _list(Pain, "One of several pains; the facts of a single pain may as well stand under [facts].")
    own = {id: _fact(question) for id, question in facts.vocabulary().items() if belongs_to_one_pain(id) is not False}
    schema["items"]["properties"]["facts"] = {**_facts(), "properties": own}
    return schema


def _trials() -> Schema:
    schema = _list(Trial, "One treatment that was tried; what is left out is unknown and will be asked.")
    schema["items"]["properties"]["purpose"] = {"enum": [*Purpose, "unknown"], "default": "pain"}
    return schema


def _answers() -> Schema:
    schema = _list(Answers, "One filled form.")
    number: Schema = {"type": "number"}
    schema["items"]["properties"]["items"] = {
        "description": "All items in order, or, where some are empty, a table from the item's number to its answer.",
        "anyOf": [
            {"type": "array", "items": number},
            {"type": "object", "patternProperties": {"^[1-9][0-9]*$": number}, "additionalProperties": False},
        ],
    }
    if ids("instruments"):
        schema["items"]["properties"]["instrument"] = {"type": "string", "enum": list(ids("instruments"))}
    return schema
