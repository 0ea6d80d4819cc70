"""What a medicine or procedure was for, as the record writes it: reasons, directions, «as needed for», encounter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from unwound.exchange.fhir import certainty, conditions
from unwound.exchange.fhir.chart import Chart
from unwound.exchange.fhir.reasons import affirmed, is_denied
from unwound.exchange.fhir.shapes import Object, all_names, codings, name, obj, objects, text
from unwound.exchange.fhir.tables import tables, whole_words
from unwound.record import unique
from unwound.terms import Purpose

_WORD = re.compile(r"\w+")
_CLAUSE = re.compile(r"[.;,\n(]")


def purpose_of(resource: Object, chart: Chart) -> tuple[Purpose | None, str]:
    """Whether it was for pain or depression, and the reasons as written.

    None where that is not stated, more than one is, or something else is; and where the reason that is given and what
    the directions say are not the same.
    """
    concepts = _reasons(resource, chart)
    by_reason, by_words = _purposes(concepts, []), _purposes(*_said(resource))
    shown = ", ".join(unique(called for concept in concepts if (called := name(concept))))
    purposes = by_words if not concepts else by_reason if not by_words else by_reason & by_words
    return (purposes.pop() if len(purposes) == 1 else None), shown


def _purposes(concepts: list[Object], written: list[str]) -> set[Purpose]:
    """Every purpose that words or codes give."""
    listed = tables()
    purposes = set(_by_words(" ; ".join((*map(all_names, concepts), *written))))
    facts = {id for concept in concepts for id in conditions.facts_of(concept)}
    codes = {coding.code.upper() for concept in concepts for coding in codings(concept)}
    for purpose, meant in listed.purpose_codes.items():
        if not facts.isdisjoint(meant.facts) or any(code.startswith(meant.codes) for code in codes):
            purposes.add(purpose)
    return purposes


@lru_cache(maxsize=4096)
def _by_words(phrase: str) -> frozenset[Purpose]:
    """Every purpose that words give; records say the same a hundred times."""
    purposes = {purpose for purpose, words in tables().purposes.items() if any(affirmed(phrase, words))}
    return frozenset(purposes | ({Purpose.PAIN} if _is_pain_put_together(phrase) else set()))


def _is_pain_put_together(phrase: str) -> bool:
    """Whether a word stands there that is put together with one for pain: «Schmerzbehandlung»; not headache."""
    listed = tables()
    return any(
        any(stem in match.group() for stem in listed.pain_stems)
        and not any(stem in match.group() for stem in listed.other_pain_stems)
        and not is_denied(phrase, match.start())
        for match in _WORD.finditer(phrase)
    )


def _reasons(resource: Object, chart: Chart) -> list[Object]:
    """The reasons that the resource gives: in words, by codes, by a diagnosis of the record."""
    concepts = [obj(concept) for concept in objects(resource.get("reasonCode"))]
    for pointer in objects(resource.get("reasonReference")):
        concepts += _diagnosis(pointer, resource, chart)
    return [concept for concept in concepts if concept]


def _diagnosis(pointer: Object, resource: Object, chart: Chart) -> Iterator[Object]:
    """The code of what a reference points to; the display of one that is not in the record."""
    resolved = chart.resolve(pointer, resource)
    if resolved is None:
        if display := text(pointer.get("display")):
            yield {"text": display}
    elif certainty.certainty(resolved)[0] not in ("refuted", "somebody-else"):
        yield obj(resolved.get("code"))


def _said(resource: Object) -> tuple[list[Object], list[str]]:
    """What the directions say it is for: «for nerve pain», and what «as needed» is needed for."""
    dosages = [*objects(resource.get("dosageInstruction")), *objects(resource.get("dosage"))]
    needed = [concept for entry in dosages if (concept := obj(entry.get("asNeededCodeableConcept")))]
    more = [name(concept) for entry in dosages for concept in objects(entry.get("additionalInstruction"))]
    written = [text(entry.get(key)) for entry in dosages for key in ("text", "patientInstruction")]
    return needed, [part for each in (*written, *more) for part in _what_for(each.lower())]


@lru_cache(maxsize=4096)
def _what_for(directions: str) -> tuple[str, ...]:
    """The words after «for», «gegen», «voor», «pour» ... in directions, up to the end of the clause."""
    starts = whole_words(tables().what_for)
    stated = (match for match in starts.finditer(directions) if not is_denied(directions, match.start()))
    clauses = (_CLAUSE.split(directions[match.end() :])[0] for match in stated)
    return tuple(clause.strip() for clause in clauses if clause.strip())


def of_encounter(resource: Object, chart: Chart) -> str:
    """What the encounter was for in which it was ordered, as written; empty where that is not known."""
    encounter = chart.resolve(resource.get("encounter") or resource.get("context"), resource)
    if encounter is None or encounter.get("resourceType") != "Encounter":
        return ""
    pointers = [entry.get("condition") for entry in objects(encounter.get("diagnosis"))]
    pointers += objects(encounter.get("reasonReference"))
    concepts = [concept for each in pointers for concept in _diagnosis(obj(each), encounter, chart)]
    concepts += [obj(concept) for concept in objects(encounter.get("reasonCode"))]
    return ", ".join(unique(called for concept in concepts if (called := name(concept) or _code(concept))))


def _code(concept: Object) -> str:
    return next((coding.code for coding in codings(concept)), "")
