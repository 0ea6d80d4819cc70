"""What every knowledge file owes: dates in order, sources and facts that exist, names that lead somewhere."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from typing import Any

from unwound import catalogue, drugs, evidence, facts
from unwound.catalogue import Head
from unwound.conditions.knowledge import Condition
from unwound.facts import Criterion
from unwound.protocols.knowledge import Protocol
from unwound.therapies.knowledge import Therapy

CITATION = {"value", "text", "checked"}
"""A `source` beside one of these is a citation."""
CRITERION = set(Criterion.model_fields)
LIMITS = ("at_least", "at_most", "above", "below")

Amiss = Iterator[tuple[str, str]]
"""Fields by their path, and what is wrong with each."""


def amiss(kind: str, id: str, record: Head) -> Amiss:
    """Every statement of a file that cannot stand: field and reason."""
    if record.updated >= record.due:
        yield "due", f"{record.due} does not follow updated, {record.updated}"
    yield from _reviewed(record, catalogue.content(kind, id))
    table = tomllib.loads(catalogue.content(kind, id).decode("utf-8"))
    for where, part in tables(table):
        # What the total of a form implies looks like a criterion, in the unit of the form.
        if not {"examples", "implies"} & set(where.split(".")):
            yield from _criterion(where, part)
        if kind != "evidence":
            yield from _cited(where, part)
    yield from _named(record)


def _reviewed(record: Head, content: bytes) -> Amiss:
    """A review is of one text: a file that was changed since, or that is a draft, cannot carry one."""
    if record.status == "draft":
        if record.reviewer or record.reviewer_licence or record.reviewed or record.reviewed_digest:
            yield "status", "a draft names no reviewer: say «reviewed», or take reviewer, licence, date and digest out"
        return
    if record.reviewed_digest != catalogue.body_digest(content):
        yield (
            "reviewed_digest",
            f"the file was changed since {record.reviewer} reviewed it on {record.reviewed}: have it reviewed again, "
            "or set status to «draft» and take the review out",
        )
    if record.reviewed and not record.reviewed < record.due:
        yield "due", f"{record.due} does not follow reviewed, {record.reviewed}"


def tables(value: object, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every table within a value, with its path."""
    if isinstance(value, dict):
        yield where, value
        for key, part in value.items():
            yield from tables(part, f"{where}.{key}" if where else key)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from tables(part, f"{where}.{place}")


def _cited(where: str, part: dict[str, Any]) -> Amiss:
    """A clinical number is never bare, and what is cited exists: a branch for each way it can fail."""
    for field in ("source", "valid_source"):
        cites = field in part and (field != "source" or bool(CITATION & part.keys()))
        if cites and part[field] not in evidence.studies():
            yield f"{where}.{field}".strip("."), f"there is no evidence/{part[field]}.toml, ours or yours"
    if "checked" in part and ("value" in part or "text" in part) and not part.get("source"):
        yield where, "what is checked needs its source"
    if "value" in part and "unit" in part and not {"source", "checked"} <= part.keys():
        yield where, "a clinical number is never bare: it has a source and a mark `checked`"


def _criterion(where: str, part: dict[str, Any]) -> Amiss:
    """A criterion asks for what the vocabulary has, in its unit and with its options."""
    if not set(part) <= CRITERION:
        return
    vocabulary = facts.vocabulary()
    for form in ("yes", "no", "fact"):
        fact = part.get(form)
        if not isinstance(fact, str) or not fact:
            continue
        if fact not in vocabulary:
            yield f"{where}.{form}", f"there is no fact «{fact}»"
            continue
        question = vocabulary[fact]
        if form != "fact" and question.type != "yes-no":
            yield f"{where}.{form}", f"«{fact}» is not answered by yes or no"
        units = {part[limit]["unit"] for limit in LIMITS if isinstance(part.get(limit), dict) and "unit" in part[limit]}
        if form == "fact" and {unit.rstrip("s") for unit in units} - {question.unit.rstrip("s")}:  # day, days
            yield where, f"«{fact}» is in {question.unit or 'no unit'}, not in {', '.join(sorted(units))}"
        for word in part.get("one_of", ()):
            if word not in question.options:
                yield f"{where}.one_of", f"«{word}» is no option of «{fact}»; there are: {', '.join(question.options)}"


def _named(record: Head) -> Amiss:
    """Files of other kinds that this one leads to."""
    if isinstance(record, Condition) and record.ladder:
        ladder = record.ladder
        lines = (*ladder.first, *ladder.second, *ladder.third, *ladder.last, *(avoid.therapy for avoid in ladder.avoid))
        yield from _missing("ladder", "therapies", lines)
    if isinstance(record, Protocol):
        yield from _missing("setting", "settings", (record.setting,))
        yield from _missing("indications", "conditions", record.indications)
    if isinstance(record, Therapy):
        yield from _missing("only_for", "conditions", record.only_for)
        yield from _missing("not_for", "conditions", (id for reason in record.not_for for id in reason.conditions))
        for drug in record.drugs:
            if drug not in drugs.drugs():
                yield "drugs", f"there is no drug «{drug}»"


def _missing(field: str, kind: str, ids: Iterable[str]) -> Amiss:
    for id in ids:
        if id not in catalogue.ids(kind):
            yield field, f"there is no {kind}/{id}.toml, ours or yours"
