"""A case -> TOML text that reads back as the same case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from unwound import facts
from unwound.catalogue import Frozen
from unwound.exchange.case_file import toml_text as toml
from unwound.exchange.case_file.reading import UNKNOWN, Case
from unwound.patient import Answers, Fact, Pain, Patient, Screened, Trial
from unwound.terms import Purpose


def write_case(case: Case) -> str:
    """The case as a TOML file; `read_case` of it gives an equal case."""
    patient = case.patient
    lines = [f"title = {toml.string(case.title)}", f"story = {toml.paragraph(case.story)}", f"as_of = {patient.as_of}"]
    lines += ["", "[patient]", *_person(patient)]
    if patient.facts:
        lines += ["", "[facts]", *_facts(patient.facts)]
    if patient.screened:
        lines += ["", "[screened]", *(f"{toml.key(answer.group)} = {_screened(answer)}" for answer in patient.screened)]
    for pain in patient.pains:
        lines += ["", "[[pains]]", *_fields(pain)]
        if pain.facts:
            lines += ["", "[pains.facts]", *_facts(pain.facts)]
    for heading, records in (
        ("trials", patient.trials),
        ("medications", patient.medications),
        ("answers", patient.answers),
    ):
        for record in records:
            lines += ["", f"[[{heading}]]", *_fields(record)]
    if case.expect:
        lines += ["", "[expect]", *(f"{toml.key(key)} = {toml.value(value)}" for key, value in case.expect.items())]
    return "\n".join(lines) + "\n"


def _person(patient: Patient) -> Iterator[str]:
    for key in ("id", "name", "birth_date", "sex", "jurisdiction", "allergies"):
        value = getattr(patient, key)
        if value:
            yield f"{key} = {toml.value(value)}"


def _facts(known: Mapping[str, Fact]) -> Iterator[str]:
    yield from (f"{toml.key(id)} = {_fact(id, fact)}" for id, fact in known.items())


def _screened(answer: Screened) -> str:
    fields: dict[str, object] = {"answer": "none", "on": answer.on, "by": answer.by, "items": answer.items}
    written = {key: value for key, value in fields.items() if value}
    return toml.value(written if len(written) > 1 else "none")


def _fact(id: str, fact: Fact) -> str:
    """A value that needs its day and has none says so: without a day it would be of the day of the case."""
    day = UNKNOWN if fact.on is None and facts.vocabulary()[id].needs_day else fact.on
    if day is None and not fact.origin:
        return toml.value(fact.value)
    fields: dict[str, object] = {"value": fact.value, "on": day, "origin": fact.origin}
    return toml.value({key: value for key, value in fields.items() if value is not None and value != ""})


def _fields(record: Frozen) -> Iterator[str]:
    """The lines of a record.

    What is left out is read as its default; a purpose that is not known is no default, so it is written.
    """
    for name in type(record).model_fields:
        value = getattr(record, name)
        if name == "items" and isinstance(record, Answers) and value:
            yield f"items = {_items(record)}"
        elif name == "purpose" and value is None:
            yield 'purpose = "unknown"'
        elif name == "facts" and isinstance(record, Pain):
            continue  # they stand in a table of their own
        elif value is not None and value not in ("", ()) and not _is_default(record, name):
            yield f"{name} = {toml.value(value)}"


def _is_default(record: Frozen, name: str) -> bool:
    return isinstance(record, Trial) and name == "purpose" and record.purpose == Purpose.PAIN


def _items(answers: Answers) -> str:
    if all(item is not None for item in answers.items):
        return toml.value(answers.items)
    return toml.value({str(number): item for number, item in enumerate(answers.items, 1) if item is not None})
